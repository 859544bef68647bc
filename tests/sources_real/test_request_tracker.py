"""Request Tracker, whose schema nobody here designed, read by examples/request-tracker alone while people work at it."""

import random
import re
import threading

import duckdb
import pytest

from . import mysql_server, postgresql_server, rt_truth
from .request_tracker import RequestTracker

READER = "it's a reader"
AGENTS, CUSTOMERS = ["anna", "bert", "chloé"], ["rita", "sven", "김하나"]
RIGHTS = ("OwnTicket ShowTicket ModifyTicket TakeTicket StealTicket ReassignTicket ReplyToTicket CommentOnTicket SeeQueue "
          "CreateTicket DeleteTicket SeeCustomField ModifyCustomField").split()
CHANGES = {  # what people do at a desk, and how often
    "create": 8, "take": 6, "steal": 4, "give": 6, "status": 14, "priority": 6, "move": 5, "write": 12, "field": 10, "no_field": 5,
    "subject": 3, "due": 3, "worked": 3, "remind": 2, "merge": 3, "requestor": 6, "no_requestor": 7}


class Example:
    """The project of examples/request-tracker against a Request Tracker of the tests' own."""

    def __init__(self, toml, deskhouse, folder):
        self.run_deskhouse, self.folder = deskhouse, folder
        (folder / "deskhouse.toml").write_text(toml)

    def deskhouse(self, *arguments):
        return self.run_deskhouse("-C", self.folder, *arguments, env={"RT_PASSWORD": READER, "HOME": str(self.folder)})

    def query(self, sql):
        with duckdb.connect(str(self.folder / "deskhouse.duckdb"), read_only=True) as connection:
            return [rt_truth.as_texts(row) for row in connection.execute(sql).fetchall()]

    def run(self):
        """One run, the balance of its entities: extracted, loaded, unchanged, superseded, quarantined."""
        self.deskhouse("run", "-q")
        rows = self.query("select entity, extracted, loaded, unchanged, superseded, quarantined from meta.balances where run_id = "
                          "(select max(run_id) from meta.runs)")
        balance = {entity: tuple(map(int, numbers)) for entity, *numbers in rows}
        assert all(numbers[0] == sum(numbers[1:]) and numbers[4] == 0 for numbers in balance.values()), balance
        return balance

    def is_whole(self, worker):
        """Record by record what RT holds, and increments equal a rebuild."""
        for name, (truth, here) in rt_truth.ALL.items():
            expected, found = truth(worker), self.query(here)
            assert len(expected) > 1, name
            assert sorted(found, key=str) == sorted(expected, key=str), name
        self.deskhouse("verify")


class Postgresql:
    """`readme`: the statements that the example tells people to run."""

    def __init__(self, request, readme, folder):
        server = request.getfixturevalue("postgresql")
        self.rt = RequestTracker("Pg", server.port, "admin", postgresql_server.PASSWORD, folder)
        server.sql(readme[0], "rt5")
        server.sql("alter role deskhouse set timezone = 'America/St_Johns'")  # RT's times are UTC, whatever a session's zone is

    def toml(self, text):
        return text.replace("port = 5432", f"port = {self.rt.port}")


class Mariadb:
    def __init__(self, request, readme, folder):
        server = request.getfixturevalue("mysql")
        self.rt = RequestTracker("mysql", server.port, "admin", mysql_server.PASSWORD, folder)
        server.sql(readme[1])
        self.aggregate = readme[2]

    def toml(self, text):
        text = text.replace('type = "postgresql"', 'type = "mysql"').replace("port = 5432", f"port = {self.rt.port}")
        return re.sub(r"select jsonb_object_agg.*?group by f.Name\) c\n", lambda _: self.aggregate, text, flags=re.DOTALL)


@pytest.fixture(scope="module", params=[Postgresql, Mariadb])
def database(request, repo, tmp_path_factory):
    readme = (repo / "examples" / "request-tracker" / "README.md").read_text()
    password = "'" + READER.replace("'", "''") + "'"
    blocks = [block.replace("'...'", password) for block in re.findall(r"```sql\n(.*?)```", readme, re.DOTALL)]
    return request.param(request, blocks, tmp_path_factory.mktemp("request_tracker"))


@pytest.fixture(scope="module")
def rt(database):
    return database.rt


@pytest.fixture(scope="module")
def worker(rt):
    worker = rt.worker()
    for name in AGENTS:
        worker.do("user", Name=name, RealName=f'{name.title()} "the" O\'Brien', EmailAddress=f"agent{AGENTS.index(name)}@example.org",
                  Privileged=1)
        worker.do("grant", name=name, rights=RIGHTS)
    for name in CUSTOMERS:  # who may write is for RT's mail gateway to decide, and there is none
        worker.do("user", Name=name, EmailAddress=f"customer{CUSTOMERS.index(name)}@example.com", Organization="Vertrieb; Süd")
        worker.do("grant", name=name, rights=["ShowTicket", "ReplyToTicket", "CommentOnTicket"])
    worker.do("queue", Name="Network")
    worker.do("custom_field", Name="Category", Type="FreeformSingle")
    worker.do("custom_field", Name='Site, "old"', Type="FreeformMultiple")
    yield worker
    worker.close()


