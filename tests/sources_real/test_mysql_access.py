"""Connections, rights and mistakes: MySQL as a source says in one sentence what is wrong, and what to do."""

import json

import pytest

from .desk import fields
from .mysql_desk import add
from .mysql_server import PASSWORD


@pytest.fixture
def desk(mysql_desk):
    return mysql_desk


@pytest.mark.parametrize("change, message", [
    ({"host": "no-such-host.invalid"}, "Correct the name of the host"),
    ({"port": 1}, "Start the server, or correct host and port"),
    ({"host": "/nowhere/mysqld.sock", "port": None}, "Start the server, or correct host and port"),
    ({"dbname": "nowhere"}, "there is no database 'nowhere'"),
    ({"dbname": None}, "in which database is 'tickets'"),
    ({"user": "nobody"}, "The password of the user 'nobody' is wrong, or there is no such user"),
    ({"password_env": "WRONG"}, "The password of the user 'admin' is wrong"),
    ({"password_env": "UNSET"}, "the environment variable UNSET that password_env names is not set"),
    ({"password_env": None}, "Give the password of the user 'admin'"),
    ({"password_env": None, "password_file": "nofile"}, "cannot be read or is empty"),
    ({"sslmode": "verify-full", "sslrootcert": "nofile"}, "Correct sslmode and sslrootcert"),
    ({"sslmode": "verify-full"}, "Correct sslmode and sslrootcert"),
])
def test_a_wrong_connection_is_one_sentence(desk, change, message):
    desk.configure(connection=desk.connection(**change))
    said = desk.run(code=2 if change == {"dbname": None} else 1, WRONG="incorrect").stderr
    assert message in said and ("source 'desk'" in said or "desk.tickets" in said)
    assert len(said.strip().splitlines()) == 1 and PASSWORD not in said and "incorrect" not in said


@pytest.mark.parametrize("keys, message", [
    ('dsn = "host=127.0.0.1"', "deskhouse.toml:13: sources.desk.dsn: means nothing for a source of type mysql"),
    ('sslmode = "allow"', "sources.desk.sslmode: 'allow' is not one of prefer, disable, require, verify-ca, verify-full"),
    ('sslmode = "verify-ca"', "deskhouse.toml:13: sources.desk.sslmode: verify-ca needs sslrootcert"),
])
def test_a_wrong_key_is_told_with_its_line(desk, keys, message):
    desk.configure(source=keys)
    assert message in desk.failure("run", "-q")


def test_the_password_from_a_file_and_a_socket(desk):
    (desk.folder / "secret").write_text(PASSWORD + "\n")
    desk.sql(add(1, 3))
    desk.configure(connection=desk.connection(host=str(desk.server.socket), port=None, password_env=None, password_file="secret"))
    desk.run()
    assert desk.ids() == [1, 2, 3]


def test_a_group_of_an_option_file(desk):
    """What the group says counts where deskhouse.toml says nothing; its character set does not."""
    secret = PASSWORD.replace('"', '\\"')
    (desk.folder / ".my.cnf").write_text(
        f'[helpdesk]\nhost=127.0.0.1\nport={desk.server.port}\nuser=admin\npassword="{secret}"\n'
        "default-character-set=latin1\n")
    desk.sql(add(1, 3, subject="'프린터'"))
    desk.configure(connection=f'service = "helpdesk"\ndbname = "{desk.name}"')
    desk.run()
    assert desk.query("select distinct subject from operational.tickets") == [("프린터",)]
    desk.configure(connection=f'service = "nowhere"\nport = {desk.server.port}\nhost = "127.0.0.1"\nuser = "admin"')
    assert "Give the password of the user 'admin'" in desk.run(code=1).stderr


def test_localhost_with_a_port_is_tcp(desk):
    desk.sql(add(1, 3))
    desk.configure(connection=desk.connection(host="localhost"))
    desk.run()
    assert desk.ids() == [1, 2, 3]


@pytest.mark.parametrize("mode", ["disable", "prefer", "require", "verify-ca", "verify-full"])
def test_encryption(desk, mode):
    """The user may be made to encrypt; a server is proven by the certificate, for verify-full with its name."""
    (desk.folder / "root.crt").write_bytes(desk.server.certificate.read_bytes())
    desk.sql(add(1, 3))
    desk.reader(["select on {}.*", "process on *.*"])
    desk.sql(f"alter user {desk.user} require {'none' if mode == 'disable' else 'ssl'}")
    proof = {"sslrootcert": "root.crt"} if mode.startswith("verify") else {}
    desk.configure(connection=desk.connection(sslmode=mode, **proof))
    desk.run()
    assert desk.ids() == [1, 2, 3]
    if proof:
        desk.configure(connection=desk.connection(sslmode=mode, host="localhost", **proof))  # the certificate is of 127.0.0.1
        desk.run(code=1 if mode == "verify-full" else 0)
        (desk.folder / "root.crt").write_bytes(desk.server.other_certificate.read_bytes())
        assert "Correct sslmode and sslrootcert" in desk.run(code=1).stderr


