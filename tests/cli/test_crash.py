"""A run that is killed anywhere is as if it had not been; running again completes it."""

import os
import shutil

import pytest

STEPS = ["after_load_batch", "before_publish", "after_operational", "after_models", "before_commit", "after_commit"]


def killed_at(step):
    return {**os.environ, "DESKHOUSE_CRASH_AT": step}


@pytest.mark.parametrize("step", STEPS)
def test_a_first_run_that_dies(deskhouse, fresh, made_demo, step):
    deskhouse("-C", fresh, "run", "--now", "2026-01-01", "-q", code=-9, env=killed_at(step))
    deskhouse("-C", fresh, "run", "--now", "2026-01-01", "-q")
    deskhouse("-C", fresh, "verify", "--against", made_demo / "deskhouse.duckdb")
    deskhouse("-C", fresh, "verify")


@pytest.fixture(scope="module")
def second_delivery(deskhouse, tmp_path_factory):
    """A demo with its delta written but not loaded, and the warehouse that loading it gives."""
    folder = tmp_path_factory.mktemp("delta") / "d"
    deskhouse("demo", "--tickets", 500, "--dir", folder, "--delta", "-q")
    shutil.copy(folder / "deskhouse.duckdb", folder.parent / "right.duckdb")
    (folder / "deskhouse.duckdb").unlink()
    deskhouse("-C", folder, "run", "--now", "2026-01-01", "-q")
    return folder


@pytest.mark.parametrize("step", STEPS)
def test_an_incremental_run_that_dies(deskhouse, second_delivery, tmp_path, warehouse, step):
    folder = tmp_path / "d"
    shutil.copytree(second_delivery, folder)
    before = deskhouse("-C", folder, "query", "--csv", "select count(*), sum(hash(t)::hugeint) from core.fact_tickets_stored t").stdout
    deskhouse("-C", folder / "delta", "run", "--now", "2026-01-02", "-q", code=-9, env=killed_at(step))
    after = deskhouse("-C", folder, "query", "--csv", "select count(*), sum(hash(t)::hugeint) from core.fact_tickets_stored t").stdout
    assert (before == after) == (step != "after_commit")
    deskhouse("-C", folder / "delta", "run", "--now", "2026-01-02", "-q")
    deskhouse("-C", folder, "verify", "--against", second_delivery.parent / "right.duckdb")
    deskhouse("-C", folder, "verify")


def test_the_run_that_died_is_on_record(deskhouse, json_of, demo):
    deskhouse("-C", demo, "run", "--now", "2026-01-01", "-q", code=-9, env=killed_at("before_commit"))
    assert {line["what"]: line["state"] for line in json_of("-C", demo, "doctor")}["runs"] == "warn"
    deskhouse("-C", demo, "run", "--now", "2026-01-01", "-q")
    assert [run["status"] for run in json_of("-C", demo, "status")["runs"]] == ["succeeded", "interrupted", "succeeded"]


def test_running_again_changes_nothing(deskhouse, json_of, demo, made_demo):
    deskhouse("-C", demo, "run", "--now", "2026-01-01", "-q")
    for line in json_of("-C", demo, "status")["balances"]:
        assert line["loaded"] == 0 and line["balance"] == "OK", line
    deskhouse("-C", demo, "verify", "--against", made_demo / "deskhouse.duckdb")
    deskhouse("-C", demo, "verify")
