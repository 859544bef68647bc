"""Tables that grow with time lie in files of one month each, which any reader of Parquet reads."""

import re

import duckdb
import pytest

MONTHLY = {"operational.tickets": "created_at", "operational.ticket_events": "event_at", "core.fact_tickets_stored": "created_at",
           "core.fact_time_tracking": "worked_at"}


def months(desk):
    return [line["month"] for line in desk.json("partitions", "list")]


def files_read(desk, sql):
    """How many files a query opens."""
    plan = desk("query", "--csv", f"explain analyze {sql}").stdout
    return int(re.search(r"Total Files Read: (\d+)", plan).group(1))


def test_a_month_is_read_by_its_files_alone(loaded):
    for table, column in MONTHLY.items():
        month = loaded.rows(f"select strftime({column}, '%Y-%m') from {table} group by 1 order by count(*) desc limit 1")[0]
        of_month = f"{column} >= timestamp '{month}-01' and {column} < timestamp '{month}-01' + interval 1 month"
        whole, part = (files_read(loaded, f"select sum(hash(t)) from {table} t where {condition}") for condition in ("true", of_month))
        known = [file for file in loaded.json("partitions", "files", month) if file["table"] == table]
        assert 0 < part <= len(known) < whole, f"{table}: {part} files read of {month}, which has {len(known)} of {whole}"


def test_any_reader_reads_the_files_of_a_month(loaded):
    """Without the catalogue: the rows that were there when the file was written."""
    for month in months(loaded)[:3]:
        files = [file for file in loaded.json("partitions", "files", month) if file["table"] == "operational.tickets"]
        found = duckdb.sql(f"select id, created_at from read_parquet({[file['file'] for file in files]})").fetchall()
        known = set(loaded.rows(f"select id from operational.tickets where strftime(created_at, '%Y-%m') = '{month}'"))
        assert {created.strftime("%Y-%m") for _, created in found} == {month}
        ids = [number for number, _ in found]
        assert set(ids) == known
        if not any(file["has_deletes"] == "yes" for file in files):
            assert len(ids) == len(known)


def test_no_row_is_left_out(loaded):
    """DuckLake's least and greatest values of a whole table are wrong after a file of nothing but NULL: decision 0053.
    Some months of a load have no problem at all, others have, and so has the second delivery."""
    for key in loaded.rows("select distinct problem_key from operational.tickets where problem_key is not null"):
        of_it, all_of_it = loaded.rows(f"select count(*) filter (problem_key = {key}) from (from operational.tickets where problem_key = {key}) "
                                       f"union all select count(*) from operational.tickets where problem_key::varchar = '{key}'")
        assert of_it == all_of_it != "0"


@pytest.mark.parametrize("desk", ["sqlite"], indirect=True)  # what months are does not depend on the catalogue
def test_months_are_dropped(desk):
    desk.load()
    first, second = months(desk)[:2]
    ended = "status in ('Resolved', 'Closed') or is_deleted"
    of = f"from operational.tickets where strftime(created_at, '%Y-%m') = '{first}'"
    assert int(desk.rows(f"select count(*) {of} and ({ended})")[0]) > 0
    others = desk.rows(f"select count(*), sum(hash(t)) from operational.tickets t where strftime(created_at, '%Y-%m') <> '{first}'")
    desk("partitions", "drop", first, "--yes")
    assert desk.rows(f"select count(*) {of} and ({ended})") == ["0"]
    assert desk.rows(f"select count(*), sum(hash(t)) from operational.tickets t where strftime(created_at, '%Y-%m') <> '{first}'") == others
    desk("verify")
    # By retention, once a month: the second month, too.
    year, month = map(int, second.split("-"))
    file = desk.folder / "deskhouse.toml"
    file.write_text(file.read_text() + f"\n[retention]\nmonths = {(2026 - year) * 12 + 1 - month}\n")
    desk("run", "--now", "2026-02-01", "-q")
    left = desk.rows(f"select count(*) from operational.tickets where created_at < timestamp '{second}-01' + interval 1 month and ({ended})")
    assert left == ["0"]
