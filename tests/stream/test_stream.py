"""The stream against a real broker: every event counts once, and the tables are those of a batch."""

import json
import random

import pytest

from .events import event, partial_events, ticket, time, whole_events


def test_one_topic_gives_the_tables_of_a_batch(topic, make_project, batch, same):
    events = whole_events(150, seed=1)
    topic.send(events)
    project = make_project(topic)
    project.stream()
    same(project.folder, batch([e["data"] for e in events]))


def test_events_count_once_over_restarts(topic, make_project, batch, same):
    events = whole_events(120, seed=2)
    project = make_project(topic)
    for part in (events[:50], events[50:51], events[51:]):
        topic.send(part)
        project.stream()
    project.stream()
    assert project.query("select sum(extracted) from meta.balances") == [(120,)]
    same(project.folder, batch([e["data"] for e in events]))
    assert "equal" in project.deskhouse("-C", project.folder, "verify").stdout


def test_micro_batches_go_on_while_the_stream_is_behind(topic, make_project, batch, same):
    events = whole_events(1000, seed=4)
    topic.send(events)
    project = make_project(topic, catch_up_rows=500)
    project.stream()
    sizes = [n for n, in project.query("select extracted from meta.balances order by run_id")]
    # How much the first reads give is the broker's affair: forty is what a micro-batch that is not behind takes at most.
    assert sum(sizes) == 1000 and max(sizes) > 40 and len(sizes) < 25
    assert project.query("select sum(next_offset) from meta.stream_offsets") == [(1000,)]
    same(project.folder, batch([e["data"] for e in events]))
    assert "equal" in project.deskhouse("-C", project.folder, "verify").stdout


@pytest.mark.parametrize("seed", range(2))
def test_a_long_micro_batch_ends_before_parts_of_records(seed, topic, make_project, same):
    events = whole_events(200, seed) + partial_events(300, seed + 10) + whole_events(300, seed + 20)
    topic.send(events)
    short, long_ = make_project(topic), make_project(topic, "long", catch_up_rows=10_000)
    short.stream()
    long_.stream()
    count = "select count(*) from meta.runs where kind = 'stream'"
    assert long_.query(count) < short.query(count)
    same(short.folder, long_.folder)
    assert "equal" in long_.deskhouse("-C", long_.folder, "verify").stdout


def test_a_long_micro_batch_with_a_refused_row_is_read_again_in_short_ones(topic, make_project):
    events = whole_events(400, seed=11, tickets=400)
    events[300]["data"]["subject"] = "refuse me"
    topic.send(events)
    project = make_project(topic, catch_up_rows=10_000)
    with (project.folder / "deskhouse.toml").open("a") as toml:
        toml.write('[sources.desk.tickets]\npath = "tickets.jsonl"\nrow_conditions = ["subject <> \'refuse me\'"]\n')
    project.stream()
    assert project.query("select sum(extracted), sum(quarantined) from meta.balances b join meta.runs using (run_id) "
                         "where status = 'succeeded'") == [(400, 1)]
    assert project.query("select count(*) from staging.quarantine") == [(1,)]
    assert project.query("select sum(next_offset) from meta.stream_offsets") == [(400,)]


def test_parts_of_records_in_any_order_give_the_same_tables(make_topic, make_project, same):
    events = partial_events(200, seed=3)
    folders = []
    for round_ in range(4):
        rng = random.Random(round_)
        mixed = events[:] + rng.sample(events, 40) * (round_ > 0)
        if round_:
            rng.shuffle(mixed)
        topic = make_topic()
        project = make_project(topic, f"desk{round_}")
        cut = rng.randrange(len(mixed))
        for part in (mixed[:cut], mixed[cut:]):
            topic.send(part)
            project.stream()
        assert "equal" in project.deskhouse("-C", project.folder, "verify").stdout
        folders.append(project.folder)
    for other in folders[1:]:
        same(folders[0], other)


