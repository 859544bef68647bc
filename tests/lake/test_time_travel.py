"""A lake is looked at as it was after a run, and a metric's difference between two runs is followed to its rows."""

import json
import pathlib
import sys
import urllib.parse

import duckdb
import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
from serve.conftest import Server  # noqa: E402


def as_of(desk, which, sql, **options):
    return desk("query", "--csv", "--as-of", which, sql, **options)


def stored(file, sql):
    """What a file holds, by another client."""
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.sql(sql).fetchall()


@pytest.fixture(scope="session")
def server(loaded, binary):
    server = Server(binary, loaded.folder, environment=loaded.environment)
    yield server
    assert server.stop() == 0


def test_a_query_as_of_a_run_or_a_time(loaded, files):
    taken = {line["run"]: line["taken_at"] for line in loaded.json("snapshots")}
    assert list(taken) == [1, 2]
    for run, file in ((1, "first.duckdb"), (2, "both.duckdb")):
        right = [",".join(map(str, row)) for row in stored(files / file, "select count(*), sum(hash(source, id, status, priority)) from operational.tickets")]
        for which in (run, taken[run]):
            assert as_of(loaded, which, "select count(*), sum(hash(source, id, status, priority)) from operational.tickets").stdout.splitlines()[1:] == right
    # Views look at the same state as tables, as does what is exported.
    days = "select max(age_days) from core.fact_tickets where is_open"
    assert as_of(loaded, 1, days).stdout != as_of(loaded, 2, days).stdout
    assert loaded("export", "--as-of", 1, "operational.tickets", "--format", "csv").stdout.count("\n") != loaded(
        "export", "operational.tickets", "--format", "csv").stdout.count("\n")


def test_what_is_not_there_is_said(loaded, files, deskhouse, tmp_path):
    assert "they reach from run 1" in as_of(loaded, 99, "select 1", code=2).stderr
    assert "There is no snapshot as of 2001-01-01" in as_of(loaded, "2001-01-01", "select 1", code=2).stderr
    assert "neither the id of a run nor a time" in as_of(loaded, "yesterday", "select 1", code=2).stderr
    said = as_of(loaded, 1, "delete from operational.tickets", code=1).stderr
    assert "read-only" in said
    project = tmp_path / "deskhouse.toml"
    project.write_text((files / "deskhouse.toml").read_text().replace("deskhouse.duckdb", str(files / "first.duckdb")))
    said = deskhouse("-C", tmp_path, "query", "--as-of", "1", "select 1", code=2).stderr
    assert "a file keeps no past states" in said and "operational.ticket_events" in said


def test_the_difference_of_a_metric(loaded, files):
    """Before and after as the files have them; the rows are those that the second delivery changed."""
    value = "select sum(created) from mart_service_desk.daily_flow"
    before, after = (float(stored(files / file, value)[0][0]) for file in ("first.duckdb", "both.duckdb"))
    found = loaded.json("diff", "created_tickets", "--from", 1, "--to", 2, "--rows", 100_000)
    assert (found["before"], found["after"]) == (before, after) and before != after
    assert sum((bucket["after"] or 0) - (bucket["before"] or 0) for bucket in found["buckets"]) == after - before
    known = {row[0] for row in stored(files / "first.duckdb", "select id from operational.tickets")}
    new = {row[0] for row in stored(files / "both.duckdb", "select id from operational.tickets")} - known
    rows = found["core.fact_tickets_stored"]
    added = {row["row"].rsplit(" = ", 1)[1] for row in rows if row["change"] == "added"}
    assert added == new
    counts = {fact["table"]: fact for fact in found["facts"]}["core.fact_tickets_stored"]
    assert counts["added"] == len(new) and counts["removed"] == 0
    changed = {row["row"] for row in rows if row["change"] == "changed"}
    assert len(changed) == counts["changed"] > 0
    # To what is there now, which is the second.
    assert loaded.json("diff", "created_tickets", "--from", 1)["after"] == after
    same = loaded.json("diff", "created_tickets", "--from", 2)
    assert same["before"] == same["after"] == after and same["buckets"] == [] and same["facts"] == []
    assert "did you mean" in loaded("diff", "created_ticket", "--from", 1, code=2).stderr


def test_the_api_as_of_a_run(loaded, server):
    path = "/api/v1/metrics/created_tickets"
    now = server.json(path)["rows"]
    assert server.json(path + "?as_of=2")["rows"] == now != server.json(path + "?as_of=1")["rows"]
    assert server.json(path + "?as_of=1")["rows"][0]["value"] == loaded.json("diff", "created_tickets", "--from", 1)["before"]
    status, _, answer = server.ask("/api/v1/query?as_of=1", "POST", json.dumps({"sql": "select count(*) as n from operational.tickets"}),
                                   Content_Type="application/json")
    assert status == 200
    assert [json.loads(answer)["rows"][0][0]] == [int(as_of(loaded, 1, "select count(*) from operational.tickets").stdout.split()[1])]
    page = server.json("/api/v1/runs?as_of=1")
    assert [run["run_id"] for run in page["items"]] == [1]
    status, _, answer = server.ask(f"{path}?as_of={urllib.parse.quote('2001-01-01')}")
    assert status == 400 and b"There is no snapshot" in answer
