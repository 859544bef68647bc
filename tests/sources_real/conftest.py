"""One PostgreSQL server for the session, and for each test a database of its own with tickets and a project that reads it."""

import itertools
import json
import subprocess

import duckdb
import pytest

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


class Desk:
    """A database `name` and a project folder that reads its tickets."""

    def __init__(self, server, folder, deskhouse, binary, name):
        self.server, self.folder, self.name, self.run_deskhouse, self.binary = server, folder, name, deskhouse, binary
        self.environment = {**server.environment(name), "DESK_PASSWORD": PASSWORD}
        server.sql(f"create database {name}")
        self.sql(TICKETS)
        self.configure()

    def sql(self, text):
        return self.server.sql(text, self.name)

    def session(self):
        return Session(self.server, self.name)

    def configure(self, entity='table = "public.tickets"', source="", load="batch_size = 100\nbulk_batch_size = 100",
                  connection=None):
        connection = connection or (f'host = "127.0.0.1"\nport = {self.server.port}\ndbname = "{self.name}"\n'
                                    'user = "admin"\npassword_env = "DESK_PASSWORD"')
        (self.folder / "deskhouse.toml").write_text(
            f'[project]\nthreads = 2\n[load]\n{load}\n[sources.desk]\ntype = "postgresql"\n{connection}\n{source}\n'
            f"[sources.desk.tickets]\n{entity}\n")

    def deskhouse(self, *arguments, code=0, **environment):
        """Runs without the server's own environment variables: the project says how to connect."""
        keep = {k: v for k, v in self.environment.items() if not k.startswith("PG")}
        return self.run_deskhouse("-C", self.folder, *arguments, code=code, env={**keep, **environment})

    def failure(self, *arguments):
        """What a command that fails says, whatever its exit code."""
        keep = {k: v for k, v in self.environment.items() if not k.startswith("PG")}
        done = subprocess.run([self.binary, "-C", self.folder, *arguments], capture_output=True, text=True, env=keep)
        assert done.returncode in (1, 2), done
        return done.stderr

    def run(self, *arguments, code=0, **environment):
        return self.deskhouse("run", "-q", *arguments, code=code, **environment)

    def balance(self):
        """Of the latest run: extracted, loaded, unchanged, superseded, quarantined."""
        return self.query("select extracted, loaded, unchanged, superseded, quarantined from meta.balances where "
                          "run_id = (select max(run_id) from meta.runs)")[0]

    def query(self, sql):
        with duckdb.connect(str(self.folder / "deskhouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def watermark(self):
        return self.query("select watermark from meta.watermarks where entity = 'tickets'")[0][0]

    def ids(self):
        return [id for id, in self.query("select id::bigint from operational.tickets order by 1")]

    def is_whole(self):
        """The warehouse has what the table has, and increments equal a rebuild."""
        theirs = json.loads(self.sql(
            "select coalesce(json_agg(json_build_array(id::text, subject, status) order by id::text collate \"C\"), '[]') "
            "from tickets where updated_at < now() + interval '5 minutes'"))
        ours = [list(row) for row in self.query("select id, subject, status from operational.tickets order by id")]
        assert ours == theirs
        self.deskhouse("verify")


numbers = itertools.count(1)


@pytest.fixture
def desk(server, deskhouse, binary, tmp_path):
    return Desk(server, tmp_path, deskhouse, binary, f"desk{next(numbers)}")
