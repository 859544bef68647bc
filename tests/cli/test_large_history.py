"""Histories long enough that observations are found by an index (docs/decisions/0028), not by reading all."""

import duckdb

EVENTS = 110_000


def test_a_version_that_comes_again_is_one_observation(deskhouse, desk):
    folder = desk.project(desk.ticket(1, agent="A1", updated="2024-03-01T10:00:00Z"))
    with (folder / "deskhouse.toml").open("a") as toml:
        toml.write('[sources.desk.ticket_events]\npath = "events.csv"\n')
    (folder / "events.csv").write_text("id,ticket_id,event_at,status\n" + "".join(
        f"E{i},T{2 + i % 999},2024-03-01T09:00:00Z,Open\n" for i in range(EVENTS)))
    deskhouse("-C", folder, "run", "--now", "2024-06-01")
    # The first version becomes an observation when the second one comes, in a later run than its own.
    for version in (desk.ticket(1, agent="A2", updated="2024-03-01T11:00:00Z"),
                    desk.ticket(1, agent="A1", updated="2024-03-01T10:00:00Z"),
                    desk.ticket(1, agent="A3", updated="2024-03-01T12:00:00Z")):
        (folder / "tickets.csv").write_text(desk.HEADER + version)
        deskhouse("-C", folder, "run", "--now", "2024-06-01")
    with duckdb.connect(str(folder / "deskhouse.duckdb"), read_only=True) as connection:
        found = connection.execute("select assigned_to from operational.ticket_events where ticket_id = 'T1' order by "
                                   "event_at").fetchall()
    assert found == [("A1",), ("A2",), ("A3",)]
    deskhouse("-C", folder, "verify")
