"""Members of the API's records that come, go or change their kind, under each contract: evolved or in quarantine, never lost in
silence. A record that merely lacks what others have (a survey without a comment) is no change."""

import json

import pytest

from tests.freshservice.invent import invent

MODES = ["evolve", "freeze", "discard_row", "discard_value"]
ONLY = 'entities = ["tickets", "groups"]'


def configure(project, mode, more=""):
    project.configure(ONLY, f'[sources.fresh.tickets]\ncontract = "{mode}"\n{more}')


def changes(project):
    return project.query("select column_name, change, type_before, type_after, fields, action from meta.schema_changes where entity = "
                         "'tickets' order by run_id, column_name")


def change_some(desk, ids=(7, 8, 9)):
    desk.clock.advance(3600)
    for id in ids:
        desk.change_ticket(id, {"priority": 4})


def quarantined(project):
    return {int(id): reasons for id, reasons in project.query("select record_id, reasons from staging.quarantine where entity = 'tickets'")}


def test_nothing_changes_by_itself(project, desk):
    """All entities, first in full and then of a few records each, whichever they are."""
    project.run()
    for id in range(1, 40, 3):
        desk.clock.advance(600)
        desk.change_ticket(id, {"status": 3})
        desk.answer_survey(id, 4, comment="Good" if id % 2 else None)
        desk.add_time_entry(id, min(desk.tables["agents"]), 5)
        project.run()
    assert project.query("select entity, column_name, change from meta.schema_changes") == []


@pytest.mark.parametrize("mode", MODES)
def test_a_member_that_a_field_may_lack_goes(project, desk, mode):
    configure(project, mode)
    project.run()
    due = "select due_at is not null from operational.tickets where id in ('7', '8', '9')"
    assert project.query(due) == [(True,)] * 3
    desk.drop_member("tickets", "due_by")
    change_some(desk)
    if mode == "freeze":
        said = project.deskhouse("run", "-q", code=2).stderr
        assert "the column 'due_by' went, and contract = \"freeze\" lets no column change" in said
        assert project.query("select priority from operational.tickets where id = '7'") != [("Critical",)]
        project.run("--accept-columns")
        assert project.query("select priority from operational.tickets where id = '7'") == [("Critical",)]
        return
    said = project.deskhouse("run", "--now", "2026-01-01", "-q").stderr
    (column, change, _, _, fields, action), = changes(project)
    assert (column, change, fields) == ("due_by", "removed", "due_at")
    assert f"fresh.tickets: the column 'due_by' went: {action}" in said
    if mode == "discard_row":
        assert action == "each record that lacks it goes to quarantine"
        assert set(quarantined(project)) >= {7, 8, 9} and "no longer has the column 'due_by'" in quarantined(project)[7]
        assert project.query(due) == [(True,)] * 3, "what was read stays"
    else:
        assert action == "NULL in due_at" and quarantined(project) == {}
        assert project.query(due) == [(False,)] * 3
    change_some(desk, [10])
    project.run()
    assert len(changes(project)) == 1, "told once"
    project.deskhouse("verify")


@pytest.mark.parametrize("mode", ["evolve", "discard_row"])
def test_a_member_goes_between_two_pages(project_of, clock, mode):
    """Of some records of the run it was there: those that lack it are not passed for NULL without a word."""
    desk = invent(330, 1, clock)
    project = project_of(desk, ONLY, f'[sources.fresh.tickets]\ncontract = "{mode}"\n')
    project.run()
    for id in range(1, 300):
        if not desk.tickets[id].fields["deleted"]:
            desk.change_ticket(id, {"priority": 4}, at="2026-01-01T00:00:01Z")
    desk.clock.advance(3600)
    project.server.change({"do": "drop_member", "resource": "tickets", "name": "due_by"}, path=r"tickets\?include=stats&updated_since", at=2)
    project.run("--reread")
    assert [(c[0], c[1]) for c in changes(project)] == [("due_by", "removed")]
    with_it = project.query("select count(*) from operational.tickets where due_at is not null")[0][0]
    if mode == "discard_row":
        assert len(quarantined(project)) >= 100 and with_it > 250, "the versions that were read before stay"
    else:
        assert quarantined(project) == {} and 50 < with_it < 250
    project.deskhouse("verify")


