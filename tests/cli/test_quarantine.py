"""deskhouse quarantine: rejected records come back once the reason is gone, whatever dies in between."""

import json
import os
import shutil

import pytest


def replace(path, old, new):
    text = path.read_text()
    assert old in text, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new))


@pytest.fixture
def misread(fresh, deskhouse):
    """A demo whose mapping does not know one state and one priority: many records are rejected."""
    replace(fresh / "deskhouse.toml", 'status.values."On Hold" = "Pending"\n', "")
    deskhouse("-C", fresh, "run", "--now", "2026-01-01", "-q")
    return fresh


def mend(folder):
    replace(folder / "deskhouse.toml", 'status.values."In Progress" = "Open"\n', 'status.values."In Progress" = "Open"\nstatus.values."On Hold" = "Pending"\n')


def counts(warehouse, folder):
    connection = warehouse(folder)
    rows = dict(connection.sql("select entity || ' ' || status, count(*) from staging.quarantine group by all").fetchall())
    connection.close()
    return rows


def test_list_and_show(deskhouse, json_of, demo):
    rows = json_of("-C", demo, "quarantine", "list", "--entity", "tickets")
    assert rows and all(row["reasons"] for row in rows)
    whole = json_of("-C", demo, "quarantine", "show", rows[0]["n"])
    assert whole["reasons"] and whole["raw"] and whole["header"].startswith("Number,")
    assert json_of("-C", demo, "quarantine", "show", whole["position"])["raw"] == whole["raw"]
    assert "Reasons" in deskhouse("-C", demo, "quarantine", "show", rows[0]["n"]).stdout
    assert len(json_of("-C", demo, "quarantine", "list", "--limit", 1)) == 1
    assert "did you mean 'tickets'" in deskhouse("-C", demo, "quarantine", "list", "--entity", "ticket", code=2).stderr
    assert "There is no record" in deskhouse("-C", demo, "quarantine", "show", 12345, code=2).stderr


def test_replay_without_a_change_keeps_one_row_a_record(json_of, demo, warehouse):
    before = counts(warehouse, demo)
    sql = "select source, entity, file, position, raw, status from staging.quarantine order by all"
    connection = warehouse(demo)
    rows = connection.sql(sql).fetchall()
    connection.close()
    report = json_of("-C", demo, "quarantine", "replay")
    assert [line["came through"] for line in report["records"]] == [0] * len(report["records"])
    assert report["changes"] == []
    assert counts(warehouse, demo) == before
    assert warehouse(demo).sql(sql).fetchall() == rows


def test_replay_after_mending_equals_a_right_load(deskhouse, json_of, misread, tmp_path, warehouse, made_demo):
    before = counts(warehouse, misread)
    assert before["tickets quarantined"] > counts(warehouse, made_demo)["tickets quarantined"]
    mend(misread)
    report = json_of("-C", misread, "quarantine", "replay")
    assert sum(line["came through"] for line in report["records"]) > 0
    assert "created_tickets" in {change["metric"] for change in report["changes"]}
    after = counts(warehouse, misread)
    assert after["tickets quarantined"] == counts(warehouse, made_demo)["tickets quarantined"]
    assert after["tickets quarantined"] + after["tickets replayed"] == before["tickets quarantined"]
    deskhouse("-C", misread, "verify", "--against", made_demo / "deskhouse.duckdb")
    deskhouse("-C", misread, "verify")
    assert not list(misread.glob(".deskhouse-replay-*"))


def test_replay_of_one_entity(json_of, misread, warehouse):
    mend(misread)
    report = json_of("-C", misread, "quarantine", "replay", "--entity", "ticket_events")
    assert [line["entity"] for line in report["records"]] == ["ticket_events"]
    after = counts(warehouse, misread)
    assert "tickets replayed" not in after and after["ticket_events replayed"] > 0


@pytest.mark.parametrize("step", ["after_load_batch", "before_publish", "after_operational", "after_models", "before_commit", "after_commit"])
def test_a_replay_that_dies_loses_nothing(deskhouse, json_of, misread, warehouse, made_demo, step):
    before = counts(warehouse, misread)
    mend(misread)
    deskhouse("-C", misread, "quarantine", "replay", "-q", code=-9, env={**os.environ, "DESKHOUSE_CRASH_AT": step})
    json_of("-C", misread, "quarantine", "replay")
    after = counts(warehouse, misread)
    assert after["tickets quarantined"] + after["tickets replayed"] == before["tickets quarantined"]
    assert after["tickets quarantined"] == counts(warehouse, made_demo)["tickets quarantined"]
    deskhouse("-C", misread, "verify", "--against", made_demo / "deskhouse.duckdb")


def test_nothing_to_replay(deskhouse, tmp_path):
    deskhouse("demo", "--tickets", 50, "--no-flaws", "--dir", tmp_path / "d", "-q")
    assert "nothing to replay" in deskhouse("-C", tmp_path / "d", "quarantine", "replay").stdout
    assert "Quarantine is empty" in deskhouse("-C", tmp_path / "d", "quarantine", "list").stdout


def test_purge_asks_first(deskhouse, json_of, demo, warehouse):
    before = counts(warehouse, demo)
    assert json_of("-C", demo, "quarantine", "purge", "--older-than", "30d", "--yes") == {"records": 0, "purged": True}
    assert "--yes" in deskhouse("-C", demo, "quarantine", "purge", "--older-than", "0").stdout
    assert counts(warehouse, demo) == before
    assert json_of("-C", demo, "quarantine", "purge", "--older-than", "0", "--yes")["records"] == sum(before.values())
    assert warehouse(demo).sql("select count(*) from staging.quarantine where status = 'purged' and octet_length(raw) = 0").fetchall() == [(sum(before.values()),)]
    assert "90s" in deskhouse("-C", demo, "quarantine", "purge", "--older-than", "soon", code=2).stderr
