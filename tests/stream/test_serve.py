"""The stream inside `deskhouse serve`: beside runs of other sources, with live numbers for those who watch."""

import json
import random
import signal
import time

import pytest

from .broker import Broker, kafka_home
from .events import event, ticket, whole_events
from .server import Server, Watcher, eventually


@pytest.fixture
def serve(binary):
    running = []

    def start(project):
        running.append(Server(binary, project.folder))
        return running[-1]

    yield start
    for server in running:
        if server.process.poll() is None:
            assert server.stop() == 0


def tickets(numbers, priority, minute=10):
    return [event(ticket(n, minute, random.Random(n)) | {"priority": priority}) for n in numbers]


def has_tickets(count):
    return lambda _, name, data: name == "live" and data["tickets"] == count


def test_live_numbers_go_out_to_all_and_resume(topic, make_project, serve):
    project = make_project(topic)
    topic.send(tickets(range(30), "High"))
    server = serve(project)
    first, second = Watcher(server), Watcher(server, "/events")
    number, _, live = first.wait(has_tickets(30))
    assert live["is_reading"] and live["error"] is None and live["events"] == 30 and live["window_seconds"] == 10
    assert sum(window["High"] for window in live["windows"]) == 30
    assert second.wait(has_tickets(30))[0] == number
    assert server.json("/api/v1/live/windows")["windows"] == live["windows"]
    # Who comes back with the last number that it had is told what came after, and nothing twice.
    topic.send(tickets(range(40, 50), "Low"))
    again = Watcher(server, Last_Event_ID=str(number))
    later, _, _ = again.wait(has_tickets(40))
    assert later > number and all(one > number for one, _, _ in again.events)
    first.wait(lambda _, name, data: name == "data" and data["data_version"] >= 2)
    metrics = server.ask("/metrics")[1]
    assert "deskhouse_stream_up 1" in metrics and "deskhouse_stream_events_total 40" in metrics
    assert 'deskhouse_live_open_tickets{priority="High"}' in metrics
    assert "stream: reading" in server.ask("/readyz")[1]


def test_runs_and_micro_batches_take_turns(topic, make_project, serve, deskhouse):
    """A source is read again and again while events come, and both write tickets."""
    project = make_project(topic)
    mine = [record["data"] for record in whole_events(40, seed=31)]
    with (project.folder / "deskhouse.toml").open("a") as toml:
        toml.write('[sources.desk]\nevery = "1s"\n[sources.desk.tickets]\npath = "tickets.jsonl"\n')
    (project.folder / "tickets.jsonl").write_text("".join(json.dumps(record) + "\n" for record in mine))
    server = serve(project)
    theirs = whole_events(200, seed=32, tickets=60)
    for at in range(0, 200, 20):
        topic.send(theirs[at:at + 20])
        time.sleep(0.3)
    eventually(lambda: server.json("/api/v1/live/windows")["events"] == 200)
    ids = {record["id"] for record in mine} | {e["data"]["id"] for e in theirs}
    assert server.json("/api/v1/live/windows")["tickets"] == len(ids)
    assert server.query("select count(*) > 1 from meta.runs where kind = 'run'") == [[True]]
    assert server.stop() == 0
    assert project.query("select count(*) from operational.tickets") == [(len(ids),)]
    assert project.query("select count(*) from meta.runs where status <> 'succeeded'") == [(0,)]
    deskhouse("-C", project.folder, "verify")


def test_a_broker_that_is_gone_is_told_and_comes_back(repo, serve, make_topic, make_project, tmp_path_factory):
    broker = Broker(kafka_home(repo), tmp_path_factory.mktemp("kafka-serve"))
    try:
        topic = type(make_topic())(broker.brokers, "tickets", 2)
        project = make_project(topic)
        toml = project.folder / "deskhouse.toml"
        toml.write_text(toml.read_text().replace(toml.read_text().split('"')[1], broker.brokers))
        topic.send(whole_events(20, seed=33))
        broker.stop(signal.SIGKILL)
        server = serve(project)
        failed = "select error from meta.runs where kind = 'stream' and status = 'failed'"
        eventually(lambda: 'deskhouse_runs_total{kind="stream",status="failed"} 1' in server.ask("/metrics")[1], 60)
        assert "deskhouse_stream_up 0" in server.ask("/metrics")[1]
        assert broker.brokers in server.query(failed)[0][0]
        broker.start()
        eventually(lambda: server.query("select count(*) > 0 from operational.tickets") == [[True]], 90)
        eventually(lambda: "stream: reading" in server.ask("/readyz")[1])
        assert server.json("/api/v1/live/windows")["error"] is None
        # Who stops does not wait for brokers that are away.
        broker.stop(signal.SIGKILL)
        start = time.monotonic()
        assert server.stop() == 0 and time.monotonic() - start < 10
    finally:
        broker.wipe()
