"""One PostgreSQL server for the session, and for each test a database of its own with tickets and a project that reads it."""

import json

import pytest

from .desk import Desk
from .postgresql_server import PASSWORD, Server, Session

TICKETS = """
create table tickets (id bigint primary key, subject text not null, status text not null, priority text,
  category text, requester_id text, created_at timestamptz not null, updated_at timestamptz, resolved_at timestamptz,
  custom_fields jsonb)
"""


@pytest.fixture(scope="session")
def server():
    server = Server()
    yield server
    server.remove()


class PostgresqlDesk(Desk):
    type, table = "postgresql", "public.tickets"

    def __init__(self, server, folder, deskhouse, binary):
        super().__init__(server, folder, deskhouse, binary)
        # Without the server's own environment variables: the project says how to connect.
        self.environment = {k: v for k, v in server.environment(self.name).items() if not k.startswith("PG")}
        self.environment["DESK_PASSWORD"] = PASSWORD
        server.sql(f"create database {self.name}")
        self.sql(TICKETS)
        self.configure()

    def sql(self, text):
        return self.server.sql(text, self.name)

    def session(self):
        return Session(self.server, self.name)

    def theirs(self):
        return json.loads(self.sql(
            "select coalesce(json_agg(json_build_array(id::text, subject, status) order by id::text collate \"C\"), '[]') "
            "from tickets where updated_at < now() + interval '5 minutes'"))


@pytest.fixture
def desk(server, deskhouse, binary, tmp_path):
    return PostgresqlDesk(server, tmp_path, deskhouse, binary)
