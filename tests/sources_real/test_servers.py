"""What holds for every database server that is a source, against real ones: nothing is lost, nothing is doubled."""

import signal
import shutil
import subprocess

import pytest

from .desk import fields


def test_a_table_becomes_tickets(desk):
    desk.sql(desk.add(1, 250))
    desk.run()
    assert desk.balance() == (250, 250, 0, 0, 0)
    desk.is_whole()


def test_420_rows_of_one_moment_and_a_kill(desk):
    """Each once, whatever the size of a batch and wherever the process dies."""
    moment = desk.utc("2026-03-01 10:00:00")
    desk.sql(desk.add(1, 420, moment))
    for step in ("after_load_batch", "before_commit"):
        desk.run(code=-9, DESKHOUSE_CRASH_AT=step)
    desk.run()
    assert desk.ids() == list(range(1, 421))
    assert desk.balance() == (420, 420, 0, 0, 0)
    desk.sql(desk.add(421, 840, moment))
    desk.run(code=-9, DESKHOUSE_CRASH_AT="after_load_batch")
    desk.run()
    assert desk.ids() == list(range(1, 841))
    desk.is_whole()


def test_quarantine_is_replayed(desk):
    desk.configure('table = "tickets"\n' + fields(status='{ column = "status", values = { "Open" = "Open" } }'))
    desk.sql(desk.add(1, 3) + ";" + desk.add(4, 4, subject="'a, \"b\"\nc'"))
    desk.sql("update tickets set status = 'In Arbeit' where id in (2, 4)")
    desk.run()
    assert desk.balance() == (4, 2, 0, 0, 2)
    toml = desk.folder / "deskhouse.toml"
    toml.write_text(toml.read_text().replace('values = { "Open" = "Open" }', 'values = { "In Arbeit" = "Pending" }'))
    desk.deskhouse("quarantine", "replay")
    assert desk.query("select id, subject, status from operational.tickets where id in ('2', '4') order by id") == [
        ("2", "Ticket 2", "Pending"), ("4", 'a, "b"\nc', "Pending")]
    desk.sql(desk.add(5, 5))
    desk.run()
    assert desk.ids() == [1, 2, 3, 4, 5] and desk.balance()[0] <= 5
    desk.deskhouse("verify")


def test_full_reads_all(desk):
    desk.sql(desk.add(1, 30))
    desk.configure('table = "tickets"\nstrategy = "full"')
    desk.run()
    desk.run()
    assert desk.balance() == (30, 0, 30, 0, 0)
    desk.is_whole()


def test_a_table_without_updated_at_is_read_in_full(desk):
    desk.sql("create table teams (id int, name varchar(20)); insert into teams values (1, 'Team 1'), (2, 'Team 2'), (3, 'Team 3'); "
             + desk.add(1, 3))
    desk.configure('table = "tickets"\n[sources.desk.groups]\ntable = "teams"')
    desk.run()
    desk.sql("update teams set name = 'New' where id = 2")
    desk.run()
    assert desk.query("select name from operational.groups order by id") == [("Team 1",), ("New",), ("Team 3",)]
    desk.deskhouse("verify")


def test_all_entities_are_of_one_moment(desk):
    """A ticket whose agent is hired while the run reads: both or neither. And what is committed meanwhile is read later."""
    desk.sql("create table agents (id bigint primary key, name varchar(20), updated_at timestamp null); insert into agents "
             "values (1, 'A', current_timestamp); alter table tickets add assigned_to bigint; " + desk.add(1, 300))
    desk.configure('table = "tickets"\n[sources.desk.agents]\ntable = "agents"')
    # Each commit puts the ticket and its agent into two tables at once.
    writer = desk.session()
    writer.process.stdin.write("".join(
        f"begin; insert into agents values ({n}, 'B', current_timestamp); insert into tickets (id, subject, status, created_at, "
        f"updated_at, requester_id, assigned_to) values ({n}, 's', 'Open', current_timestamp, current_timestamp, 'r', {n}); "
        f"commit; {desk.pause};\n" for n in range(1000, 1600)))
    writer.process.stdin.flush()
    for _ in range(3):
        desk.run()
        orphans = desk.query("select count(*) from operational.tickets where assigned_to is not null and assigned_to not in "
                             "(select id from operational.agents)")
        assert orphans == [(0,)]
    writer.sql("select 1")
    writer.close()
    desk.run()
    assert desk.query("select count(*) from operational.agents") == [(601,)]
    desk.is_whole()


