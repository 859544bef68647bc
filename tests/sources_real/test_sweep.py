"""Deletes in a database server, found by listing its ids: hard deletes, returns, kills, and lists that are not to be believed."""

import json

import pytest

from .desk import fields

# Finds what comes back with an old time without a sweep; the default where a server tells what was written since.
SCAN = 'table = "tickets"\nhorizon = "scan"'
STATE = "select id::bigint, is_deleted from operational.tickets order by 1"


def deleted(desk):
    return [id for id, gone in desk.query(STATE) if gone]


def last_sweep(desk):
    """Status, known, listed, deleted, returned of the latest one."""
    return desk.query("select status, known, listed, deleted, returned from meta.sweeps order by run_id desc limit 1")[0]


def open_tickets(desk):
    """As the summaries, the marts and the facts count them."""
    return desk.query("""select (select sum(ticket_count)::bigint from core.daily_ticket_summary),
                                (select count(*) from core.fact_tickets where is_open),
                                (select sum(tickets)::bigint from core.ticket_spans)""")[0]


def test_a_hard_delete_is_marked_and_a_return_is_unmarked(desk):
    desk.configure(SCAN)
    desk.sql(desk.add(1, 60))
    desk.run()
    desk.sql("delete from tickets where id in (7, 8); " + desk.add(61, 61))
    desk.run()
    assert deleted(desk) == [], "it was not yet time for a sweep"
    report = json.loads(desk.deskhouse("run", "--sweep", "--json").stdout)[0]
    assert (report["deleted"], report["returned"]) == (2, 0)
    assert deleted(desk) == [7, 8] and last_sweep(desk) == ("swept", 61, 59, 2, 0)
    assert desk.query("select count(*), count(*) filter (is_deleted) from core.fact_tickets")[0] == (61, 2)
    assert open_tickets(desk) == (59, 59, 59)
    assert desk.query("select ticket_id, event_type, status from operational.ticket_events order by 1") == [
        ("7", "deleted", None), ("8", "deleted", None)]
    assert desk.query("select id, returned_at from meta.tombstones order by id") == [("7", None), ("8", None)]
    desk.deskhouse("verify")

    desk.run("--sweep")
    assert last_sweep(desk) == ("swept", 59, 59, 0, 0), "once is enough"
    # 7 returns as it was, 8 with a later change; the run finds them without a sweep.
    desk.sql(desk.add(7, 7) + "; update tickets set updated_at = '2026-01-02' where id = 7; " + desk.add(8, 8, subject="'Back'"))
    desk.run()
    assert deleted(desk) == [] and open_tickets(desk) == (61, 61, 61)
    assert desk.query("select subject from operational.tickets where id = '8'") == [("Back",)]
    assert desk.query("select count(*) from meta.tombstones where returned_at is null") == [(0,)]
    assert last_sweep(desk) == ("none", 0, 0, 0, 2)
    assert sorted(desk.query("select ticket_id from operational.ticket_events where event_type = 'returned'")) == [
        ("7",), ("8",)]
    desk.deskhouse("verify")
    status = json.loads(desk.deskhouse("status", "--json").stdout)
    assert status["sweeps"][0]["returned"] == 2 and status["deleted"] == []


def test_a_return_with_an_old_time_is_a_return(desk):
    """A restored row may be older than what is loaded: its content is superseded, and it exists."""
    desk.configure(SCAN)
    desk.sql(desk.add(1, 30))
    desk.run()
    desk.sql("delete from tickets where id = 3")
    desk.run("--sweep")
    desk.sql(desk.add(3, 3, "'2020-01-01'", "'An old copy'"))
    desk.run()
    assert deleted(desk) == [] and desk.balance()[3] == 1
    assert desk.query("select subject from operational.tickets where id = '3'") == [("Ticket 3",)]
    desk.deskhouse("verify")


def test_a_return_with_an_old_time_is_listed(desk):
    """Where runs read a window of updated_at they do not see it; a sweep lists it."""
    desk.configure('table = "tickets"\nhorizon = "window"')
    desk.sql(desk.add(1, 30))
    desk.run()
    desk.sql("delete from tickets where id = 3")
    desk.run("--sweep")
    desk.sql(desk.add(3, 3, "'2020-01-01'"))
    desk.run()
    assert deleted(desk) == [3]
    desk.run("--sweep")
    assert deleted(desk) == [] and last_sweep(desk) == ("swept", 29, 30, 0, 1) and open_tickets(desk) == (30, 30, 30)
    desk.deskhouse("verify")


