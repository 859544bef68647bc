"""What is committed late, and clocks that are set: a real PostgreSQL server whose clock the tests turn, read by the numbers of
transactions and by a window of updated_at."""

import pytest

from .postgresql_desk import PostgresqlDesk, add
from .postgresql_server import Server


@pytest.fixture(scope="module")
def clock_server():
    server = Server(fake_time=True)
    yield server
    server.remove()


@pytest.fixture(params=['table = "tickets"', 'table = "tickets"\nhorizon = "window"', 'query = "select * from tickets"'],
                ids=["scan", "window", "query"])
def desk(request, clock_server, deskhouse, binary, tmp_path):
    desk = PostgresqlDesk(clock_server, tmp_path, deskhouse, binary)
    desk.configure(request.param)
    desk.sql(add(1, 5, "now() - n * interval '1 day'"))
    yield desk
    clock_server.clock.set("+0")


@pytest.mark.parametrize("then, later", [
    (add(7, 7), "select 1"),
    ("update tickets set status = 'Pending', updated_at = now() where id = 4", "select 1"),
    ("savepoint s; " + add(7, 7), "release savepoint s"),
    ("select now()", add(7, 7)),  # it has not written yet
])
def test_a_transaction_that_commits_late(desk, then, later):
    """Twice the overlap after it wrote, with what was updated meanwhile already read."""
    desk.server.clock.set("-10m")
    other = desk.session()
    other.sql("begin; " + then)
    desk.server.clock.set("+0")
    desk.sql(add(6, 6))
    desk.run()
    assert desk.ids() == [1, 2, 3, 4, 5, 6]
    other.sql(later + "; commit")
    other.close()
    desk.run()
    assert desk.balance()[0] <= 3, "nothing that is a day old is read again"
    desk.is_whole()
    desk.run()
    assert desk.balance()[1] == 0


def test_the_clock_of_the_source_is_set_back(desk):
    """What is written then is older than all that was read."""
    desk.run()
    desk.sql(add(6, 6))
    desk.run()
    desk.server.clock.set("-2h")
    desk.sql(add(11, 15) + "; update tickets set status = 'Closed', updated_at = now() where id = 3")
    desk.run()
    assert desk.ids() == [*range(1, 7), *range(11, 16)]
    assert desk.query("select status from operational.tickets where id = '3'") == [("Closed",)]
    desk.deskhouse("verify")


def test_the_doctor_sees_the_clock(desk):
    desk.server.clock.set("-2h")
    assert any("behind" in line["found"] and "NTP" in line["what to do"] for line in desk.doctor("warn"))
