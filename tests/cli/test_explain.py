"""deskhouse explain: the ledger adds up, the metric is the one of the mart, the record is the one of the file."""

import secrets

import pytest


def some_tickets(warehouse, demo, condition="true", n=5):
    return [row[0] for row in warehouse(demo).sql(f"select ticket_id from core.fact_tickets_stored where {condition} order by ticket_id limit {n}").fetchall()]


@pytest.mark.parametrize("condition", ["sla_breached", "not sla_breached", "is_open", "type = 'Service Request'", "sla_breached is null"])
def test_ledger_agrees_with_the_fact(json_of, demo, warehouse, condition):
    tickets = some_tickets(warehouse, demo, condition)
    assert tickets
    for ticket in tickets:
        x = json_of("-C", demo, "explain", "sla", ticket)
        breached, due, hours, first = warehouse(demo).execute(
            "select sla_breached, due_at, business_resolution_hours, first_response_minutes from core.fact_tickets_stored where ticket_id = ?", [ticket]).fetchone()
        assert x["sla_breached"] == breached and x["first_response_minutes"] == first
        assert (x["due_at"] is None) == (due is None)
        if breached is None:
            assert x["spans"] == []
            continue
        counted = sum(s["minutes"] for s in x["spans"] if s["kind"] == "counted")
        assert counted == pytest.approx(x["elapsed_minutes"])
        assert breached == (x["elapsed_minutes"] > x["resolution_target_minutes"])
        if hours is not None and x["resolved_at"]:
            assert x["elapsed_minutes"] == pytest.approx(hours * 60)
        for before, after in zip(x["spans"], x["spans"][1:]):
            assert before["to"] == after["from"], "the ledger has no hole"
        assert x["spans"][0]["from"] == x["created_at"]
        assert x["spans"][-1]["to"] == (x["resolved_at"] or x["as_of"])


def test_requests_wait_for_office_hours(json_of, demo, warehouse):
    kinds = set()
    for ticket in some_tickets(warehouse, demo, "type = 'Service Request' and not is_open and resolution_hours > 48", 3):
        x = json_of("-C", demo, "explain", "sla", ticket)
        assert x["calendar"] == "office"
        kinds |= {s["kind"] for s in x["spans"]}
    assert kinds == {"counted", "stopped", "closed"}


def test_sla_of_another_time(json_of, demo, warehouse):
    (ticket,) = some_tickets(warehouse, demo, "is_open and not sla_breached", 1) or pytest.skip("no open ticket is in time")
    assert json_of("-C", demo, "explain", "sla", ticket, "--now", "2027-01-01")["as_of"] == "2027-01-01T00:00:00Z"


def test_sla_reads_well(deskhouse, demo, warehouse):
    (ticket,) = some_tickets(warehouse, demo, "sla_breached", 1)
    text = deskhouse("-C", demo, "explain", "sla", ticket).stdout
    assert "BREACHED" in text and "Policy" in text and "counted" in text


def test_unknown_ticket_names_near_ones(deskhouse, demo, warehouse):
    (ticket,) = some_tickets(warehouse, demo, n=1)
    error = deskhouse("-C", demo, "explain", "sla", ticket.lower(), code=2).stderr
    assert ticket in error


def test_metrics(json_of, deskhouse, demo, warehouse):
    names = [m["name"] for m in json_of("-C", demo, "explain", "metric")]
    assert len(names) > 40
    for name in names:
        metric = json_of("-C", demo, "explain", "metric", name)
        (expected,) = warehouse(demo).sql(metric["sql"]).fetchone()
        assert (metric["value"] is None) == (expected is None), name
        if expected is not None:
            assert metric["value"] == pytest.approx(float(expected)), name
    assert "Value now" in deskhouse("-C", demo, "explain", "metric", "sla_attainment").stdout
    assert "did you mean 'sla_attainment'" in deskhouse("-C", demo, "explain", "metric", "sla_atainment", code=2).stderr


def test_record_is_the_line_of_the_file(json_of, deskhouse, demo, warehouse):
    lines = {line.split(",")[0]: line for line in (demo / "agents.csv").read_text().splitlines()}
    for (agent,) in warehouse(demo).sql("select id from operational.agents order by id limit 3").fetchall():
        (record,) = json_of("-C", demo, "explain", "record", "agents", agent)
        assert record["raw"].split(",")[0] == agent and record["file"].endswith("agents.csv")
        assert record["raw"] in (demo / "agents.csv").read_text()
    assert lines
    assert "did you mean 'agents'" in deskhouse("-C", demo, "explain", "record", "agent", "x", code=2).stderr
    assert "There is no record" in deskhouse("-C", demo, "explain", "record", "agents", "x", code=2).stderr


def test_record_in_quarantine_has_its_reasons(json_of, demo, warehouse):
    (ticket,) = warehouse(demo).sql("select record_id from staging.quarantine where record_id <> '' limit 1").fetchone()
    record = json_of("-C", demo, "explain", "record", "tickets", ticket)[0]
    assert record["state"] == "quarantined" and record["reasons"] and ticket in record["raw"]


def test_a_record_is_found_among_many_in_little_memory(deskhouse, json_of, tmp_path):
    """Its raw block is read, and not the thousands around it: over ten million tickets those were 600 MB."""
    toml = '[project]\nname = "raw"\n{}[sources.desk.tickets]\npath = "tickets.csv"\n'
    header = "id,subject,status,priority,category,requester_id,description,created_at,updated_at\n"
    with (tmp_path / "tickets.csv").open("w") as file:
        file.write(header)
        for number in range(30_000):
            file.write(f"T{number},s,Open,High,Mail,r,{secrets.token_hex(2_000)},2024-05-01T00:00:00,2024-05-01T00:00:00\n")
    (tmp_path / "deskhouse.toml").write_text(toml.format(""))
    deskhouse("-C", tmp_path, "run", "--now", "2024-05-02")
    kept = json_of("-C", tmp_path, "query", "select sum(octet_length(payload)) as n from staging.raw_blocks")[0]["n"]
    assert kept > 50_000_000, "more than the memory below"
    (tmp_path / "deskhouse.toml").write_text(toml.format('memory_limit = "32MB"\n'))
    found = json_of("-C", tmp_path, "explain", "record", "tickets", "T20000")
    assert "T20000,s,Open" in str(found)