def start_to_read(desk, **options):
    """A run that is reading the tickets, and its connection's number."""
    desk.sql(desk.add(1, 60_000, subject="repeat('0123456789abcdef', 24)"))
    desk.configure(load="batch_size = 1000\nbulk_batch_size = 1000")
    for _ in range(10):  # on a busy machine one may be over before it is seen
        run = desk.start(**options)
        while run.poll() is None:
            if readers := desk.readers():
                return run, readers[0]
        for made in desk.folder.glob("deskhouse.duckdb*"):
            shutil.rmtree(made) if made.is_dir() else made.unlink()
    raise AssertionError("no run could be disturbed")


def test_what_is_committed_while_a_run_reads(desk):
    """It is not in the run's snapshot, though it is older than what is: the next run reads it."""
    run, _ = start_to_read(desk)
    run.send_signal(signal.SIGSTOP)
    assert run.poll() is None
    desk.sql(desk.add(60_001, 60_010, "(select min(updated_at) from tickets)"))
    run.send_signal(signal.SIGCONT)
    assert run.wait(timeout=120) == 0
    assert desk.balance() == (60_000, 60_000, 0, 0, 0)
    desk.run()
    assert desk.balance()[1] == 10
    desk.is_whole()


@pytest.mark.parametrize("what", ["connection", "query", "restart"])
def test_the_read_is_cut_in_the_middle(desk, what):
    run, reader = start_to_read(desk)
    if what == "restart":
        desk.kill_server()
        desk.server.start()
    else:
        desk.cut(reader, what)
    assert run.wait(timeout=120) == 0
    assert desk.balance() == (60_000, 60_000, 0, 0, 0)
    desk.is_whole()


@pytest.mark.soak
def test_a_server_that_stays_away(desk):
    """The run gives up after a while, changes nothing, and the next one succeeds."""
    run, _ = start_to_read(desk, stderr=subprocess.PIPE)
    desk.kill_server()
    try:
        said = run.communicate(timeout=120)[1]
    finally:
        desk.server.start()
    assert run.returncode == 1 and "tried 7 times" in said and len(said.strip().splitlines()) == 1, said
    desk.run()
    assert desk.balance() == (60_000, 60_000, 0, 0, 0)
    desk.is_whole()


def test_memory_is_flat(desk, run_measured):
    """Thrice the rows, about the same memory."""
    desk.configure(load="batch_size = 1000")

    def peak(first, last):
        desk.sql(desk.add(first, last, subject="repeat('x', 300)"))
        (desk.folder / "deskhouse.duckdb").unlink(missing_ok=True)
        return desk.peak_of_a_run(run_measured)

    small, large = peak(1, 100_000), peak(100_001, 300_000)
    assert desk.query("select count(*) from operational.tickets") == [(300_000,)]
    assert large < small + 120 and large < 512, (small, large)


@pytest.mark.soak
def test_memory_is_flat_over_a_million_rows(desk, run_measured):
    desk.configure(load="batch_size = 1000")
    desk.sql(desk.add(1, 250_000, subject="repeat('x', 300)"))
    small = desk.peak_of_a_run(run_measured)
    (desk.folder / "deskhouse.duckdb").unlink()
    desk.sql(desk.add(250_001, 1_000_000, subject="repeat('x', 300)"))
    large = desk.peak_of_a_run(run_measured)
    print(f"{desk.type}: {small:.0f} MiB for 250,000 rows, {large:.0f} MiB for 1,000,000")
    assert large < 512 and large < 1.2 * small, (small, large)
    desk.is_whole()
