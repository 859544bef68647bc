"""`backfill` of files: read whole, and nothing that is known changes."""

import json

NOW = "2024-06-01"


def test_files_are_read_whole(deskhouse, desk, json_of, warehouse):
    folder = desk.project(desk.ticket(1), desk.ticket(2))
    deskhouse("-C", folder, "run", "-q", "--now", NOW)
    before = json_of("-C", folder, "query", "from meta.watermarks order by all")
    (folder / "tickets2.csv").write_text(desk.HEADER + desk.ticket(3, updated="2023-01-01T00:00:00Z"))
    report = json.loads(deskhouse("-C", folder, "backfill", "--from", "2023-01-01", "--to", "2023-02-01", "--only", "tickets",
                                  "--json").stdout)
    assert [(line["entity"], line["extracted"], line["loaded"], line["unchanged"]) for line in report] == [("tickets", 3, 1, 2)]
    assert json_of("-C", folder, "query", "from meta.watermarks order by all") == before
    assert json_of("-C", folder, "query", "select kind from meta.runs order by run_id") == [{"kind": "run"}, {"kind": "backfill"}]
    deskhouse("-C", folder, "verify")
