"""Mistakes in a connection, rights that are missing, tables that are not there: one sentence for each server that names the source,
says what is wrong and what to do, and shows no secret; and the doctor says the same."""

import json

import pytest

from .desk import fields

MISTAKES = {  # keys of the connection; what a run says; and what MySQL says where that differs
    "unknown host": ({"host": "no-such-host.invalid"}, "Correct the name of the host"),
    "no server there": ({"port": 1}, "Start the server, or correct host and port"),
    "no such database": ({"dbname": "nowhere"}, "there is no database 'nowhere'"),
    "no such user": ({"user": "nobody"}, "The password of the role 'nobody' is wrong", "The password of the user 'nobody' is wrong"),
    "wrong password": ({"password_env": "WRONG"}, "The password of the role 'admin' is wrong", "The password of the user 'admin' is wrong"),
    "password that is not set": ({"password_env": "UNSET"}, "the environment variable UNSET that password_env names is not set"),
    "no password": ({"password_env": None}, "Give the password of the role 'admin'", "Give the password of the user 'admin'"),
    "no file of the password": ({"password_env": None, "password_file": "nofile"}, "cannot be read or is empty"),
    "no file of the certificate": ({"sslmode": "verify-full", "sslrootcert": "nofile"}, "Correct sslmode and sslrootcert"),
    "certificate of another server": ({"sslmode": "verify-full", "sslrootcert": "other.crt"}, "Correct sslmode and sslrootcert"),
    "certificate of another name": ({"sslmode": "verify-full", "sslrootcert": "root.crt", "host": "localhost"},
                                    "Correct sslmode and sslrootcert"),
    "no such service": ({"service": "nowhere", "host": None, "dbname": None, "port": None, "user": None, "password_env": None},
                        'definition of service "nowhere" not found', "correct service, if no option file has a group [nowhere]"),
}


def check(desk, said, message):
    assert message in said and ("source 'desk'" in said or "desk.tickets" in said), said
    assert len(said.strip().splitlines()) == 1, said
    for secret in (desk.password, "incorrect"):
        assert secret not in said


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_connection_is_one_sentence(desk, mistake):
    change, *messages = MISTAKES[mistake]
    message = messages[-1] if desk.type == "mysql" else messages[0]
    (desk.folder / "root.crt").write_bytes(desk.server.certificate.read_bytes())
    (desk.folder / "other.crt").write_bytes(desk.server.other_certificate.read_bytes())
    desk.configure(connection=desk.connection(**change))
    desk.environment["WRONG"] = "incorrect"
    check(desk, desk.failure("run", "-q"), message)
    failed, = desk.doctor("FAIL")
    assert message in failed["found"] and desk.password not in json.dumps(failed)


ENTITIES = {  # of deskhouse.toml; what a run says
    "no such table": ('table = "ticket"', "there is no table 'ticket'"),
    "the nearest table": ('table = "ticket"', "did you mean '{table}'"),
    "no such column": ('table = "tickets"\n' + fields(id='"idd"'), "did you mean 'id'"),
    "broken SQL": ('query = "selec 1"', "error"),
    "a query without a column": ('query = "select 1 as id, current_timestamp as updated_at"', "names the column 'subject'"),
    "times that are text": ('table = "textual"', "is no timestamp"),
    "table and query": ('table = "tickets"\nquery = "select 1"', "name one of table and query"),
    "no such strategy": ('table = "tickets"\nstrategy = "chnge"', "did you mean 'change'"),
    "no such key": ('tabel = "tickets"', "unknown key 'tabel' in [sources.desk.tickets]; did you mean 'table'"),
    "a key of files": ('table = "tickets"\npath = "x"', "means nothing for a source of type {type}"),
}


@pytest.mark.parametrize("mistake", ENTITIES)
def test_a_wrong_entity_is_one_sentence(desk, mistake):
    entity, message = ENTITIES[mistake]
    desk.sql("create table textual as select id, subject, status, priority, category, requester_id, created_at, "
             "cast(updated_at as char(30)) as updated_at from tickets")
    desk.configure(entity)
    said = desk.failure("run", "-q")
    assert message.format(table=desk.table.removeprefix("public."), type=desk.type) in said.replace("'public.", "'"), said
    assert "deskhouse.toml" in said and len(said.strip().splitlines()) == 1


def test_a_missing_grant_is_one_sentence(desk):
    """Of a database, a table and a column; with the GRANT that helps, which then does."""
    desk.sql(desk.add(1, 3))
    desk.reader(desk.no_grants)
    check(desk, desk.failure("run", "-q"), desk.grant_of_table)
    failed, = desk.doctor("FAIL")
    assert desk.grant_of_table in failed["found"] + failed["what to do"]
    desk.grant(desk.grant_columns)
    check(desk, desk.failure("run", "-q"), "may not read the column 'priority'")
    desk.grant(desk.grant_select)
    desk.run()
    assert desk.ids() == [1, 2, 3]
