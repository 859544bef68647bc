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
