"""What a new user meets first: help, init, demo, doctor, status, query, export."""

import csv
import io
import json

import pytest

COMMANDS = ["init", "demo", "run", "status", "query", "explain", "quarantine", "verify", "rebuild", "export", "docs", "doctor"]


def test_help_names_every_command_and_where_to_start(deskhouse):
    text = deskhouse("--help").stdout
    for command in COMMANDS:
        assert f"\n  {command} " in text
    assert "deskhouse demo" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(deskhouse, command):
    assert "Usage:" in deskhouse(command, "--help").stdout


def test_unknown_command_and_option_are_usage_errors(deskhouse):
    assert deskhouse("runn", code=2).stderr
    assert deskhouse("run", "--fulll", code=2).stderr
    assert deskhouse(code=2).stderr


def test_init_writes_once(deskhouse, tmp_path):
    folder = tmp_path / "new"
    assert "deskhouse doctor" in deskhouse("-C", folder, "init").stdout
    written = (folder / "deskhouse.toml").read_text()
    assert "--force" in deskhouse("-C", folder, "init", code=2).stderr
    (folder / "deskhouse.toml").write_text("")
    deskhouse("-C", folder, "init", "--force")
    assert (folder / "deskhouse.toml").read_text() == written
    assert json.loads(deskhouse("-C", folder, "init", "--force", "--json").stdout)["file"].endswith("deskhouse.toml")


def test_example_project_has_nothing_to_fail(json_of, tmp_path, deskhouse):
    deskhouse("-C", tmp_path, "init")
    assert "FAIL" not in {line["state"] for line in json_of("-C", tmp_path, "doctor")}


def test_demo_finds_what_it_planted(made_demo):
    report = json.loads((made_demo.parent / "report.json").read_text())
    assert len(report["planted_and_found"]) > 10
    assert {line[""] for line in report["planted_and_found"]} == {"OK"}
    assert {line["mart"] for line in report["marts"]} == {"mart_service_desk", "mart_performance", "mart_customer", "mart_asset", "mart_financial"}
    assert all(line["value"] is not None for line in report["marts"])


