"""A small demo, made once, and copies of it to break."""

import json
import shutil

import duckdb
import pytest

TICKETS = 500


@pytest.fixture(scope="session")
def made_demo(deskhouse, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "desk"
    done = deskhouse("demo", "--tickets", TICKETS, "--dir", folder, "--json")
    (folder.parent / "report.json").write_text(done.stdout)
    return folder


@pytest.fixture
def demo(made_demo, tmp_path):
    """A loaded demo of one's own."""
    folder = tmp_path / "desk"
    shutil.copytree(made_demo, folder)
    return folder


@pytest.fixture
def fresh(demo):
    """The files of the demo, not yet loaded."""
    for name in ("deskhouse.duckdb", "deskhouse.duckdb.wal"):
        (demo / name).unlink(missing_ok=True)
    return demo


@pytest.fixture
def json_of(deskhouse):
    """The parsed output of a command with --json."""

    def run(*arguments, **options):
        return json.loads(deskhouse(*arguments, "--json", **options).stdout)

    return run


@pytest.fixture
def warehouse():
    """Opens a demo's warehouse with the Python package; closes it at the end."""
    opened = []

    def connect(folder, read_only=True):
        opened.append(duckdb.connect(str(folder / "deskhouse.duckdb"), read_only=read_only))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def replace(path, old, new):
    text = path.read_text()
    assert old in text, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new))


class Desk:
    """A project of two files, tickets*.csv and agents.csv, as small as a project can be."""

    TOML = """
[sources.desk]
type = "files"
[sources.desk.tickets]
path = "tickets*.csv"
[sources.desk.tickets.fields]
id = "id"
subject = "subject"
status = "status"
priority = "priority"
category = "category"
requester_id = "requester"
assigned_to = "agent"
group_id = "team"
created_at = "created"
updated_at = "updated"
[sources.desk.agents]
path = "agents.csv"
[sources.desk.agents.fields]
id = "id"
name = "name"
updated_at = "updated"
"""
    HEADER = "id,subject,status,priority,category,requester,agent,team,created,updated\n"

    def __init__(self, folder):
        self.folder = folder

    def project(self, *tickets):
        self.folder.mkdir()
        (self.folder / "deskhouse.toml").write_text(self.TOML)
        (self.folder / "tickets.csv").write_text(self.HEADER + "".join(tickets))
        (self.folder / "agents.csv").write_text("id,name,updated\nA1,Ann,2024-01-01T00:00:00Z\n")
        return self.folder

    def ticket(self, number, agent="A1", team="", updated="2024-03-01T10:00:00Z"):
        return f"T{number},Help,Open,High,Mail,U1,{agent},{team},2024-03-01T09:00:00Z,{updated}\n"


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "small desk")
