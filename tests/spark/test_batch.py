"""A batch by Spark is the batch of the embedded engine, cell by cell, whoever is killed meanwhile."""

import csv
import gzip
import json
import os
import re
import signal
import subprocess
import time

import pytest
from conftest import until_done

# So many tasks of each entity that a batch takes long enough for somebody to die in it.
MANY = 8
SOME_DONE = 12
QUARANTINE = ("select source, entity, file, position, record, line, record_id, header, raw::varchar, reasons, status "
              "from staging.quarantine order by all")
BALANCES = "select entity, extracted, loaded, unchanged, superseded, quarantined from meta.balances where run_id = 1 order by all"


def test_spark_holds_what_a_file_holds(lake, files, deskhouse):
    """Also what went to quarantine, the balances, the counts of defaults, and the raw records."""
    lake.load("--batch", "first")
    lake.equals(files / "first.duckdb")
    embedded = files / "first"
    embedded.mkdir(exist_ok=True)
    text = (files / "deskhouse.toml").read_text().replace('"deskhouse.duckdb"', f'"{files / "first.duckdb"}"')
    (embedded / "deskhouse.toml").write_text(text)

    def of_file(sql):
        return deskhouse("-C", embedded, "query", "--csv", sql).stdout.splitlines()[1:]

    fields = "select source, entity, field, nulled, defaulted, converted, ambiguous_time, formats from meta.field_counts where run_id = 1 order by all"
    for sql in (QUARANTINE, BALANCES, fields, "select entity, sum(records), sum(bytes) from staging.raw_blocks group by all order by all"):
        assert lake.rows(sql) == of_file(sql), sql
    assert len(lake.rows(QUARANTINE)) > 0

    # What the executors wrote is the lake's own: in the folders of its months, and merged with other files as those are.
    catalogue = "__ducklake_metadata_deskhouse"
    registered = lake.rows(f"select table_name, count(*) filter (f.path similar to 'year=[0-9]+/month=[0-9]+/[0-9]+-.*') from {catalogue}.ducklake_data_file f "
                           f"join {catalogue}.ducklake_table t on t.table_id = f.table_id and t.end_snapshot is null where f.mapping_id is not null group by all")
    by_table = {line.split(",")[0]: int(line.split(",")[1]) for line in registered}
    assert by_table.keys() >= {"tickets", "ticket_events", "surveys", "raw_blocks"} and by_table["tickets"] > 1
    month = lake.rows("select min(date_trunc('month', created_at)::date) from operational.tickets")[0]
    plan = lake("query", "--csv", f"explain analyze select count(subject) from operational.tickets where created_at < date '{month}' + interval 1 month").stdout
    assert 0 < int(re.search(r"Total Files Read: (\d+)", plan).group(1)) < by_table["tickets"] / 4

    again = lake.load("--batch", "first")  # submitted twice
    assert again.stdout == ""
    assert lake.rows("select count(*) from meta.runs") == ["1"]
    assert lake.rows("select batch, run_id, tasks > 0 from meta.cluster_batches") == ["first,1,true"]
    lake.load("--tasks", 3, day="2026-01-02", project=lake.delta)
    lake.equals(files / "both.duckdb")
    lake("maintain", "-q")
    lake("verify")
    lake.equals(files / "both.duckdb")
    lake.has_left_nothing()


@pytest.mark.parametrize("step", ["lake_files_moved:2", pytest.param("before_commit", marks=pytest.mark.soak)])
def test_who_publishes_to_a_lake_dies(step, lake, files):
    """Files that were moved to the lake, registered or not, are nobody's: the next run is right, and `doctor` removes them."""
    dead = subprocess.run(lake.spark("--batch", "first"), env={**lake.cluster.environment, "DESKHOUSE_CRASH_AT": step}, capture_output=True, timeout=300)
    assert dead.returncode == -9
    lake.load("--batch", "first")
    lake.equals(files / "first.duckdb")
    lake.has_left_nothing()
    assert lake.rows("select batch, run_id, tasks > 0 from meta.cluster_batches") == ["first,2,true"]
    file = lake.folder / "deskhouse.toml"
    file.write_text(file.read_text() + '\n[maintenance]\nkeep_snapshots = "1s"\nkeep_files = "1s"\n')
    time.sleep(1.1)
    lake("maintain", "-q")
    time.sleep(1.1)
    lake("maintain", "-q")  # what was of the dead run's load tables goes with their snapshots
    assert lake.orphans() != "none"
    lake("doctor", "--remove-orphans")
    assert lake.orphans() == "none"
    lake.equals(files / "first.duckdb")


