"""What exceeds the memory goes to disk, where each process has a folder of its own."""

import subprocess

import pytest

from .conftest import replace

TEXTS = 400
# Some 200 MB of different texts, of a kind that does not compress.
SPILLS = f"""
select count(*), sum(length(text)) from (
  select distinct a.ticket_id || repeat(md5(b.number || a.ticket_id), 24) as text
  from core.fact_tickets a, (select unnest(range({TEXTS})) as number) b)"""


@pytest.fixture
def small(demo):
    """The demo, with less memory than the query takes."""
    replace(demo / "deskhouse.toml", 'warehouse = "deskhouse.duckdb"', 'warehouse = "deskhouse.duckdb"\nmemory_limit = "150MB"')
    return demo


def spill(binary, folder):
    return subprocess.Popen([binary, "-C", folder, "query", "--csv", SPILLS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_three_queries_spill_at_once(small, binary, warehouse):
    connection = warehouse(small)
    expected = connection.sql(SPILLS).fetchone()
    connection.close()
    queries = [spill(binary, small) for _ in range(3)]
    for query in queries:
        answer, errors = query.communicate(timeout=120)
        assert (query.returncode, errors) == (0, "")
        assert tuple(map(int, answer.splitlines()[1].split(","))) == expected
    assert not (small / "deskhouse.duckdb.tmp").exists()


def test_what_a_killed_one_leaves_goes_with_the_next(small, binary, deskhouse):
    folder = small / "deskhouse.duckdb.tmp"
    killed = spill(binary, small)
    while not list(folder.glob("*/duckdb_temp_*")):
        assert killed.poll() is None, "it never spilled"
    killed.kill()
    killed.communicate()
    assert list(folder.glob("*/duckdb_temp_*"))
    deskhouse("-C", small, "query", "select 1")
    assert not folder.exists()


def test_it_reads_where_nothing_can_be_written(demo, deskhouse):
    (demo / "deskhouse.duckdb.tmp").write_text("a file, where a folder should be")
    assert deskhouse("-C", demo, "query", "--csv", "select count(*) from core.fact_tickets").stdout.splitlines()[1]