def test_a_server_that_does_not_encrypt(desk):
    """Nothing is read from it where sslmode asks for more; prefer is content."""
    (desk.folder / "root.crt").write_bytes(desk.server.certificate.read_bytes())
    desk.sql(add(1, 3))
    desk.server.stop()
    desk.server.start("--skip-ssl")
    try:
        for mode in ("require", "verify-ca", "verify-full"):
            desk.configure(connection=desk.connection(sslmode=mode, sslrootcert="root.crt"))
            assert "Correct sslmode and sslrootcert" in desk.run(code=1).stderr
        desk.configure()
        desk.run()
        assert desk.ids() == [1, 2, 3]
    finally:
        desk.server.stop()
        desk.server.start()


@pytest.mark.parametrize("entity, message", [
    ('table = "ticket"', "there is no table 'ticket'"),
    ('table = "ticket"', "did you mean 'tickets'"),
    ('table = "a.b.c"', "is no name of a table"),
    ('table = "tickets"\n' + fields(id='"idd"'), "did you mean 'id'"),
    ('query = "selec 1"', "error in your SQL syntax"),
    ('query = "select 1 as id, now() as updated_at"', "names the column 'subject'"),
    ('query = "select id, id from tickets"', "Duplicate column name"),
    ('table = "textual"', "is no timestamp"),
    ('table = "tickets"\nquery = "select 1"', "name one of table and query"),
    ('table = "tickets"\nstrategy = "chnge"', "did you mean 'change'"),
    ('tabel = "tickets"', "unknown key 'tabel' in [sources.desk.tickets]; did you mean 'table'"),
    ('table = "tickets"\npath = "x"', "means nothing for a source of type mysql"),
])
def test_a_wrong_entity_is_one_sentence(desk, entity, message):
    desk.sql("create table textual as select id, subject, status, priority, category, requester_id, created_at, "
             "cast(updated_at as char) as updated_at from tickets")
    desk.configure(entity)
    shown = desk.failure("run", "-q")
    assert message in shown and "deskhouse.toml" in shown


def test_a_missing_grant(desk):
    desk.sql(add(1, 3))
    desk.reader([])
    said = desk.run(code=1).stderr
    assert f"no database '{desk.name}' that the user '{desk.user}' may use" in said and len(said.strip().splitlines()) == 1
    desk.sql("create table other (x int)")
    desk.grant("select on {}.other")
    said = desk.run(code=2).stderr
    assert f"GRANT SELECT ON `{desk.name}`.`tickets` TO `{desk.user}`@`%`" in said and len(said.strip().splitlines()) == 1
    desk.grant("insert, select (id, subject, status, created_at, updated_at, requester_id, category, resolved_at) on {}.tickets")
    said = desk.run(code=1).stderr
    assert f"may not read the column 'priority' of {desk.name}.tickets" in said and len(said.strip().splitlines()) == 1
    desk.grant("select on {}.tickets")
    desk.run()
    assert desk.ids() == [1, 2, 3]
    desk.sql("drop table tickets")
    assert "there is no table 'tickets'" in desk.run(code=2).stderr


def test_the_doctor(desk):
    desk.sql(add(1, 3))
    found = desk.doctor()
    assert {line["state"] for line in found} == {"ok"}, found
    assert any("MariaDB at 127.0.0.1" in line["found"] for line in found) and any("clock" in line["found"] for line in found)
    desk.sql("alter table tickets drop key updated_at")
    warned = desk.doctor("warn")
    assert len(warned) == 1 and f"ON `{desk.name}`.`tickets` (`updated_at`, `id`)" in warned[0]["what to do"]
    desk.sql("alter table tickets add key (updated_at), engine = MyISAM")
    warned = desk.doctor("warn")
    assert len(warned) == 1 and "MyISAM, which has no snapshots" in warned[0]["found"]
    desk.configure('table = "ticket"')
    assert "did you mean" in json.dumps(desk.doctor("FAIL"))


def test_a_table_without_snapshots_is_read(desk):
    desk.sql("alter table tickets engine = MyISAM; " + add(1, 100, "now(6) - interval n day"))
    desk.run()
    desk.sql(add(101, 102))
    desk.run()
    assert desk.balance() == (3, 2, 1, 0, 0)
    desk.is_whole()
