"""deskhouse publish: what it says was acknowledged is in the topic, once."""

import json
import os
import random

import duckdb
import pytest

from .broker import PASSWORD, SASL
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


def test_brokers_that_want_a_password(topic, make_project, deskhouse, broker, tmp_path, batch, same):
    """Sent and read by who says the right one; another is refused, and said so."""
    events = whole_events(30, seed=53)
    path = lines(tmp_path, events)
    project = make_project(topic, more=SASL, brokers=broker.guarded)
    right, wrong = ({**os.environ, "KAFKA_PASSWORD": password} for password in (PASSWORD, "guessed"))
    said = deskhouse("-C", project.folder, "publish", path, "--topic", topic.name, "--json", env=right)
    assert json.loads(said.stdout)["acknowledged"] == 30
    assert "KAFKA_PASSWORD" in project.stream(code=2).stderr
    said = project.stream(code=1, env=wrong).stderr
    assert "Authentication failed" in said and "the password in KAFKA_PASSWORD" in said
    project.stream(env=right)
    same(project.folder, batch([e["data"] for e in events]))


def test_a_topic_that_is_not_there_is_an_error(deskhouse, broker, tmp_path):
    path = lines(tmp_path, whole_events(3, seed=52))
    said = deskhouse("publish", path, "--brokers", broker.brokers, "--topic", "no-such-topic", code=1)
    assert "0 acknowledged, 3 failed" in said.stdout and "no-such-topic" in said.stderr


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_table_of_the_warehouse_is_sent_and_read_again(compression, topic, make_topic, make_project, broker, deskhouse):
    topic.send(whole_events(120, seed=53))
    project, copied_topic = make_project(topic), make_topic()
    project.stream()
    rows = "select id, subject, description, status, priority, category, requester_id, assigned_to, created_at, updated_at, resolved_at, is_deleted from operational.tickets order by id"
    (count,), = project.query("select count(*) from operational.tickets")
    said = deskhouse("-C", project.folder, "publish", "--table", "operational.tickets", "--brokers", broker.brokers, "--topic", copied_topic.name,
                     "--compression", compression, "--transactional-id", f"copy-{compression}", "--json")
    assert json.loads(said.stdout) == {"topic": copied_topic.name, "acknowledged": count, "failed": 0}
    copied = make_project(copied_topic, "copied")
    copied.stream()
    assert copied.query(rows) == project.query(rows) and copied.query("select count(*) from staging.quarantine") == [(0,)]
    said = deskhouse("-C", project.folder, "publish", "--query", "select id, 'Open' as status from operational.tickets", "--type", "ticket.status_changed",
                     "--brokers", broker.brokers, "--topic", copied_topic.name, "--json")
    assert json.loads(said.stdout)["acknowledged"] == count
    copied.stream()
    assert copied.query("select distinct status from operational.tickets") == [("Open",)]
    said = deskhouse("-C", project.folder, "publish", "--query", "drop table operational.tickets", "--brokers", broker.brokers, "--topic", copied_topic.name, code=2)
    assert "0 acknowledged" not in said.stdout


def test_invented_events_are_read_by_the_demo(topic, broker, deskhouse, tmp_path):
    desk = tmp_path / "demo"
    deskhouse("demo", "--tickets", 1000, "--dir", desk, "-q")
    said = deskhouse("publish", "--demo", 25, "--rate", 200, "--brokers", broker.brokers, "--topic", topic.name, "--compression", "lz4", "--json")
    sent = json.loads(said.stdout)["acknowledged"]
    found = [json.loads(v) for v, _ in topic.read(2)]
    assert len(found) == sent > 50
    assert sum(f["event_type"] == "ticket.created" for f in found) == 25 == len({f["data"]["Number"] for f in found})
    again = deskhouse("publish", "--demo", 25, "--brokers", broker.brokers, "--topic", topic.name, "--json")
    assert json.loads(again.stdout)["acknowledged"] == sent, "the same seed invents the same"
    with (desk / "deskhouse.toml").open("a") as config:
        config.write(f'\n[stream]\nbrokers = "{broker.brokers}"\n[stream.topics.{topic.name}]\nentity = "tickets"\n')

    def tickets():
        with duckdb.connect(str(desk / "deskhouse.duckdb"), read_only=True) as c:
            return c.execute("select (select count(*) from operational.tickets), (select count(*) from staging.quarantine q join meta.runs r using (run_id) where "
                             "r.kind = 'stream')").fetchone()

    before = tickets()
    deskhouse("-C", desk, "stream", "--until-end", "--now", "2026-01-02", "-q")
    assert tickets() == (before[0] + 25, 0)
    deskhouse("-C", desk, "verify", "-q")