def folded(events):
    """What each ticket comes to: the last whole document, and what was said of it from then on; naively."""
    tickets = {}
    whole = [e for e in events if "subject" in e["data"]]
    for e in whole:
        key = e["data"]["id"]
        if key not in tickets or e["timestamp"] >= tickets[key]["updated_at"]:
            tickets[key] = dict(e["data"])
    bases = {key: record["updated_at"] for key, record in tickets.items()}
    for e in sorted((e for e in events if "subject" not in e["data"]), key=lambda e: e["timestamp"]):
        key = e["data"]["id"]
        if key in tickets and e["timestamp"] >= bases[key]:
            tickets[key].update(e["data"], updated_at=e["timestamp"],
                                is_deleted=e["event_type"] == "ticket.deleted")
    return tickets


def test_a_part_changes_only_what_it_states(topic, make_project):
    # One event a minute, so that an oracle needs no rule for ties.
    rng = random.Random(5)
    events = []
    for minute, e in enumerate(partial_events(300, seed=5)):
        at = time(2000 + minute)
        e["timestamp"] = at
        if "subject" in e["data"]:
            e["data"]["updated_at"] = at
        events.append(e)
    wanted = folded(events)
    rng.shuffle(events)
    topic.send(events)
    project = make_project(topic)
    project.stream()
    found = {row[0]: row[1:] for row in project.query(
        "select id, status, priority, assigned_to, is_deleted, strftime(updated_at, '%Y-%m-%dT%H:%M:%SZ') "
        "from operational.tickets")}
    assert found == {key: (t["status"], t["priority"], t["assigned_to"], t.get("is_deleted", False), t["updated_at"])
                     for key, t in wanted.items()}


def test_what_cannot_be_an_event_goes_to_quarantine(topic, make_topic, make_project):
    letters = make_topic(1)
    good = event(ticket(1, 100, random.Random(0)))
    huge = json.dumps(event(ticket(2, 100, random.Random(0)) | {"description": "x" * (1 << 19)})).encode()
    poison = [b"{broken", b"", b"[1]", b'{"event_type": "ticket.created"}', b"\xff\xfe",
              json.dumps(event(ticket(3, 1, random.Random(0)), "ticket.exploded")).encode(),
              json.dumps(event({"status": "Open"}, "ticket.updated", time(1))).encode(),
              json.dumps(event({"id": "T1", "status": "Nonsense"}, "ticket.updated", time(1))).encode(),
              json.dumps(event(ticket(4, 1, random.Random(0)) | {"created_at": "yesterday"})).encode(),
              json.dumps({"event_type": "ticket.deleted", "timestamp": "noon", "data": {"id": "T1"}}).encode(),
              json.dumps({"event_type": "ticket.updated", "timestamp": time(1), "data": 5}).encode()]
    topic.send([good, *poison, huge], partition=1)
    project = make_project(topic, more=f'dead_letters = "{letters.name}"')
    project.stream()
    rows = project.query("select raw, file, line, reasons from staging.quarantine order by line")
    assert [bytes(row[0]) for row in rows] == poison
    assert {row[1] for row in rows} == {f"{topic.name}/1"}
    assert [row[2] for row in rows] == list(range(1, len(poison) + 1))
    assert [value for value, _ in letters.read()] == poison
    for (_, headers), row in zip(letters.read(), rows, strict=True):
        assert headers["deskhouse.place"] == row[1] and headers["deskhouse.offset"] == str(row[2])
        assert headers["deskhouse.reasons"] == row[3]
    assert project.query("select id from operational.tickets order by id") == [("T1",), ("T2",)]


def test_a_message_over_the_limit_goes_to_quarantine_whole(topic, make_project):
    good = event(ticket(1, 100, random.Random(0)))
    huge = json.dumps(event(ticket(2, 100, random.Random(0)) | {"description": "x" * 5000})).encode()
    topic.send([good, huge, good], partition=0)
    project = make_project(topic)
    with (project.folder / "deskhouse.toml").open("a") as toml:
        toml.write('[sources.desk.tickets]\npath = "tickets.jsonl"\nmax_record_bytes = 2000\n')
    project.stream()
    (raw, reasons), = project.query("select raw, reasons from staging.quarantine")
    assert bytes(raw) == huge and "max_record_bytes" in reasons
    assert project.query("select id from operational.tickets") == [("T1",)]