@pytest.fixture
def example(database, worker, repo, deskhouse, tmp_path):
    toml = (repo / "examples" / "request-tracker" / "deskhouse.toml").read_text()
    return Example(database.toml(toml), deskhouse, tmp_path)


def create(worker, subject, **more):
    return worker.do("create", Queue="General", Subject=subject, Requestor=["rita"], **more)


def put_into_the_past(worker, tickets):
    """As if all that was done to them had been done on a day of its own in January."""
    for day, ticket in enumerate(tickets, 1):
        time = f"2026-01-{day:02} 10:00:00"
        worker.do("sql", sql=f"update Tickets set Created = '{time}', LastUpdated = '{time}' where id = {ticket}")
        worker.do("sql", sql=f"update Transactions set Created = '{time}' where ObjectType = 'RT::Ticket' and ObjectId = {ticket}")


def test_what_is_odd_about_request_tracker(example, worker):
    """Each by hand; and of months of tickets the second run reads what changed, merges included, which RT does not date."""
    subject = 'Drucker "defekt", 프린터; it\'s \\ broken'
    printer = create(worker, subject, Priority=75, fields={"Category": "Hardware", 'Site, "old"': ["Süd", 'No "2"']})
    double, third, spam, quiet, last = (create(worker, text) for text in ("again", "and again", "buy now", "all quiet", "last"))
    put_into_the_past(worker, [printer, double, third, spam, quiet, last])
    example.run()
    ours = "id in ({})".format(", ".join(f"'{id}'" for id in (printer, double, third, spam, quiet)))

    worker.do("write", id=printer, by="rita", kind="Correspond", content="Any news?")  # no answer: she asked
    worker.do("take", id=printer, by="anna")
    worker.do("write", id=printer, by="anna", kind="Correspond", content="We look into it", minutes=7)
    worker.do("status", id=printer, by="anna", to="resolved")
    worker.do("status", id=printer, by="anna", to="open")  # RT keeps Resolved
    worker.do("worked", id=printer, by="anna", to=5)  # two minutes too many
    worker.do("remind", id=printer, by="anna", to="anna", subject="call rita")
    worker.do("merge", id=double, by="anna", to=third)
    worker.do("merge", id=third, by="anna", to=printer)  # double follows, and nothing says so
    worker.do("status", id=spam, by="anna", to="rejected")
    second = example.run()

    assert second["tickets"][0] <= len(rt_truth.tickets(worker)) - 1, "not the quiet one"
    assert second["ticket_events"][0] <= len(rt_truth.events(worker)) - 5, "not how those before the last were created"
    assert example.query(f"select subject, status, priority, category, is_deleted, resolved_at, closed_at is not null, due_at, "
                         f"custom_fields from operational.tickets where {ours} order by id::bigint") == [
        (subject, "Open", "Medium", "Hardware", False, None, False, None,
         {"Category": "Hardware", 'Site, "old"': 'Süd, No "2"'}),
        ("again", "Open", "Low", "General", True, None, False, None, None),
        ("and again", "Open", "Low", "General", True, None, False, None, None),
        ("buy now", "Closed", "Low", "General", False, None, True, None, None),
        ("all quiet", "Open", "Low", "General", False, None, False, None, None)]
    # Resolved and open again, perhaps within one second; the answer was Anna's.
    answered, = worker.rows(f"select max(Created) from Transactions where ObjectId = {printer} and Type = 'Correspond'")
    assert example.query(f"select t.reopen_count, t.first_response_at, sum(m.minutes)::bigint from core.fact_tickets t join "
                         f"operational.time_entries m on m.ticket_id = t.ticket_id where t.ticket_id = '{printer}' group by 1, 2") == [
        ("1", answered[0], "5")]
    assert example.query("select 1 from operational.tickets where subject = 'call rita'") == []
    example.is_whole(worker)


