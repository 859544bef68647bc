"""A lake holds what a file holds, cell by cell, whoever is killed and whoever looks on meanwhile."""

import json
import subprocess
import threading
import time

import pytest

STEPS = ["after_load_batch", "before_commit", "after_commit"]


def test_a_lake_holds_what_a_file_holds(desk, files):
    desk.load()
    desk.load()  # again changes nothing
    balances = json.loads(desk("status", "--json").stdout)["balances"]
    assert balances and all(line["loaded"] == 0 and line["balance"] == "OK" for line in balances)
    desk.equals(files / "first.duckdb")
    desk.load_delta()
    desk.equals(files / "both.duckdb")
    desk("verify")


@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_dies(desk, files, step):
    desk.load()
    before = desk.rows("select data_version, as_of from meta.state")
    desk.load_delta(crash_at=step, code=-9)
    assert (desk.rows("select data_version, as_of from meta.state") == before) == (step != "after_commit")
    desk.load_delta()
    desk.equals(files / "both.duckdb")


def begin_delta(desk, binary):
    """The second delivery, by a process that has begun."""
    return subprocess.Popen([binary, "-C", desk.delta, "run", "--now", "2026-01-02", "-q"], env=desk.environment,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_one_writes_and_others_read_whole_runs(desk, binary, files):
    """A reader's numbers are those of one run: the tickets of the state that it sees."""
    desk.load()
    right = {line.split(",")[0]: line for line in desk.rows("select data_version, count(*) from meta.state, operational.tickets group by all")}
    seen, problems, over = set(), [], threading.Event()

    def read():
        while not over.is_set():
            done = subprocess.run([binary, "-C", desk.folder, "query", "--csv",
                                   "select data_version, (select count(*) from operational.tickets), (select count(*) from core.fact_tickets) from meta.state"],
                                  capture_output=True, text=True, env=desk.environment, timeout=60)
            if done.returncode != 0:
                problems.append(done.stderr)
            else:
                seen.add(done.stdout.splitlines()[1])

    reader = threading.Thread(target=read)
    reader.start()
    writer = begin_delta(desk, binary)
    time.sleep(0.5)
    refused = subprocess.run([binary, "-C", desk.folder, "run", "-q"], capture_output=True, text=True, env=desk.environment, timeout=60)
    assert writer.poll() is None, "the second writer came too late to meet the first"
    assert refused.returncode != 0 and "one process may write at a time" in refused.stderr
    assert writer.wait(timeout=120) == 0
    time.sleep(0.5)
    over.set()
    reader.join()
    assert not problems, problems[0]
    versions = {line.split(",")[0] for line in seen}
    assert len(seen) == len(versions) == 2, f"a version was seen in two states: {seen}"
    assert right.keys() <= versions
    for line in seen:
        version, tickets, facts = line.split(",")
        assert tickets == facts, line
    desk.equals(files / "both.duckdb")


def test_two_jobs_take_turns(desk, binary, files):
    desk.load()
    writer = begin_delta(desk, binary)
    time.sleep(0.5)
    assert writer.poll() is None
    second = subprocess.run([binary, "--wait", "2m", "-C", desk.folder, "run", "--now", "2026-01-02"], capture_output=True, text=True, env=desk.environment, timeout=180)
    assert second.returncode == 0, second.stderr
    assert "Waiting. The lake" in second.stderr and second.stderr.count("Waiting.") == 1
    assert writer.wait(timeout=10) == 0
    assert desk.rows("select status, count(*) from meta.runs group by all") == ["succeeded,3"]
    desk.equals(files / "both.duckdb")


def test_a_server_works_on_it(desk, binary):
    """What reads and writes through a running server does so here, too."""
    desk.load()
    server = subprocess.Popen([binary, "-C", desk.folder, "serve", "--listen", "127.0.0.1:0"], env=desk.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        address = server.stdout.readline().strip()
        assert address.startswith("http://"), address + server.stderr.read()
        assert desk.rows("select count(*) > 0 from core.fact_tickets") == ["true"]
        desk.load()
        assert desk.rows("select data_version from meta.state") == ["2"]
    finally:
        server.terminate()
        assert server.wait(timeout=60) == 0


def test_what_is_wrong_is_said(desk, tmp_path):
    file = desk.folder / "deskhouse.toml"
    good = file.read_text()
    file.write_text(good.replace("ducklake:", "ducklake:oracle:", 1))
    assert "write ducklake:sqlite:FILE or ducklake:postgres:CONNECTION" in desk("run", code=2).stderr
    file.write_text(good)
    desk.load()
    file.write_text(good.replace(str(desk.folder / "lake"), str(tmp_path / "elsewhere")))
    assert "has its files elsewhere than project.lake_data" in desk("run", code=1).stderr


@pytest.mark.parametrize("desk", ["postgresql"], indirect=True)  # a file that is not there is made
def test_a_catalogue_that_is_not_there(desk):
    desk.environment["PGPORT"] = "1"
    said = desk("run", code=1).stderr
    assert "catalogue" in said and "cannot be reached" in said and said.count("\n") == 1
