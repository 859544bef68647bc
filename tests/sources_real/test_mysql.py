"""MySQL as a source, against a real MariaDB server: nothing is lost, nothing is read twice for nothing."""

import json

import pytest

from .desk import fields
from .mysql_desk import INSERT, add


@pytest.fixture
def desk(mysql_desk):
    return mysql_desk


def test_an_incremental_run_reads_only_what_changed(desk):
    desk.sql(add(1, 1000, "now(6) - interval 24 + n hour"))
    desk.run()
    desk.sql("update tickets set status = 'Resolved', updated_at = now(6) where id <= 3; " + add(2000, 2001))
    desk.run()
    assert desk.balance() == (5, 5, 0, 0, 0), "three changed, one of them at the watermark, and two new"
    desk.run()
    assert desk.balance()[1] == 0, "reading the overlap again changes nothing"
    desk.is_whole()


def test_the_index_is_used(desk):
    desk.sql(add(1, 20_000, "now(6) - interval 24 + n hour") + "; analyze table tickets")
    desk.run()

    def rows_read():
        return sum(int(line.split()[1]) for line in desk.sql("show global status like 'Handler_read%'").splitlines())

    before = rows_read()
    desk.run()
    assert desk.balance()[0] <= 1 and rows_read() - before < 5000


def test_updated_at_null_in_the_future_or_zero(desk):
    desk.sql(add(1, 10, "'2026-03-01 10:00:00'"))
    desk.sql(add(11, 11, "null") + ";" + add(12, 12, "now(6) + interval 1 day") + "; set sql_mode = ''; " + add(13, 13, "0"))
    for _ in range(2):  # a window cannot tell that it told them before
        desk.run()
        assert str(desk.watermark()) == "2026-03-01 10:00:00"
        assert desk.balance()[4] == 3
    reasons = desk.reasons()
    assert "required, but empty" in reasons["11"] and "in the future" in reasons["12"] and "0000-00-00" in reasons["13"]
    assert desk.ids() == list(range(1, 11))
    desk.sql("update tickets set updated_at = now(6) where id in (11, 12, 13)")
    desk.run()
    assert desk.ids() == list(range(1, 14))
    desk.is_whole()


def test_values_with_sql_in_them_are_data(desk):
    evil = "Robert''); drop table tickets;-- \"quoted\" \\\\ ` @deskhouse_after $1 ? %s"
    desk.sql("alter table tickets modify id varchar(100)")
    desk.sql(f"{INSERT} values ('x''; delete from tickets;--', '{evil}', 'Open', now(), now(), '\"', '{{}}')")
    desk.run()
    desk.sql("update tickets set status = 'Closed', updated_at = now(6)")
    desk.run()
    assert desk.query("select id, subject, status, requester_id from operational.tickets") == [
        ("x'; delete from tickets;--", evil.replace("''", "'").replace("\\\\", "\\"), "Closed", '"')]
    assert desk.sql("select count(*) from tickets") == "1"
    desk.deskhouse("verify")


def test_names_that_need_quotes(desk):
    desk.sql("create table `Ti.ck``ets` (id int, `select` text, status text, `a.b` text, created_at datetime, `Updated; At` "
             "datetime); insert into `Ti.ck``ets` values (1, 'x', 'Open', 'r', now(), now())")
    names = fields(subject='"select"', requester_id='"a.b"', updated_at='"Updated; At"')
    desk.configure(f'table = "`{desk.name}`.`Ti.ck``ets`"\n{names}')
    desk.run()
    desk.run()
    assert desk.query("select subject, requester_id from operational.tickets") == [("x", "r")]


def test_every_type(desk):
    desk.sql("set sql_mode = ''; create table typed (id bigint unsigned, subject text, status enum('Open', 'Closed'), "
             "created_at datetime(3), updated_at timestamp(6), d decimal(30, 4), f float, g double, b tinyint(1), bits bit(12), "
             "y year, t time(3), j json, s set('a', 'b'), bin varbinary(20), u varchar(10) character set utf8mb3, z int(5) "
             "zerofill, u6 inet6, day date); insert into typed values (18446744073709551615, 'x', 'Open', "
             "'2026-02-03 04:05:06.070', '2026-03-04 05:06:07.000008', -12.5, 16777217, 0.1, 1, b'100000000001', 2024, "
             "'-838:59:59.5', '{\"a\": [1, null]}', 'a,b', 'bytes', 'é', 42, '::1', '2026-01-02')")
    custom = ["d", "f", "g", "b", "bits", "y", "t", "j", "s", "bin", "u", "z", "u6", "day"]
    expected = {"d": "-12.5000", "f": "16777216", "g": "0.1", "b": "1", "bits": "2049", "y": "2024", "t": "-838:59:59.500",
                "j": '{"a": [1, null]}', "s": "a,b", "bin": "bytes", "u": "é", "z": "00042", "u6": "::1", "day": "2026-01-02"}
    for read in ('table = "typed"', 'query = "select * from typed"'):
        names = fields(requester_id='{ constant = "r" }')
        desk.configure(f"{read}\ncustom_fields = {json.dumps(custom)}\n{names}")
        desk.run("--reread")
        row, = desk.query("select id, status, created_at::varchar, updated_at::varchar, custom_fields from operational.tickets")
        assert row[:4] == ("18446744073709551615", "Open", "2026-02-03 04:05:06.07", "2026-03-04 05:06:07.000008")
        assert json.loads(row[4]) == expected


