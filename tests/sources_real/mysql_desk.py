"""A project that reads tickets from a MariaDB server."""

import os
import signal

from .desk import Desk
from .mysql_server import PASSWORD, Session

TICKETS = """
create table tickets (id bigint unsigned primary key, subject text not null, status varchar(20) not null,
  priority varchar(20), category varchar(50), requester_id varchar(20), created_at timestamp(6) not null default '2026-01-01',
  updated_at timestamp(6) null, resolved_at timestamp null, custom_fields json, key (updated_at, id)) engine = InnoDB
"""
INSERT = "insert into tickets (id, subject, status, created_at, updated_at, requester_id, category) "


def add(first, last, updated="now(6)", subject="concat('Ticket ', n)", source=""):
    return (f"{INSERT} select n, {subject}, 'Open', '2026-01-01', {updated}, concat('r', n % 7), 'Network' "
            f"from (select seq as n from seq_{first}_to_{last}) as numbers{source}")


class MysqlDesk(Desk):
    type, table, add = "mysql", "tickets", staticmethod(add)
    local_times = "alter table tickets modify updated_at datetime, modify created_at datetime"
    days_ago, tomorrow = "now(6) - interval n day", "now(6) + interval 1 day"
    remember_now, remembered = "select count(*) from tickets; set @then = now(6)", "@then"
    pause = "do sleep(0.002)"
    instant = "timestamp(6) null"
    primary_key = "primary key"
    reach = ("\ndelimiter //\ncreate function reach(n bigint) returns bigint reads sql data begin declare said text default "
             "concat('row ', n, ' is out of reach'); if exists (select 1 from poison where id = n) then signal sqlstate '45000' set "
             "message_text = said; end if; return n; end//\ndelimiter ;\n")
    password = PASSWORD
    no_grants, grant_select = ["insert on {}.tickets"], "select on {}.tickets"
    grant_columns = "select (id, subject, status, created_at, updated_at, requester_id, category, resolved_at) on {}.tickets"
    rewrite = "alter table tickets force"
    names = {"instant": "timestamp", "integer": "int", "text": "text"}

    def __init__(self, server, folder, deskhouse, binary):
        super().__init__(server, folder, deskhouse, binary)
        self.environment = {**os.environ, "DESK_PASSWORD": PASSWORD, "HOME": str(folder)}
        server.sql(f"create database {self.name} default character set utf8mb4")
        self.sql(TICKETS)
        self.configure()

    @property
    def grant_of_table(self):
        return f"GRANT SELECT ON `{self.name}`.`tickets` TO `{self.login}`@`%`"

    @property
    def grant_to_see_all(self):
        return f"grant process on *.* to {self.login}"

    def sql(self, text):
        return self.server.sql(text, self.name)

    def session(self):
        return Session(self.server, self.name)

    def reader(self, grants=("select on {}.*",)):
        """Reads as a user with these rights and no other."""
        self.user = self.login
        self.environment["DESK_PASSWORD"] = "p"
        self.sql(f"create user {self.user} identified by 'p'")
        for grant in grants:
            self.grant(grant)
        self.configure()

    def grant(self, grant):
        self.sql(f"grant {grant.format(self.name)} to {self.user}")

    def revoke(self, grant):
        self.sql(f"revoke {grant.format(self.name)} from {self.user}")

    def theirs(self):
        rows = self.sql("select hex(cast(id as char)), hex(subject), hex(status) from tickets where updated_at < now() + interval 5 minute "
                        "order by cast(id as char)")
        return [[bytes.fromhex(field).decode() for field in row.split("\t")] for row in rows.splitlines()]

    @staticmethod
    def utc(moment):
        return f"'{moment}'"

    @staticmethod
    def later(moment, unit, each=1):
        """The moment and `each` units for every number n of add()."""
        return f"timestamp('{moment}') + interval {each} * cast(n as signed) {unit}"

    def retype(self, column, type):
        self.sql(f"alter table tickets modify {column} {type}")

    def readers(self):
        """Connections that read the tickets."""
        return self.sql("select id from information_schema.processlist where info like 'select `id`%' and db = database()").split()

    def cut(self, reader, what):
        self.sql(f"kill {what} {reader}")

    def kill_server(self):
        self.server.stop(signal.SIGKILL)
