"""Commands while a server runs for their project: it runs them, over the control socket. Nobody meets a lock."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from .conftest import Server, desk_copy

# What reads, and would print the same without a server.
READS = [
    ["status", "--json"],
    ["query", "from mart_service_desk.sla_by_month order by all"],
    ["query", "--json", "select * from core.fact_tickets order by ticket_key limit 50"],
    ["explain", "metric", "--json", "created_tickets"],
    ["explain", "sla", "INC0000045"],
    ["quarantine", "list", "--json"],
    ["alerts", "list", "--json"],
    ["export", "core.dim_agent"],
    ["export", "--sql", "from core.dim_category order by all", "--format", "json"],
]


@pytest.fixture
def project(desk, tmp_path):
    """A desk of its own, at rest."""
    return desk_copy(desk, tmp_path)


@pytest.fixture
def busy(binary, project):
    server = Server(binary, project)
    yield server
    if server.process.poll() is None:
        assert server.stop() == 0


def wait_for(what, seconds=30):
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.05)
    return found


def test_reading_is_as_without_a_server(binary, deskhouse, project):
    with open(project / "deskhouse.toml", "a") as file:
        file.write("\n[alerting]\nenabled = false\n")  # a server would look at them meanwhile
    alone = [deskhouse("-C", project, *command).stdout for command in READS]
    server = Server(binary, project)
    for command, before in zip(READS, alone):
        assert deskhouse("-C", project, *command).stdout == before, command
    assert server.stop() == 0


def test_checks_verify_and_doctor(busy, deskhouse):
    folder = busy.folder
    checked = json.loads(deskhouse("-C", folder, "check", "--json", "--fail-on", "never").stdout)
    assert len(checked["checks"]) > 20 and all(c["status"] != "failed" for c in checked["checks"])
    verified = json.loads(deskhouse("-C", folder, "verify", "--json").stdout)
    assert verified["ok"] and len(verified["tables"]) > 50
    deskhouse("-C", folder, "verify", "--table", "core.fact_tickets")
    assert "FAIL" not in deskhouse("-C", folder, "doctor").stdout
    # verify leaves neither a database nor a file behind
    databases = json.loads(deskhouse("-C", folder, "query", "--json", "select database_name from duckdb_databases() where not internal").stdout)
    assert [d["database_name"] for d in databases] == ["deskhouse"]
    assert not [f for f in os.listdir(folder) if "verify" in f]


def test_verify_against_a_file_of_the_callers_folder(busy, deskhouse, project, tmp_path):
    copy = shutil.copytree(project, tmp_path / "copy", ignore=shutil.ignore_patterns("*.sock"))
    done = deskhouse("-C", project, "verify", "--against", "copy/deskhouse.duckdb", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["ok"]
    assert copy.is_dir()


def test_what_a_command_publishes_is_seen_at_once(busy, deskhouse, project):
    before = busy.json("/api/v1/meta")["data_version"]
    done = deskhouse("-C", project, "run", "--full", "--now", "2026-01-02", "--json")
    assert {line["entity"] for line in json.loads(done.stdout)} >= {"tickets", "ticket_events"}
    wait_for(lambda: busy.json("/api/v1/meta")["data_version"] > before)
    deskhouse("-C", project, "rebuild")
    deskhouse("-C", project, "verify")


def test_a_query_cannot_write(busy, deskhouse):
    folder = busy.folder
    for sql in ("delete from operational.tickets", "commit; drop table operational.tickets", "create table x as select 1",
                "set memory_limit = '1GB'", "attach ':memory:' as other", "checkpoint", "pragma threads = 1"):
        assert "a query reads" in deskhouse("-C", folder, "query", sql, code=2).stderr, sql
    assert deskhouse("-C", folder, "query", "--csv", "select count(*) > 0 as n from operational.tickets").stdout == "n\ntrue\n"


def test_standard_input_and_files_are_the_callers(busy, deskhouse, tmp_path):
    folder = busy.folder
    done = deskhouse("-C", folder, "query", "-", "--csv", input="select 6 * 7 as n")
    assert done.stdout == "n\n42\n"
    deskhouse("-C", folder, "export", "core.dim_agent", "-o", "agents.csv", cwd=tmp_path)
    assert (tmp_path / "agents.csv").read_text().count("\n") > 3
    done = deskhouse("-C", folder, "query", "--csv", "select count(*) > 3 as n from 'agents.csv'", cwd=tmp_path)
    assert done.stdout == "n\ntrue\n"


def test_mistakes_keep_their_exit_codes(busy, deskhouse):
    assert "no metric 'nonsense'" in deskhouse("-C", busy.folder, "explain", "metric", "nonsense", code=2).stderr
    assert "Parser Error" in deskhouse("-C", busy.folder, "query", "selct 1", code=1).stderr
    deskhouse("-C", busy.folder, "check", "--fail-on", "warn", code=3)
    assert "leave out --every" in deskhouse("-C", busy.folder, "run", "--every", "5m", code=2).stderr


ENDLESS = "select count(*) from range(10_000_000) a, range(10_000_000) b where a.range + b.range = -1"


def test_who_hangs_up_stops_what_was_asked(busy, binary, deskhouse):
    running = subprocess.Popen([binary, "-C", busy.folder, "query", ENDLESS])
    time.sleep(1)
    running.terminate()  # not SIGINT, which a job in the background may have been told to ignore
    assert running.wait(timeout=20) != 0
    began = time.monotonic()
    assert busy.stop() == 0  # it waits for nothing
    assert time.monotonic() - began < 20


def test_the_end_of_the_server_is_told(busy, binary):
    running = subprocess.Popen([binary, "-C", busy.folder, "query", ENDLESS], stderr=subprocess.PIPE, text=True)
    time.sleep(1)
    assert busy.stop() == 0
    assert running.wait(timeout=20) == 1
    assert "The server is stopping" in running.stderr.read()


def test_a_killed_server_is_in_nobodys_way(busy, deskhouse):
    busy.process.kill()
    busy.process.wait()
    assert (busy.folder / "deskhouse.sock").is_socket()
    assert deskhouse("-C", busy.folder, "query", "--csv", "select 1 as n").stdout == "n\n1\n"
    deskhouse("-C", busy.folder, "run", "-q", "--now", "2026-01-02")


def test_who_does_not_read_holds_up_nobody(busy, binary, deskhouse):
    stuck = subprocess.Popen([binary, "-C", busy.folder, "query", "--csv", "select repeat('x', 1000) as x from range(100000)"], stdout=subprocess.PIPE)
    assert stuck.stdout.read(10)
    deskhouse("-C", busy.folder, "run", "-q", "--now", "2026-01-02")
    deskhouse("-C", busy.folder, "query", "select 1")
    stuck.kill()
    stuck.wait()


def test_writers_wait_for_each_other(busy, binary, deskhouse):
    runs = [subprocess.Popen([binary, "-C", busy.folder, "run", "--full", "-q", "--now", f"2026-01-0{day}"], stderr=subprocess.PIPE, text=True) for day in (2, 3, 4, 5)]
    for run in runs:
        assert run.wait(timeout=120) == 0, run.stderr.read()
    deskhouse("-C", busy.folder, "verify")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_another_user_is_refused(binary, project):
    with tempfile.TemporaryDirectory() as open_to_all:
        os.chmod(open_to_all, 0o755)
        folder = shutil.copytree(project, pathlib.Path(open_to_all) / "desk")
        server = Server(binary, folder)
        done = subprocess.run(["setpriv", "--reuid", "65534", "--clear-groups", binary, "-C", folder, "query", "select 1"],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and done.stdout == ""
        assert "A server of another user runs for this project" in done.stderr
        assert server.stop() == 0


def test_without_a_dashboard_too(binary, deskhouse, project):
    """`serve` alone opens the warehouse only while it needs it; commands take their turn in it."""
    log = project / "log"
    with log.open("w") as out:
        process = subprocess.Popen([binary, "-C", project, "serve"], stdout=out, stderr=subprocess.STDOUT)
    try:
        wait_for(lambda: (project / "deskhouse.sock").exists())
        for _ in range(5):
            assert deskhouse("-C", project, "query", "--csv", "select 1 as n").stdout == "n\n1\n"
        deskhouse("-C", project, "run", "-q", "--now", "2026-01-02")
        deskhouse("-C", project, "verify")
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0
    assert not (project / "deskhouse.sock").exists()


def test_a_run_that_fails_is_not_hidden_by_kept_answers(busy, deskhouse):
    """It is no new version of the data, and still something that was asked for has changed."""
    failed = "select count(*) from meta.runs where status = 'failed'"
    assert busy.query(failed)[2]["rows"] == [[0]] == busy.query(failed)[2]["rows"]
    toml = busy.folder / "deskhouse.toml"
    toml.write_text(toml.read_text().replace('path = "agents.csv"', 'path = "no such file.csv"'))
    deskhouse("-C", busy.folder, "run", code=1)
    wait_for(lambda: busy.query(failed)[2]["rows"] == [[1]])
