"""What is wrong with the input is said with file, line and field, and costs no other record.

A record that cannot be used is a row in quarantine, and its neighbours are loaded; what stops a run says what to do, and
leaves what was published before as it was. Proven elsewhere in this folder: an unknown key of deskhouse.toml, no project
and no warehouse yet (test_errors.py), kill -9 at each step of a run (test_crash.py), and of a replay (test_quarantine.py).
"""

import fcntl
import gzip
import json
import os
import re
import resource
import shutil
import signal
import struct
import subprocess
import time
import uuid

import duckdb
import pytest

COLUMNS = ["id", "subject", "status", "requester_id", "created_at", "updated_at", "reopen_count"]
CONFIG = '[sources.desk.tickets]\npath = "{path}"\n'
NOW = ["--now", "2024-02-01", "-q"]
NOBODY = 65534
MIB = 1 << 20


def record(number, **fields):
    """A good ticket with some fields changed."""
    values = {"id": f"T{number}", "subject": "printer", "status": "Open", "requester_id": "U1",
              "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-02T00:00:00Z", "reopen_count": 0, **fields}
    return values


def csv_line(number, **fields):
    return ",".join(str(record(number, **fields)[column]) for column in COLUMNS).encode("utf-8", "surrogateescape")


def write_csv(path, lines, end=b"\n"):
    path.write_bytes(b"\n".join([",".join(COLUMNS).encode(), *lines]) + end)


@pytest.fixture
def desk(tmp_path):
    """A project that reads tickets.csv, which is still to be written."""
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "deskhouse.toml").write_text(CONFIG.format(path="tickets.csv"))
    return folder


@pytest.fixture
def ids(deskhouse):
    """The ids of the published tickets."""

    def published(folder):
        rows = json.loads(deskhouse("-C", folder, "query", "--json", "select id from operational.tickets order by id").stdout)
        return [row["id"] for row in rows]

    return published


@pytest.fixture
def rejects(json_of):
    """What is in quarantine, once it is proven that each record that came is somewhere."""

    def listed(folder):
        status = json_of("-C", folder, "status")
        for line in status["balances"]:
            assert line["balance"] == "OK", line
            assert line["extracted"] == line["loaded"] + line["unchanged"] + line["superseded"] + line["quarantined"]
        rows = json_of("-C", folder, "quarantine", "list", "--limit", 10000)
        assert len(rows) == sum(line["quarantined"] for line in status["balances"])
        return rows

    return listed


def raw_bytes(warehouse, folder):
    """Of what is in quarantine, in the order of the file."""
    connection = warehouse(folder)
    rows = connection.sql("select raw from staging.quarantine order by position").fetchall()
    connection.close()
    return [raw for (raw,) in rows]


# Records that cannot be used: the lines of the file, what of it is loaded, and where and why the others are not.
BAD_RECORDS = {
    "half-written, in the middle": ([b"T2,prin", csv_line(3)], ["T3"], [(3, "T2", "expected 7 fields, found 2", b"T2,prin")]),
    "half-written, at the end": ([csv_line(2), b"T3,prin"], ["T2"],
                                 [(4, "T3", "half-written record? The file ends in it: expected 7 fields, found 2", b"T3,prin")]),
    "half-written in quotes, to the end": ([csv_line(2), b'T3,"prin'], ["T2"],
                                           [(4, "T3", "subject: half-written record: quote opened at line 4 is never closed", b'T3,"prin')]),
    "half-written in quotes, in the middle": ([b'T2,"prin', csv_line(3), csv_line(4)], ["T3", "T4"],
                                              [(3, "T2", "subject: half-written record: quote opened at line 3 is never closed; reading goes on at line 4",
                                                b'T2,"prin')]),
    "half-written in quotes, others in quotes": ([b'T2,"prin', csv_line(3, subject='"a, b"'), csv_line(4)], ["T3", "T4"],
                                                 [(3, "T2", "subject: text behind the closing quote", b'T2,"prin')]),
    "NUL in a field": ([csv_line(2, subject="a\0b"), csv_line(3)], ["T3"],
                       [(3, "T2", "subject: contains a NUL byte", csv_line(2, subject="a\0b"))]),
    "NUL in the id": ([csv_line("\0"), csv_line(3)], ["T3"], [(3, None, "id: contains a NUL byte", csv_line("\0"))]),
    "NULs as after a power cut": ([csv_line(2), b"\0" * 5000], ["T2"], [(4, None, "found 1", b"\0" * 5000)]),
    "invalid UTF-8": ([csv_line(2, subject="caf\udce9"), csv_line(3)], ["T3"],
                      [(3, "T2", "subject: is not valid UTF-8; if the file has another encoding, declare it", csv_line(2, subject="caf\udce9"))]),
    "year 0000": ([csv_line(2, created_at="0000-01-01"), csv_line(3, created_at="0000-00-00"), csv_line(4)], ["T4"],
                  [(3, "T2", "created_at: year 0 is out of 1970..2100 (0000-01-01)", None),
                   (4, "T3", "created_at: zero date 0000-00-00 (0000-00-00)", None)]),
    "year 9999": ([csv_line(2, updated_at="9999-12-31T23:59:59Z"), csv_line(3)], ["T3"],
                  [(3, "T2", "updated_at: year 9999 is out of 1970..2100 (9999-12-31T23:59:59Z)", None)]),
    "id empty": ([csv_line(2, id=""), csv_line(3, id="  "), csv_line(4)], ["T4"],
                 [(3, "", "id: required, but empty", None), (4, "", "id: required, but empty", None)]),
    "integers beyond 64 bits": ([csv_line(2, reopen_count=2**63), csv_line(3, reopen_count=-(2**63) - 1), csv_line(4, reopen_count=2**63 - 1)], ["T4"],
                                [(3, "T2", "reopen_count: does not fit in 64 bits (9223372036854775808)", None),
                                 (4, "T3", "reopen_count: does not fit in 64 bits (-9223372036854775809)", None)]),
    "every reason of a record": ([csv_line(2, status="Odd", created_at="9999-01-01", reopen_count="x"), csv_line(3)], ["T3"],
                                 [(3, "T2", "status: not one of Open, Pending, Resolved, Closed (Odd); created_at: year 9999 is out of 1970..2100 "
                                            "(9999-01-01); reopen_count: not a whole number (x)", None)]),
}