def test_aborted_transactions_are_not_seen(topic, make_project, batch, same):
    kept, undone = whole_events(40, seed=6), whole_events(40, seed=7)
    for number in range(4):
        topic.send(kept[10 * number:10 * number + 10], transaction=("t", "commit"))
        topic.send(undone[10 * number:10 * number + 10], transaction=("t", "abort"))
    project = make_project(topic)
    project.stream()
    same(project.folder, batch([e["data"] for e in kept]))
    project.stream()
    assert project.query("select sum(extracted) from meta.balances") == [(40,)]


def test_a_topic_made_anew_is_noticed(topic, make_project):
    project = make_project(topic)
    topic.send(whole_events(30, seed=8))
    project.stream()
    topic.delete()
    topic.create(2)
    refused = project.stream(code=1)
    assert "made anew" in refused.stderr and "--accept-loss" in refused.stderr
    # Grown past where we were: the message before is another one.
    later = whole_events(60, seed=9)
    topic.send(later)
    refused = project.stream(code=1)
    assert "made anew" in refused.stderr
    project.stream("--accept-loss")
    assert project.query("select sum(extracted) from meta.balances") == [(90,)]


def test_poison_can_be_replayed_once_the_mapping_reads_it(topic, make_project, deskhouse):
    records = [ticket(n, 10, random.Random(n)) | {"status": "Waiting"} for n in range(5)]
    topic.send([b"nonsense", *(event(record) for record in records)], partition=0)
    project = make_project(topic)
    project.stream()
    assert project.query("select count(*) from operational.tickets") == [(0,)]
    fields = "".join(f'{f} = "{f}"\n' for f in records[0] if f != "status")
    with (project.folder / "deskhouse.toml").open("a") as toml:
        toml.write('[sources.desk.tickets]\npath = "tickets.jsonl"\n[sources.desk.tickets.fields]\n' + fields +
                   'status = { column = "status", values = { "Waiting" = "Pending" } }\n')
    said = json.loads(deskhouse("-C", project.folder, "quarantine", "replay", "--json").stdout)
    assert [(int(line["tried"]), int(line["came through"])) for line in said["records"]] == [(6, 5)]
    assert project.query("select distinct status from operational.tickets") == [("Pending",)]
    assert project.query("select status, count(*) from staging.quarantine group by 1 order by 1") == [
        ("quarantined", 1), ("replayed", 5)]
    # What was read stays read.
    project.stream()
    assert project.query("select count(*) from operational.tickets") == [(5,)]


def test_a_transaction_that_hangs_holds_back_what_is_behind_it(topic, make_project):
    events = whole_events(30, seed=10)
    topic.send(events[:10], partition=0)
    topic.send(events[10:20], partition=0, transaction=("hanging", "open"), transaction_timeout_ms=600_000)
    topic.send(events[20:], partition=0)
    project = make_project(topic)
    project.stream()
    assert project.query("select sum(extracted) from meta.balances") == [(10,)]
    # Whoever takes over the name aborts what hangs.
    topic.send([], transaction=("hanging", "abort"))
    project.stream()
    assert project.query("select sum(extracted) from meta.balances") == [(20,)]


def test_what_is_missing_is_said(topic, make_project, deskhouse, tmp_path):
    project = make_project(topic)
    assert "Unknown topic" in deskhouse("-C", make_project(Nowhere, "nowhere").folder, "stream",
                                        "--until-end", code=1).stderr
    (project.folder / "deskhouse.toml").write_text('[sources.desk.tickets]\npath = "t.jsonl"\n')
    assert "stream] brokers" in project.stream(code=2).stderr


class Nowhere:
    name = "no-such-topic"
