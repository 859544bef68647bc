"""Checks that follow from the schema's references, and the watermark."""

def violations(warehouse, folder, check):
    return warehouse(folder).execute(
        "select id, field, value, message from meta.violations where check_name = ? order by all", [check]).fetchall()


def test_a_missing_record_is_named_a_missing_entity_is_counted(deskhouse, warehouse, desk):
    folder = desk.project(desk.ticket(1), desk.ticket(2, agent="A9"), desk.ticket(3, team="G1"), desk.ticket(4, team="G2"))
    deskhouse("-C", folder, "run")
    assert violations(warehouse, folder, "tickets_references") == [
        ("T2", "assigned_to", "A9", "There is no agent A9"),
        (None, "group_id", None, "There are no groups: 2 tickets name one. Map groups, if the source has them."),
        (None, "requester_id", None, "There are no requesters: 4 tickets name one. Map requesters, if the source has them."),
    ]


def test_an_incremental_run_looks_at_what_changed(deskhouse, warehouse, desk):
    folder = desk.project(desk.ticket(1), desk.ticket(2, agent="A9"))
    deskhouse("-C", folder, "run")
    (folder / "tickets2.csv").write_text(desk.HEADER + desk.ticket(3, agent="A8"))
    deskhouse("-C", folder, "run")
    rows = warehouse(folder).execute("select run_id, id from meta.violations where field = 'assigned_to' order by all").fetchall()
    assert rows == [(1, "T2"), (2, "T3")]


def test_observations_name_tickets_that_exist(deskhouse, warehouse, desk):
    folder = desk.project(desk.ticket(1))
    with (folder / "deskhouse.toml").open("a") as toml:
        toml.write('[sources.desk.ticket_events]\npath = "events.csv"\n[sources.desk.ticket_events.fields]\n'
                   'id = "id"\nticket_id = "ticket"\nevent_type = "type"\nevent_at = "at"\nassigned_to = "agent"\n')
    (folder / "events.csv").write_text("id,ticket,type,at,agent\nE1,T1,assigned,2024-03-01T09:30:00Z,A1\n"
                                       "E2,T7,assigned,2024-03-01T09:30:00Z,A7\nE3,T1,assigned,2024-03-01T09:40:00Z,\n")
    deskhouse("-C", folder, "run")
    assert violations(warehouse, folder, "ticket_events_references") == [
        ("E2", "assigned_to", "A7", "There is no agent A7"), ("E2", "ticket_id", "T7", "There is no ticket T7")]


def test_the_watermark_does_not_go_back(deskhouse, warehouse, desk):
    folder = desk.project(desk.ticket(1, updated="2024-05-01T00:00:00Z"))
    deskhouse("-C", folder, "run")
    (folder / "tickets.csv").write_text(desk.HEADER + desk.ticket(2, updated="2024-04-01T00:00:00Z"))
    deskhouse("-C", folder, "run")
    found = warehouse(folder).execute(
        "select watermark::varchar, run_id from meta.watermarks where entity = 'tickets'").fetchall()
    assert found == [("2024-05-01 00:00:00", 2)]


PLANTED = """-- name: no_p1
-- severity: {severity}
-- entity: tickets
-- description: No ticket T1.
-- what_to_do: Remove T1.
select id, 'id' as field, id as value, {message} as message from {{{{source}}}} where id = 'T1'
"""


def own_check(folder, name="no_p1", severity="fail", message="'found'"):
    (folder / "checks").mkdir(exist_ok=True)
    text = PLANTED.format(severity=severity, message=message).replace("no_p1", name)
    (folder / "checks" / f"{name}.sql").write_text(text)


def test_check_looks_at_what_is_stored_and_its_exit_code_follows_severity(deskhouse, json_of, desk):
    folder = desk.project(desk.ticket(1), desk.ticket(2))
    deskhouse("-C", folder, "run")
    own_check(folder)
    found = json_of("-C", folder, "check", "--select", "no_p1", code=3)
    assert not found["ok"]
    assert [(c["check"], c["status"], c["violations"]) for c in found["checks"]] == [("no_p1", "violated", 1)]
    assert found["examples"] == [{"check": "no_p1", "id": "T1", "field": "id", "value": "T1", "expected": "", "message": "found"}]
    assert found["what_to_do"] == [{"check": "no_p1", "what to do": "Remove T1."}]
    json_of("-C", folder, "check", "--select", "no_p1", "--fail-on", "never")
    own_check(folder, severity="warn")
    json_of("-C", folder, "check", "--select", "no_p1")
    json_of("-C", folder, "check", "--select", "no_p1", "--fail-on", "warn", code=3)


def test_a_broken_check_is_named_and_the_rest_run(deskhouse, json_of, desk):
    folder = desk.project(desk.ticket(1))
    own_check(folder, "broken", severity="warn", message="no_such_column")
    own_check(folder, "whole", severity="warn")
    assert "The check broken (checks/broken.sql) failed" in deskhouse("-C", folder, "run").stderr
    assert "no_such_column" in deskhouse("-C", folder, "status").stdout
    found = json_of("-C", folder, "check", code=1)
    status = {c["check"]: c["status"] for c in found["checks"]}
    assert status["broken"] == "failed" and status["whole"] == "violated" and "tickets_references" in status


def test_a_message_cannot_drive_the_terminal(deskhouse, desk):
    folder = desk.project(desk.ticket(1))
    deskhouse("-C", folder, "run")
    own_check(folder, severity="warn", message="chr(27) || '[2J' || chr(10) || 'forged line'")
    shown = deskhouse("-C", folder, "check", "--select", "no_p1").stdout
    assert "\x1b" not in shown and "\nforged" not in shown and "forged line" in shown


def test_a_pattern_that_matches_nothing_is_a_usage_error(deskhouse, desk):
    folder = desk.project(desk.ticket(1))
    deskhouse("-C", folder, "run")
    assert "No check is named 'nosuch'" in deskhouse("-C", folder, "check", "--select", "nosuch", code=2).stderr


def test_status_shows_what_is_open_and_since_when(deskhouse, json_of, desk):
    folder = desk.project(desk.ticket(1), desk.ticket(2))
    own_check(folder, severity="warn")
    deskhouse("-C", folder, "run", "--now", "2024-06-01")
    (folder / "tickets2.csv").write_text(desk.HEADER + desk.ticket(3))
    deskhouse("-C", folder, "run", "--now", "2024-06-02")
    found = [v for v in json_of("-C", folder, "status")["open_violations"] if v["check"] == "no_p1"]
    assert [(v["open"], v["first_seen"][:10], v["examples"]) for v in found] == [(1, "2024-06-01", "T1")]
