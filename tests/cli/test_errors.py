"""What can go wrong outside the program is said in one message, with the right exit code, and changes nothing."""

import subprocess
import time

import pytest


def replace(path, old, new):
    text = path.read_text()
    assert old in text, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new))


def test_no_project(deskhouse, tmp_path):
    error = deskhouse("-C", tmp_path, "run", code=2).stderr
    assert "deskhouse.toml" in error and "deskhouse init" in error


def test_unknown_key_names_line_and_nearest(deskhouse, fresh):
    replace(fresh / "deskhouse.toml", "overhead_per_month", "overhead_per_mont")
    error = deskhouse("-C", fresh, "run", code=2).stderr
    assert "deskhouse.toml:" in error and "did you mean 'overhead_per_month'" in error
    assert not (fresh / "deskhouse.duckdb").exists()


def test_unknown_column_names_the_nearest_and_loads_nothing(deskhouse, fresh, warehouse):
    replace(fresh / "deskhouse.toml", 'requester_id = "Caller"', 'requester_id = "Callr"')
    error = deskhouse("-C", fresh, "run", code=2).stderr
    assert "'Callr'" in error and "did you mean 'Caller'" in error and "deskhouse.toml" in error
    assert warehouse(fresh).sql("select count(*) from operational.agents").fetchall() == [(0,)]


def test_missing_input(deskhouse, fresh):
    (fresh / "surveys.csv").unlink()
    assert "surveys.csv" in deskhouse("-C", fresh, "run", code=1).stderr


@pytest.mark.parametrize("command", [["status"], ["query", "select 1"], ["export", "core.dim_time"], ["explain", "sla", "X"], ["quarantine", "list"], ["verify"]])
def test_no_warehouse_yet(deskhouse, fresh, command):
    error = deskhouse("-C", fresh, *command, code=1).stderr
    assert "There is no warehouse" in error and "deskhouse run" in error
    assert not list(fresh.glob("*.verify-*"))


def test_not_a_warehouse(deskhouse, fresh):
    (fresh / "deskhouse.duckdb").write_text("this is no database at all, whatever its name may say" * 100)
    assert "deskhouse.duckdb" in deskhouse("-C", fresh, "run", code=1).stderr


def test_bad_now(deskhouse, demo):
    assert "yesterday" in deskhouse("-C", demo, "run", "--now", "yesterday", code=2).stderr


def test_two_at_once(deskhouse, demo, binary):
    holder = subprocess.Popen([binary, "-C", demo, "query", "select sum(a.range * b.range * c.range) from range(3000) a, range(3000) b, range(3000) c"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        assert holder.poll() is None, "the query that holds the warehouse ended too soon"
        error = deskhouse("-C", demo, "run", code=1).stderr
        assert "in use by process" in error and str(holder.pid) in error
        deskhouse("-C", demo, "status")  # readers may be many
    finally:
        holder.kill()
        holder.wait()


def test_errors_of_models_name_the_file(deskhouse, demo):
    (demo / "models" / "core").mkdir(parents=True)
    (demo / "models" / "core" / "mine.sql").write_text("-- name: core.mine\n-- grain: x\n-- kind: view\n-- description: x\n-- owner: me\nselect nothing from core.fact_tickets\n")
    error = deskhouse("-C", demo, "run", "--now", "2026-01-01", code=1).stderr
    assert "core.mine" in error and "models/core/mine.sql" in error
    deskhouse("-C", demo, "status")
