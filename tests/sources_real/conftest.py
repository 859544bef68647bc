"""One server of a kind for the session, and for each test a database of its own with tickets and a project that reads it."""

import pytest

from . import mysql_server
from .mysql_desk import MysqlDesk
from .postgresql_desk import PostgresqlDesk


@pytest.fixture(scope="session")
def mysql():
    server = mysql_server.Server()
    yield server
    server.remove()


@pytest.fixture
def postgresql_desk(postgresql, deskhouse, binary, tmp_path):
    return PostgresqlDesk(postgresql, tmp_path, deskhouse, binary)


@pytest.fixture
def mysql_desk(mysql, deskhouse, binary, tmp_path):
    return MysqlDesk(mysql, tmp_path, deskhouse, binary)


@pytest.fixture(params=["postgresql", "mysql"])
def desk(request):
    """Each server in turn: what holds for every one is written once. A file for one of them has a `desk` of its own."""
    return request.getfixturevalue(f"{request.param}_desk")
