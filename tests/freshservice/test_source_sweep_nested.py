"""Time entries and surveys that are gone: seen at once where their ticket changed, and of all others by a round of the lists of
tickets that have some, a part in each run (docs/decisions/0020)."""

import signal

import pytest

from tests.freshservice.clock import Clock
from tests.freshservice.invent import END, invent
from tests.freshservice.model import PRIMARY_WORKSPACE
from tests.freshservice.project import Expected

NESTED = ("time_entries", "surveys")
PATHS = {"time_entries": "time_entries", "surveys": "csat_response"}


def deleted(project, entity):
    return {int(id) for id, in project.query(f"select id from operational.{entity} where is_deleted")}


def swept(project, *arguments, code=0):
    return project.deskhouse("run", "--now", "2026-01-01", "-q", "--sweep", *arguments, code=code)


def statuses(project, entity):
    return [status for status, in project.query(f"select status from meta.sweeps where entity = '{entity}' order by run_id")]


def live(desk):
    return Expected(desk, {PRIMARY_WORKSPACE}).live_tickets()


def with_entries(desk, least=1):
    return [t for t in live(desk) if len(t.time_entries) >= least]


def with_survey(desk):
    return [t for t in live(desk) if t.csat_response]


def asked(project, entity):
    return [int(path.split("/")[1]) for path in project.paths(rf"tickets/\d+/{PATHS[entity]}")]


@pytest.mark.parametrize("survey_missing", ["404", "null"])
def test_what_goes_with_a_change_of_its_ticket_is_seen_at_once(project, desk, survey_missing):
    project.server.switches.set("survey_missing", survey_missing)
    project.run()
    desk.clock.advance(3600)
    (one, *_), (answered, *_) = with_entries(desk, 2), with_survey(desk)
    gone = one.time_entries[0]["id"]
    lost = answered.csat_response["id"]
    desk.remove_time_entry(one.id, gone)
    desk.remove_survey(answered.id)
    project.server.forget()
    report = {line["entity"]: line["deleted"] for line in project.run()}
    assert (report["time_entries"], report["surveys"]) == (1, 1)
    assert (deleted(project, "time_entries"), deleted(project, "surveys")) == ({gone}, {lost})
    assert set(asked(project, "time_entries")) == {one.id, answered.id}, "no list was asked for that would not have been"
    assert statuses(project, "time_entries")[-1] == "partly"
    project.deskhouse("verify")
    desk.clock.advance(3600)
    one.time_entries.append({**one.time_entries[0], "id": gone})
    desk.answer_survey(answered.id, 4)
    answered.csat_response["id"] = lost
    desk.change_ticket(one.id, {"priority": 4})
    project.run()
    assert (deleted(project, "time_entries"), deleted(project, "surveys")) == (set(), set()), "they came back"
    project.holds("time_entries", "surveys", verify=True)


def test_the_last_entry_of_a_ticket(project, desk):
    """An empty list of one ticket is nothing odd."""
    project.run()
    desk.clock.advance(3600)
    one = with_entries(desk)[0]
    gone = {entry["id"] for entry in one.time_entries}
    for id in gone:
        desk.remove_time_entry(one.id, id)
    project.run()
    assert deleted(project, "time_entries") == gone
    project.deskhouse("verify")


def test_what_goes_alone_is_found_by_a_round(project, desk):
    """Nothing of the ticket tells. The round asks only for lists of tickets that have such records."""
    project.server.switches.set("nested_touches", False)
    project.run()
    one, answered = with_entries(desk, 2)[-1], with_survey(desk)[-1]
    gone, lost = one.time_entries[-1]["id"], answered.csat_response["id"]
    desk.remove_time_entry(one.id, gone)
    desk.remove_survey(answered.id)
    project.run()
    assert deleted(project, "time_entries") | deleted(project, "surveys") == set(), "a round is made each 30 days"
    project.server.forget()
    swept(project)
    assert (deleted(project, "time_entries"), deleted(project, "surveys")) == ({gone}, {lost})
    assert sorted(asked(project, "time_entries")) == sorted({t.id for t in with_entries(desk)} | {one.id})
    assert sorted(asked(project, "surveys")) == sorted({t.id for t in with_survey(desk)} | {answered.id})
    assert statuses(project, "surveys")[-1] == "swept" and project.query("select count(*) from meta.sweep_rounds") == [(0,)]
    project.deskhouse("verify")
    one.time_entries.append({**one.time_entries[0], "id": gone})
    swept(project, "--only", "time_entries")
    assert deleted(project, "time_entries") == set(), "it came back, and again nothing else tells"
    project.deskhouse("verify")


def test_a_round_is_made_a_part_in_each_run(project, desk):
    project.server.switches.set("nested_touches", False)
    rest = '[sources.fresh.time_entries]\nsweep = "30d"\n[sources.fresh.surveys]\nsweep = "never"\n'
    project.configure("calls_per_slice = 500", rest)
    project.run()
    one = with_entries(desk, 2)[-1]
    gone = one.time_entries[-1]["id"]
    desk.remove_time_entry(one.id, gone)
    project.configure("calls_per_slice = 10", rest.replace("30d", "1s"))
    parts, order = 0, []
    while not deleted(project, "time_entries"):
        project.server.forget()
        project.run()
        parts += 1
        part = asked(project, "time_entries")
        assert len(part) <= 10 and parts < 30
        order += part
    assert len(order) == len(set(order)) and parts > 1, "each list once"
    assert deleted(project, "time_entries") == {gone}
    assert asked(project, "surveys") == []
    project.deskhouse("verify")