def test_demo_refuses_a_folder_of_somebody_else(deskhouse, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    assert "holds no demo" in deskhouse("demo", "--tickets", 10, "--dir", tmp_path, code=2).stderr
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_demo_replaces_a_demo(deskhouse, demo, warehouse):
    deskhouse("demo", "--tickets", 60, "--dir", demo, "--no-flaws", "-q")
    assert warehouse(demo).sql("select count(*) from operational.tickets").fetchall() == [(60,)]


def test_demo_with_a_second_delivery(json_of, tmp_path, warehouse):
    report = json_of("demo", "--tickets", 500, "--dir", tmp_path / "d", "--delta")
    assert sum(line["loaded"] for line in report["delta_balances"]) > 0
    assert warehouse(tmp_path / "d").sql("select count(*) from meta.runs where status = 'succeeded'").fetchall() == [(2,)]


def test_status_balances(json_of, demo):
    status = json_of("-C", demo, "status")
    assert status["runs"][0]["status"] == "succeeded"
    assert {line["balance"] for line in status["balances"]} == {"OK"}
    for line in status["balances"]:
        assert line["extracted"] == line["loaded"] + line["unchanged"] + line["superseded"] + line["quarantined"]
    tickets = next(line for line in status["balances"] if line["entity"] == "tickets")
    assert sum(line["records"] for line in status["quarantine"]) == tickets["quarantined"] > 0
    assert any(line["field"] == "priority" and line["defaulted"] > 0 for line in status["fields"])
    assert {line["entity"] for line in status["load_batches"]} >= {"tickets", "agents", "ticket_events"}


def test_status_of_a_run_that_is_not_there(deskhouse, demo):
    assert "There is no run 99" in deskhouse("-C", demo, "status", "--run", 99, code=2).stderr


def test_status_reads_well(deskhouse, demo):
    text = deskhouse("-C", demo, "status").stdout
    for part in ("Last runs", "Records of run 1", "Quarantine", "Values changed on the way in", "Load batches", "Age of the newest record"):
        assert part in text


def test_query_forms(deskhouse, json_of, demo):
    sql = "select priority, count(*) as n from core.fact_tickets group by all order by all"
    rows = json_of("-C", demo, "query", sql)
    assert [row["priority"] for row in rows] == ["Critical", "High", "Low", "Medium"]
    read = list(csv.DictReader(io.StringIO(deskhouse("-C", demo, "query", sql, "--csv").stdout)))
    assert [(row["priority"], int(row["n"])) for row in read] == [(row["priority"], row["n"]) for row in rows]
    assert deskhouse("-C", demo, "query", "-", input=sql).stdout == deskhouse("-C", demo, "query", sql).stdout


def test_bad_sql_says_what_and_fails(deskhouse, demo):
    assert "core.fact_ticket" in deskhouse("-C", demo, "query", "from core.fact_ticket", code=1).stderr
    deskhouse("-C", demo, "query", "delete from operational.tickets", code=1)


def test_export_forms(deskhouse, demo, tmp_path, warehouse):
    import duckdb

    wanted = warehouse(demo).sql("select * from mart_service_desk.sla_by_month order by all").fetchall()
    assert wanted
    for format in ("csv", "json", "parquet"):
        file = tmp_path / f"sla.{format}"
        deskhouse("-C", demo, "export", "mart_service_desk.sla_by_month", "-o", file)
        assert len(duckdb.sql(f"select * from '{file}'").fetchall()) == len(wanted)
    printed = deskhouse("-C", demo, "export", "sla_by_month").stdout
    assert len(list(csv.reader(io.StringIO(printed)))) == len(wanted) + 1
    assert len(json.loads(deskhouse("-C", demo, "export", "sla_by_month", "--format", "json").stdout)) == len(wanted)


def test_export_names_the_nearest_table(deskhouse, demo):
    assert "did you mean 'core.fact_tickets'" in deskhouse("-C", demo, "export", "core.fact_ticket", code=2).stderr
    deskhouse("-C", demo, "export", "core.fact_tickets", "--format", "parquet", code=2)
    deskhouse("-C", demo, "export", code=2)


def test_export_defuses_formulas_only_when_asked(deskhouse, demo):
    sql = "select * from (values ('=1+1'), ('@x'), ('-5'), ('fine'), ('a=b')) t(x)"
    assert deskhouse("-C", demo, "export", "--sql", sql).stdout.split() == ["x", "=1+1", "@x", "-5", "fine", "a=b"]
    assert deskhouse("-C", demo, "export", "--sql", sql, "--spreadsheet").stdout.split() == ["x", "'=1+1", "'@x", "'-5", "fine", "a=b"]


def test_doctor_of_a_demo(json_of, deskhouse, demo):
    lines = json_of("-C", demo, "doctor")
    assert "FAIL" not in {line["state"] for line in lines}
    assert next(line for line in lines if line["what"] == "quarantine")["state"] == "warn"
    (demo / "agents.csv").unlink()
    lines = json.loads(deskhouse("-C", demo, "doctor", "--json", code=1).stdout)
    broken = [line for line in lines if line["state"] == "FAIL"]
    assert [line["what"] for line in broken] == ["input demo.agents"] and "agents.csv" in broken[0]["found"]


def test_rebuild_changes_nothing(json_of, demo, warehouse):
    sql = "select count(*), sum(hash(t)::hugeint) from core.fact_tickets_stored t"
    connection = warehouse(demo)
    before = connection.sql(sql).fetchall()
    connection.close()
    report = json_of("-C", demo, "rebuild")
    assert report["models"] > 40 and report["as_of"] == "2026-01-01T00:00:00Z"
    assert warehouse(demo).sql(sql).fetchall() == before
