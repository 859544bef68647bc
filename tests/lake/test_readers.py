"""Servers that only read: any number of them beside the one process that writes."""

import json
import pathlib
import subprocess
import sys
import threading
import time

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
from serve.conftest import Server  # noqa: E402
from serve.test_access import NAMES, PASSWORD, Guarded, users  # noqa: E402


def wait_for(server, version, **headers):
    deadline = time.monotonic() + 30
    while (seen := server.json("/api/v1/meta", **headers)["data_version"]) != version:
        assert time.monotonic() < deadline, f"still {seen}"
        time.sleep(0.1)


class Reading(Server):
    def __init__(self, binary, desk):
        super().__init__(binary, desk.folder, environment=desk.environment, options=["--read-only"])

    def version(self):
        return self.json("/api/v1/meta")["data_version"]

    def tickets(self):
        _, _, answer = self.query("select count(*), (select data_version from meta.state) from core.fact_tickets")
        assert "rows" in answer, answer
        return tuple(answer["rows"][0])



def events_of(server):
    """Data of the first server-sent events."""
    connection = server.connection()
    connection.request("GET", "/events")
    answer = connection.getresponse()
    return connection, (json.loads(line[6:]) for line in iter(answer.readline, b"") if line.startswith(b"data: "))


def test_two_servers_and_one_writer(desk, binary, files):
    desk.load()
    readers = [Reading(binary, desk) for _ in range(2)]
    try:
        first = readers[0].tickets()
        assert [reader.tickets() for reader in readers] == [first] * 2
        connection, events = events_of(readers[0])
        # They take no right to write, and no command of others.
        assert not (desk.folder / "deskhouse.sock").exists()
        desk.load_delta()
        for reader in readers:
            wait_for(reader, 2)
        second = readers[0].tickets()
        assert second == readers[1].tickets() != first
        assert next(event for event in events if event.get("data_version") == 2)
        connection.close()
        metric = "/api/v1/metrics/created_tickets"
        assert readers[0].json(metric)["rows"] == readers[1].json(metric)["rows"]
        assert readers[0].json(metric + "?as_of=1")["rows"] != readers[0].json(metric)["rows"]
        said = subprocess.run([binary, "-C", desk.folder, "serve", "--read-only"], env=desk.environment, capture_output=True, text=True, timeout=60)
        assert said.returncode == 2 and "--listen" in said.stderr
    finally:
        codes = [reader.stop() for reader in readers]
    assert codes == [0, 0]


def test_what_is_told_is_what_is_answered(desk, binary):
    """Many ask the same while something is published: nobody who has heard of a version gets, or keeps for others, what was before it."""
    desk.load()
    reader, over, late = Reading(binary, desk), threading.Event(), []

    def ask():
        while not over.is_set():
            told = reader.version()
            answered = reader.tickets()[1]
            if answered < told:
                late.append((told, answered))

    askers = [threading.Thread(target=ask) for _ in range(6)]
    try:
        for asker in askers:
            asker.start()
        desk.load_delta()
        desk("rebuild", "-q")
        wait_for(reader, 3)
        time.sleep(0.5)
    finally:
        over.set()
        for asker in askers:
            asker.join()
        code = reader.stop()
    assert (code, late) == (0, [])


@pytest.mark.parametrize("desk", ["postgresql"], indirect=True)
def test_pages_outlive_the_catalogue(desk, binary, postgresql):
    """What is shown is read by a copy of the catalogue: its server is asked whether there is something new, and nothing else."""
    desk.load()
    reader = Reading(binary, desk)
    try:
        first = reader.tickets()
        assert not list(desk.folder.rglob("catalogue-*")), "a copy has no name"
        postgresql.stop()
        assert reader.tickets() == first
        assert reader.json("/api/v1/metrics/created_tickets")["rows"]
        # A statement that fails, or whose answer is cut off, leaves the next one whole.
        status, _, answer = reader.query("select ('x' || ticket_key)::integer from core.fact_tickets")
        assert status == 400 and "convert" in answer["detail"]
        assert len(reader.query("select * from core.fact_tickets limit 20000")[2]["rows"]) == first[0]
        assert reader.ask("/api/v1/query", "POST", json.dumps({"sql": "from core.fact_tickets", "max_rows": 3}), Content_Type="application/json")[0] == 200
        assert reader.tickets() == first
        postgresql.start()
        desk.load_delta()
        wait_for(reader, 2)
        assert reader.tickets() != first
        assert len({json.dumps(reader.query("select * from core.fact_tickets order by all limit 5")[2]["rows"]) for _ in range(3)}) == 1
    finally:
        if postgresql.process is None:
            postgresql.start()
        code = reader.stop()
    assert code == 0


def test_a_viewer_of_a_lake(desk, binary):
    """People stay hidden, and what is new is seen, by every role."""
    with open(desk.folder / "deskhouse.toml", "a") as file:
        file.write('\n[server]\nlogin = "always"\n')
    for name, role in (("vera", "viewer"), ("anna", "analyst")):
        assert users(binary, desk.folder, "add", name, "--role", role, input=PASSWORD + "\n").returncode == 0
    desk.load()
    server = Guarded(binary, desk.folder, environment=desk.environment, options=["--read-only"])
    try:
        cookies = [server.cookie("vera"), server.cookie("anna")]
        count = "select count(*), (select data_version from meta.state) from core.fact_tickets"

        def seen():
            names = [server.query(NAMES, Cookie=cookie)[2]["rows"] for cookie in cookies]
            assert [all(name.startswith("Person ") for name, _ in rows) for rows in names] == [True, False]
            counts = [server.query(count, Cookie=cookie)[2]["rows"] for cookie in cookies]
            assert counts[0] == counts[1]
            return counts[0]

        first = seen()
        desk.load_delta()
        wait_for(server, 2, Cookie=cookies[0])
        assert seen() != first
    finally:
        code = server.stop()
    assert code == 0


@pytest.mark.soak
def test_ten_minutes(desk, binary, files):
    """A writer that loads, drops and tidies up without end; what two servers answer is always of one run."""
    desk.load()
    file = desk.folder / "deskhouse.toml"
    file.write_text(file.read_text() + '\n[maintenance]\nkeep_snapshots = "20s"\nkeep_files = "20s"\n')
    readers = [Reading(binary, desk) for _ in range(2)]
    seen, until, rounds = {}, time.monotonic() + 600, 0
    try:
        while time.monotonic() < until:
            writer = subprocess.Popen([binary, "-C", desk.folder, "rebuild" if rounds % 2 else "maintain", "-q"], env=desk.environment)
            while writer.poll() is None:
                for reader in readers:
                    tickets, version = reader.tickets()
                    assert seen.setdefault(version, tickets) == tickets
                time.sleep(0.05)
            assert writer.returncode == 0
            rounds += 1
        assert rounds > 20
        desk.load_delta()
        desk.equals(files / "both.duckdb")
    finally:
        codes = [reader.stop() for reader in readers]
    assert codes == [0, 0]