def test_people_who_leave(desk):
    """Marks follow into the dimensions, whose history stays."""
    desk.sql(f"create table people (id int primary key, name varchar(20), email text, updated_at {desk.instant});" + "".join(
        f"insert into people values ({n}, 'Agent {n}', null, current_timestamp(6));" for n in range(1, 6)) + desk.add(1, 5))
    toml = desk.folder / "deskhouse.toml"
    toml.write_text(toml.read_text() + '[sources.desk.agents]\ntable = "people"\n')
    desk.run()
    desk.sql("delete from people where id = 2")
    desk.run("--sweep", "--only", "agents")
    agents = "select agent_id from core.dim_agent where is_deleted"
    assert desk.query(agents) == [("2",)]
    desk.deskhouse("verify")
    desk.sql("insert into people values (2, 'Agent two', null, current_timestamp(6))")
    desk.run()
    assert desk.query(agents) == []
    assert [name for name, in desk.query("select name from core.dim_agent where agent_id = '2' order by valid_from")] == [
        "Agent 2", "Agent two"]
    desk.deskhouse("verify")


@pytest.mark.parametrize("step", ["during_sweep", "after_marks", "before_commit", "after_commit"])
def test_a_sweep_that_is_killed(desk, step):
    desk.sql(desk.add(1, 40))
    desk.run()
    desk.sql("delete from tickets where id <= 2")
    desk.run("--sweep", code=-9, DESKHOUSE_CRASH_AT=step)
    assert deleted(desk) == ([1, 2] if step == "after_commit" else []), "all of it or nothing"
    desk.run("--sweep")
    assert deleted(desk) == [1, 2] and open_tickets(desk) == (38, 38, 38)
    assert desk.query("select count(*) from meta.tombstones") == [(2,)]
    desk.deskhouse("verify")


def test_an_empty_list_is_not_believed(desk):
    """Rows that the source's user no longer sees look as if they were deleted."""
    desk.sql(desk.add(1, 30))
    desk.sql("create table visible (id int); insert into visible values (1); create view seen as select tickets.* from tickets where "
             "exists (select 1 from visible)")
    desk.reader(["select on seen"])
    desk.configure('table = "seen"')
    desk.run()
    desk.sql("delete from visible")
    done = desk.run("--sweep", code=3)
    assert "desk.tickets: the source lists no record at all, and 30 are known. Nothing was marked as deleted." in done.stderr
    assert "deskhouse run --source desk --only tickets --sweep --accept-deletes" in done.stderr
    assert deleted(desk) == [] and last_sweep(desk) == ("refused", 30, 0, 0, 0)
    desk.sql("insert into visible values (1)")
    desk.revoke("select on seen")
    assert "GRANT SELECT ON" in desk.failure("run", "-q", "--sweep")
    assert deleted(desk) == []
    desk.grant("select on seen")
    desk.run("--sweep")
    assert deleted(desk) == [] and last_sweep(desk) == ("swept", 30, 30, 0, 0)


def test_a_list_that_breaks_off_marks_nothing(desk):
    """The rows that changed can be read; the list of all ids fails half-way. The run is published without it."""
    desk.sql(desk.add(1, 30, desk.later("2026-02-01", "day")))
    desk.sql(f"create table poison (id bigint); {desk.reach}")
    desk.sql("create view reached as select reach(id) as id, subject, status, priority, category, requester_id, created_at, "
             "updated_at from tickets")
    desk.configure('table = "reached"')
    desk.run()
    desk.sql("delete from tickets where id = 2; insert into poison values (15); " + desk.add(31, 31))
    done = desk.run("--sweep", code=3)
    assert "the records that are gone were not looked for" in done.stderr and "row 15 is out of reach" in done.stderr
    assert deleted(desk) == [] and 31 in desk.ids() and last_sweep(desk)[0] == "failed"
    desk.sql("delete from poison")
    desk.run()
    assert deleted(desk) == [2], "the next run tries again, though a day has not gone by"
    desk.deskhouse("verify")


