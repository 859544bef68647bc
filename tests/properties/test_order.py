"""The same versions in any order, in any batches, repeated and re-run, give the same warehouse, cell by cell.

Each seed makes a log of versions of tickets, agents and requesters, and activities. One warehouse gets all of it in one run; another
gets it shuffled, cut into several runs of random batch sizes, with repetitions. `verify --against` compares every table."""

import csv
import datetime as dt
import os
import random

import pytest

NOW = "2024-06-01"
TOML = """
[project]
warehouse = "{warehouse}"
[load]
batch_size = {batch}
bulk_batch_size = {batch}
[sources.log]
type = "files"
{entities}
"""
START = dt.datetime(2024, 1, 1)


def at(minutes):
    return (START + dt.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def make_log(rng):
    """entity -> rows; every version of a record has an updated_at of its own, so nothing is left to chance."""
    agents, requesters, tickets, events = [], [], [], []
    for a in range(4):
        for v, minute in enumerate(sorted(rng.sample(range(100_000), rng.randint(1, 3)))):
            agents.append({"id": f"a{a}", "name": f"Agent {a}", "group_id": f"g{rng.randint(0, 2)}", "hourly_cost": 30 + v, "updated_at": at(minute)})
    for r in range(8):
        for minute in sorted(rng.sample(range(100_000), rng.randint(1, 3))):
            requesters.append({"id": f"r{r}", "name": f"Person {r}", "department_id": f"d{rng.randint(0, 2)}", "updated_at": at(minute)})
    for t in range(40):
        created = rng.randrange(100_000)
        minute = created
        base = {"id": f"t{t}", "subject": f"Subject {t}", "requester_id": f"r{rng.randint(0, 9)}", "created_at": at(created)}
        for _ in range(rng.randint(1, 5)):
            minute += rng.randint(1, 3000)
            status = rng.choice(["Open", "Pending", "Resolved", "Closed"])
            resolved = at(minute) if status in ("Resolved", "Closed") else ""
            tickets.append({**base, "status": status, "priority": rng.choice(["Low", "High", "Critical", ""]), "category": rng.choice(["Network", "Mail", ""]),
                            "assigned_to": rng.choice(["a0", "a1", "a9", ""]), "updated_at": at(minute), "first_response_at": at(created + 10), "resolved_at": resolved})
        for n in range(rng.choice([0, 0, 2])):
            events.append({"id": f"e{t}.{n}", "ticket_id": f"t{t}", "event_at": at(created + 5 + n), "event_type": "assigned", "assigned_to": rng.choice(["a0", "a2"])})
    return {"agents": agents, "requesters": requesters, "ticket_events": events, "tickets": tickets}


def write_project(folder, log, warehouse, batch):
    folder.mkdir()
    entities = ""
    for entity, rows in log.items():
        if not rows:
            continue
        with open(folder / f"{entity}.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
        entities += f'[sources.log.{entity}]\npath = "{entity}.csv"\n[sources.log.{entity}.fields]\n'
        entities += "".join(f'{column} = "{column}"\n' for column in rows[0])
    (folder / "deskhouse.toml").write_text(TOML.format(warehouse=warehouse, batch=batch, entities=entities))
    return folder


@pytest.mark.parametrize("seed", range(int(os.environ.get("DESKHOUSE_ORDER_SEEDS", "2"))))
def test_any_order_any_batches(deskhouse, tmp_path, seed):
    rng = random.Random(seed)
    log = make_log(rng)
    whole = write_project(tmp_path / "whole", log, tmp_path / "whole.duckdb", 1000)
    deskhouse("-C", whole, "run", "--now", NOW)

    parts = [{entity: [] for entity in log} for _ in range(rng.randint(2, 5))]
    for entity, rows in log.items():
        repeated = rows + [row for row in rows if rng.random() < 0.2]
        rng.shuffle(repeated)
        for row in repeated:
            rng.choice(parts)[entity].append(row)
    parts.append(rng.choice(parts))  # and one of the runs once more
    folders = []
    for n, part in enumerate(parts):
        folders.append(write_project(tmp_path / f"part{n}", part, tmp_path / "parts.duckdb", rng.choice([1, 3, 7, 1000])))
        deskhouse("-C", folders[-1], "run", "--now", NOW)
    deskhouse("-C", folders[-1], "verify")
    print(f"seed {seed}")
    deskhouse("-C", folders[-1], "verify", "--against", tmp_path / "whole.duckdb")