def test_numbers_that_are_too_large_and_shapes(desk):
    desk.sql(add(1, 2) + "; alter table tickets add n bigint unsigned, add p point; update tickets set n = 9223372036854775807 + "
             "id - 1, p = point(1, 2)")
    desk.configure('table = "tickets"\n' + fields(reopen_count='"n"'))
    desk.run()
    assert desk.query("select id, reopen_count from operational.tickets") == [("1", 9223372036854775807)]
    assert "reopen_count" in desk.reasons()["2"]
    assert b"9223372036854775808" in desk.query("select raw from staging.quarantine where record_id = '2'")[0][0]
    desk.configure('table = "tickets"\n' + fields(category='"p"'))
    assert "'p' of " in (said := desk.failure("run", "-q")) and "ST_AsText" in said


def test_booleans(desk):
    """tinyint(1) is MySQL's boolean, and also somebody's small number: its digits are both."""
    desk.sql("create table agents (id int, name text, is_active tinyint(1), updated_at timestamp); insert into agents values "
             "(1, 'Ann', true, now()), (2, 'Bob', false, now()), (3, 'Eve', 7, now()); "
             "alter table tickets add urgency tinyint(1); " + add(1, 4) + "; update tickets set urgency = id")
    desk.configure('table = "tickets"\n' + fields(
        priority='{ column = "urgency", values = { "1" = "Critical", "2" = "High", "3" = "Medium", "4" = "Low" } }')
        + '\n[sources.desk.agents]\ntable = "agents"')
    desk.run()
    assert desk.query("select name, is_active from operational.agents order by id") == [("Ann", True), ("Bob", False)]
    assert "not a boolean" in desk.query("select reasons from staging.quarantine")[0][0]
    assert [p for p, in desk.query("select priority from operational.tickets order by id")] == ["Critical", "High", "Medium", "Low"]


def test_zero_dates(desk):
    """They come as the text that they are; null_words may say that they mean NULL."""
    desk.sql("set sql_mode = ''; alter table tickets modify created_at datetime(6), modify resolved_at datetime; "
             + add(1, 4) + "; update tickets set resolved_at = 0 where id = 1; update tickets set resolved_at = '2024-00-15' "
             "where id = 2; update tickets set created_at = 0 where id = 3")
    desk.run()
    assert desk.ids() == [4]
    reasons = desk.reasons()
    assert "zero date" in reasons["1"] and "2024-00-15 00:00:00" in reasons["2"] and "zero date" in reasons["3"]
    desk.configure('table = "tickets"\nnull_words = ["0000-00-00 00:00:00"]')
    desk.run("--reread")
    assert desk.query("select id, resolved_at from operational.tickets order by id") == [("1", None), ("4", None)]
    assert "required, but empty" in desk.query("select reasons from staging.quarantine where record_id = '3' order by run_id")[-1][0]


def test_character_sets(desk):
    desk.sql("create table texts (id int, latin text character set latin1, korean text character set euckr, any4 text character "
             "set utf8mb4, bin blob, updated_at timestamp); insert into texts values (1, 'Zürich €', '프린터', '🛠️ 𝒳', 'Zürich', now()), "
             "(2, 'x', 'x', 'x', x'c3', now()), (3, 'x', 'x', concat('a', char(0), 'b'), 'x', now())")
    desk.configure('table = "texts"\n' + fields(
        subject='{ template = "{latin}|{korean}|{any4}|{bin}" }', category='"bin"', status='{ constant = "Open" }',
        requester_id='{ constant = "r" }', created_at='"updated_at"'))
    desk.run()
    assert desk.query("select subject from operational.tickets") == [("Zürich €|프린터|🛠️ 𝒳|Zürich",)]
    reasons = desk.reasons()
    assert "category" in reasons["2"] and "no UTF-8 text" in reasons["2"] and "NUL byte" in reasons["3"]