def in_case(name, data):
    """The lines with ids that no other case has: T2 of the third case is C3-2."""
    return re.sub(rb"^T", b"C%d-" % list(BAD_RECORDS).index(name), data, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def bad_records(deskhouse, tmp_path_factory):
    """A project whose folder of input has a file for each case."""
    folder = tmp_path_factory.mktemp("bad") / "desk"
    (folder / "in").mkdir(parents=True)
    (folder / "deskhouse.toml").write_text(CONFIG.format(path="in"))
    for name, (lines, _, _) in BAD_RECORDS.items():
        write_csv(folder / "in" / f"{name}.csv", [in_case(name, line) for line in [csv_line(1), *lines]], end=b"")
    deskhouse("-C", folder, "run", *NOW)
    deskhouse("-C", folder, "verify", "-q")
    return folder


@pytest.fixture(scope="module")
def bad_records_seen(deskhouse, bad_records):
    """What a user sees of them: the ids that are published, and the quarantine with the raw bytes."""
    published = json.loads(deskhouse("-C", bad_records, "query", "--json", "select id from operational.tickets order by id").stdout)
    listed = json.loads(deskhouse("-C", bad_records, "quarantine", "list", "--limit", 1000, "--json").stdout)
    with duckdb.connect(str(bad_records / "deskhouse.duckdb"), read_only=True) as connection:
        raws = dict(connection.sql("select file || ':' || line, raw from staging.quarantine").fetchall())
    return [row["id"] for row in published], listed, raws


@pytest.mark.parametrize("name", BAD_RECORDS)
def test_a_bad_record_costs_no_other(bad_records_seen, name):
    published, listed, raws = bad_records_seen
    _, loaded, wanted = BAD_RECORDS[name]
    prefix = in_case(name, b"T").decode()
    assert [row for row in published if row.startswith(prefix)] == [in_case(name, id.encode()).decode() for id in ["T1", *loaded]]
    file = f"in/{name}.csv"
    found = [row for row in listed if row["file"] == file]
    assert [row["line"] for row in found] == [line for line, *_ in wanted]
    for row, (line, record_id, reason, raw) in zip(found, wanted):
        assert reason in row["reasons"]
        assert record_id is None or row["id"] == in_case(name, record_id.encode()).decode()
        assert raw is None or raws[f"{file}:{line}"] == in_case(name, raw)


def test_each_bad_record_is_somewhere(bad_records, rejects):
    assert len(rejects(bad_records)) == sum(len(wanted) for _, _, wanted in BAD_RECORDS.values())


def test_bad_records_of_json_lines(deskhouse, desk, ids, rejects):
    (desk / "deskhouse.toml").write_text(CONFIG.format(path="tickets.jsonl"))
    line = lambda number, **fields: json.dumps(record(number, **fields)).encode()  # noqa: E731
    bad = {2: (b'{"id":"T2","sub', "invalid JSON"), 3: (line(3).replace(b"printer", b"a\0b"), "contains a NUL byte"),
           4: (line(4).replace(b"printer", b"caf\xe9"), "is not valid UTF-8"), 5: (b"[1]", "not a JSON object"),
           6: (line(6, created_at="0000-01-01"), "created_at: year 0 is out of 1970..2100"), 7: (line(7, id=None), "id: required, but empty"),
           8: (line(8, reopen_count=10**30), "reopen_count: does not fit in 64 bits"), 10: (b'{"id":"T10', "half-written record? The file ends in it")}
    # An id is text: digits of a number are kept, however many.
    (desk / "tickets.jsonl").write_bytes(b"\n".join([line(1), *(bad[n][0] if n in bad else line(n, id=10**30) for n in range(2, 11))]))
    deskhouse("-C", desk, "run", *NOW)
    assert ids(desk) == [str(10**30), "T1"]
    found = {row["line"]: row["reasons"] for row in rejects(desk)}
    assert found.keys() == bad.keys()
    for number, (_, reason) in bad.items():
        assert reason in found[number]


def test_long_ids_are_ids(deskhouse, desk, ids, rejects):
    long_ids = ["9" * 40, "x" * 100_000]
    write_csv(desk / "tickets.csv", [csv_line(0, id=name) for name in long_ids])
    deskhouse("-C", desk, "run", *NOW)
    assert ids(desk) == long_ids and rejects(desk) == []


def test_many_lines_behind_an_open_quote(deskhouse, desk, ids, rejects):
    """The quote is open for longer than a record may be: its line alone is lost, not those in between."""
    (desk / "deskhouse.toml").write_text(CONFIG.format(path="tickets.csv") + "max_record_bytes = 10000\n")
    write_csv(desk / "tickets.csv", [csv_line(1000), b'T2,"half', *(csv_line(n) for n in range(1001, 2000))])
    deskhouse("-C", desk, "run", *NOW)
    assert len(ids(desk)) == 1000
    assert [(row["line"], row["file"]) for row in rejects(desk)] == [(3, "tickets.csv")]


GIB_LINE = (1 << 30) + (1 << 20)


def write_sparse_line(path, head, start, end, tail):
    """`start`, more than 1 GiB of NULs that take no room on the disk, `end`; on one line."""
    with path.open("wb") as file:
        file.write(head + start)
        file.seek(GIB_LINE, os.SEEK_CUR)
        file.write(end + b"\n" + tail)


@pytest.mark.parametrize("form", ["csv", "csv in quotes", "jsonl"])
def test_a_line_of_more_than_a_gibibyte(binary, run_measured, desk, ids, json_of, rejects, warehouse, form):
    suffix = form.split()[0]
    (desk / "deskhouse.toml").write_text(CONFIG.format(path=f"tickets.{suffix}"))
    data = desk / f"tickets.{suffix}"
    if suffix == "jsonl":
        good = [json.dumps(record(n)).encode() + b"\n" for n in (1, 3)]
        write_sparse_line(data, good[0], b'{"id":"T2","subject":"', b'"}', good[1])
    else:
        quote = b'"' if "quotes" in form else b""
        head = ",".join(COLUMNS).encode() + b"\n" + csv_line(1) + b"\n"
        write_sparse_line(data, head, b"T2," + quote, quote + csv_line(2)[len("T2,printer"):], csv_line(3))
    assert data.stat().st_size > 1 << 30
    try:
        code, error, peak = run_measured(binary, "-C", desk, "run", *NOW)
    finally:
        data.unlink()
    assert code == 0, error
    assert peak < 512 * MIB
    assert ids(desk) == ["T1", "T3"]
    [row] = rejects(desk)
    assert (row["file"], row["line"]) == (data.name, 2 if suffix == "jsonl" else 3)
    assert "longer than 16777216 bytes (max_record_bytes)" in row["reasons"]
    # The beginning of a record must not be taken for a record.
    report = json_of("-C", desk, "quarantine", "replay")
    assert report["records"] == [] and report["cut"] == 1
    [kept] = raw_bytes(warehouse, desk)
    assert kept.startswith(b'{"id":"T2"' if suffix == "jsonl" else b"T2,") and len(kept) <= 64 << 10


# What stops a run.


@pytest.fixture(scope="module")
def first_delivery(deskhouse, tmp_path_factory):
    folder = tmp_path_factory.mktemp("first") / "desk"
    folder.mkdir()
    (folder / "deskhouse.toml").write_text(CONFIG.format(path="tickets.csv"))
    write_csv(folder / "tickets.csv", [csv_line(1), csv_line(2)])
    deskhouse("-C", folder, "run", *NOW)
    return folder


@pytest.fixture
def loaded(first_delivery, desk):
    """A first delivery, so that there is something to lose."""
    shutil.copytree(first_delivery, desk, dirs_exist_ok=True)
    return desk


def fails(deskhouse, desk, ids, code, *parts):
    """The run fails with these words, and what was published stays."""
    error = deskhouse("-C", desk, "run", *NOW, code=code).stderr
    for part in parts:
        assert part in error
    assert len(error) < 5000
    assert ids(desk) == ["T1", "T2"]


def test_unknown_column(deskhouse, loaded, desk, ids):
    (desk / "deskhouse.toml").write_text(CONFIG.format(path="tickets.csv") + "[sources.desk.tickets.fields]\n" + "".join(
        f'{name} = "{name if name != "subject" else "subjct"}"\n' for name in COLUMNS))
    fails(deskhouse, desk, ids, 2, "deskhouse.toml line 5: desk.tickets names the column 'subjct', which tickets.csv does not have",
          "did you mean 'subject'")


def write_a_file_without_a_needed_column(desk, contract):
    (desk / "new").mkdir()
    (desk / "deskhouse.toml").write_text(CONFIG.format(path="new") + f'contract = "{contract}"\n')
    write_csv(desk / "new" / "1.csv", [csv_line(3)])
    (desk / "new" / "2.csv").write_bytes(b"id,subject\nT4,printer\n")


def test_a_file_without_a_needed_column_under_a_contract_that_freezes(deskhouse, loaded, desk, ids):
    """The second file of a folder: nothing of the first is loaded."""
    write_a_file_without_a_needed_column(desk, "freeze")
    fails(deskhouse, desk, ids, 2, "the column 'status' went", 'contract = "freeze" lets no column change')
    write_csv(desk / "new" / "2.csv", [csv_line(4)])
    deskhouse("-C", desk, "run", *NOW)
    assert ids(desk) == ["T1", "T2", "T3", "T4"]


def test_a_file_without_a_needed_column_waits_in_quarantine(deskhouse, loaded, desk, ids, json_of):
    """The first file of the folder is loaded; the second one's record keeps its bytes."""
    write_a_file_without_a_needed_column(desk, "evolve")
    deskhouse("-C", desk, "run", *NOW)
    assert ids(desk) == ["T1", "T2", "T3"]
    rejected, = json_of("-C", desk, "query", "select decode(raw) as raw, reasons from staging.quarantine")
    assert rejected["raw"] == "T4,printer" and "the source no longer has the column 'status'" in rejected["reasons"]
    write_csv(desk / "new" / "2.csv", [csv_line(4)])
    deskhouse("-C", desk, "run", *NOW)
    assert ids(desk) == ["T1", "T2", "T3", "T4"]


def test_a_column_that_never_was_is_a_mistake(deskhouse, desk):
    """Of a first run nothing is known, so a name that is not there was written wrongly."""
    write_a_file_without_a_needed_column(desk, "evolve")
    assert "names the column 'status', which new/2.csv does not have" in deskhouse("-C", desk, "run", *NOW, code=2).stderr


def test_a_column_that_nobody_asked_for_is_reported(deskhouse, desk, ids, json_of):
    (desk / "tickets.csv").write_bytes(",".join([*COLUMNS, "mood"]).encode() + b"\n" + csv_line(1) + b",fine\n")
    deskhouse("-C", desk, "run", *NOW)
    assert ids(desk) == ["T1"]
    assert [row["columns"] for row in json_of("-C", desk, "status")["unmapped_columns"]] == ["mood"]


@pytest.mark.parametrize("text, line, words", [
    ('[project]\nnam = "x"\n', 2, "did you mean 'name'"),
    ('[sources.desk.tickets]\npath = "x.csv"\nmax_record_byte = 3\n', 3, "did you mean 'max_record_bytes'"),
    ('[sources.desk.tickets]\npath = "x.csv"\n[sources.desk.tickets.fields]\nsubjekt = "x"\n', 4, "did you mean 'subject'"),
])
def test_unknown_keys_name_their_line(deskhouse, desk, text, line, words):
    (desk / "deskhouse.toml").write_text(text)
    error = deskhouse("-C", desk, "run", code=2).stderr
    assert f"deskhouse.toml:{line}" in error and words in error


def test_missing_file(deskhouse, loaded, desk, ids):
    (desk / "tickets.csv").rename(desk / "elsewhere.csv")
    fails(deskhouse, desk, ids, 1, "desk.tickets (deskhouse.toml line 1)", "tickets.csv does not exist")
    (desk / "deskhouse.toml").write_text(CONFIG.format(path="in/*.csv"))
    fails(deskhouse, desk, ids, 1, "no file matches 'in/*.csv'")
    (desk / "in").mkdir()
    (desk / "deskhouse.toml").write_text(CONFIG.format(path="in"))
    fails(deskhouse, desk, ids, 1, "the folder in has no file of a known format")
    (desk / "elsewhere.csv").rename(desk / "in" / "tickets.csv")
    deskhouse("-C", desk, "run", *NOW)
    assert ids(desk) == ["T1", "T2"]


@pytest.mark.parametrize("name, content, words", [
    ("tickets.csv", b"", "tickets.csv is empty"),
    ("tickets.csv", b"id,subject,id\n", "tickets.csv line 1: the column 'id' occurs twice in the header"),
    ("tickets.csv", b"id,sub\0ject\n", "tickets.csv line 1: the header contains a NUL byte"),
    ("tickets.csv", b"id,\xff\n", "tickets.csv line 1: the header is not valid UTF-8"),
    ("tickets.csv", b'id,"subject\n', "tickets.csv line 1: a quote in the header is not closed"),
    ("tickets.csv", b"x" * (17 * MIB), "tickets.csv line 1: the header is longer than 16777216 bytes"),
    ("tickets.csv.gz", gzip.compress(csv_line(1) * 1000)[:-20], "tickets.csv.gz"),
    ("tickets.parquet", b"PAR1 but then no more", "tickets.parquet"),
])
def test_files_that_cannot_be_read_at_all(deskhouse, loaded, desk, ids, name, content, words):
    (desk / "deskhouse.toml").write_text(CONFIG.format(path=f"in/{name}"))
    (desk / "in").mkdir()
    (desk / "in" / name).write_bytes(content)
    fails(deskhouse, desk, ids, 1, words)


def test_half_of_a_gzip_file_loads_nothing_of_it(deskhouse, loaded, desk, ids):
    (desk / "deskhouse.toml").write_text(CONFIG.format(path="tickets.csv.gz"))
    write_csv(desk / "tickets.csv", [csv_line(n) for n in range(3, 30_000)])
    whole = gzip.compress((desk / "tickets.csv").read_bytes(), 1)
    (desk / "tickets.csv.gz").write_bytes(whole[: len(whole) // 2])
    fails(deskhouse, desk, ids, 1, "tickets.csv.gz")
    (desk / "tickets.csv.gz").write_bytes(whole)
    deskhouse("-C", desk, "run", *NOW)
    assert len(ids(desk)) == 29_999


# A user who may not. Root may everything, so the runs here are those of another user.


@pytest.fixture(scope="module")
def as_nobody(binary, tmp_path_factory):
    """A folder that the user nobody can reach, and a way to run deskhouse as that user; as ourselves, if we are not root."""
    base = tmp_path_factory.mktemp("open")
    program, identity = binary, {}
    if os.geteuid() == 0:
        # Neither the checkout nor the folders of pytest need be open to others.
        libraries = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
        for file in [binary, *(line.split()[2] for line in libraries.splitlines() if "duckdb" in line)]:
            shutil.copy(file, base)
        top = tmp_path_factory.getbasetemp().parent
        for folder in [base, *base.parents]:
            if folder.is_relative_to(top):
                folder.chmod(folder.stat().st_mode | 0o011)
        program, identity = base / binary.name, {"user": NOBODY, "group": NOBODY, "extra_groups": []}

    def run(*arguments, code=0):
        done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=60, **identity)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    try:
        run("--version")
    except PermissionError as error:
        pytest.skip(f"no program can be run as another user here: {error}")
    return base, run


@pytest.fixture
def others_desk(as_nobody, loaded):
    """A loaded project that belongs to nobody."""
    base, run = as_nobody
    folder = base / uuid.uuid4().hex
    shutil.copytree(loaded, folder)
    if os.geteuid() == 0:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, NOBODY, NOBODY)
    write_csv(folder / "tickets.csv", [csv_line(n) for n in (1, 2, 3)])
    yield folder
    for path in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        path.chmod(0o755)


@pytest.mark.parametrize("locked, mode, code, words", [
    ("tickets.csv", 0o000, 1, "cannot read tickets.csv: Permission denied; give this user permission to read it"),
    ("deskhouse.toml", 0o000, 2, "deskhouse.toml cannot be read: Permission denied; give this user permission to read it and its folder"),
    (".", 0o000, 2, "deskhouse.toml cannot be read: Permission denied; give this user permission to read it and its folder"),
    ("deskhouse.duckdb", 0o444, 1, "deskhouse.duckdb cannot be written. Give this user the right to write the file and its folder"),
    (".", 0o555, 1, "deskhouse.duckdb cannot be written. Give this user the right to write the file and its folder"),
])
def test_without_permission(as_nobody, others_desk, ids, locked, mode, code, words):
    _, run = as_nobody
    (others_desk / locked).chmod(mode)
    error = run("-C", others_desk, "run", *NOW, code=code).stderr
    assert words in error
    if mode & 0o444:
        assert "2" in run("-C", others_desk, "query", "--csv", "select count(*) from operational.tickets").stdout
    (others_desk / locked).chmod(0o755)
    run("-C", others_desk, "run", *NOW)
    run("-C", others_desk, "verify", "-q")
    assert ids(others_desk) == ["T1", "T2", "T3"]


@pytest.mark.parametrize("path", ["in", "in/*.csv", "in/tickets.csv"])
def test_a_folder_of_input_without_permission(as_nobody, others_desk, ids, path):
    _, run = as_nobody
    (others_desk / "in").mkdir()
    (others_desk / "tickets.csv").rename(others_desk / "in" / "tickets.csv")
    (others_desk / "deskhouse.toml").write_text(CONFIG.format(path=path))
    (others_desk / "in").chmod(0o000)
    error = run("-C", others_desk, "run", *NOW, code=1).stderr
    assert "desk.tickets (deskhouse.toml line 1)" in error and "in" in error
    assert "Permission denied; give this user permission to read it" in error
    (others_desk / "in").chmod(0o755)
    run("-C", others_desk, "run", *NOW)
    assert ids(others_desk) == ["T1", "T2", "T3"]


# A disk without room.

NO_ROOM = "is full. What was published before is intact: make room there, or put project.warehouse on a larger disk"


@pytest.fixture(scope="module")
def big_delivery(deskhouse, tmp_path_factory):
    """A small demo that is loaded, and beside it the larger files that come next."""
    folder = tmp_path_factory.mktemp("delivery") / "desk"
    deskhouse("demo", "--tickets", 100, "--dir", folder, "-q")
    deskhouse("demo", "--tickets", 6000, "--dir", folder.parent / "next", "-q")
    for source in [*(folder.parent / "next").glob("*.csv"), folder.parent / "next" / "tickets"]:
        target = folder / source.name
        shutil.copytree(source, target, dirs_exist_ok=True) if source.is_dir() else shutil.copy(source, target)
    with open(folder / "deskhouse.toml", "a") as toml:
        toml.write("[alerts.stale_data]\nenabled = false\n")  # it is old on purpose
    return folder


@pytest.fixture
def small_disk(tmp_path):
    """Gives a command its own mount of a small file system at a folder; skips where that is not allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    probe = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], capture_output=True, text=True)
    if probe.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {probe.stderr.strip()}")

    def script(text, *arguments):
        return subprocess.run(["unshare", "-m", "bash", "-euc", text, "bash", folder, *map(str, arguments)], capture_output=True, text=True, timeout=120)

    return script


# The room in KiB: for not even the record of the run, for a few raw blocks, for load tables, for most of publishing.
@pytest.mark.parametrize("room", [0, 200, 3000, 9000])
def test_disk_full(binary, big_delivery, small_disk, room):
    done = small_disk("""
        disk=$1 deskhouse=$2 delivery=$3 room=$4 right=$5
        count='select count(*) from operational.tickets'
        mount -t tmpfs -o size=1g none "$disk"
        cp -r "$delivery" "$disk/desk"
        cd "$disk/desk"
        used=$(df --output=used -k . | tail -1)
        mount -o remount,size=$((used + room))k "$disk"
        code=0; error=$("$deskhouse" run --now 2026-02-01 -q 2>&1) || code=$?
        echo "exit $code: $error"
        echo "before: $("$deskhouse" query --csv "$count" | tail -1)"
        mount -o remount,size=1g "$disk"
        "$deskhouse" run --now 2026-02-01 -q
        echo "after: $("$deskhouse" query --csv "$count" | tail -1)"
        "$deskhouse" verify -q
        "$deskhouse" verify --against "$right" -q
        echo "states: $("$deskhouse" query --csv "select string_agg(status, ' ' order by run_id) from meta.runs" | tail -1)"
    """, binary, big_delivery, room, reference(binary, big_delivery))
    assert done.returncode == 0, done.stdout + done.stderr
    error, before, after, states = done.stdout.strip().splitlines()
    assert error.startswith("exit 1: ") and NO_ROOM in error and "deskhouse.duckdb" in error
    assert before == "before: 100"
    assert int(after.removeprefix("after: ")) > 5900
    assert states.endswith(" succeeded")


def reference(binary, delivery):
    """The warehouse of the same two deliveries on a disk with room; made once."""
    folder = delivery.parent / "right"
    if not folder.exists():
        shutil.copytree(delivery, folder)
        subprocess.run([binary, "-C", folder, "run", "--now", "2026-02-01", "-q"], check=True)
    return folder / "deskhouse.duckdb"


def test_a_limit_of_file_size_is_a_full_disk(binary, deskhouse, big_delivery, tmp_path):
    """Needs no rights: also proves the above, in part, where nothing can be mounted."""
    folder = tmp_path / "desk"
    shutil.copytree(big_delivery, folder)
    limit = 2 << 20  # neither the file nor its log may grow beyond it; either would do for a run
    done = subprocess.run([binary, "-C", folder, "run", "--now", "2026-02-01", "-q"], capture_output=True, text=True,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert done.returncode == 1 and NO_ROOM in done.stderr, done.stderr
    assert deskhouse("-C", folder, "query", "--csv", "select count(*) from operational.tickets").stdout.split()[-1] == "100"
    deskhouse("-C", folder, "run", "--now", "2026-02-01", "-q")
    deskhouse("-C", folder, "verify", "--against", reference(binary, big_delivery), "-q")


# Two runs at once, and one that is killed.


def wait_for_lock(path, pid):
    """Until the process holds the lock of the file."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if path.exists():
            with path.open("rb+") as file:
                held = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
                kind, *_, holder = struct.unpack("hhqqi4x", fcntl.fcntl(file, fcntl.F_GETLK, held))
                if kind != fcntl.F_UNLCK and holder == pid:
                    return
        time.sleep(0.001)
    raise AssertionError("nobody locks the warehouse")


def test_two_runs_at_once(binary, deskhouse, big_delivery, json_of, tmp_path):
    folder = tmp_path / "desk"
    shutil.copytree(big_delivery, folder)
    first = subprocess.Popen([binary, "-C", folder, "run", "--now", "2026-02-01", "-q"], stderr=subprocess.PIPE, text=True)
    wait_for_lock(folder / "deskhouse.duckdb", first.pid)
    first.send_signal(signal.SIGSTOP)
    try:
        error = deskhouse("-C", folder, "run", "--now", "2026-02-01", "-q", code=1).stderr
    finally:
        first.send_signal(signal.SIGCONT)
    assert f"in use by process {first.pid}: one process may write at a time. Wait until it ends (--wait 10m), or stop it." in error
    assert first.wait(60) == 0, first.stderr.read()
    deskhouse("-C", folder, "run", "--now", "2026-02-01", "-q")
    assert all(line["loaded"] == 0 and line["balance"] == "OK" for line in json_of("-C", folder, "status")["balances"])
    deskhouse("-C", folder, "verify", "--against", reference(binary, big_delivery), "-q")


def test_killed_in_the_middle(binary, deskhouse, big_delivery, rejects, tmp_path):
    """At no step in particular; then again until it is done. Each rejected record is in quarantine once."""
    folder = tmp_path / "desk"
    shutil.copytree(big_delivery, folder)
    (folder / "deskhouse.duckdb").unlink()
    for milliseconds in (60, 150, 250):
        child = subprocess.Popen([binary, "-C", folder, "run", "--now", "2026-02-01", "-q"], stderr=subprocess.PIPE)
        time.sleep(milliseconds / 1000)
        child.kill()
        child.wait()
    deskhouse("-C", folder, "run", "--now", "2026-02-01", "-q")
    deskhouse("-C", folder, "verify", "-q")
    positions = [(row["entity"], row["file"], row["line"]) for row in rejects(folder)]
    assert positions and len(positions) == len(set(positions))


# Rows that the load table refuses.

CONDITIONS = CONFIG.format(path="tickets.csv") + "row_conditions = {}\n[load]\nbatch_size = 100\n[project]\nthreads = 8\n"
LONG = "a subject of more than twenty bytes"


@pytest.fixture
def conditions(deskhouse, desk):
    """Runs the project with row conditions."""

    def run(*rules, code=0):
        (desk / "deskhouse.toml").write_text(CONDITIONS.format(json.dumps(rules)))
        return deskhouse("-C", desk, "run", *NOW, code=code)

    return run


def batches(warehouse, desk):
    connection = warehouse(desk)
    rows = connection.sql("select number, rows, status, coalesce(error, '') from meta.load_batches where run_id = (select max(run_id) from meta.load_batches) "
                          "order by number").fetchall()
    connection.close()
    return rows


@pytest.mark.parametrize("earlier", [False, True], ids=["first load", "merge"])
def test_exactly_the_refused_rows_are_quarantined(deskhouse, desk, ids, rejects, conditions, warehouse, json_of, earlier):
    refused = {5, 99, 100, 317, 318, 1249}  # alone, at both sides of a batch's edge, side by side, and the last
    tickets = [csv_line(n, subject=LONG if n in refused else "printer", reopen_count=-1 if n in (5, 700) else 0) for n in range(1250)]
    if earlier:
        write_csv(desk / "tickets.csv", [csv_line(n) for n in (3, 5000)])
        conditions("length(subject) < 20")
    write_csv(desk / "tickets.csv", tickets)
    conditions("length(subject) < 20", "reopen_count >= 0 -- none is less")
    old = ["T5000"] if earlier else []
    assert set(ids(desk)) == {f"T{n}" for n in range(1250) if n not in refused | {700}} | set(old)
    found = rejects(desk)
    assert [(row["id"], row["file"], row["line"]) for row in found] == [(f"T{n}", "tickets.csv", n + 2) for n in sorted(refused | {700})]
    assert all(row["reasons"].startswith("breaks the row condition length(subject) < 20") for row in found if row["id"] != "T700")
    assert found[0]["reasons"] == "breaks the row condition length(subject) < 20; breaks the row condition reopen_count >= 0 -- none is less"
    assert raw_bytes(warehouse, desk) == [tickets[n] for n in sorted(refused | {700})]
    loaded_batches = batches(warehouse, desk)
    assert [rows for _, rows, _, _ in loaded_batches] == [100] * 12 + [50]
    assert {number for number, _, status, _ in loaded_batches if status == "split"} == {1, 2, 4, 8, 13}
    assert loaded_batches[3][3] == "2 of 100 rows refused; the first: breaks the row condition length(subject) < 20"
    assert all(status == "loaded" and error == "" for number, _, status, error in loaded_batches if number not in {1, 2, 4, 8, 13})
    deskhouse("-C", desk, "verify", "-q")

    # Once the condition is right the rows come in, but for those that break the other one.
    (desk / "deskhouse.toml").write_text(CONDITIONS.format('["length(subject) < 200", "reopen_count >= 0"]'))
    [line] = json_of("-C", desk, "quarantine", "replay")["records"]
    assert (line["tried"], line["came through"]) == (7, 5)
    assert [row["id"] for row in json_of("-C", desk, "quarantine", "list")] == ["T5", "T700"]
    assert set(ids(desk)) == {f"T{n}" for n in range(1250) if n not in (5, 700)} | set(old)
    conditions()  # and without any
    assert len(ids(desk)) == 1250 + len(old)
    deskhouse("-C", desk, "verify", "-q")


def test_every_row_is_refused(desk, ids, rejects, conditions):
    write_csv(desk / "tickets.csv", [csv_line(n) for n in range(120)])
    conditions("length(subject) > 20")
    assert ids(desk) == []
    assert len(rejects(desk)) == 120


def test_a_condition_that_fails_on_a_row_refuses_it(desk, ids, rejects, conditions):
    # Its text must not be taken for a failure of the machine.
    write_csv(desk / "tickets.csv", [csv_line(1, subject="12"), csv_line(2, subject="IO Error: No space left on device"), csv_line(3, subject="13")])
    conditions("cast(subject as integer) > 0")
    assert ids(desk) == ["T1", "T3"]
    [row] = rejects(desk)
    assert (row["id"], row["line"]) == ("T2", 3)
    assert "the row condition cast(subject as integer) > 0 fails on it: Conversion Error" in row["reasons"]


@pytest.mark.parametrize("rule", ["length(subjct) < 5", "id in (select id from operational.agents)", "count(*) > 1", "subject <"])
def test_a_condition_that_cannot_be_asked(loaded, desk, ids, conditions, rule):
    error = conditions("length(subject) < 5", rule, code=2).stderr
    assert f"deskhouse.toml:3: desk.tickets: the row condition {rule} cannot be used: " in error
    assert ids(desk) == ["T1", "T2"]


def mapped_fields():
    """A mapping that knows the status Odd."""
    same = "".join(f'{name} = "{name}"\n' for name in COLUMNS if name != "status")
    return f'[sources.desk.tickets.fields]\n{same}status = {{ column = "status", values = {{ Odd = "Open" }} }}\n'


def test_replay_of_half_written_records_costs_no_other(deskhouse, desk, ids, json_of):
    """Each of them would take those behind it into its quotes."""
    bad = [b'T2,"half', csv_line(3, status="Odd"), b'T4,"half', csv_line(5, subject='"a ""quoted"" word"', status="Odd")]
    write_csv(desk / "tickets.csv", [csv_line(1), *bad])
    deskhouse("-C", desk, "run", *NOW)
    assert ids(desk) == ["T1"]
    (desk / "deskhouse.toml").write_text(CONFIG.format(path="tickets.csv") + mapped_fields())
    [line] = json_of("-C", desk, "quarantine", "replay")["records"]
    assert (line["tried"], line["came through"]) == (4, 2)
    assert ids(desk) == ["T1", "T3", "T5"]
    assert [(row["id"], row["line"]) for row in json_of("-C", desk, "quarantine", "list")] == [("T2", 3), ("T4", 5)]


def test_replay_of_records_between_tabs(deskhouse, desk, ids, json_of):
    """The name of the file tells it, in a folder that has both."""
    (desk / "in").mkdir()
    (desk / "deskhouse.toml").write_text(CONFIG.format(path="in"))
    write_csv(desk / "in" / "1.csv", [csv_line(1), csv_line(2, status="Odd")])
    write_csv(desk / "in" / "2.tsv", [csv_line(3), csv_line(4, status="Odd")])
    (desk / "in" / "2.tsv").write_bytes((desk / "in" / "2.tsv").read_bytes().replace(b",", b"\t"))
    deskhouse("-C", desk, "run", *NOW)
    assert ids(desk) == ["T1", "T3"]
    (desk / "deskhouse.toml").write_text(CONFIG.format(path="in") + mapped_fields())
    [line] = json_of("-C", desk, "quarantine", "replay")["records"]
    assert (line["tried"], line["came through"]) == (2, 2)
    assert ids(desk) == ["T1", "T2", "T3", "T4"]
