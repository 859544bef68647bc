"""PostgreSQL as a source, against a real server: nothing is lost, nothing is read twice for nothing."""

import json
import time

import pytest

from .postgresql_desk import INSERT, PostgresqlDesk, add
from .postgresql_server import PASSWORD, Server


@pytest.fixture
def desk(postgresql_desk):
    return postgresql_desk


def test_an_incremental_run_reads_only_what_changed(desk):
    desk.sql(add(1, 1000, "now() - interval '1 day' - n * interval '1 hour'"))
    desk.run()
    desk.sql("update tickets set status = 'Resolved', updated_at = now() where id <= 3; " + add(2000, 2001))
    desk.run()
    assert desk.balance() == (5, 5, 0, 0, 0), "three changed, one of them at the watermark, and two new"
    desk.run()
    assert desk.balance()[1] == 0, "reading the overlap again changes nothing"
    desk.is_whole()


@pytest.mark.parametrize("late", ["", "savepoint s; "])
def test_a_transaction_that_commits_late(desk, late):
    """It began before a run, writes an updated_at long past, and commits after it; in a subtransaction too, which has a
    number that no list of open transactions holds."""
    desk.sql(add(1, 20))
    other = desk.session()
    other.sql("begin; " + late + add(100, 104, "now() - interval '3 hours'"))
    other.sql("update tickets set status = 'Pending', updated_at = now() - interval '3 hours' where id = 7")
    desk.sql(add(30, 35))
    desk.run()
    assert 100 not in desk.ids()
    desk.sql(add(40, 40))
    desk.run()
    other.sql("commit")
    other.close()
    desk.run()
    assert desk.ids() == [*range(1, 21), *range(30, 36), 40, *range(100, 105)]
    desk.sql("update tickets set updated_at = now(), status = 'Closed' where id = 100")
    desk.run()
    desk.deskhouse("verify")


def test_a_transaction_that_had_not_written_yet(desk):
    """It is open but has no number when a run takes its snapshot; its now() is older than what the run saw."""
    desk.sql(add(1, 5, "now() - interval '1 day'"))
    desk.configure('table = "tickets"\noverlap = "1s"')
    other = desk.session()
    other.sql("begin; select now()")
    time.sleep(1.5)
    desk.sql(add(6, 6))
    desk.run()
    other.sql(add(7, 7))
    other.sql("commit")
    other.close()
    desk.run()
    assert desk.ids() == list(range(1, 8))
    desk.is_whole()


def test_a_window_finds_late_commits_of_open_transactions(desk):
    desk.configure('query = "select * from tickets"\noverlap = "1s"')
    desk.sql(add(1, 5, "now() - interval '1 day' - n * interval '1 hour'"))
    other = desk.session()
    other.sql("begin; " + add(7, 7))
    time.sleep(1.5)
    desk.sql(add(6, 6))
    desk.run()
    assert desk.ids() == [1, 2, 3, 4, 5, 6]
    other.sql("commit")
    other.close()
    desk.run()
    assert desk.ids() == list(range(1, 8))
    assert desk.balance()[0] <= 2, "nothing that is a day old is read again"
    desk.is_whole()


def test_the_clock_of_the_source_is_set_back(desk):
    """What is written then is older than all that was read."""
    desk.sql(add(1, 10))
    desk.run()
    desk.sql(add(11, 15, "now() - interval '2 hours'"))
    desk.sql("update tickets set status = 'Closed', updated_at = now() - interval '2 hours' where id = 3")
    desk.run()
    assert desk.balance()[0] >= 6
    assert desk.ids() == list(range(1, 16))
    # Version 3 is older than what is loaded: it is superseded, as spec 3 says, and not lost.
    assert desk.balance()[3] >= 1
    desk.deskhouse("verify")


def test_updated_at_null_or_in_the_future(desk):
    desk.sql(add(1, 10, "'2026-03-01T10:00:00Z'"))
    desk.sql(add(11, 11, "null") + ";" + add(12, 12, "now() + interval '1 day'") + ";" + add(13, 13, "'infinity'"))
    desk.run()
    assert desk.balance() == (13, 10, 0, 0, 3)
    assert str(desk.watermark()) == "2026-03-01 10:00:00"
    reasons = desk.reasons()
    assert "required, but empty" in reasons["11"] and "in the future" in reasons["12"] and "infinity" in reasons["13"]
    desk.run()
    assert desk.balance()[4] == 0, "they are told once, not by every run"
    assert str(desk.watermark()) == "2026-03-01 10:00:00"
    desk.sql("update tickets set updated_at = now() where id in (11, 12, 13)")
    desk.run()
    assert desk.ids() == list(range(1, 14))
    desk.is_whole()


