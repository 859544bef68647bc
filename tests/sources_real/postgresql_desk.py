"""A project that reads tickets from a PostgreSQL server."""

import json
import signal

from .desk import Desk
from .postgresql_server import PASSWORD, Session

TICKETS = """
create table tickets (id bigint primary key, subject text not null, status text not null, priority text,
  category text, requester_id text, created_at timestamptz not null, updated_at timestamptz, resolved_at timestamptz,
  custom_fields jsonb)
"""


INSERT = "insert into tickets (id, subject, status, created_at, updated_at, requester_id, category) "


def add(first, last, updated="now()", subject="'Ticket ' || n"):
    return (f"{INSERT} select n, {subject}, 'Open', '2026-01-01', {updated}, 'r' || n % 7, 'Network' "
            f"from generate_series({first}, {last}) n")


class PostgresqlDesk(Desk):
    type, table, add = "postgresql", "public.tickets", staticmethod(add)
    local_times = "alter table tickets alter updated_at type timestamp, alter created_at type timestamp"
    days_ago, tomorrow = "now() - n * interval '1 day'", "now() + interval '1 day'"
    remember_now, remembered = "select now()", "now()"
    pause = "do $$ begin perform pg_sleep(0.002); end $$"
    instant = "timestamptz"
    primary_key = "constraint tickets_pkey"
    reach = ("create function reach(n bigint) returns bigint language plpgsql as $$ begin if exists (select from poison where id = "
             "n) then raise 'row % is out of reach', n; end if; return n; end $$;")
    password = PASSWORD
    no_grants, grant_select = [], "select on tickets"
    grant_columns = "select (id, subject, status, created_at, updated_at, requester_id, category, resolved_at) on tickets"
    rewrite = "alter table tickets alter requester_id type text using requester_id || ''"
    names = {"instant": "timestamp with time zone", "integer": "integer", "text": "text"}

    def __init__(self, server, folder, deskhouse, binary):
        super().__init__(server, folder, deskhouse, binary)
        # Without the server's own environment variables: the project says how to connect.
        self.environment = {k: v for k, v in server.environment(self.name).items() if not k.startswith("PG")}
        self.environment["DESK_PASSWORD"] = PASSWORD
        server.sql(f"create database {self.name}")
        self.sql(TICKETS)
        self.configure()

    @property
    def grant_of_table(self):
        return f'GRANT SELECT ON public.tickets TO "{self.login}"'

    @property
    def grant_to_see_all(self):
        return f"grant pg_read_all_stats to {self.login}"

    def sql(self, text):
        return self.server.sql(text, self.name)

    def session(self):
        return Session(self.server, self.name)

    def reader(self, grants=("select on all tables in schema public",)):
        """Reads as a role with these rights and no other."""
        self.user = self.login
        self.environment["DESK_PASSWORD"] = "p"
        self.sql(f"create role {self.user} login password 'p'")
        for grant in grants:
            self.grant(grant)
        self.configure()

    def grant(self, grant):
        self.sql(f"grant {grant} to {self.user}")

    def revoke(self, grant):
        self.sql(f"revoke {grant} from {self.user}")

    def theirs(self):
        return json.loads(self.sql(
            "select coalesce(json_agg(json_build_array(id::text, subject, status) order by id::text collate \"C\"), '[]') "
            "from tickets where updated_at < now() + interval '5 minutes'"))

    @staticmethod
    def utc(moment):
        return f"'{moment}Z'"

    @staticmethod
    def later(moment, unit, each=1):
        """The moment and `each` units for every number n of add()."""
        return f"timestamptz '{moment}' + n * interval '{each} {unit}'"

    def retype(self, column, type):
        self.sql(f"alter table tickets alter {column} type {type}")

    def readers(self):
        """Connections that read the tickets."""
        return self.sql("select pid from pg_stat_activity where query like 'copy (%' and application_name = 'deskhouse'").split()

    def cut(self, reader, what):
        self.sql(f"select {'pg_terminate_backend' if what == 'connection' else 'pg_cancel_backend'}({reader})")

    def kill_server(self):
        self.server.stop(signal.SIGQUIT)
