"""The examples on the real files they are written for: every record is accounted for, and a second run changes nothing."""

import json
import shutil

import pytest

ACCOUNTS = ("loaded", "unchanged", "superseded", "quarantined")


class Example:
    def __init__(self, deskhouse, folder, now):
        self.deskhouse, self.folder, self.now = deskhouse, folder, now
        self.first = self.run()

    def run(self):
        """The balance of one run by entity; the equation is checked here, for every run."""
        lines = json.loads(self.deskhouse("-C", self.folder, "--json", "run", "--now", self.now).stdout)
        for line in lines:
            assert line["extracted"] == sum(line[name] for name in ACCOUNTS), line
        return {line["entity"]: line for line in lines}

    def one(self, sql):
        """The only row of a query, as a tuple."""
        rows = json.loads(self.deskhouse("-C", self.folder, "--json", "query", sql).stdout)
        assert len(rows) == 1, rows
        return tuple(rows[0].values())


@pytest.fixture(scope="module")
def example(deskhouse, repo, data, tmp_path_factory, request):
    """The module-wide copy of examples/NAME, run once."""
    name, now = request.param
    folder = tmp_path_factory.mktemp(name)
    text = (repo / "examples" / name / "deskhouse.toml").read_text()
    assert "../../../shared/data/" in text
    (folder / "deskhouse.toml").write_text(text.replace("../../../shared/data/", f"{data}/"))
    yield Example(deskhouse, folder, now)
    shutil.rmtree(folder)


def on(name, now):
    return pytest.mark.parametrize("example", [(name, now)], indirect=True, ids=[name])


def balance(line):
    return tuple(line[name] for name in ("extracted", *ACCOUNTS))


def contents(example):
    """What a second run must leave as it is."""
    tables = ("operational.tickets", "operational.ticket_events", "core.fact_tickets_stored", "core.daily_ticket_summary")
    return {table: example.one(f"select count(*) n, sum(hash(t)::hugeint)::varchar h from {table} t") for table in tables}


def check_second_run(example):
    before = contents(example)
    assert before["operational.ticket_events"][0] > 0
    for entity, line in example.run().items():
        first = example.first[entity]
        assert line["loaded"] == 0, entity
        assert line["unchanged"] == first["loaded"], entity
        assert (line["superseded"], line["quarantined"]) == (first["superseded"], first["quarantined"]), entity
    assert contents(example) == before


@on("servicenow", "2016-06-01")
def test_servicenow(example):
    assert balance(example.first["tickets"]) == (119_998, 20_769, 0, 99_229, 0)
    assert example.one(
        """select count(*) a, count(*) filter (json_extract_string(custom_fields, '$.made_sla') = 'false') b,
                  count(*) filter (reopen_count > 0) c, count(*) filter (requester_id = '') d from operational.tickets"""
    ) == (20_769, 8_174, 234, 3)
    # State -100 lies between New and Resolved; the rows that share a minute are in the counter's order.
    assert example.one("select string_agg(status, ' ' order by event_at, version) a from operational.ticket_events where ticket_id = 'INC0028089'") == (
        "Open Open Open Resolved Resolved Closed",)
    check_second_run(example)


@on("rabobank", "2016-06-01")
def test_rabobank(example):
    assert balance(example.first["tickets"]) == (4_000, 4_000, 0, 0, 0)
    assert balance(example.first["ticket_events"]) == (39_911, 39_911, 0, 0, 0)
    # The source's flag and counter; the history knows 206 reopenings of 173 incidents.
    assert example.one("select count(*) filter (reopen_count > 0) a, count(*) filter (reassignment_count > 0) b, count(resolved_at) c from operational.tickets") == (
        183, 1_659, 3_845)
    assert example.one("select count(*) filter (reopen_count > 0) a, count(*) filter (reassignment_count > 0) b from core.fact_tickets") == (173, 1_659)
    # Wall time of Amsterdam, whatever the Z says: 14:07:43Z in February, 12:22:44Z in October.
    assert example.one("select strftime(created_at, '%Y-%m-%d %H:%M:%S') a from operational.tickets where id = 'IM0000048'") == ("2013-02-06 13:07:43",)
    assert example.one("select strftime(event_at, '%Y-%m-%d %H:%M:%S') a from operational.ticket_events where id = '001A5709035'") == ("2013-10-17 10:22:44",)
    assert example.one("select count(*) a from operational.tickets where json_extract_string(custom_fields, '$.related_interaction') = '#MULTIVALUE'") == (272,)
    check_second_run(example)


@on("volvo", "2016-06-01")
def test_volvo(example):
    assert balance(example.first["tickets"]) == (65_533, 7_554, 0, 57_979, 0)
    assert example.one(
        """select count(*) filter (status = 'Closed') a, count(*) filter (status = 'Resolved') b, count(*) filter (status = 'Pending') c,
                  count(*) filter (status = 'Open') d from core.fact_tickets"""
    ) == (5_574, 1_972, 5, 3)
    # Counted from the history, and independently from the file.
    assert example.one("select count(*) filter (reopen_count > 0) a, count(*) filter (reassignment_count > 0) b from core.fact_tickets") == (514, 5_602)
    assert example.one("select count(*) a from operational.ticket_events where assigned_to like '%Bjˆrn%'")[0] > 0
    check_second_run(example)


@on("italian_helpdesk", "2016-06-01")
def test_italian_helpdesk(example):
    assert balance(example.first["ticket_events"]) == (21_348, 21_221, 0, 127, 0)
    assert example.one("select count(distinct ticket_id) a, count(*) filter (status = 'Closed') b from operational.ticket_events")[0] == 4_580
    assert example.one("select strftime(min(event_at), '%Y-%m-%d %H:%M:%S') a from operational.ticket_events") == ("2010-01-13 06:40:25",)
    check_second_run(example)
