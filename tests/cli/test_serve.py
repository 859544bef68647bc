"""`serve`: reads each source at its interval, whatever becomes of the others, goes on after a restart, stops when told."""

import json
import signal
import subprocess

import duckdb
import pytest

from .test_every import wait_for

TOML = """
[sources.good]
every = "1s"
[sources.good.agents]
path = "agents*.csv"
fields = {{ id = "id", name = "name", updated_at = "updated" }}
[sources.bad]
every = "{every}"
[sources.bad.groups]
path = "groups.csv"
sweep = "1s"
fields = {{ id = "id", name = "name" }}
"""


def query(folder, sql):
    """None while a run holds the warehouse, or before there is one."""
    try:
        with duckdb.connect(str(folder / "deskhouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()
    except duckdb.Error:
        return None


def value(folder, sql):
    rows = query(folder, sql)
    return rows[0][0] if rows else None


def succeeded(folder, source):
    return value(folder, f"select count(*) from meta.runs where status = 'succeeded' and source = '{source}'") or 0


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "deskhouse.toml").write_text(TOML.format(every="1s"))
    (folder / "agents.csv").write_text("id,name,updated\nA1,Ann,2024-01-01\n")
    (folder / "groups.csv").write_text("id,name\nG1,Desk\nG2,Plant\n")
    return folder


@pytest.fixture
def serve(binary, project, tmp_path):
    """Starts one; its log, output and errors together, is read with log()."""
    started = []

    def start():
        number = len(started)
        log = (tmp_path / f"log{number}").open("w")
        process = subprocess.Popen([binary, "-C", project, "serve"], stdout=log, stderr=subprocess.STDOUT)
        process.log = lambda: (tmp_path / f"log{number}").read_text()
        started.append((process, log))
        return process

    yield start
    for process, log in started:
        process.kill()
        process.wait()
        log.close()


def test_sources_are_read_apart_and_deletes_are_found(serve, project, deskhouse):
    process = serve()
    wait_for(lambda: succeeded(project, "good") >= 2 and succeeded(project, "bad") >= 2)
    # A record goes; the sweep of a later run finds it.
    (project / "groups.csv").write_text("id,name\nG1,Desk\n")
    wait_for(lambda: query(project, "select id from operational.groups where is_deleted") == [("G2",)])
    # One source fails, the other goes on, and the failing one comes back by itself.
    (project / "groups.csv").unlink()
    wait_for(lambda: "bad: " in process.log() and "in a row, the next try is in" in process.log())
    before = succeeded(project, "good")
    wait_for(lambda: succeeded(project, "good") > before)
    (project / "groups.csv").write_text("id,name\nG1,Desk\nG2,Plant\n")
    wait_for(lambda: query(project, "select id from operational.groups where is_deleted") == [])
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert query(project, "select count(*) from meta.runs where status = 'running'") == [(0,)]
    deskhouse("-C", project, "verify")


def test_a_restart_goes_on_with_the_plan(serve, project, deskhouse):
    """What was read is not read again before its time; what failed or is overdue is read at once."""
    (project / "deskhouse.toml").write_text(TOML.format(every="1d"))
    process = serve()
    wait_for(lambda: succeeded(project, "bad") == 1 and succeeded(project, "good") >= 1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    before = succeeded(project, "good")
    process = serve()
    wait_for(lambda: succeeded(project, "good") >= before + 2)
    wait_for(lambda: succeeded(project, "bad") == 1)  # nothing is seen while a run holds the file
    # A shorter interval, by SIGHUP.
    (project / "deskhouse.toml").write_text(TOML.format(every="1s"))
    process.send_signal(signal.SIGHUP)
    wait_for(lambda: succeeded(project, "bad") >= 3)
    # A mistake changes nothing but that it is told.
    (project / "deskhouse.toml").write_text(TOML.format(every="1s") + "[projekt]\n")
    process.send_signal(signal.SIGHUP)
    wait_for(lambda: "the plan stays as it was: deskhouse.toml:" in process.log())
    (project / "deskhouse.toml").write_text(TOML.format(every="1s"))
    before = succeeded(project, "good")
    wait_for(lambda: succeeded(project, "good") > before)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0


def test_two_processes_are_one_clear_sentence(serve, project, deskhouse, binary):
    """Whoever comes second is told, and serve tries again."""
    process = serve()
    wait_for(lambda: succeeded(project, "good") >= 1)
    assert "in a row" not in process.log(), "that somebody reads is no failure"

    def take():
        try:
            return duckdb.connect(str(project / "deskhouse.duckdb"))
        except duckdb.Error:  # a run has it
            return None

    with wait_for(take):
        done = subprocess.run([binary, "-C", project, "run"], capture_output=True, text=True)
        assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
        wait_for(lambda: " waits: " in process.log())
    before = succeeded(project, "good")
    wait_for(lambda: succeeded(project, "good") > before)


def test_nothing_to_read_is_said(deskhouse, project):
    (project / "deskhouse.toml").write_text("[project]\nname = \"x\"\n")
    assert "names no source, so there is nothing to read" in deskhouse("-C", project, "serve", code=2).stderr
    assert "SIGHUP" in deskhouse("serve", "--help").stdout


def test_one_source_alone(deskhouse, project):
    report = json.loads(deskhouse("-C", project, "run", "--source", "good", "--json").stdout)
    assert [line["source"] for line in report] == ["good"]
    assert query(project, "select source from meta.runs") == [("good",)]
