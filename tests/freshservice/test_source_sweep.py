"""Sweeps: what the desk has no more is marked, and only that, whatever becomes of the lists while they are read."""

import pytest

from tests.freshservice.clock import Clock
from tests.freshservice.invent import END, invent

ALL = ["groups", "departments", "agents", "requesters", "assets", "changes", "problems"]
TICKETS = '[sources.fresh.tickets]\nsweep = "7d"\n'


def sweeps(project):
    """Of the latest run: (status, deleted, returned) by entity."""
    rows = project.query("select entity, status, deleted, returned from meta.sweeps where run_id = (select max(run_id) from meta.runs)")
    return {entity: tuple(rest) for entity, *rest in rows}


def deleted(project, entity):
    return {int(id) for id, in project.query(f"select id from operational.{entity} where is_deleted")}


def swept(project, *arguments, code=0):
    return project.deskhouse("run", "--now", "2026-01-01", "-q", "--sweep", *arguments, code=code)


def remove_one_of_each(project, desk):
    """Of each list but that of agents, who are requesters too: the last record; the ids as the warehouse knows them."""
    gone = {}
    for entity in [name for name in ALL if name != "agents"]:
        id = max(desk.tables[entity])
        gone[entity] = {desk.tables[entity][id]["display_id"] if entity == "assets" else id}
        desk.remove(entity, id)
    return gone


def test_what_is_gone_is_marked_and_comes_back(project, desk):
    project.run()
    kept = {entity: dict(desk.tables[entity]) for entity in ALL}
    gone = remove_one_of_each(project, desk)
    swept(project)
    assert {entity: deleted(project, entity) for entity in gone} == gone
    assert sweeps(project)["agents"] == ("swept", 0, 0)
    project.deskhouse("verify")
    for entity, records in kept.items():
        desk.tables[entity].clear()
        desk.tables[entity].update(records)
    desk.version += 1
    swept(project)
    assert {entity: deleted(project, entity) for entity in gone} == {entity: set() for entity in gone}
    project.deskhouse("verify")


def test_a_sweep_is_of_its_interval(project, desk):
    project.run()
    desk.remove("groups", max(desk.tables["groups"]))
    project.run()
    assert deleted(project, "groups") == set(), "one was made today"
    swept(project)
    assert len(deleted(project, "groups")) == 1


def test_a_ticket_that_was_purged_before_anybody_saw_it_deleted(project, desk):
    project.configure(rest=TICKETS)
    project.run()
    desk.clock.advance(40 * 24 * 3600)  # all are older than the 30 days that the API shows
    desk.delete_ticket(3)
    desk.spam_ticket(4)
    desk.purge_ticket(5)
    swept(project)
    tombstones = "select id from operational.tickets where key in (select key from meta.tombstones where entity = 'tickets')"
    assert project.query(tombstones) == [("5",)], "the desk itself tells of 3 and 4"
    assert deleted(project, "tickets") >= {3, 4, 5}
    assert sweeps(project)["tickets"] == ("swept", 1, 0)
    project.deskhouse("verify")
    listed = project.paths(r"^tickets\?.*1970-01-01")
    assert any("filter=deleted" in path for path in listed) and any("filter=spam" in path for path in listed)


def test_tickets_of_all_workspaces_are_listed(project_of, desk):
    project = project_of(desk, 'workspaces = ["all"]', TICKETS)
    project.run()
    swept(project)
    assert sweeps(project)["tickets"] == ("swept", 0, 0)


@pytest.mark.parametrize("entity", ["tickets", "assets", "changes"])
def test_a_list_that_may_not_be_seen_marks_nothing(project, desk, entity):
    project.configure(rest=TICKETS)
    project.run()
    before = deleted(project, entity)
    project.server.api.forbidden = {entity}
    done = swept(project, code=3)
    assert f"fresh.{entity}" in done.stderr and "403" in done.stderr
    assert sweeps(project)[entity][0] == "failed" and deleted(project, entity) == before
    project.server.api.forbidden = set()
    project.run()
    assert sweeps(project)[entity] == ("swept", 0, 0), "the next run tries again"


def test_a_right_that_is_lost_between_two_pages(project, desk):
    person = next(iter(desk.tables["requesters"].values()))
    for id in range(9_000_001, 9_000_151):
        desk.put("requesters", id, {**person, "id": id})
    project.run()
    project.server.fail("status", status=403, path=r"requesters\?.*page=[2-9]", times=0)
    assert "fresh.requesters: the records that are gone were not looked for" in swept(project, code=3).stderr
    assert deleted(project, "requesters") == set()


@pytest.mark.parametrize("kind", ["status", "truncate", "invalid_json", "reset"])
def test_a_list_that_is_cut_short_marks_nothing(project_of, clock, kind):
    """The rows were read; the pages behind the first of the list of ids cannot be."""
    desk = invent(250, 1, clock)
    project = project_of(desk, "retries = 0", TICKETS)
    project.run()
    before = deleted(project, "tickets")
    project.server.fail(kind, path=r"tickets\?updated_since=1970-01-01T00:00:00Z.*[?&]page=[23]", times=0)
    done = swept(project, "--only", "tickets", code=3)
    assert "fresh.tickets: the records that are gone were not looked for" in done.stderr
    assert sweeps(project)["tickets"][0] == "failed" and deleted(project, "tickets") == before


def test_an_empty_list_is_not_believed(project, desk):
    project.run()
    records = dict(desk.tables["groups"])
    desk.tables["groups"].clear()
    desk.version += 1
    assert "lists no record at all" in swept(project, "--only", "groups", code=3).stderr
    assert deleted(project, "groups") == set()
    swept(project, "--only", "groups", "--accept-deletes")
    assert deleted(project, "groups") == set(records)


@pytest.mark.parametrize("order_by", ["created_at", "updated_at"])
def test_records_that_move_while_ids_are_listed(project_of, clock, order_by):
    desk = invent(450, 3, clock)
    project = project_of(desk, 'entities = ["tickets", "requesters"]', TICKETS)
    project.server.switches.set("order_by", order_by)
    project.run()
    clock.advance(3600)
    ids = sorted(desk.tickets)
    for page in range(1, 6):
        moved = [{"do": "change_ticket", "id": id, "fields": {"priority": 4}} for id in ids[page * 60 : page * 60 + 20]]
        marked = [{"do": "delete_ticket", "id": ids[-page]}, {"do": "restore_ticket", "id": ids[-page + 1] if page > 1 else ids[0]}]
        project.server.change(*moved, *marked, path=r"tickets\?updated_since=1970-01-01T00:00:00Z", at=page + 1)
    swept(project)
    assert sweeps(project)["tickets"] == ("swept", 0, 0)
    clock.advance(3600)
    project.run()
    project.holds("tickets", "requesters")


def test_a_slice_that_goes_on_reads_no_list_and_marks_nothing(project_of):
    project = project_of(invent(100, 1, Clock(END)), "calls_per_slice = 60", '[sources.fresh.groups]\nsweep = "1s"\n')
    project.run()
    swept(project, "--reread")
    in_slices = "select count(*), count(*) filter (status <> 'swept') from meta.sweeps where entity = 'groups' and known > 0"
    (made, bad), = project.query(in_slices)
    assert made > 1 and bad == 0, "the list of a slice that read none is not empty"
    assert project.query("select count(*) from meta.tombstones") == [(0,)]
