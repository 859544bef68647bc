"""`partitions` and `retention.months`: what ended long ago goes, with all that hangs on it, and does not come back."""

import json
import re
import shutil

import pytest

NOW = ("--now", "2026-01-01")


@pytest.fixture(scope="module")
def loaded(deskhouse, tmp_path_factory):
    folder = tmp_path_factory.mktemp("partitions") / "desk"
    deskhouse("demo", "--tickets", 5000, "--dir", folder, "-q")
    return folder


@pytest.fixture
def desk(loaded, tmp_path):
    return shutil.copytree(loaded, tmp_path / "desk")


@pytest.fixture
def months(deskhouse, desk):
    return lambda: {m["month"]: m for m in json.loads(deskhouse("-C", desk, "partitions", "list", "--json").stdout)}


@pytest.fixture
def rows(deskhouse, desk):
    return lambda sql: json.loads(deskhouse("-C", desk, "query", "--json", sql).stdout)


def test_the_list_is_what_there_is(rows, months):
    truth = rows("select strftime(created_at, '%Y-%m') as month, count(*) as tickets, count(*) filter (ended_at is null) as open "
                 "from core.fact_tickets group by all")
    assert {m: (r["tickets"], r["open"]) for m, r in months().items()} == {r["month"]: (r["tickets"], r["open"]) for r in truth}
    assert sum(r["events"] for r in months().values()) == rows("select count(*) as n from operational.ticket_events e where exists (from operational.tickets t where t.key = e.ticket_key)")[0]["n"]


def test_ended_tickets_of_a_month_go_and_do_not_come_back(deskhouse, desk, rows, months):
    before = months()
    month = "2023-04"
    ended = before[month]["tickets"] - before[month]["open"]
    keys = [r["key"] for r in rows("select key::varchar as key from operational.tickets where strftime(created_at, '%Y-%m') = '2023-04' "
                                   "and status in ('Resolved', 'Closed')")]
    assert ended == len(keys) > 0
    assert f"would drop {ended} tickets" in deskhouse("-C", desk, "partitions", "drop", month).stdout
    assert months() == before, "without --yes it only says"
    deskhouse("-C", desk, "partitions", "drop", month, "--yes")
    left = months()
    assert left[month]["tickets"] == left[month]["open"] == before[month]["open"] and left[month]["dropped"] == ended
    assert {m: r for m, r in left.items() if m != month} == {m: r for m, r in before.items() if m != month}
    of_them = "in (" + ", ".join(keys) + ")"
    for table in ("ticket_events", "time_entries", "surveys"):
        assert rows(f"select count(*) as n from operational.{table} where ticket_key {of_them}") == [{"n": 0}]
    for fact in ("fact_tickets", "fact_time_tracking", "fact_surveys_stored"):
        assert rows(f"select count(*) as n from core.{fact} where ticket_key {of_them}") == [{"n": 0}]
    deskhouse("-C", desk, "verify")
    # The files still have them: they are read, and left out, and the balance says so.
    balance = {r["entity"]: r for r in json.loads(deskhouse("-C", desk, "run", *NOW, "--json").stdout)}
    assert balance["tickets"]["loaded"] == 0 and balance["tickets"]["superseded"] >= ended
    assert months() == left
    deskhouse("-C", desk, "verify")
    # A warehouse that is loaded from nothing into empty tables leaves them out, too; restored, they come back.
    deskhouse("-C", desk, "partitions", "restore", month)
    deskhouse("-C", desk, "run", "--reread", *NOW)
    assert months() == before
    deskhouse("-C", desk, "verify")


def test_retention_drops_once_a_month(deskhouse, desk, rows, months):
    with open(desk / "deskhouse.toml", "a") as file:
        file.write("\n[retention]\nmonths = 12\n")
    done = deskhouse("-C", desk, "run", *NOW)
    assert "retention.months" in done.stderr
    assert all(r["tickets"] == r["open"] for m, r in months().items() if m < "2025-01")
    assert months()["2025-01"]["tickets"] > months()["2025-01"]["open"]
    assert rows("select count(*) as n from meta.runs where kind = 'retention'") == [{"n": 1}]
    deskhouse("-C", desk, "verify")
    deskhouse("-C", desk, "run", "--now", "2026-01-20")
    assert rows("select count(*) as n from meta.runs where kind = 'retention'") == [{"n": 1}], "not again in this month"
    deskhouse("-C", desk, "run", "--now", "2026-02-01")
    assert months()["2025-01"]["tickets"] == months()["2025-01"]["open"]
    deskhouse("-C", desk, "verify")


def test_mistakes(deskhouse, desk):
    assert "write 2024-03" in deskhouse("-C", desk, "partitions", "drop", "2024-13", code=2).stderr
    assert "--before" in deskhouse("-C", desk, "partitions", "drop", code=2).stderr
    assert "no tickets there" in deskhouse("-C", desk, "partitions", "drop", "1999-01", "--yes").stdout


def test_a_month_prunes_what_is_scanned(deskhouse, tmp_path):
    """Row groups carry the times that they hold, and facts are built in their order."""
    folder = tmp_path / "large"
    deskhouse("demo", "--tickets", 400_000, "--dir", folder, "-q")
    plan = deskhouse("-C", folder, "query", "--csv", "explain (analyze, format json) select count(*) from core.fact_tickets "
                     "where created_at < '2023-02-01'").stdout
    scanned = [int(n) for n in re.findall(r'operator_rows_scanned""?: *(\d+)', plan)]
    assert 0 < max(scanned) < 300_000, plan