@pytest.mark.parametrize("never", ["null", "0"])
def test_modified_or_created(desk, never):
    """updated_at is NULL until the first edit, or zero where a column may not be NULL."""
    desk.sql("set sql_mode = ''; " + add(1, 50, never))
    desk.configure('table = "tickets"\nstrategy = "modified_or_created"')
    desk.run()
    assert desk.balance() == (50, 50, 0, 0, 0)
    desk.sql("update tickets set status = 'Closed', updated_at = now(6) where id = 4")
    desk.sql("set sql_mode = ''; " + add(51, 51, never) + "; update tickets set created_at = now(6) where id = 51")
    desk.run()
    assert desk.ids() == list(range(1, 52))
    assert desk.query("select status, updated_at > created_at from operational.tickets where id in ('4', '51') order by id"
                      ) == [("Closed", True), ("Open", False)]
    assert desk.balance()[1] == 2
    desk.deskhouse("verify")


@pytest.mark.parametrize("what", ["create view seen as select * from tickets", ""])
def test_views_and_queries(desk, what):
    desk.sql(add(1, 30, "now(6) - interval n day") + f"; {what}")
    desk.configure('table = "seen"' if what else 'query = """\nselect t.* from tickets t\nwhere t.id > 0 -- all\n;\n"""')
    desk.run()
    desk.sql(add(31, 32))
    desk.run()
    assert desk.balance() == (3, 2, 1, 0, 0) and desk.ids() == list(range(1, 33))
    desk.is_whole()


def test_what_makes_a_run_read_all_again(desk):
    desk.sql(add(1, 30, "now(6) - interval n day"))
    desk.run()
    desk.run()
    assert desk.balance()[0] <= 1, "no more than the one at the watermark"
    desk.run("--full")
    assert desk.balance()[0] <= 1, "--full is about models"
    desk.run("--reread")
    assert desk.balance() == (30, 0, 30, 0, 0)
    desk.sql("rename table tickets to old; create table tickets like old; insert into tickets select * from old")
    desk.run()
    assert desk.balance() == (30, 0, 30, 0, 0), "another table of the same name"
    desk.sql("truncate tickets; insert into tickets select * from old")
    desk.run()
    assert desk.balance() == (30, 0, 30, 0, 0), "the table was filled anew"
    desk.configure('table = "tickets"\ncustom_fields = ["requester_id"]')
    desk.run()
    assert desk.balance()[:2] == (30, 30), "another list of columns"
    desk.is_whole()


def test_settings_of_the_server_change_nothing(desk):
    """Quotes, padding, zones, character sets and limits that the server's owner likes otherwise."""
    settings = {"sql_mode": "'ANSI_QUOTES,PAD_CHAR_TO_FULL_LENGTH,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT'", "time_zone": "'-11:00'",
                "sql_auto_is_null": "1", "sql_select_limit": "7", "max_statement_time": "0.0001", "net_write_timeout": "1",
                "character_set_client": "latin1", "collation_connection": "latin1_swedish_ci", "completion_type": "2"}
    desk.sql("alter table tickets modify category char(50); " + add(1, 100, "'2026-03-01 10:00:00'", "concat('Größe \"', n, '\"')"))
    before = dict(line.split("\t") for line in desk.sql("show global variables").splitlines() if "\t" in line)
    try:
        desk.sql(";".join(f"set global {name} = {value}" for name, value in settings.items()))
        desk.run()
    finally:
        desk.sql(";".join(f"set global {name} = " + (before[name] if before[name].replace(".", "").isdigit() else f"'{before[name]}'")
                          for name in reversed(settings)))
    assert desk.balance() == (100, 100, 0, 0, 0) and str(desk.watermark()) == "2026-03-01 10:00:00"
    assert desk.query("select distinct category from operational.tickets") == [("Network",)]
    desk.is_whole()


def test_a_table_that_is_made_anew_without_a_column(desk):
    """DROP COLUMN may copy the table, which then has another number and time of creation. What was read of the column stays."""
    desk.sql(add(1, 10, desk.later("2026-03-01", "day")) + "; update tickets set resolved_at = '2026-03-02'")
    desk.run()
    desk.sql("alter table tickets drop resolved_at, algorithm = copy; " + add(11, 11))
    desk.run()
    assert desk.ids() == list(range(1, 12)) and desk.balance()[0] == 2, "the new one, and the one at the watermark"
    assert desk.query("select count(resolved_at) from operational.tickets") == [(9,)]
    desk.deskhouse("verify")
