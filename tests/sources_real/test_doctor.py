"""`deskhouse doctor` at real servers: it connects, and says of rights, columns, keys, indexes, clocks (test_clocks.py), row security
and open transactions what is not as it should be, and what to do; when that is done it is content. Nothing is changed."""

import pytest

from .desk import fields

WINDOW = 'table = "tickets"\nhorizon = "window"'


def test_a_server_that_is_as_it_should_be(desk):
    desk.sql(desk.add(1, 3))
    found = desk.doctor()
    assert {line["state"] for line in found} == {"ok"}, found
    for part in (f"127.0.0.1:{desk.server.port}", "who may read" if desk.type == "mysql" else "which may read", "clock is", "is unique"):
        assert any(part in line["found"] for line in found), part
    assert not list(desk.folder.glob("deskhouse.duckdb*")), "it looks only"


def test_ids_that_nothing_keeps_unique(desk):
    desk.sql(desk.add(1, 3))
    desk.sql(f"alter table tickets drop {desk.primary_key}")
    desk.sql("create unique index two on tickets (id, status)")
    warned, = desk.doctor("warn")
    assert "nothing keeps " in warned["found"] and "map id to a key of the table" in warned["what to do"]
    desk.sql("create unique index one on tickets (id)")
    assert not desk.doctor("warn")
    desk.configure('query = "select * from tickets"')
    assert not any("unique" in line["found"] for line in desk.doctor()), "of a query nobody knows"


def test_a_window_without_an_index(desk):
    """The statement that it gives is the one that helps."""
    desk.sql(desk.add(1, 3))
    desk.configure(WINDOW)
    if desk.type == "mysql":
        desk.sql("alter table tickets drop key updated_at")
    warned, = desk.doctor("warn")
    assert "no index that begins with" in warned["found"]
    desk.sql(warned["what to do"].removeprefix("Each run reads the whole table: "))
    assert not desk.doctor("warn")


def test_open_transactions_that_may_not_be_seen(desk):
    desk.sql(desk.add(1, 3))
    desk.sql("create index by_time on tickets (updated_at, id)")
    desk.reader([desk.grant_select])
    desk.configure(WINDOW)
    warned, = desk.while_others_work(lambda: desk.doctor("warn"))
    assert "longer than 300 s can be missed" in warned["found"]
    assert "GRANT " in warned["what to do"] and 'horizon = "scan"' in warned["what to do"]
    desk.sql(desk.grant_to_see_all)
    assert not desk.while_others_work(lambda: desk.doctor("warn"))


@pytest.mark.parametrize("mistake, message", [
    ('table = "ticket"', "did you mean"),
    ('table = "tickets"\n' + fields(subject='"subjekt"'), "did you mean 'subject'"),
    ('query = "select id from nowhere"', "nowhere"),
])
def test_tables_and_columns_that_are_not_there(desk, mistake, message):
    desk.configure(mistake)
    failed, = desk.doctor("FAIL")
    assert message in failed["found"] + failed["what to do"]


def test_a_column_that_went(desk):
    desk.sql(desk.add(1, 3))
    desk.configure('table = "tickets"\ncontract = "freeze"')
    desk.run()
    desk.sql("alter table tickets drop column resolved_at")
    failed, = desk.doctor("FAIL")
    assert "the column 'resolved_at' went" in failed["found"]


def test_a_server_that_is_not_there(desk):
    desk.configure(connection=desk.connection(port=1))
    failed, = desk.doctor("FAIL")
    assert "Start the server, or correct host and port" in failed["found"] + failed["what to do"]


def test_a_large_table_that_is_looked_at_whole(postgresql_desk):
    desk = postgresql_desk
    desk.sql(desk.add(1, 3))
    desk.sql("update pg_class set reltuples = 3e7 where relname = 'tickets'")
    warned, = desk.doctor("warn")
    assert "looks at all 30 million rows" in warned["found"] and 'horizon = "window"' in warned["what to do"]


def test_row_security(postgresql_desk):
    desk = postgresql_desk
    desk.sql(desk.add(1, 3))
    desk.reader([desk.grant_select])
    desk.sql("alter table tickets enable row level security")
    warned, = desk.doctor("warn")
    assert f"row security decides which rows the role '{desk.user}' sees" in warned["found"]
    desk.sql(warned["what to do"].split(", or ")[0])
    assert not desk.doctor("warn")


def test_an_engine_without_snapshots(mysql_desk):
    desk = mysql_desk
    desk.sql(desk.add(1, 3) + "; alter table tickets engine = MyISAM")
    warned, = desk.doctor("warn")
    assert "MyISAM, which has no snapshots" in warned["found"]
    desk.sql(warned["what to do"])
    assert not desk.doctor("warn")