def kill_an_executor(desk, _):
    os.kill(desk.cluster.executors()[0], signal.SIGKILL)


def kill_a_worker(desk, _):
    desk.cluster.kill_a_worker()


# An executor dies with its worker; alone, in a stream too (test_stream.py).
@pytest.mark.parametrize("kill", [pytest.param(kill_an_executor, marks=pytest.mark.soak), kill_a_worker])
def test_others_do_what_was_killed(desk, files, kill):
    run = desk.start("--tasks", MANY)
    until_done(run, SOME_DONE)
    kill(desk, run)
    errors = run.stderr.read()
    assert run.wait(timeout=240) == 0, errors
    desk.equals(files / "first.duckdb")
    desk.has_left_nothing()
    if kill is kill_a_worker:
        desk.cluster.add_worker()
        desk.cluster.wait_for_workers(2)


def children(pid):
    return [int(child) for child in subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()]


def test_a_driver_that_dies(desk, files):
    """Nothing of its batch is published."""
    run = desk.start("--tasks", MANY)
    until_done(run, SOME_DONE)
    (driver,) = children(run.pid)
    os.kill(driver, signal.SIGKILL)
    errors = run.stderr.read()
    assert run.wait(timeout=60) == 1
    assert "ended by signal 9" in errors and "run again" in errors
    assert desk.rows("select count(*) from operational.tickets") == ["0"]

    desk.load()
    desk.equals(files / "first.duckdb")
    desk.has_left_nothing()


@pytest.mark.soak
def test_who_submitted_it_dies(desk, files):
    """The driver ends with it; the next run takes away what the batch has left."""
    run = desk.start("--tasks", MANY)
    until_done(run, SOME_DONE)
    (driver,) = children(run.pid)
    run.kill()
    run.wait()
    subprocess.run(["tail", f"--pid={driver}", "-f", os.devnull], timeout=60, check=True)  # until it has ended
    desk.load()
    desk.equals(files / "first.duckdb")
    desk.has_left_nothing()


REMOTE = """-- name: no_remote
-- severity: quarantine
-- entity: requesters
-- description: Nobody works from elsewhere.
-- what_to_do: Correct the location.
select id, 'location' as field, location as value, 'is remote' as message from {{source}} where location = 'Remote'
"""


def make_difficult(folder):
    """A condition that the load table refuses rows by, a check that sends rows to quarantine, and an entity as compressed JSON."""
    config = (folder / "deskhouse.toml").read_text()
    config = config.replace('path = "assets.csv"', 'path = "assets.csv"\nrow_conditions = ["state <> \'In Stock\'"]')
    config = config.replace('path = "surveys.csv"', 'path = "surveys.jsonl.gz"')
    (folder / "deskhouse.toml").write_text(config)
    (folder / "checks").mkdir(exist_ok=True)
    (folder / "checks" / "no_remote.sql").write_text(REMOTE)
    with (folder / "surveys.csv").open(newline="") as rows, gzip.open(folder / "surveys.jsonl.gz", "wt") as out:
        out.writelines(json.dumps(row) + "\n" for row in csv.DictReader(rows))
    return config


@pytest.mark.parametrize("warehouse", ["desk", "lake"])
def test_what_a_run_refuses(warehouse, request, deskhouse):
    """The rows that a run itself must single out, and those that a check condemns, are the same: with their lines and bytes."""
    desk = request.getfixturevalue(warehouse)
    config = make_difficult(desk.folder)
    desk.load("--tasks", 3, "--spark-conf", "spark.speculation=true", "--spark-conf", "spark.speculation.multiplier=1.0")
    quarantine = desk.rows(QUARANTINE)
    assert any("In Stock" in row for row in quarantine) and any("no_remote" in row for row in quarantine)
    embedded = desk.folder / "embedded.duckdb"
    (desk.folder / "deskhouse.toml").write_text(re.sub(r'warehouse = ".*"', f'warehouse = "{embedded}"', config))
    deskhouse("-C", desk.folder, "run", "--now", "2026-01-01", "-q")
    assert desk.rows(QUARANTINE) == quarantine
    (desk.folder / "deskhouse.toml").write_text(config)
    desk.equals(embedded)
