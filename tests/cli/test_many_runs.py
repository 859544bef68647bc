"""A warehouse that has seen many runs is no slower or larger for it: what each run appends is merged into full row groups."""

import os
import random
import subprocess

import pytest

TOML = '[project]\nname = "many"\n[sources.desk.tickets]\npath = "tickets.csv"\n'
HEADER = "id,subject,status,priority,category,requester_id,created_at,updated_at\n"
TICKETS = 3_000
STATES = ["Open", "Pending", "Resolved", "Closed"]


class Tickets:
    """Each delivery changes some of the tickets, so that rows are deleted as well as appended."""

    def __init__(self, folder):
        self.folder, self.random, self.minute = folder, random.Random(1), 0
        self.rows = {number: self.row(number) for number in range(TICKETS)}
        (folder / "deskhouse.toml").write_text(TOML)

    def row(self, number):
        self.minute += 1
        return (
            f"{number},s{number},{self.random.choice(STATES)},High,Mail,r{number % 50},2024-05-01T00:00:00,"
            f"2024-05-{2 + self.minute // 1440:02}T{self.minute // 60 % 24:02}:{self.minute % 60:02}:00\n"
        )

    def deliver(self, changed):
        for number in self.random.sample(sorted(self.rows), changed):
            self.rows[number] = self.row(number)
        (self.folder / "tickets.csv").write_text(HEADER + "".join(self.rows.values()))


def row_groups(connection):
    tables = connection.sql(
        "select schema_name || '.' || table_name from duckdb_tables() where database_name = current_database() and not starts_with(table_name, 'alert')"
    ).fetchall()
    count = "select count(distinct row_group_id) from pragma_storage_info('{}')"
    return {table: connection.sql(count.format(table)).fetchone()[0] for (table,) in tables}


def test_row_groups_do_not_grow_with_the_runs(deskhouse, tmp_path, warehouse):
    tickets = Tickets(tmp_path)
    for _ in range(30):
        tickets.deliver(20)
        deskhouse("-C", tmp_path, "run", "-q", "--now", "2024-06-01")
    connection = warehouse(tmp_path)
    groups = row_groups(connection)
    assert connection.sql("select count(*) from meta.runs where status = 'succeeded'").fetchone() == (30,)
    connection.close()
    assert max(groups.values()) <= 14, {table: count for table, count in groups.items() if count > 14}
    deskhouse("-C", tmp_path, "verify")
    told = deskhouse("-C", tmp_path, "maintain").stdout
    assert told.endswith("were written again into full ones.\n"), told
    connection = warehouse(tmp_path)
    assert max(row_groups(connection).values()) <= 2  # the last one, and what maintain says of itself
    connection.close()
    deskhouse("-C", tmp_path, "verify")


@pytest.mark.parametrize("step", ["before_merge_commit", "after_merge_commit"])
def test_a_run_that_dies_while_it_merges(deskhouse, binary, tmp_path, warehouse, json_of, step):
    tickets = Tickets(tmp_path)
    dies = {**os.environ, "DESKHOUSE_CRASH_AT": step}
    tickets.deliver(0)
    deskhouse("-C", tmp_path, "run", "-q", "--now", "2024-06-01")
    for _ in range(18):
        tickets.deliver(20)
        done = subprocess.run([binary, "-C", tmp_path, "run", "-q", "--now", "2024-06-01"], env=dies, capture_output=True, timeout=600)
        if done.returncode == -9:
            break
        assert done.returncode == 0, done.stderr
    assert done.returncode == -9, "nothing was merged"
    assert [run["status"] for run in json_of("-C", tmp_path, "status")["runs"]][0] == "succeeded", "it was published before"
    deskhouse("-C", tmp_path, "verify")
    connection = warehouse(tmp_path)
    assert (max(row_groups(connection).values()) >= 8) == (step == "before_merge_commit")
    connection.close()
    tickets.deliver(20)
    for _ in range(4):  # every fourth looks
        deskhouse("-C", tmp_path, "run", "-q", "--now", "2024-06-01")
    deskhouse("-C", tmp_path, "verify")
    connection = warehouse(tmp_path)
    assert max(row_groups(connection).values()) <= 8
    assert connection.sql("select count(*) from core.fact_tickets").fetchone() == (TICKETS,)
    connection.close()
