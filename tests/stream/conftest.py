"""One broker for all tests of the stream, a topic of one's own for each, and projects that read it."""

import json
import uuid

import duckdb
import pytest

from . import librdkafka
from .broker import Broker, kafka_home
from .events import encoded

# Everything but which run brought a row, when, and from where (docs/decisions/0012).
NOT_COMPARED = {"run_id", "loaded_at", "position"}


@pytest.fixture(scope="session")
def broker(repo, tmp_path_factory):
    home = kafka_home(repo)
    if not list(home.glob("libs/kafka_2.13-*.jar")):
        pytest.fail(f"there is no broker in {home}: run scripts/bootstrap.sh test, or set KAFKA_HOME")
    broker = Broker(home, tmp_path_factory.mktemp("kafka"))
    yield broker
    broker.wipe()


class Topic(librdkafka.Topic):
    def send(self, messages, **options):
        """Messages are events (objects) or bytes; the key of an event is its record's id."""
        super().send([encoded(message) for message in messages], **options)


@pytest.fixture
def make_topic(broker):
    return lambda partitions=2, name=None: Topic(broker.brokers, name or f"events-{uuid.uuid4().hex[:12]}", partitions)


@pytest.fixture
def topic(make_topic):
    return make_topic()


class Project:
    def __init__(self, deskhouse, folder, brokers, topic, more="", catch_up_rows=1):
        """`more`: the rest of [stream], and sections after it."""
        self.deskhouse, self.folder = deskhouse, folder
        folder.mkdir()
        (folder / "deskhouse.toml").write_text(
            f'[stream]\nbrokers = "{brokers}"\nmax_rows = 40\ncatch_up_rows = {catch_up_rows}\n'
            f'{more}\n[stream.topics.{topic}]\nentity = "tickets"\n')

    def stream(self, *arguments, code=0, **options):
        return self.deskhouse("-C", self.folder, "stream", "--until-end", "--now", "2024-06-01", *arguments, code=code,
                              **options)

    def query(self, sql):
        with duckdb.connect(str(self.folder / "deskhouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def make_project(deskhouse, broker, tmp_path):
    def make(topic, name="desk", more="", brokers=broker.brokers, **options):
        return Project(deskhouse, tmp_path / name, brokers, topic.name, more, **options)

    return make


@pytest.fixture
def batch(deskhouse, tmp_path):
    """A project that read the same records in one batch."""

    def run(records, name="batch"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "tickets.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
        (folder / "deskhouse.toml").write_text('[sources.desk.tickets]\npath = "tickets.jsonl"\n')
        deskhouse("-C", folder, "run", "--now", "2024-06-01")
        return folder

    return run


def cells(folder):
    """Every cell of every table that people read, as sorted rows."""
    with duckdb.connect(str(folder / "deskhouse.duckdb"), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name in ('operational', 'core') "
            "or schema_name like 'mart%' union all select schema_name || '.' || view_name from duckdb_views() where "
            "schema_name = 'core' or schema_name like 'mart%' order by 1").fetchall()
        found = {}
        for (table,) in tables:
            columns = [row[0] for row in connection.execute(f"describe {table}").fetchall()]
            kept = ", ".join(f'"{c}"' for c in columns if c not in NOT_COMPARED)
            found[table] = sorted(connection.execute(f"select {kept} from {table}").fetchall(), key=repr)
        return found


def assert_same(a, b):
    left, right = cells(a), cells(b)
    assert left.keys() == right.keys()
    for table in left:
        assert left[table] == right[table], f"{table} of {a.name} and {b.name} differ"


@pytest.fixture
def same():
    return assert_same