def test_values_with_sql_in_them_are_data(desk):
    evil = "Robert''); drop table tickets;-- \"quoted\" \\ $1 %s"
    desk.sql("alter table tickets drop constraint tickets_pkey; alter table tickets alter id type text")
    desk.sql(f"{INSERT} values ('x''; delete from tickets;--', '{evil}', 'Open', now(), now(), '\"', '{{}}')")
    desk.run()
    desk.sql("update tickets set status = 'Closed', updated_at = now()")
    desk.run()
    assert desk.query("select id, subject, status, requester_id from operational.tickets") == [
        ("x'; delete from tickets;--", evil.replace("''", "'"), "Closed", '"')]
    assert desk.sql("select count(*) from tickets") == "1"
    desk.deskhouse("verify")


def test_names_that_need_quotes(desk):
    desk.sql('create schema "My ""Desk"; create table "My ""Desk"."Ti ckets" as select id, subject as "select", status, '
             'requester_id as "a.b", created_at, updated_at as "Updated; At" from tickets where false;'
             'insert into "My ""Desk"."Ti ckets" values (1, \'x\', \'Open\', \'r\', now(), now())')
    desk.configure("table = '\"My \"\"Desk\".\"Ti ckets\"'\n[sources.desk.tickets.fields]\nid = \"id\"\n"
                   "subject = \"select\"\nstatus = \"status\"\nrequester_id = \"a.b\"\ncreated_at = \"created_at\"\n"
                   "updated_at = \"Updated; At\"")
    desk.run()
    desk.run()
    assert desk.query("select subject, requester_id from operational.tickets") == [("x", "r")]


def test_every_type(desk):
    desk.sql("create type mood as enum ('Open', 'Closed'); create domain word as text;"
             "create table t (id uuid, subject varchar(20), status mood, priority char(10), category word, requester_id "
             "int2, created_at date, updated_at timestamp, custom_fields json, n numeric(12,4), b bool, d double precision, "
             "j jsonb, a int[], i interval, y bytea, big bigint);"
             "insert into t values ('123e4567-e89b-12d3-a456-426614174000', 'S', 'Closed', 'High', 'W', 7, '2026-01-02', "
             "'2026-01-03 04:05:06.789', '{\"k\": [1, \"x\"]}', -12.5, true, 0.1, '{\"z\": null}', '{1,2}', '1 day', '\\x00ff', "
             "-9000000000)")
    desk.configure('table = "t"\ncustom_fields = ["n", "b", "d", "j", "a", "i", "y", "big"]')
    desk.run()
    row, = desk.query("select id, subject, status, priority, category, requester_id, created_at::varchar, "
                      "updated_at::varchar, custom_fields from operational.tickets")
    assert row[:8] == ("123e4567-e89b-12d3-a456-426614174000", "S", "Closed", "High", "W", "7", "2026-01-02 00:00:00",
                       "2026-01-03 04:05:06.789")
    assert json.loads(row[8]) == {"n": "-12.5000", "b": "true", "d": "0.1", "j": '{"z": null}', "a": "{1,2}", "i": "P1D",
                                  "y": "\\x00ff", "big": "-9000000000"}


def test_out_of_range_dates_are_named(desk):
    desk.sql(add(1, 1, "'20245-05-26'") + ";" + add(2, 2, "'0044-03-15 BC'"))
    desk.configure('table = "tickets"\nstrategy = "full"')
    desk.run()
    reasons = desk.reasons()
    assert "year 20245 is out of 1970..2100" in reasons["1"] and "BC" in reasons["2"]


def test_modified_or_created(desk):
    """updated_at is NULL until the first edit."""
    desk.sql(add(1, 50, "null"))
    desk.configure('table = "tickets"\nstrategy = "modified_or_created"')
    desk.run()
    assert desk.balance() == (50, 50, 0, 0, 0)
    desk.sql("update tickets set status = 'Closed', updated_at = now() where id = 4")
    desk.sql(add(51, 51, "null") + "; update tickets set created_at = now() where id = 51")
    desk.run()
    assert desk.ids() == list(range(1, 52))
    assert desk.query("select status, updated_at > created_at from operational.tickets where id in ('4', '51') order by id"
                      ) == [("Closed", True), ("Open", False)]
    assert desk.balance()[1] == 2
    desk.deskhouse("verify")


