"""Lists of the API: each row once, in order, as the filters say, whatever is published meanwhile."""

import json
import shutil
import time
import urllib.parse

import duckdb
import pytest

from .conftest import Server


@pytest.fixture(scope="module")
def warehouse(desk, server, tmp_path_factory):
    """A copy, since the server has the file."""
    copy = tmp_path_factory.mktemp("lists") / "copy.duckdb"
    shutil.copy(desk / "deskhouse.duckdb", copy)
    with duckdb.connect(str(copy), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


def pages(server, path, limit=None, **filters):
    """All rows, page by page, and how many pages there were."""
    rows, cursor, count = [], None, 0
    while True:
        query = [(name, each) for name, value in filters.items() for each in (value if isinstance(value, list) else [value])]
        query += [("limit", limit)] * (limit is not None) + [("cursor", cursor)] * (cursor is not None)
        answer = server.json(f"{path}?{urllib.parse.urlencode(query)}")
        rows, cursor, count = rows + answer["items"], answer["next"], count + 1
        if cursor is None:
            return rows, count


def test_pages_make_up_the_list(server, warehouse):
    rows, count = pages(server, "/api/v1/tickets", limit=130)
    wanted = warehouse.execute("select source, ticket_id from core.fact_tickets_stored where not is_deleted order by created_at desc, "
                               "ticket_id desc, source desc").fetchall()
    assert [(row["source"], row["id"]) for row in rows] == wanted
    assert count == -(-len(wanted) // 130)


FILTERS = [
    ({"status": ["Open", "Pending"]}, "status in ('Open', 'Pending')"),
    ({"priority": "High", "breached": "true"}, "priority = 'High' and sla_breached"),
    ({"breached": "false"}, "sla_breached is not true"),
    ({"from": "2025-02-01", "to": "2025-03-31"}, "created_date_key between 20250201 and 20250331"),
    ({"resolved_from": "2025-02-01", "resolved_to": "2025-02-28"}, "resolved_date_key between 20250201 and 20250228"),
    ({"category": ["Network", "Hardware"]}, "category in ('Network', 'Hardware')"),
    ({"open": "true"}, "is_open"),
    ({"source": "nowhere"}, "false"),
    ({"group": "Network Operations"}, "group_key = (select key from operational.groups where name = 'Network Operations')"),
    ({"department": "Sales"}, "department_key in (select key from operational.departments where name = 'Sales')"),
    ({"text": "PRINTER"}, "ticket_key in (select key from operational.tickets where subject ilike '%printer%')"),
    ({"text": "INC0000007"}, "ticket_id = 'INC0000007'"),
]


@pytest.mark.parametrize("filters, condition", FILTERS, ids=range(len(FILTERS)))
def test_filters(server, warehouse, filters, condition):
    rows, _ = pages(server, "/api/v1/tickets", limit=1000, **filters)
    wanted = warehouse.execute(f"select ticket_id from core.fact_tickets_stored where not is_deleted and {condition}").fetchall()
    assert sorted(row["id"] for row in rows) == sorted(id for id, in wanted)


def test_filters_by_people(server, warehouse):
    for column, table, key in (("agent", "core.dim_agent", "agent_key"), ("requester", "core.dim_customer", "customer_key")):
        name, = warehouse.execute(f"select name from {table} where {key} in (select {key} from core.fact_tickets_stored) and {key} <> 0 limit 1").fetchone()
        rows, _ = pages(server, "/api/v1/tickets", **{column: name})
        wanted, = warehouse.execute(f"select count(*) from core.fact_tickets_stored join {table} using ({key}) where name = ? and not "
                                    "core.fact_tickets_stored.is_deleted", [name]).fetchone()
        assert len(rows) == wanted > 0 and {row[column] for row in rows} == {name}


def test_a_ticket_with_its_history(server, warehouse):
    source, ticket, events = warehouse.execute("select source, ticket_id, count(*) from operational.ticket_events group by all order by 3 desc limit 1").fetchone()
    answer = server.json(f"/api/v1/tickets/{source}/{ticket}")
    listed, = pages(server, "/api/v1/tickets", text=ticket)[0]
    assert {name: answer[name] for name in listed} == listed
    assert len(answer["history"]) == events > 3
    assert [event["event_at"] for event in answer["history"]] == sorted(event["event_at"] for event in answer["history"])
    status, head, body = server.ask(f"/api/v1/tickets/{source}/INC%2F1")
    assert status == 404 and head["content-type"] == "application/problem+json" and "INC/1" in json.loads(body)["detail"]


def test_runs_balance(server, warehouse):
    runs, _ = pages(server, "/api/v1/runs", limit=1)
    assert [run["run_id"] for run in runs] == [id for id, in warehouse.execute("select run_id from meta.runs order by 1 desc").fetchall()]
    for run in runs:
        assert run["extracted"] == run["loaded"] + run["unchanged"] + run["superseded"] + run["quarantined"]
    run = server.json(f"/api/v1/runs/{runs[-1]['run_id']}")
    assert sum(balance["extracted"] for balance in run["balances"]) == runs[-1]["extracted"] > 2000
    assert run["stages"] and run["checks"]
    for wrong in ("x", "0", "99999999999999999999", "-1"):
        assert server.ask(f"/api/v1/runs/{wrong}")[0] == 404


def test_checks_and_violations(server, warehouse):
    results, _ = pages(server, "/api/v1/checks", limit=7)
    assert len(results) == warehouse.execute("select count(*) from meta.check_results").fetchone()[0]
    latest, _ = pages(server, "/api/v1/checks", latest="true")
    assert len(latest) == len({result["check_name"] for result in results})
    violations, _ = pages(server, "/api/v1/violations", limit=9, open="true")
    key = "check_name", "entity", "source", "id", "field"
    assert len({tuple(row[name] for name in key) for row in violations}) == len(violations)
    assert len(violations) == warehouse.execute("select count(*) from meta.violation_states where is_open").fetchone()[0] > 20


def test_quarantine(server, warehouse):
    records, _ = pages(server, "/api/v1/quarantine", limit=2)
    assert len(records) == warehouse.execute("select count(*) from staging.quarantine").fetchone()[0] > 2
    for record in records:
        assert record["raw"] and isinstance(record["reasons"], list) and record["reasons"][0]["reason"]


def test_alerts(server):
    deadline = time.monotonic() + 20
    while not (alerts := server.json("/api/v1/alerts")["items"]) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert alerts[0]["rule"] and isinstance(alerts[0]["labels"], dict), "the demo's data is old, which alerts"
    assert server.json("/api/v1/alerts?rule=nothing") == {"items": [], "next": None}


LISTS = ["tickets", "runs", "checks", "violations", "quarantine", "alerts"]


@pytest.mark.parametrize("name", LISTS)
def test_what_is_no_request_of_a_list(server, name):
    cursor = server.json("/api/v1/tickets?limit=1&status=Closed")["next"]
    for query, says in (("limit=0", "limit"), ("limit=1001", "from 1 to 1000"), ("limit=x", "limit"), ("colour=red", "no parameter 'colour'"),
                        ("cursor=", "cursor"), ("cursor=AAAA", "cursor"), (f"cursor={cursor}", "cursor"), ("limit=1&limit=2", "more than once")):
        status, head, body = server.ask(f"/api/v1/{name}?{query}")
        assert (status, head["content-type"]) == (400, "application/problem+json"), query
        assert says in json.loads(body)["detail"]


def test_pages_hold_while_runs_are_published(binary, tmp_path):
    """Tickets that come between two pages neither repeat nor hide those of the list that somebody reads."""
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "deskhouse.toml").write_text(
        '[sources.a]\nevery = "1s"\n[sources.a.tickets]\npath = "tickets*.csv"\n'
        'fields = { id = "id", subject = "s", status = { constant = "Open" }, priority = "p", category = "c", requester_id = "r", created_at = "at", updated_at = "at" }\n')

    def write(name, first, last):
        lines = [f"T{n:04},x,High,C,R1,2024-01-01T{n // 60:02}:{n % 60:02}:00Z" for n in range(first, last)]
        (folder / "new").write_text("\n".join(["id,s,p,c,r,at", *lines]) + "\n")
        (folder / "new").rename(folder / name)

    write("tickets1.csv", 0, 100)
    server = Server(binary, folder)
    try:
        def seen():
            return server.query("select count(*) from core.fact_tickets")[2].get("rows", [[0]])[0][0]

        deadline = time.monotonic() + 60
        while seen() < 100 and time.monotonic() < deadline:
            time.sleep(0.1)
        first = server.json("/api/v1/tickets?limit=40")
        write("tickets2.csv", 100, 150)
        while seen() < 150 and time.monotonic() < deadline:
            time.sleep(0.1)
        second = server.json(f"/api/v1/tickets?limit=100&cursor={first['next']}")
        assert [row["id"] for row in first["items"] + second["items"]] == [f"T{n:04}" for n in reversed(range(100))]
        assert second["next"] is None
        assert server.json("/api/v1/tickets?limit=1")["items"][0]["id"] == "T0149"
    finally:
        assert server.stop() == 0
