"""`run --every`: goes on by itself, survives a failing run, leaves the warehouse to others in between, stops when told."""

import signal
import subprocess
import time

import duckdb
import pytest


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


def runs(folder, status):
    try:
        with duckdb.connect(str(folder / "deskhouse.duckdb"), read_only=True) as connection:
            return connection.execute("select count(*) from meta.runs where status = ?", [status]).fetchone()[0]
    except duckdb.Error:  # a run holds it, or has not made it yet
        return 0


@pytest.fixture
def repeated(binary, desk, tmp_path):
    folder = desk.project(desk.ticket(1))
    log = (tmp_path / "err").open("w+")
    process = subprocess.Popen([binary, "-C", folder, "run", "--every", "1s"], stdout=subprocess.DEVNULL, stderr=log)
    yield folder, process, lambda: (tmp_path / "err").read_text()
    process.kill()
    process.wait()
    log.close()


def test_it_goes_on_and_others_can_read_in_between(repeated, desk):
    folder, process, _ = repeated
    wait_for(lambda: runs(folder, "succeeded") >= 3)
    (folder / "tickets2.csv").write_text(desk.HEADER + desk.ticket(2))

    def tickets():
        try:
            with duckdb.connect(str(folder / "deskhouse.duckdb"), read_only=True) as connection:
                return connection.execute("select count(*) = 2 from core.fact_tickets").fetchone()[0]
        except duckdb.Error:
            return False

    wait_for(tickets)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def test_a_failing_run_is_tried_again(repeated):
    folder, process, err = repeated
    wait_for(lambda: runs(folder, "succeeded") >= 1)
    agents = (folder / "agents.csv").read_text()
    (folder / "agents.csv").unlink()
    wait_for(lambda: "agents.csv" in err() and "in a row that failed; the next try is in" in err())
    (folder / "agents.csv").write_text(agents)
    done = runs(folder, "succeeded")
    wait_for(lambda: runs(folder, "succeeded") > done)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert "stopping after the run that is under way" in err()


def test_wrong_use_is_said(deskhouse, desk):
    folder = desk.project(desk.ticket(1))
    done = deskhouse("-C", folder, "run", "--every", "often", code=2)
    assert "--every is 'often'; write a duration such as 90s" in done.stderr
    done = deskhouse("-C", folder, "run", "--every", "5m", "--now", "2024-01-01", code=2)
    assert "leave out --now" in done.stderr