def test_what_makes_a_run_read_all_again(desk):
    desk.sql(add(1, 30, "now() - n * interval '1 day'"))
    desk.run()
    desk.run()
    assert desk.balance()[0] <= 1, "no more than the one at the watermark"
    desk.run("--full")
    assert desk.balance()[0] <= 1, "--full is about models"
    desk.run("--reread")
    assert desk.balance() == (30, 0, 30, 0, 0)
    desk.sql("alter table tickets rename to old; create table tickets (like old); insert into tickets table old")
    desk.run()
    assert desk.balance() == (30, 0, 30, 0, 0), "another table of the same name"
    desk.configure('table = "tickets"\ncustom_fields = ["requester_id"]')
    desk.run()
    assert desk.balance()[:2] == (30, 30), "another list of columns"
    desk.is_whole()


def test_numbers_of_transactions_come_round(deskhouse, binary, tmp_path):
    """They have 32 bits in a row: after 2^31 of them, old rows look as if they were yet to come."""
    server = Server()
    try:
        desk = PostgresqlDesk(server, tmp_path, deskhouse, binary)
        desk.sql(add(1, 30, "now() - n * interval '1 day'"))
        desk.run()
        server.leap(3_000_000_000)
        assert desk.sql("select max(age(xmin)) < 0 from tickets") == "t"
        desk.run()
        assert desk.balance() == (30, 0, 30, 0, 0), "too long ago to tell what is new"
        desk.sql(add(31, 32, "now() - interval '9 days'"))
        desk.run()
        assert desk.balance()[1] == 2 and desk.balance()[0] <= 3
        desk.is_whole()
    finally:
        server.remove()


@pytest.mark.parametrize("change, message", [
    ({"dsn": "host=127.0.0.1 password=x"}, "put the password"),
    ({"dsn": "hosst=127.0.0.1"}, "the dsn cannot be read"),
])
def test_a_wrong_dsn_is_one_sentence(desk, change, message):
    desk.configure(connection=desk.connection(**change))
    said = desk.run(code=2).stderr
    assert message in said and "source 'desk'" in said and len(said.strip().splitlines()) == 1


def test_the_password_from_a_file_and_a_dsn(desk):
    (desk.folder / "secret").write_text(PASSWORD + "\n")
    desk.sql(add(1, 3))
    desk.configure(connection=f'dsn = "host=127.0.0.1 port={desk.server.port} dbname=postgres user=admin"\n'
                              f'dbname = "{desk.name}"\npassword_file = "secret"')
    desk.run()
    assert desk.ids() == [1, 2, 3]


def test_an_encrypted_connection_to_a_proven_server(desk):
    desk.sql(add(1, 3))
    (desk.folder / "root.crt").write_bytes(desk.server.certificate.read_bytes())
    keys = f'port = {desk.server.port}\ndbname = "{desk.name}"\nuser = "admin"\npassword_env = "DESK_PASSWORD"\n'
    keys += 'sslmode = "verify-full"\nsslrootcert = "root.crt"\n'
    desk.configure(connection='host = "127.0.0.1"\n' + keys)
    desk.run()
    assert desk.ids() == [1, 2, 3]
    desk.configure(connection='host = "localhost"\n' + keys)  # the certificate is of 127.0.0.1
    assert "does not match host name" in desk.run(code=1).stderr


def test_a_service_file(desk):
    (desk.folder / "services").write_text(
        f"[helpdesk]\nhost=127.0.0.1\nport={desk.server.port}\ndbname={desk.name}\nuser=admin\n")
    desk.sql(add(1, 3))
    desk.configure(connection='service = "helpdesk"\npassword_env = "DESK_PASSWORD"')
    desk.run(PGSERVICEFILE=str(desk.folder / "services"))
    assert desk.ids() == [1, 2, 3]


def test_transactions_cannot_be_scanned_in_a_view(desk):
    desk.sql("create view seen as select * from tickets")
    desk.configure('table = "seen"\nhorizon = "scan"')
    assert "needs a table" in desk.failure("run", "-q")


def test_a_list_that_row_security_empties_is_not_believed(desk):
    """Rows that row security hides look as if they were deleted; the doctor says so."""
    desk.sql(add(1, 30))
    desk.reader(["select on tickets"])
    desk.run()
    desk.sql("alter table tickets enable row level security")
    done = desk.run("--sweep", code=3)
    assert "desk.tickets: the source lists no record at all, and 30 are known. Nothing was marked as deleted." in done.stderr
    assert "deskhouse run --source desk --only tickets --sweep --accept-deletes" in done.stderr
    assert desk.query("select status, known, listed from meta.sweeps order by run_id desc limit 1") == [("refused", 30, 0)]
    assert f"row security decides which rows the role '{desk.user}' sees" in desk.deskhouse("doctor").stdout
    desk.revoke("select on tickets")
    desk.sql("alter table tickets disable row level security")
    assert "may not read the column 'id'" in desk.run("--sweep", code=1).stderr
    assert desk.query("select count(*) from operational.tickets where is_deleted") == [(0,)]
