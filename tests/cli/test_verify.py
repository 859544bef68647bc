"""deskhouse verify finds a corrupted cell in any table of core and the marts, names it, and leaves nothing behind."""

import json
import shutil

import duckdb
import pytest


def stored_tables(folder):
    with duckdb.connect(str(folder / "deskhouse.duckdb"), read_only=True) as connection:
        return [row[0] for row in connection.sql(
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name = 'core' or schema_name like 'mart%' order by 1").fetchall()]


def verify(deskhouse, folder, *arguments, code=0):
    done = deskhouse("-C", folder, "verify", "--json", *arguments, code=code)
    assert not list(folder.glob("*.verify-*")), "the scratch file is gone"
    return json.loads(done.stdout)


def test_a_fresh_load_verifies(deskhouse, demo):
    report = verify(deskhouse, demo)
    assert report["ok"] and report["differences"] == [] and report["audits"] == []
    results = {line["table"]: line["result"] for line in report["tables"]}
    assert set(results.values()) == {"equal", "same definition"}
    assert results["core.fact_tickets_stored"] == "equal" and len(results) > 50
    assert next(line for line in report["tables"] if line["table"] == "core.fact_tickets_stored")["rows"] > 400
    assert "What is stored is what a full computation gives" in deskhouse("-C", demo, "verify").stdout


def test_increments_verify(deskhouse, tmp_path):
    deskhouse("demo", "--tickets", 800, "--dir", tmp_path / "d", "--delta", "-q")
    assert verify(deskhouse, tmp_path / "d")["ok"]


def corrupt(folder, table):
    """Changes one cell of the table; its row's other cells, and the column."""
    with duckdb.connect(str(folder / "deskhouse.duckdb")) as connection:
        columns = connection.sql(f"select column_name, data_type from duckdb_columns() where schema_name || '.' || table_name = '{table}' order by column_index desc").fetchall()
        changes = {"BIGINT": "{c} + 1", "INTEGER": "{c} + 1", "HUGEINT": "{c} + 1", "DOUBLE": "{c} + 0.25", "BOOLEAN": "not {c}", "VARCHAR": "{c} || '!'",
                   "TIMESTAMP": "{c} + interval 1 second", "DATE": "{c} + 1"}
        for column, kind in columns:
            change = changes.get(kind, "{c} + 1" if kind.startswith("DECIMAL") else None)
            if change is None:
                continue
            rows = connection.sql(f'select rowid from {table} where "{column}" is not null order by rowid desc limit 1').fetchall()
            if not rows:
                continue
            connection.execute(f'update {table} set "{column}" = {change.format(c=chr(34) + column + chr(34))} where rowid = {rows[0][0]}')
            return column
    return None


def test_every_table_is_watched(deskhouse, demo, tmp_path):
    tables = stored_tables(demo)
    assert len(tables) >= 18
    corrupted = {}
    for table in tables:
        if column := corrupt(demo, table):
            corrupted[table] = column
    assert len(corrupted) >= 15
    report = verify(deskhouse, demo, code=1)
    assert {d["table"] for d in report["differences"]} >= set(corrupted), "views over them may differ, too"
    for difference in report["differences"]:
        assert difference["row"], difference


@pytest.mark.parametrize("table, column, change", [
    ("core.fact_tickets_stored", "resolution_hours", "resolution_hours + 1e-9"),
    ("core.daily_ticket_summary", "ticket_count", "ticket_count + 1"),
    ("core.dim_agent", "name", "name || ' '"),
    ("core.dim_customer", "valid_to", "timestamp '2025-01-01'"),
])
def test_the_cell_is_named(deskhouse, demo, table, column, change):
    with duckdb.connect(str(demo / "deskhouse.duckdb")) as connection:
        (row,) = connection.sql(f"select min(rowid) from {table} where {column} is {'' if column == 'valid_to' else 'not'} null").fetchone()
        before = connection.sql(f"select {column} from {table} where rowid = {row}").fetchone()[0]
        connection.execute(f"update {table} set {column} = {change} where rowid = {row}")
    report = verify(deskhouse, demo, "--table", table, code=1)
    (difference,) = report["differences"]
    assert difference["table"] == table and difference["column"] == column and " = " in difference["row"]
    assert difference["stored"] != difference["computed"]
    if isinstance(before, (str, int)):
        assert difference["computed"] == str(before)


def test_lost_and_doubled_rows_are_named(deskhouse, demo):
    table = "core.fact_surveys_stored"
    with duckdb.connect(str(demo / "deskhouse.duckdb")) as connection:
        connection.execute(f"delete from {table} where rowid = (select min(rowid) from {table})")
    (difference,) = verify(deskhouse, demo, "--table", table, code=1)["differences"]
    assert (difference["stored"], difference["computed"]) == ("0 rows", "1 rows")
    deskhouse("-C", demo, "rebuild", "-q")
    assert verify(deskhouse, demo, "--table", table)["ok"]
    with duckdb.connect(str(demo / "deskhouse.duckdb")) as connection:
        connection.execute(f"insert into {table} from {table} limit 1")
    report = verify(deskhouse, demo, "--table", table, code=1)
    assert report["differences"][0]["stored"] == "2 rows"
    assert [a["audit"] for a in report["audits"]] == ["unique(survey_key)"]


def test_a_changed_view_is_found(deskhouse, demo):
    with duckdb.connect(str(demo / "deskhouse.duckdb")) as connection:
        connection.execute("create or replace view core.fact_surveys as select * from core.fact_surveys_stored where score > 1")
    assert verify(deskhouse, demo, "--table", "core.fact_surveys", code=1)["differences"]


def test_broken_balance_is_found(deskhouse, demo):
    with duckdb.connect(str(demo / "deskhouse.duckdb")) as connection:
        connection.execute("update meta.balances set loaded = loaded - 1 where entity = 'agents'")
    report = verify(deskhouse, demo, "--table", "core.dim_time", code=1)
    assert not report["ok"] and len(report["unbalanced"]) == 1 and "demo.agents" in report["unbalanced"][0]["line"]


def test_a_changed_meaning_is_not_called_corruption(deskhouse, demo):
    toml = demo / "deskhouse.toml"
    toml.write_text(toml.read_text().replace('Critical = { resolution = "4h"', 'Critical = { resolution = "3h"'))
    assert "deskhouse.toml changed" in deskhouse("-C", demo, "verify", code=2).stderr
    deskhouse("-C", demo, "rebuild", "-q")
    assert verify(deskhouse, demo)["ok"]


def test_unknown_table(deskhouse, demo):
    assert "did you mean 'core.fact_tickets'" in deskhouse("-C", demo, "verify", "--table", "core.fact_ticket", code=2).stderr


def test_against_another_warehouse(deskhouse, demo, tmp_path):
    other = tmp_path / "other.duckdb"
    shutil.copy(demo / "deskhouse.duckdb", other)
    report = verify(deskhouse, demo, "--against", other)
    assert report["ok"] and any(line["table"] == "operational.tickets" for line in report["tables"])
    with duckdb.connect(str(other)) as connection:
        connection.execute("update operational.tickets set subject = 'changed' where rowid = 7")
        connection.execute("update operational.agents set run_id = 99, position = 99, loaded_at = now()::timestamp")
    (difference,) = verify(deskhouse, demo, "--against", other, code=1)["differences"]
    assert difference["table"] == "operational.tickets" and difference["column"] == "subject" and difference["other"] == "changed"
    assert "There is no warehouse" in deskhouse("-C", demo, "verify", "--against", tmp_path / "nothing.duckdb", code=1).stderr