def test_a_large_table(desk):
    """Of a table that is large enough, rows are found by indexes beside the database: marks must go along."""
    desk.configure(SCAN, load="bulk_batch_size = 8192")
    desk.sql(desk.add(1, 120_000, desk.later("2026-02-01", "second")))
    desk.run()
    desk.sql("delete from tickets where id in (5, 60000, 120000); "
             "update tickets set status = 'Closed', updated_at = current_timestamp(6) where id in (6, 60001)")
    desk.run("--sweep")
    assert deleted(desk) == [5, 60_000, 120_000] and last_sweep(desk)[3] == 3
    assert open_tickets(desk)[0] == 119_997
    desk.deskhouse("verify")
    desk.sql(desk.add(5, 5) + "; " + desk.add(60_000, 60_000, "'2020-01-01'"))
    desk.run()
    assert deleted(desk) == [120_000] and open_tickets(desk)[0] == 119_999
    desk.deskhouse("verify")


def test_many_deletes_need_a_word(desk):
    desk.sql(desk.add(1, 100))
    desk.run()
    desk.sql("delete from tickets where id <= 21; " + desk.add(101, 101))
    done = desk.run("--sweep", code=3)
    assert "21 of the 100 known records are not among those that the source lists, more than 20 %" in done.stderr
    assert deleted(desk) == [] and 101 in desk.ids(), "the rows of the run are published all the same"
    desk.run("--sweep", "--accept-deletes")
    assert deleted(desk) == list(range(1, 22))
    desk.deskhouse("verify")


def test_a_sweep_comes_by_itself_when_it_is_time(desk):
    desk.configure('table = "tickets"\nsweep = "1s"')
    desk.sql(desk.add(1, 20))
    desk.run()
    desk.sql("delete from tickets where id = 5")
    while not deleted(desk):  # the second goes by in the runs themselves
        desk.run()
    assert deleted(desk) == [5]
    desk.configure('table = "tickets"\nsweep = "never"')
    desk.sql("delete from tickets where id = 6")
    desk.run("--sweep")
    assert deleted(desk) == [5]


def test_rejected_records_exist(desk):
    """What is read in full is its own list, and a record that is rejected is on it."""
    desk.configure('table = "tickets"\nstrategy = "full"')
    desk.sql(desk.add(1, 20))
    desk.run()
    desk.sql("update tickets set status = 'Unheard of', updated_at = current_timestamp(6) where id = 4; delete from tickets where id = 5")
    desk.run("--sweep")
    assert desk.balance()[4] == 1 and deleted(desk) == [5]
    desk.deskhouse("verify")


def test_a_replay_does_not_bring_anybody_back(desk):
    """A version that was rejected while its record lived, and replayed after it was deleted: the content is newer, the record
    is still gone."""
    desk.sql(desk.add(1, 20))
    desk.run()
    desk.sql("update tickets set status = 'In Arbeit', updated_at = current_timestamp(6) where id = 4")
    desk.run()
    desk.sql("delete from tickets where id = 4")
    desk.run("--sweep")
    assert deleted(desk) == [4]
    desk.configure('table = "tickets"\n' + fields(
        status='{ column = "status", values = { "In Arbeit" = "Pending" } }', priority='"priority"', category='"category"'))
    desk.deskhouse("quarantine", "replay")
    assert desk.query("select status, is_deleted from operational.tickets where id = '4'") == [("Pending", True)]
    assert open_tickets(desk) == (19, 19, 19)
    desk.deskhouse("verify")
    desk.sql(desk.add(4, 4))
    desk.run()
    assert deleted(desk) == [] and open_tickets(desk) == (20, 20, 20)
    desk.deskhouse("verify")


def test_ids_that_are_made_of_columns(desk):
    """The list holds ids as the mapping makes them."""
    desk.configure('table = "tickets"\n' + fields(id='{ template = "T-{id}/{requester_id}" }'))
    desk.sql(desk.add(1, 12))
    desk.run()
    desk.sql("delete from tickets where id = 12")
    desk.run("--sweep")
    assert desk.query("select id from operational.tickets where is_deleted") == [("T-12/r5",)]
    assert desk.environment["DESK_PASSWORD"] not in desk.deskhouse("status").stdout