def test_a_round_that_is_asked_for_is_made_to_its_end(project, desk):
    project.server.switches.set("nested_touches", False)
    project.run()
    project.configure("calls_per_slice = 10")
    gone = set()
    for one in with_entries(desk, 2)[:3]:
        gone.add(one.time_entries[0]["id"])
        desk.remove_time_entry(one.id, one.time_entries[0]["id"])
    swept(project, "--only", "time_entries")
    assert deleted(project, "time_entries") == gone
    made = statuses(project, "time_entries")
    assert made[-1] == "swept" and made.count("partly") > 1
    project.deskhouse("verify")


def test_a_round_that_is_killed_goes_on(project_of):
    desk = invent(110, 1, Clock(END))
    project = project_of(desk)
    project.server.switches.set("nested_touches", False)
    project.run()
    last = with_entries(desk, 2)[-1]
    gone = last.time_entries[0]["id"]
    desk.remove_time_entry(last.id, gone)
    project.configure("calls_per_slice = 8\nconcurrency = 1")
    project.server.forget()
    running = project.start_command("run", "-q", "--sweep", "--only", "time_entries")
    while len(asked(project, "time_entries")) < 20 and running.poll() is None:
        pass
    assert running.poll() is None, "it was to be killed"
    running.send_signal(signal.SIGKILL)
    running.communicate()
    before = asked(project, "time_entries")
    assert project.query("select count(*) from meta.sweep_rounds") == [(1,)]
    project.server.forget()
    project.run("--only", "time_entries")
    assert deleted(project, "time_entries") == {gone}, "a plain run goes on with what was asked for"
    assert len(before) + len(asked(project, "time_entries")) <= len(with_entries(desk)) + 1 + 8, "one part twice at most"
    project.deskhouse("verify")


def test_a_ticket_that_was_purged_takes_what_hangs_on_it_along(project, desk):
    project.run()
    one = with_entries(desk)[0]
    gone = {entry["id"] for entry in one.time_entries}
    desk.purge_ticket(one.id)
    swept(project, "--only", "time_entries")
    assert deleted(project, "time_entries") == gone
    project.deskhouse("verify")


@pytest.mark.parametrize("show_deleted", [True, False])
def test_what_hangs_on_a_deleted_ticket_is_not_judged(project, desk, show_deleted):
    """The server may show nothing of a ticket in the trash; when it comes back, so must all of it."""
    project.server.switches.set("show_deleted", show_deleted)
    project.run()
    desk.clock.advance(3600)
    one = with_entries(desk)[0]
    desk.delete_ticket(one.id)
    project.run()
    swept(project)
    assert deleted(project, "time_entries") == set()
    desk.clock.advance(3600)
    desk.restore_ticket(one.id)
    project.run()
    project.holds("tickets", "time_entries", verify=True)


def test_lists_that_cannot_be_had_are_not_judged(project, desk):
    project.configure("retries = 0")
    project.run()
    one, two = with_entries(desk, 2)[:2]
    gone = [t.time_entries[0]["id"] for t in (one, two)]
    for ticket, id in zip((one, two), gone):
        ticket.time_entries = [e for e in ticket.time_entries if e["id"] != id]
    project.server.fail("status", status=500, path=f"/{one.id}/time_entries", times=1)
    swept(project, "--only", "time_entries")
    assert deleted(project, "time_entries") == {gone[1]}, "the other list was not had"
    swept(project, "--only", "time_entries")
    assert deleted(project, "time_entries") == set(gone)


def test_a_right_that_is_lost_marks_nothing(project, desk):
    project.run()
    project.server.api.forbidden = {"time_entries"}
    done = swept(project, "--only", "time_entries", code=3)
    assert "the records that are gone were not looked for" in done.stderr and "403" in done.stderr
    assert deleted(project, "time_entries") == set() and statuses(project, "time_entries")[-1] == "failed"
    project.server.api.forbidden = set()
    project.run()
    assert statuses(project, "time_entries")[-1] == "swept", "the next run tries again"


def test_many_empty_lists_are_not_believed(project, desk):
    project.run()
    kept = {t.id: t.time_entries for t in with_entries(desk)}
    for id in kept:
        desk.tickets[id].time_entries = []
    done = swept(project, "--only", "time_entries", code=3)
    assert "more than 20 %" in done.stderr and "--sweep --accept-deletes" in done.stderr
    assert deleted(project, "time_entries") == set()
    project.configure("calls_per_slice = 10")
    swept(project, "--only", "time_entries", "--accept-deletes")
    assert deleted(project, "time_entries") == {e["id"] for entries in kept.values() for e in entries}, "in all parts of the round"
    project.deskhouse("verify")


def test_a_long_list_that_moves_is_not_judged(project, desk):
    agent = min(desk.tables["agents"])
    for _ in range(230):
        desk.add_time_entry(7, agent, 1)
    project.run()
    # Between any two pages the first entry goes to the end.
    for at in range(1, 40):
        project.server.change({"do": "rotate_time_entries", "id": 7}, path="tickets/7/time_entries", at=at)
    swept(project, "--only", "time_entries")
    assert deleted(project, "time_entries") == set()
    assert len(project.paths("tickets/7/time_entries.*page=3")) == 5 + 1, "it was read five times, and by the first run"


def test_ids_of_tickets_that_are_mapped_otherwise(project):
    project.configure(rest='[sources.fresh.surveys]\nsweep = "1d"\n[sources.fresh.surveys.fields]\nticket_id = { template = "T{ticket_id}" }\n')
    assert 'sweep: needs ticket_id = "ticket_id"' in project.deskhouse("run", "-q", code=2).stderr
    project.configure(rest='[sources.fresh.surveys.fields]\nticket_id = { template = "T{ticket_id}" }\n')
    project.run()
    swept(project)
    assert project.query("select count(*) from meta.sweeps where entity = 'surveys' and status <> 'none'") == [(0,)]
