"""What MySQL alone does with late commits: who may see them, and statements that wait. Beside test_clocks.py."""

import pytest

from .mysql_desk import MysqlDesk, add
from .mysql_server import PASSWORD, Server


@pytest.fixture(scope="module")
def clock_server():
    server = Server(fake_time=True)
    yield server
    server.remove()


@pytest.fixture
def desk(clock_server, deskhouse, binary, tmp_path):
    desk = MysqlDesk(clock_server, tmp_path, deskhouse, binary)
    desk.sql(add(1, 5, "now(6) - interval 24 + n hour"))
    yield desk
    clock_server.clock.set("+0")


def open_ten_minutes_ago(desk, statements):
    """A session in which these statements were executed ten minutes ago; its transaction is still open."""
    desk.server.clock.set("-10m")
    other = desk.session()
    other.sql("begin; " + statements)
    desk.server.clock.set("+0")
    return other


def test_a_statement_that_waits_before_its_transaction_begins(desk):
    """Its now() is older than the overlap when it gets its lock. (The server counts how long it waits by another clock.)"""
    desk.configure('table = "tickets"\noverlap = "1s"')
    desk.sql("create table other (x int)")
    holder, waiter = desk.session(), desk.session()
    holder.sql("lock tables other write")
    waiter.process.stdin.write(add(7, 7, source=" left join other on true") + ";\n")
    waiter.process.stdin.flush()
    while desk.sql("select count(*) from information_schema.processlist where state like 'Waiting for table metadata%' and time > 2"
                   ) != "1":
        assert waiter.process.poll() is None
    desk.sql(add(6, 6))
    desk.run()
    assert desk.ids() == [1, 2, 3, 4, 5, 6]
    holder.close()
    waiter.sql("select 1")
    waiter.close()
    desk.run()
    desk.is_whole()


def test_the_doctor_sees_an_old_transaction(desk):
    desk.server.clock.set("-3h")
    other = desk.session()
    other.sql("begin; " + add(7, 7))
    desk.server.clock.set("+0")
    warned = desk.doctor("warn")
    other.close()
    assert len(warned) == 1 and "open for 3 h" in warned[0]["found"]


def test_without_process_all_is_read(desk):
    """Nobody tells which transactions are open: the safe way is taken, and the doctor says what would help."""
    desk.reader()
    other = open_ten_minutes_ago(desk, add(7, 7))
    desk.run()
    other.sql("commit")
    other.close()
    desk.run()
    assert desk.ids() == [1, 2, 3, 4, 5, 7] and desk.balance() == (6, 1, 5, 0, 0)
    warned = desk.doctor("warn")
    assert len(warned) == 1 and "reads all rows" in warned[0]["found"]
    assert f"GRANT PROCESS ON *.* TO `{desk.user}`@`%`" in warned[0]["what to do"]
    desk.grant("select on mysql.*")  # another right changes nothing
    desk.sql(f"grant process on *.* to {desk.user}")
    assert not desk.doctor("warn")
    desk.run()
    desk.run()
    assert desk.balance()[0] <= 1
    desk.is_whole()


def test_a_window_without_process_is_as_wide_as_its_overlap(desk):
    desk.reader()
    desk.configure('table = "tickets"\nhorizon = "window"\noverlap = "15m"')
    other = open_ten_minutes_ago(desk, add(7, 7))
    desk.sql(add(6, 6))
    desk.run()
    other.sql("commit")
    other.close()
    desk.run()
    assert desk.balance()[0] <= 2 and desk.ids() == list(range(1, 8))
    warned = desk.doctor("warn")
    assert len(warned) == 1 and "longer than 900 s can be missed" in warned[0]["found"]
    desk.is_whole()


def test_a_scan_finds_whatever_the_time_says(desk):
    desk.configure('table = "tickets"\nhorizon = "scan"')
    desk.run()
    desk.sql(add(7, 9, "now(6) - interval 3 month"))
    desk.run()
    assert desk.ids() == [*range(1, 6), 7, 8, 9] and desk.balance() == (8, 3, 5, 0, 0)
    desk.is_whole()


@pytest.mark.soak
def test_a_replica_is_read_whole(deskhouse, binary, tmp_path):
    """What is open on its primary is seen nowhere on it."""
    primary, replica = Server("--log-bin=log", "--server-id=1"), Server("--server-id=2")
    try:
        desk = MysqlDesk(replica, tmp_path, deskhouse, binary)
        assert not desk.doctor("warn")
        secret = PASSWORD.replace("'", "''")
        file, position = primary.sql("show master status").split()[:2]
        replica.sql(f"change master to master_host = '127.0.0.1', master_port = {primary.port}, master_user = 'admin', "
                    f"master_password = '{secret}', master_log_file = '{file}', master_log_pos = {position}; start slave")
        primary.sql(f"create table {desk.name}_more (x int)", "mysql")
        while replica.sql(f"show tables in mysql like '{desk.name}_more'") == "":
            assert "Slave_SQL" in replica.sql("show processlist"), replica.sql("show slave status")
        desk.sql(add(1, 3))
        desk.run()
        desk.run()
        assert desk.balance() == (3, 0, 3, 0, 0)
        warned = desk.doctor("warn")
        assert len(warned) == 1 and "it is a replica" in warned[0]["found"] and "Read the primary" in warned[0]["what to do"]
    finally:
        primary.remove()
        replica.remove()
