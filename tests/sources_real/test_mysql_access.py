"""Connections, rights and mistakes: MySQL as a source says in one sentence what is wrong, and what to do."""


import pytest

from .mysql_desk import add
from .mysql_server import PASSWORD


@pytest.fixture
def desk(mysql_desk):
    return mysql_desk


@pytest.mark.parametrize("change, code, message", [
    ({"host": "/nowhere/mysqld.sock", "port": None}, 1, "Start the server, or correct host and port"),
    ({"dbname": None}, 2, "in which database is 'tickets'"),
    ({"sslmode": "verify-full"}, 1, "Correct sslmode and sslrootcert"),
])
def test_a_wrong_connection_is_one_sentence(desk, change, code, message):
    """Beside what test_access.py has of all servers."""
    desk.configure(connection=desk.connection(**change))
    said = desk.run(code=code).stderr
    assert message in said and len(said.strip().splitlines()) == 1 and PASSWORD not in said


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
    ('table = "a.b.c"', "is no name of a table"),
    ('query = "select id, id from tickets"', "Duplicate column name"),
])
def test_a_wrong_entity_is_one_sentence(desk, entity, message):
    desk.configure(entity)
    shown = desk.failure("run", "-q")
    assert message in shown and "deskhouse.toml" in shown


def test_no_right_at_all(desk):
    desk.sql(add(1, 3))
    desk.reader([])
    said = desk.run(code=1).stderr
    assert f"no database '{desk.name}' that the user '{desk.user}' may use" in said and len(said.strip().splitlines()) == 1
    desk.sql("create table other (x int)")
    desk.grant("select on {}.other")
    said = desk.run(code=2).stderr
    assert f"GRANT SELECT ON `{desk.name}`.`tickets` TO `{desk.user}`@`%`" in said and len(said.strip().splitlines()) == 1
    desk.grant("select on {}.tickets")
    desk.run()
    assert desk.ids() == [1, 2, 3]
    desk.sql("drop table tickets")
    assert "there is no table 'tickets'" in desk.run(code=2).stderr


def test_a_table_without_snapshots_is_read(desk):
    desk.sql("alter table tickets engine = MyISAM; " + add(1, 100, "now(6) - interval n day"))
    desk.run()
    desk.sql(add(101, 102))
    desk.run()
    assert desk.balance() == (3, 2, 1, 0, 0)
    desk.is_whole()