@pytest.mark.parametrize("mode", ["evolve", "discard_row", "discard_value"])
def test_a_member_that_a_record_must_have_goes(project, desk, mode):
    configure(project, mode)
    project.run()
    desk.drop_member("tickets", "subject")
    change_some(desk)
    project.run()
    assert [c[:2] for c in changes(project)] == [("subject", "removed")]
    assert set(quarantined(project)) >= {7, 8, 9}
    configure(project, mode, '[sources.fresh.tickets.fields]\nsubject = "description_text"\n')
    project.deskhouse("quarantine", "replay")
    assert project.query("select priority from operational.tickets where id = '7'") == [("Critical",)]
    project.deskhouse("verify")


@pytest.mark.parametrize("mode", MODES)
def test_a_member_becomes_text(project, desk, mode):
    """Words that the mapping does not know wait in quarantine, and a word that it knows counts."""
    configure(project, mode)
    project.run()
    change_some(desk)
    desk.retype_member("tickets", "priority", {"4": "Top"})
    desk.tickets[9].fields["priority"] = "2"
    if mode == "freeze":
        said = project.deskhouse("run", "-q", code=2).stderr
        assert "the column 'priority' is number or text now and was number" in said
        return
    project.run()
    (column, change, before, after, fields, _), = changes(project)
    assert (column, change, before, after, fields) == ("priority", "retyped", "number", "number or text", "priority")
    assert set(quarantined(project)) >= {7, 8} and "Top" in quarantined(project)[7]
    assert project.query("select priority from operational.tickets where id = '9'") == [("Medium",)]
    change_some(desk, [10])
    project.run()
    assert len(changes(project)) == 1, "told once"
    project.deskhouse("verify")


def test_a_member_that_comes_is_noted_and_kept_where_wanted(project, desk):
    configure(project, "evolve", 'custom_fields = ["*"]\n')
    project.run()
    for ticket in desk.tickets.values():
        ticket.fields["sentiment"] = "calm"
    change_some(desk)
    project.run()
    assert ("sentiment", "added") in {c[:2] for c in changes(project)}
    change_some(desk)
    project.run()
    kept = json.loads(project.query("select custom_fields from operational.tickets where id = '7'")[0][0])
    assert kept["sentiment"] == "calm"


def test_the_member_that_tells_what_is_new_goes(project, desk):
    problems = [{**problem, "id": id} for id, problem in zip(range(1, 41), list(desk.tables["problems"].values()) * 40)]
    desk.verbatim["problems"] = problems
    project.run()
    desk.verbatim["problems"] = [{name: value for name, value in problem.items() if name != "updated_at"} for problem in problems]
    said = project.deskhouse("run", "-q", code=2).stderr
    assert "the column 'updated_at' went, by which updated_at tells what is new" in said


def test_values_with_sql_and_markup_are_data(project, desk):
    evil = "Robert'); drop table operational.tickets;-- \"quoted\" \\ <script>alert(1)</script> &amp; ${x} {{7*7}} $1 ? %s \u202e\u0000".replace("\u0000", "")
    desk.change_ticket(7, {"subject": evil})
    group = next(iter(desk.tables["groups"].values()))
    group["name"] = evil
    desk.version += 1
    project.configure(ONLY)
    project.run()
    desk.clock.advance(3600)
    desk.change_ticket(7, {"status": 4})
    project.run()
    assert project.query("select subject, status from operational.tickets where id = '7'") == [(evil, "Resolved")]
    assert project.query(f"select name from operational.groups where id = '{group['id']}'") == [(evil,)]
    project.holds("tickets", "groups", verify=True)
