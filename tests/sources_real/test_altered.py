"""Tables that somebody alters while a run reads: before their turn, and in the middle of it. Every row is loaded or in quarantine,
by the contract of its entity, and increments equal a rebuild."""

import concurrent.futures
import signal
import subprocess
import time

import pytest

PEOPLE = 20_000  # so much that a server cannot send it while nobody reads

# SQL, or "TYPE column type"; the (loaded, quarantined) of the run that it happens to, of 40; the columns that it tells of.
CHANGES = {
    "a column is added": ("alter table tickets add floor int default 3", (40, 0), {"floor": "added"}),
    "an optional column goes": ("alter table tickets drop column due_at", (40, 0), {"due_at": "removed"}),
    "a needed column goes": ("alter table tickets drop column subject", (0, 40), {"subject": "removed"}),
    "a column is renamed": (
        "alter table tickets rename column due_at to due", (40, 0), {"due_at": "removed", "due": "added"}),
    "a time becomes text": ("TYPE resolved_at text", (40, 0), {"resolved_at": "retyped"}),
    "a number becomes text": ("TYPE id varchar(40)", (40, 0), {"id": "retyped"}),
    "the table is rewritten": ("REWRITE", (40, 0), {}),
    "the table is made anew": ("create table other as select * from tickets; drop table tickets; alter table other rename to tickets",
                               (40, 0), {}),
}


def alter(desk, step):
    if step.startswith("TYPE"):
        desk.retype(*step.split(" ", 2)[1:])
    else:
        desk.sql(desk.rewrite if step == "REWRITE" else step)


@pytest.fixture
def two_tables(desk):
    """People, of whom there are many, are read before the tickets."""
    desk.sql(f"alter table tickets add due_at {desk.instant}; create table people (id bigint, name text, updated_at {desk.instant})")
    desk.sql(desk.add(1, PEOPLE, subject="repeat('0123456789abcdef', 64)") + "; insert into people select id, subject, updated_at from "
             "tickets; delete from tickets")
    desk.sql(desk.add(1, 40) + "; update tickets set due_at = '2026-02-01', resolved_at = '2026-02-03 04:05:06'")
    return desk


def configure(desk, mode="evolve"):
    desk.configure(f'table = "tickets"\ncontract = "{mode}"\n[sources.desk.requesters]\ntable = "people"',
                   load="batch_size = 1000\nbulk_batch_size = 1000")


def stop_while_it_reads(desk):
    """A run that was stopped in its first large table; it has looked at all tables, and taken its snapshot."""
    with desk.kept() as restore:
        for _ in range(20):  # on a busy machine it may be behind that table before it is seen
            run = desk.start(stderr=subprocess.PIPE)
            while run.poll() is None:
                if desk.readers():
                    run.send_signal(signal.SIGSTOP)
                    time.sleep(0.02)
                    if desk.readers():  # the server waits for it
                        return run
                    run.send_signal(signal.SIGCONT)
                    break
            run.communicate()
            restore()
    raise AssertionError("no run could be stopped in time")


def go_on(run):
    assert run.poll() is None
    run.send_signal(signal.SIGCONT)
    said = run.communicate(timeout=120)[1]
    return run.returncode, said


def tickets(desk):
    return desk.query("select extracted, loaded, unchanged, superseded, quarantined from meta.balances where entity = 'tickets' and "
                      "run_id = (select max(run_id) from meta.runs)")[0]


def changes(desk):
    return dict(desk.query("select column_name, change from meta.schema_changes"))


@pytest.mark.parametrize("what", CHANGES)
def test_a_table_is_altered_before_its_turn(two_tables, what):
    desk, (step, (loaded, quarantined), told) = two_tables, CHANGES[what]
    configure(desk)
    desk.run("--only", "tickets")  # so that there is something to compare with
    desk.sql("update tickets set status = 'Pending', updated_at = current_timestamp(6)")
    run = stop_while_it_reads(desk)
    alter(desk, step)
    code, said = go_on(run)
    assert code == 0, said
    extracted, new, same, _, rejected = tickets(desk)
    assert (extracted, new + same, rejected) == (40, loaded, quarantined), said
    desk.run()
    assert changes(desk) == told
    if loaded:
        desk.is_whole()
        assert desk.query("select count(resolved_at), count(requester_id) from operational.tickets") == [(40, 40)]
    else:
        assert "the source no longer has the column 'subject'" in desk.deskhouse("quarantine", "list").stdout
    assert desk.query("select count(*) from operational.requesters") == [(PEOPLE,)]
    desk.deskhouse("verify")


def test_a_frozen_table_is_altered_before_its_turn(two_tables):
    desk = two_tables
    configure(desk, "freeze")
    desk.run("--only", "tickets")
    desk.sql("update tickets set status = 'Pending', updated_at = current_timestamp(6)")
    run = stop_while_it_reads(desk)
    alter(desk, CHANGES["an optional column goes"][0])
    code, said = go_on(run)
    assert code == 2 and "the column 'due_at' went" in said
    assert desk.query("select count(*) from operational.requesters") == [(0,)], "nothing of the run is published"
    desk.run("--accept-columns")
    desk.is_whole()


@pytest.mark.parametrize("what", ["an optional column goes", "a time becomes text", "a number becomes text"])
def test_a_table_is_altered_while_it_is_read(desk, what):
    """The change waits for the end of the read, or the read begins anew: no row is of two shapes."""
    step, _, told = CHANGES[what]
    desk.sql(f"alter table tickets add due_at {desk.instant}")
    desk.sql(desk.add(1, PEOPLE, subject="repeat('0123456789abcdef', 64)") +
             "; update tickets set due_at = '2026-02-01', resolved_at = '2026-02-03 04:05:06'")
    desk.configure(load="batch_size = 1000\nbulk_batch_size = 1000")
    run = stop_while_it_reads(desk)
    with concurrent.futures.ThreadPoolExecutor() as others:
        altered = others.submit(alter, desk, step)
        time.sleep(0.3)
        code, said = go_on(run)
        altered.result()
    assert code == 0, said
    assert tickets(desk) == (PEOPLE, PEOPLE, 0, 0, 0)
    assert desk.query("select count(resolved_at) from operational.tickets") == [(PEOPLE,)]
    desk.sql("update tickets set status = 'Pending', updated_at = current_timestamp(6) where id in ('1', '2')")
    desk.run()
    assert changes(desk) in (told, {}), "or the first run saw it in time"
    assert desk.query("select count(*) from operational.tickets where status = 'Pending'") == [(2,)]
    desk.is_whole()
