"""The source: what the warehouse holds is what the desk holds, whatever happens in between."""

import json

import pytest

from tests.freshservice.clock import Clock
from tests.freshservice.invent import END, invent
from tests.freshservice.model import PRIMARY_WORKSPACE
from tests.freshservice.site_setup import OTHER_WORKSPACE

NESTED = r"tickets/\d+/"


def nested_tickets(project):
    return {int(path.split("/")[1]) for path in project.paths(NESTED)}


def line_of(report, entity):
    return next(line for line in report if line["entity"] == entity)


WAYS = [
    {},
    {"order_params": True, "updated_since_inclusive": False, "chunked": True},
    {"order_by": "updated_at", "activities_newest_first": False, "sub_contents": "text", "survey_missing": "null", "gzip": True},
    {"order_by": "id", "order_type": "asc", "window_of_filters": False, "show_deleted": False, "order_params_refused": True},
]


@pytest.mark.parametrize("switches", WAYS, ids=lambda way: ",".join(way) or "as documented")
def test_everything_is_read_whatever_the_server_is_like(project, switches):
    for name, value in switches.items():
        project.server.switches.set(name, value)
    project.run()
    project.holds(verify=switches == {})
    assert events_of(project) == expected_events(project)
    assert all("updated_since=" in path for path in project.paths(r"^tickets\?"))


def events_of(project):
    return project.query(
        "select ticket_id, strftime(event_at, '%Y-%m-%dT%H:%M:%SZ'), version, status, priority, assigned_to, group_id from "
        "operational.ticket_events where event_type = 'activity' order by all"
    )


def expected_events(project):
    from tests.freshservice.project import Expected

    def key(row):
        return row[:3]

    return sorted(Expected(project.server.desk, {PRIMARY_WORKSPACE}).ticket_events(), key=key)


def test_only_what_changed_is_asked_for_again(project, desk):
    project.run()
    project.server.forget()
    report = project.run()
    assert nested_tickets(project) == set()
    assert line_of(report, "tickets")["extracted"] <= 2, "those of the overlap"
    desk.clock.advance(3600)
    desk.change_ticket(7, {"status": 3})
    desk.add_time_entry(8, min(desk.tables["agents"]), 25)
    desk.answer_survey(9, 5)
    project.server.forget()
    project.run()
    assert nested_tickets(project) == {7, 8, 9}
    project.holds(verify=True)
    assert events_of(project) == expected_events(project)


def test_deleted_spam_and_restored(project, desk):
    project.run()
    desk.clock.advance(3600)
    desk.delete_ticket(3)
    desk.spam_ticket(4)
    project.run()
    project.holds("tickets")
    assert {id for id, in project.query("select id from operational.tickets where is_deleted")} >= {"3", "4"}
    desk.clock.advance(3600)
    desk.restore_ticket(3)
    project.run()
    project.holds("tickets")


def test_marks_that_touch_no_time_are_found_by_the_next_sweep(project, desk):
    project.server.switches.set("delete_touches", False)
    desk.delete_ticket(4)
    project.run()
    desk.clock.advance(3600)
    desk.delete_ticket(3)
    desk.restore_ticket(4)
    project.run()
    marks = "select is_deleted from operational.tickets where id in ('3', '4') order by id"
    assert project.query(marks) == [(False,), (True,)], "deleted_every = 1d"
    desk.clock.advance(24 * 3600)
    project.run()
    project.holds("tickets")
    desk.purge_ticket(3)  # no list shows it any more: it stays deleted
    desk.clock.advance(24 * 3600)
    project.run()
    assert project.query(marks) == [(True,), (False,)]


def test_workspaces(project_of, desk):
    project = project_of(desk, 'workspaces = ["all"]')
    project.run()
    project.holds(workspaces={PRIMARY_WORKSPACE, OTHER_WORKSPACE})
    desk.clock.advance(3600)
    other = next(id for id, t in desk.tickets.items() if t.fields["workspace_id"] == OTHER_WORKSPACE)
    desk.change_ticket(other, {"priority": 4})
    project.run()
    project.holds(workspaces={PRIMARY_WORKSPACE, OTHER_WORKSPACE})


