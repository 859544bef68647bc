"""Tables so large that rows are found by indexes: parts of records in two orders still give the same cells."""

import datetime
import json
import random

import pytest

from .events import event, ticket

START = datetime.datetime(2024, 3, 1)


def iso(second):
    return (START + datetime.timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


def many(count, parts, tickets, seed):
    rng = random.Random(seed)
    events = []
    for i in range(count):
        at = iso(20 * i)
        number = rng.randrange(tickets)
        data = ticket(number % 1000, 0, rng) | {"id": f"T{number}", "created_at": iso(number), "updated_at": at}
        data.pop("resolved_at", None)
        events.append(event(data))
    for _ in range(parts):
        data = {"id": f"T{rng.randrange(tickets)}"}
        kind = rng.choice(["ticket.status_changed", "ticket.assigned", "ticket.deleted", "ticket.restored"])
        if kind == "ticket.status_changed":
            data["status"] = rng.choice(["Open", "Closed"])
        elif kind == "ticket.assigned":
            data["assigned_to"] = rng.choice([None, "A1", "A2"])
        events.append(event(data, kind, iso(rng.randrange(20 * count))))
    return events


@pytest.mark.soak
def test_parts_of_records_in_large_tables(make_topic, make_project, same, deskhouse):
    events = many(250_000, 20_000, 60_000, seed=70)
    folders = []
    for round_, cuts in enumerate([(150_000,), (100_000, 255_000)]):
        random.Random(round_).shuffle(events)
        topic = make_topic(4)
        project = make_project(topic, f"desk{round_}")
        toml = project.folder / "deskhouse.toml"
        toml.write_text(toml.read_text().replace("max_rows = 40\ncatch_up_rows = 1\n", ""))
        for begin, end in zip((0, *cuts), (*cuts, len(events)), strict=True):
            topic.send(events[begin:end] + events[:1000 * round_])
            project.stream()
        deskhouse("-C", project.folder, "verify")
        folders.append(project.folder)
    same(*folders)


@pytest.mark.soak
@pytest.mark.parametrize("catch_up_rows", [1, 1_000_000])
def test_two_million_events_and_then_verify(catch_up_rows, make_topic, make_project, deskhouse, broker, tmp_path):
    """Four events a ticket in the order of time: all rows of early micro-batches are replaced, and DuckDB drops them."""
    rng, count = random.Random(80), 2_000_000
    file = tmp_path / "events.jsonl"
    with file.open("w") as out:
        for i in range(count):
            number = rng.randrange(max(i // 4, 1))
            data = {"id": f"T{number}", "subject": "Help", "status": rng.choice(["Open", "Pending", "Closed"]),
                    "priority": rng.choice(["Low", "High"]), "requester_id": f"U{number % 5000}",
                    "created_at": iso(number // 10), "updated_at": iso(500_000 + i)}
            out.write(json.dumps(event(data), separators=(",", ":")) + "\n")
    topic = make_topic(4)
    deskhouse("publish", file, "--brokers", broker.brokers, "--topic", topic.name)
    file.unlink()
    project = make_project(topic, catch_up_rows=catch_up_rows)
    toml = project.folder / "deskhouse.toml"
    toml.write_text(toml.read_text().replace("max_rows = 40\n", ""))
    project.stream()
    assert project.query("select sum(extracted) from meta.balances") == [(count,)]
    assert project.query("select count(*) - count(distinct key) from operational.tickets") == [(0,)]
    assert "equal" in deskhouse("-C", project.folder, "verify").stdout
