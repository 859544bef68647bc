"""What is committed late, and clocks that are set: real servers whose clocks the tests turn, read in each way that they can be."""

import re

import pytest

from .desk import fields
from .mysql_desk import MysqlDesk
from .mysql_server import Server as MysqlServer
from .postgresql_desk import PostgresqlDesk
from .postgresql_server import Server as PostgresqlServer

SCAN, WINDOW, QUERY = 'table = "tickets"\nhorizon = "scan"', 'table = "tickets"\nhorizon = "window"', 'query = "select * from tickets"'
WAYS = {  # server, entity, whether each run reads all rows and leaves those alone that it knows
    "postgresql-scan": (PostgresqlDesk, SCAN, False),
    "postgresql-window": (PostgresqlDesk, WINDOW, False),
    "postgresql-query": (PostgresqlDesk, QUERY, False),
    "mysql-window": (MysqlDesk, WINDOW, False),
    "mysql-scan": (MysqlDesk, SCAN, True),
    "mysql-query": (MysqlDesk, QUERY, False),
}
SELDOM = ("mysql-scan", "mysql-query")  # the one reads all, the other is a window


@pytest.fixture(scope="module")
def clock_servers():
    servers = {PostgresqlDesk: PostgresqlServer(fake_time=True), MysqlDesk: MysqlServer(fake_time=True)}
    yield servers
    for server in servers.values():
        server.remove()


@pytest.fixture(params=[pytest.param(way, marks=pytest.mark.soak) if way in SELDOM else way for way in WAYS])
def desk(request, clock_servers, deskhouse, binary, tmp_path):
    kind, entity, reads_all = WAYS[request.param]
    desk = kind(clock_servers[kind], tmp_path, deskhouse, binary)
    desk.configure(entity)
    desk.sql(desk.add(1, 5, desk.days_ago))
    desk.entity, desk.reads_all, desk.knows_rows = entity, reads_all, request.param == "postgresql-scan"
    yield desk
    desk.server.clock.set("+0")


@pytest.mark.parametrize("what", ["insert", "update", "savepoint", "not yet written"])
def test_a_transaction_that_commits_late(desk, what):
    """Twice the overlap after it wrote, with what was updated meanwhile already read."""
    then, later = {
        "insert": (desk.add(7, 7), "select 1"),
        "update": ("update tickets set status = 'Pending', updated_at = current_timestamp(6) where id = 4", "select 1"),
        "savepoint": ("savepoint s; " + desk.add(7, 7), "release savepoint s"),
        "not yet written": (desk.remember_now, desk.add(7, 7, desk.remembered)),
    }[what]
    desk.server.clock.set("-10m")
    other = desk.session()
    other.sql("begin; " + then)
    desk.server.clock.set("+0")
    desk.sql(desk.add(6, 6))
    desk.run()
    assert desk.ids() == [1, 2, 3, 4, 5, 6]
    other.sql(later + "; commit")
    other.close()
    desk.run()
    assert desk.reads_all or desk.balance()[0] <= 3, "nothing that is a day old is read again"
    desk.is_whole()
    desk.run()
    assert desk.balance()[1] == 0


def test_the_clock_of_the_source_is_set_back(desk):
    """What is written then is older than all that was read."""
    desk.run()
    desk.sql(desk.add(6, 6))
    desk.run()
    desk.server.clock.set("-2h")
    desk.sql(desk.add(11, 15) + "; update tickets set status = 'Closed', updated_at = current_timestamp(6) where id = 3")
    desk.run()
    assert desk.ids() == [*range(1, 7), *range(11, 16)]
    assert desk.query("select status from operational.tickets where id = '3'") == [("Closed",)]
    # And on it goes by that clock: what is updated now is older than what was read before.
    desk.sql("update tickets set status = 'Pending', updated_at = current_timestamp(6) where id = 2")
    desk.run()
    assert desk.query("select status from operational.tickets where id = '2'") == [("Pending",)]
    desk.deskhouse("verify")


def test_the_doctor_sees_the_clock(desk):
    desk.server.clock.set("-2h")
    assert "s behind ours" in clock_of(desk) and 7190 < seconds_in(clock_of(desk)) < 7210
    desk.server.clock.set("+30m")
    assert "s ahead of ours" in clock_of(desk) and 1790 < seconds_in(clock_of(desk)) < 1810
    desk.server.clock.set("+0")
    assert not any("clock" in line["found"] for line in desk.doctor("warn"))


def clock_of(desk):
    """What the doctor warns of."""
    found, = [line for line in desk.doctor("warn") if "clock" in line["found"]]
    assert "NTP" in found["what to do"]
    return found["found"]


def seconds_in(text):
    return float(re.search(r"([0-9.]+) s ", text)[1])


def test_updated_at_null_or_in_the_future(desk):
    """They wait in quarantine and move no cursor: what is written meanwhile is read."""
    moment = desk.utc("2026-03-01 10:00:00")
    desk.sql(desk.add(6, 10, moment) + ";" + desk.add(11, 11, "null") + ";" + desk.add(12, 12, desk.tomorrow))
    desk.sql(f"update tickets set updated_at = {moment}")
    desk.sql(f"update tickets set updated_at = null where id = 11; update tickets set updated_at = {desk.tomorrow} where id = 12")
    desk.run()
    assert desk.balance() == (12, 10, 0, 0, 2)
    reasons = desk.reasons()
    assert "required, but empty" in reasons["11"] and "in the future" in reasons["12"]
    desk.sql(desk.add(13, 13) + "; update tickets set status = 'Closed', updated_at = current_timestamp(6) where id = 2")
    desk.run()
    assert desk.query("select status from operational.tickets where id in ('13', '2') order by id") == [("Open",), ("Closed",)]
    assert desk.balance()[4] == (0 if desk.knows_rows else 2), "a window cannot tell that it told them before"
    # Their time comes, or somebody corrects them.
    desk.server.clock.set("+25h")
    desk.sql("update tickets set updated_at = current_timestamp(6) where id = 11")
    desk.run()
    assert desk.ids() == list(range(1, 14))
    desk.deskhouse("verify")


def test_modified_or_created_with_a_clock_set_back(desk):
    desk.configure(f'{desk.entity}\nstrategy = "modified_or_created"\n' + fields())
    desk.sql("update tickets set updated_at = null")
    desk.run()
    desk.server.clock.set("-2h")
    desk.sql(desk.add(6, 6, "null") + "; update tickets set created_at = current_timestamp(6) where id = 6; "
             "update tickets set status = 'Closed', updated_at = current_timestamp(6) where id = 3")
    desk.run()
    assert desk.ids() == list(range(1, 7))
    assert desk.query("select status from operational.tickets where id = '3'") == [("Closed",)]
    desk.deskhouse("verify")