@pytest.mark.parametrize("forbidden", ["changes", "agents", "activities", "tickets"])
def test_what_the_key_may_not_see_is_not_empty(project, desk, forbidden):
    entity = {"activities": "ticket_events"}.get(forbidden, forbidden)
    kept = f"select count(*) from operational.{entity} where run_id = 1"
    kept += " and event_type = 'activity'" if entity == "ticket_events" else ""
    project.run()
    before = project.query(kept)
    project.server.api.forbidden = {forbidden}
    desk.clock.advance(3600)
    desk.change_ticket(7, {"status": 3})
    report = project.run()
    assert "403" in line_of(report, entity)["not available"]
    if forbidden != "tickets":
        assert {line["entity"] for line in report if line["not available"]} == {entity}
        project.holds("tickets", "groups", "time_entries")
    status = json.loads(project.deskhouse("status", "--json").stdout)
    assert entity in {row["entity"] for row in status["unavailable"]}
    project.server.api.forbidden = set()
    assert project.query(kept) == before, "what was there stays"
    project.run()
    project.holds()
    if forbidden != "agents":  # who is not known by name then
        assert events_of(project) == expected_events(project), "what was owed is read when it may be"


def test_times_of_the_future_and_none_go_to_quarantine(project, desk):
    project.run()
    desk.clock.advance(3600)
    desk.tickets[5].fields["updated_at"] = "2031-01-01T00:00:00Z"
    asset = next(iter(desk.tables["assets"].values()))
    asset["updated_at"] = None
    desk.version += 1
    report = project.run()
    assert line_of(report, "tickets")["quarantined"] == 1 and line_of(report, "assets")["quarantined"] == 1
    desk.clock.advance(3600)
    desk.change_ticket(6, {"status": 3})
    desk.change_ticket(5, {"status": 3})
    asset["updated_at"] = desk.clock.text()
    project.run()
    project.holds("tickets", "assets")


@pytest.mark.parametrize("switches", [{}, {"order_params": True, "updated_since_inclusive": False}], ids=str)
def test_the_clock_of_the_server_is_set_back(project, desk, switches):
    """What is written then is older than all that was read: it is found, then and in the runs that follow."""
    for name, value in switches.items():
        project.server.switches.set(name, value)
    desk.change_ticket(7, {"status": 3})
    problem, other, *_ = desk.tables["problems"].values()
    desk.put("problems", problem["id"], {"priority": 1})
    project.run()
    desk.clock.advance(-7200)
    requester = min(desk.tables["requesters"])
    going = [int(id) for id, in project.query("select id from operational.tickets where not is_deleted and id <> '7' order by id limit 3")]
    for round, gone in enumerate(going):
        new = desk.create_ticket({"subject": f"New {round}", "requester_id": requester, "category": "Network"})
        desk.add_time_entry(new.id, min(desk.tables["agents"]), 5)
        desk.delete_ticket(gone)
        desk.put("problems", 9000 + round, {k: v for k, v in other.items() if k not in ("id", "created_at", "updated_at")})
        project.run()
        assert project.query(f"select subject from operational.tickets where id = '{new.id}'") == [(f"New {round}",)]
        assert project.query(f"select is_deleted from operational.tickets where id = '{gone}'") == [(True,)]
        assert project.query(f"select count(*) from operational.problems where id = '{9000 + round}'") == [(1,)]
        assert project.query(f"select count(*) from operational.time_entries where ticket_id = '{new.id}'") == [(1,)]
        desk.clock.advance(1200)
    project.holds("problems", verify=True)


def test_the_clock_goes_on_while_a_slice_is_read(project_of):
    desk = invent(30, 1, Clock(END))
    project = project_of(desk, 'entities = ["groups", "tickets"]', '[sources.fresh.tickets]\noverlap = "1s"')
    project.server.fail("slow", path="groups", delay_s=3.0)
    project.server.change({"do": "change_ticket", "id": 7, "fields": {"priority": 4}}, path=r"/tickets\?include")
    assert line_of(project.run(), "tickets")["quarantined"] == 0, "it was updated after the run began, and before now"
    project.holds("tickets")