def test_agents_come_and_go(example, worker):
    """Who was an agent stays one, inactive; who owns a ticket is one, without a change of the user."""
    for name in ("dora", "emil", "fritz"):
        worker.do("user", Name=name, EmailAddress=f"{name}@example.org", Privileged=int(name != "fritz"))
    worker.do("grant", name="fritz", rights=["OwnTicket", "ShowTicket"])
    worker.do("queue", Name="Leitung")
    ticket = create(worker, "for fritz")
    example.run()
    active = "select is_active from operational.agents where name = '{}'"
    assert example.query(active.format("dora")) == [(True,)] and example.query(active.format("fritz")) == []
    worker.do("set_user", name="dora", field="Privileged", value=0)
    worker.do("set_user", name="emil", field="Disabled", value=1)
    worker.do("give", id=ticket, to="fritz")
    worker.do("rename_queue", id="Leitung", name="Netze & Leitungen")
    example.run()
    assert example.query(active.format("dora")) == [(False,)] and example.query(active.format("emil")) == [(False,)]
    assert example.query("select name, is_active from operational.agents where name = 'fritz'") == [("fritz", False)]
    example.is_whole(worker)


class Desk:
    """People who work at random, but as the seed says; RT refuses some of it, as it should."""

    def __init__(self, worker, seed, tickets):
        self.worker, self.random, self.tickets, self.done = worker, random.Random(seed), tickets, dict.fromkeys(CHANGES, 0)
        self.refusals = {}

    def arguments(self, change, by):
        pick = self.random.choice
        return {
            "create": lambda: {"Queue": pick(["General", "Network"]), "Subject": pick(["Ümläut", "따옴표 \"'", "a\tb"]), "Status": "open",
                               "Requestor": self.random.sample(CUSTOMERS, self.random.randrange(3)), "Owner": pick(AGENTS + ["Nobody"]),
                               "Priority": self.random.randrange(120), "TimeWorked": pick([0, 0, 30]),
                               "fields": {'Site, "old"': ["Süd", "2"]}},
            "give": lambda: {"to": pick(AGENTS + ["Nobody"])},
            "status": lambda: {"to": pick(["open", "stalled", "resolved", "resolved", "rejected", "deleted", "open"])},
            "priority": lambda: {"to": self.random.randrange(-5, 120)},
            "move": lambda: {"to": pick(["General", "Network"])},
            "write": lambda: {"kind": pick(["Correspond", "Comment"]), "content": "…", "minutes": pick([0, 0, 5])},
            "field": lambda: {"name": pick(["Category", 'Site, "old"']), "to": pick(["Süd", "x, y", "Ü" * 300])},
            "no_field": lambda: {"name": 'Site, "old"', "to": "Süd"},
            "subject": lambda: {"to": pick(["new", "neu: \\N \\n"])},
            "due": lambda: {"to": pick(["2026-12-24 12:00:00", "1970-01-01 00:00:00"])},
            "worked": lambda: {"to": self.random.randrange(60)},
            "remind": lambda: {"to": pick(AGENTS), "subject": "remember"},
            "merge": lambda: {"to": pick(self.tickets)},
            "requestor": lambda: {"to": pick(CUSTOMERS)},
            "no_requestor": lambda: {"to": pick(CUSTOMERS)},
        }.get(change, dict)()

    def work(self, changes):
        for change in self.random.choices(list(CHANGES), list(CHANGES.values()), k=changes):
            by = self.random.choice(AGENTS + (CUSTOMERS if change == "write" else []))
            arguments = self.arguments(change, by)
            if change != "create":
                arguments["id"] = self.random.choice(self.tickets)
                # What is merged away cannot be reached in RT any more.
                if self.worker.rows(f"select EffectiveId from Tickets where id = {arguments['id']}") != [(str(arguments["id"]),)]:
                    continue
            answer = self.worker.attempt(change, by=by, **arguments)
            if isinstance(answer, dict):
                self.refusals[change] = answer["error"]
                continue
            self.done[change] += 1
            if change == "create":
                self.tickets.append(int(answer))


@pytest.mark.parametrize("seed, changes", [(20260101, 100), *(pytest.param(seed, 500, marks=pytest.mark.soak) for seed in range(1, 6))])
def test_it_is_read_while_people_work(example, rt, worker, seed, changes):
    tickets = [create(worker, f"Ticket {n}") for n in range(8)]
    others = [rt.worker(), rt.worker()]
    desks = [Desk(other, seed + n, tickets[n::2]) for n, other in enumerate(others)]
    threads = [threading.Thread(target=desk.work, args=(changes,)) for desk in desks]
    for thread in threads:
        thread.start()
    loads = 0
    while any(thread.is_alive() for thread in threads):
        loads += example.run()["tickets"][1] > 0
    for thread in threads:
        thread.join()
    for other in others:
        other.close()
    assert loads >= 3, "it was read while they worked"
    done = {change: sum(desk.done[change] for desk in desks) for change in CHANGES}
    assert min(done.values()) > 0, f"seed {seed}: {done}, {[desk.refusals for desk in desks]}"
    example.run()
    example.is_whole(worker)
    again = example.run()
    assert all(numbers[1] == 0 for numbers in again.values()), again
    example.is_whole(worker)
