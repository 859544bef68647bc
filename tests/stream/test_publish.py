"""deskhouse publish: what it says was acknowledged is in the topic, once."""

import json
import random

import pytest

from .events import event, ticket, whole_events


def lines(folder, objects):
    path = folder / "events.jsonl"
    path.write_text("".join(json.dumps(o) + "\n" for o in objects))
    return path


def test_events_of_a_file_are_all_there(topic, make_project, deskhouse, broker, tmp_path, batch, same):
    events = whole_events(200, seed=50)
    said = deskhouse("publish", lines(tmp_path, events), "--brokers", broker.brokers, "--topic", topic.name, "--json")
    assert json.loads(said.stdout) == {"topic": topic.name, "acknowledged": 200, "failed": 0}
    assert sorted(json.dumps(json.loads(v)) for v, _ in topic.read(2)) == sorted(json.dumps(e) for e in events)
    project = make_project(topic)
    project.stream()
    same(project.folder, batch([e["data"] for e in events]))


@pytest.mark.parametrize("compression", ["none", "lz4", "zstd"])
def test_records_become_events(compression, topic, deskhouse, broker, tmp_path):
    records = [ticket(n, 10, random.Random(n)) for n in range(20)]
    path = lines(tmp_path, records)
    deskhouse("publish", "--brokers", broker.brokers, "--topic", topic.name, "--compression", compression,
              "--type", "ticket.created", stdin=path.open())
    found = [json.loads(v) for v, _ in topic.read(2)]
    assert sorted(f["data"]["id"] for f in found) == sorted(r["id"] for r in records)
    assert {f["event_type"] for f in found} == {"ticket.created"}


def test_a_line_that_is_no_record_is_named_and_what_was_sent_is_counted(topic, deskhouse, broker, tmp_path):
    good = json.dumps(event(ticket(1, 10, random.Random(1))))
    path = tmp_path / "events.jsonl"
    path.write_text(good + "\nnonsense\n" + good + "\n")
    said = deskhouse("publish", path, "--brokers", broker.brokers, "--topic", topic.name, code=2)
    assert "events.jsonl:2" in said.stderr and "1 acknowledged" in said.stdout


def test_transactions_are_seen_whole(topic, deskhouse, broker, tmp_path):
    path = lines(tmp_path, whole_events(25, seed=51))
    deskhouse("publish", path, "--brokers", broker.brokers, "--topic", topic.name, "--transactional-id", "p1",
              "--transaction-events", 10)
    assert len(topic.read(2)) == 25


def test_a_topic_that_is_not_there_is_an_error(deskhouse, broker, tmp_path):
    path = lines(tmp_path, whole_events(3, seed=52))
    said = deskhouse("publish", path, "--brokers", broker.brokers, "--topic", "no-such-topic", code=1)
    assert "0 acknowledged, 3 failed" in said.stdout and "no-such-topic" in said.stderr