def test_fields_can_be_mapped_otherwise(project, desk):
    project.configure(rest="""
[sources.fresh.tickets.fields]
sub_category = "custom_fields.site"
status = { column = "status", values = { 2 = "Open", 3 = "Pending", 4 = "Resolved", 5 = "Closed", 6 = "Open", 7 = "Pending" } }
""")
    project.run()
    sites = {str(t.id): t.fields["custom_fields"]["site"] for t in desk.tickets.values()}
    assert all(sites[id] == site for id, site in project.query("select id, sub_category from operational.tickets"))
    waiting = {str(t.id) for t in desk.tickets.values() if t.fields["status"] == 7}
    pending = {id for id, in project.query("select id from operational.tickets where status = 'Pending'")}
    assert waiting & {id for id, in project.query("select id from operational.tickets")} <= pending
    said = project.query("select distinct status from operational.ticket_events where detail like '%Awaiting Vendor%'")
    assert said in ([("Pending",)], []), "the history means the same by it"
    assert project.query("select count(*) from meta.field_counts where field = 'status' and defaulted > 0") == [(0,)]


def test_a_field_that_is_not_there_is_named(project):
    project.configure(rest='[sources.fresh.tickets.fields]\nsub_category = "subcategory"\n')
    said = project.deskhouse("run", "-q", code=2).stderr
    assert "'subcategory'" in said and "did you mean 'sub_category'" in said


def test_entities_are_chosen(project):
    project.configure('entities = ["agents", "groups"]')
    assert {line["entity"] for line in project.run()} == {"agents", "groups"}
    assert project.paths("^(tickets|assets|departments)") == []


def test_a_quarantined_record_is_replayed(project, desk):
    project.server.desk.tickets[5].fields["priority"] = 9
    desk.version += 1
    assert line_of(project.run(), "tickets")["quarantined"] == 1
    project.configure(rest='[sources.fresh.tickets.fields]\npriority = { column = "priority", values = { 1 = "Low", '
                      '2 = "Medium", 3 = "High", 4 = "Critical", 9 = "Critical" } }\n')
    project.deskhouse("quarantine", "replay")
    assert project.query("select priority from operational.tickets where id = '5'") == [("Critical",)]


def test_doctor_tells_of_the_account(project, serve):
    project.server.api.forbidden = {"changes"}
    findings = json.loads(project.deskhouse("doctor", "--json").stdout)
    said = " ".join(row["found"] for row in findings)
    for part in ("accepts the API key", "the server's clock is", "primary workspace", "6 (In Progress)", "does not give changes"):
        assert part in said
    assert len(project.paths()) < 100, "it looks, and reads little"


def test_the_targets_of_the_account(project, desk):
    project.configure("use_sla_policies = true\nuse_business_hours = true")
    project.run()
    (toml,), = project.query("select toml from meta.imported_sla")
    assert 'time_zone = "America/New_York"' in toml and 'holidays = ["--01-01", "--12-25"]' in toml
    said = project.deskhouse("explain", "sla", "1").stdout
    assert "Service requests in office hours" in said or "Default" in said
    project.deskhouse("verify")
    for policy in desk.tables["sla_policies"].values():
        for target in policy["sla_targets"]:
            target["resolve_within"], target["respond_within"] = 7200, 60
    project.run()
    assert project.query("select count(*) from core.dim_priority where resolution_target_hours = 2")[0][0] > 0
    project.deskhouse("verify")


def test_progress_as_json(project_of):
    project = project_of(invent(60, 1, Clock(END)), 'calls_per_slice = 30\nrate_window = "1s"', plan="enterprise")
    project.server.switches.set("minute_s", 1.0)
    done = project.deskhouse("run", "-q", "--json-progress")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    asked = [line for line in lines if "calls" in line]
    assert asked and all(line["calls"] > 0 for line in asked)
    assert {"source", "entity", "records", "calls_left", "seconds_left"} <= set(asked[-1])
    done = json.loads(project.deskhouse("status", "--json").stdout)
    assert done["calls"][0]["unfinished"] is False and done["calls"][0]["calls_left"] == 0
