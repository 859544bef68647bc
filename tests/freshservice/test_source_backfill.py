"""`backfill` of a Freshservice: a period again, piece by piece, and what the next run takes for new stays what it is."""

import json
import re
import signal

import pytest

from tests.freshservice.clock import Clock
from tests.freshservice.invent import END, invent
from tests.freshservice.model import PRIMARY_WORKSPACE
from tests.freshservice.project import Expected

FROM, TO = "2025-11-01T00:00:00Z", "2025-12-01T00:00:00Z"
LONG_AGO = "2024-03-01T00:00:00Z"


def backfill(project, *arguments, code=0):
    return project.deskhouse("backfill", "--from", FROM, "--to", TO, *arguments, code=code)


def of_period(records, begin=FROM, end=TO):
    return {r["id"] for r in records if any(begin <= r[name] < end for name in ("created_at", "updated_at"))}


def watermarks(project):
    return project.query("select source, entity, watermark, state from meta.watermarks order by all")


def asked_tickets(project, nested="activities"):
    return [int(path.split("/")[1]) for path in project.paths(rf"tickets/\d+/{nested}")]


def extracted(report):
    return {line["entity"]: line["extracted"] for line in report}


@pytest.mark.parametrize("switches", [{}, {"order_params": True, "updated_since_inclusive": False}], ids=str)
def test_a_period_is_read_again(project, desk, switches):
    for name, value in switches.items():
        project.server.switches.set(name, value)
    project.run()
    # Behind updated_at: no run finds these.
    shown = Expected(desk, {PRIMARY_WORKSPACE})
    tickets = [ticket.fields for ticket in shown.shown_tickets()]
    wanted = of_period(tickets)
    live = of_period([ticket.fields for ticket in shown.live_tickets()])
    first, other = min(live), min(t["id"] for t in tickets if t["updated_at"] < FROM)
    for id in (first, other):
        desk.tickets[id].fields["subject"] = "Corrected"
    desk.version += 1
    project.run()
    before = watermarks(project)
    assert project.query("select count(*) from operational.tickets where subject = 'Corrected'") == [(0,)]
    project.server.forget()
    report = json.loads(backfill(project, "--json").stdout)
    lines = extracted(report)
    assert lines["tickets"] == len(wanted) < len(tickets)
    assert sorted(asked_tickets(project)) == sorted(live), "what hangs on the tickets of the period"
    for entity in ("changes", "problems"):
        assert lines[entity] == len(of_period(desk.tables[entity].values()))
    assert lines["groups"] == len(desk.tables["groups"]), "a list without updated_since is read whole"
    assert project.query("select id from operational.tickets where subject = 'Corrected'") == [(str(first),)]
    since = [re.search("updated_since=([^&]*)", path)[1] for path in project.paths(r"^(tickets|changes|problems)\?")]
    assert min(since) == "2025-10-31T23:59:59Z", "one second before, for the list may be of those after it"
    assert watermarks(project) == before
    assert project.query("select count(*) from meta.backfills") == [(0,)]
    project.run()
    desk.tickets[other].fields["subject"] = project.query(f"select subject from operational.tickets where id = '{other}'")[0][0]
    project.holds(verify=True)
    again = json.loads(backfill(project, "--json").stdout)
    assert all(line["loaded"] == 0 for line in again), "again is nothing new"


def test_a_backfill_that_is_killed_goes_on(project_of):
    desk = invent(120, 1, Clock(END))
    project = project_of(desk)
    project.run()
    project.configure("calls_per_slice = 45\nconcurrency = 2")
    before = watermarks(project)
    live = of_period([t.fields for t in Expected(desk, {PRIMARY_WORKSPACE}).live_tickets()], LONG_AGO)
    project.server.forget()
    running = project.start_command("backfill", "--from", LONG_AGO, "--to", TO, "-q")
    while len(asked_tickets(project, "csat_response")) < 35 and running.poll() is None:
        pass
    assert running.poll() is None, "it was to be killed"
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert project.query("select distinct entity from meta.backfills order by 1") == [
        ("surveys",), ("ticket_events",), ("tickets",), ("time_entries",)]  # fmt: skip
    asked = len(asked_tickets(project))
    project.server.forget()
    project.deskhouse("backfill", "--from", LONG_AGO, "--to", TO)
    rest = asked_tickets(project)
    assert len(rest) < len(live) and asked + len(rest) >= len(live), "the published pieces are not read again"
    assert project.query("select count(*) from meta.backfills") == [(0,)]
    assert watermarks(project) == before
    project.holds(verify=True)


def test_without_an_end_it_goes_on_to_the_end_that_it_had(project_of):
    project = project_of(invent(120, 1, Clock(END)))
    project.run()
    project.configure("calls_per_slice = 45\nconcurrency = 2")
    project.server.forget()
    running = project.start_command("backfill", "--from", LONG_AGO, "-q")
    while len(asked_tickets(project, "csat_response")) < 25 and running.poll() is None:
        pass
    running.send_signal(signal.SIGTERM)  # after the piece that is under way
    running.communicate()
    assert running.returncode == 0
    assert project.query("select count(distinct to_at) from meta.backfills") == [(1,)]
    project.deskhouse("backfill", "--from", LONG_AGO, "-q")
    assert project.query("select count(*) from meta.backfills") == [(0,)]
    project.holds(verify=True)


def test_a_list_that_fails_is_not_forgotten(project, desk):
    project.configure("retries = 0")
    project.run()
    id = min(of_period([t.fields for t in Expected(desk, {PRIMARY_WORKSPACE}).live_tickets()]))
    project.server.fail("status", status=500, path=f"/{id}/time_entries", times=1)
    said = backfill(project, "-q", code=1).stderr
    assert "time_entries of 1 tickets could not be read" in said and "the same backfill again" in said
    backfill(project)
    project.holds("time_entries")


def test_what_may_not_be_seen_is_named_and_the_rest_is_read(project):
    project.run()
    project.server.api.forbidden = {"activities"}
    lines = json.loads(backfill(project, "--json").stdout)
    assert {line["entity"] for line in lines if line["not available"]} == {"ticket_events"}
    assert project.query("select count(*) from meta.backfills") == [(0,)]
