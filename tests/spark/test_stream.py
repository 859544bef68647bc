"""A stream by Spark is the stream of one process, cell by cell, whoever is killed meanwhile."""

import importlib.util
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest
from cluster import kafka_jars

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from stream.broker import PASSWORD, SASL, Broker, kafka_home  # noqa: E402
from stream.events import encoded, partial_events, whole_events  # noqa: E402
from stream.librdkafka import Topic  # noqa: E402
from stream.server import Server, eventually  # noqa: E402

NOT_EVENTS = [b"no json", b'{"event_type": "ticket.updated", "data": {}}', b"", b'{"event_type": "x", "timestamp": 0, "data": {"id": "1"}}']
NOW = ["--now", "2024-06-01"]
QUARANTINE = "select source, entity, file, line, raw::varchar, reasons from staging.quarantine where file <> 'settled' order by all"
REPO = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def broker(repo, tmp_path_factory):
    broker = Broker(kafka_home(repo), tmp_path_factory.mktemp("kafka"))
    yield broker
    broker.wipe()


@pytest.fixture
def topic(broker, tmp_path):
    return Topic(broker.brokers, f"events-{tmp_path.name}", 2)


def send(topic, events, **options):
    topic.send([encoded(event) for event in events], **options)


class Desk:
    """A project that reads the topic: by Spark, or where `cluster` is None by this process. `guarded`: from brokers that want a password."""

    def __init__(self, deskhouse, binary, folder, topic, cluster, more="", warehouse="", guarded=""):
        self.folder, self.cluster, self.environment, self._deskhouse, self._binary = folder, cluster, None, deskhouse, binary
        folder.mkdir()
        text = f'{warehouse}\n[stream]\nbrokers = "{guarded or topic.brokers}"\n{SASL if guarded else ""}[stream.topics.{topic.name}]\nentity = "tickets"\n'
        if cluster:
            settings = dict(value.split("=", 1) for value in cluster.settings()[1::2]) | {"spark.jars": kafka_jars()}
            self.environment = cluster.environment | {"KAFKA_PASSWORD": PASSWORD}
            text += f'[stream.spark]\nmaster = "{cluster.master}"\ntrigger = "1s"\n[stream.spark.conf]\n'
            text += "".join(f'"{name}" = "{value}"\n' for name, value in settings.items())
        (folder / "deskhouse.toml").write_text(text + more)

    def __call__(self, *arguments, **options):
        return self._deskhouse("-C", self.folder, *arguments, env=options.pop("env", self.environment), **options)

    def read(self, *arguments, **options):
        return self("stream", "--until-end", *NOW, *arguments, **options)

    def dies(self, at):
        """Reads until the process dies at a step."""
        done = subprocess.run([self._binary, "-C", self.folder, "stream", "--until-end", *NOW], capture_output=True, text=True,
                              env={**self.environment, "DESKHOUSE_CRASH_AT": at}, timeout=120)
        assert done.returncode < 0 or done.returncode > 100, done.stderr

    def start(self):
        return subprocess.Popen([self._binary, "-C", self.folder, "stream", *NOW], env=self.environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def rows(self, sql):
        return self("query", "--csv", sql).stdout.splitlines()[1:]

    def equals(self, other):
        self("verify", "--against", other.folder / "deskhouse.duckdb")


@pytest.fixture
def make(deskhouse, binary, tmp_path):
    return lambda name, topic, cluster=None, **more: Desk(deskhouse, binary, tmp_path / name, topic, cluster, **more)


def until_read(process, events: int) -> None:
    """Until the process has said that it published so many. REQUIRES that it does."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        said = re.search(r": ([\d,]+) events so far", line)
        if said and int(said[1].replace(",", "")) >= events:
            return
    raise AssertionError("".join(lines) + process.stderr.read())


def test_a_lake_holds_what_a_file_holds(make, topic, cluster, tmp_path):
    """Whole documents, parts, what is none of these, and transactions; the engines take over from each other."""
    file = make("file", topic)
    lake = make("lake", topic, cluster, warehouse=f'[project]\nwarehouse = "ducklake:sqlite:{tmp_path}/catalogue.sqlite"\nlake_data = "{tmp_path}/data"')
    events = partial_events(700, seed=5)
    send(topic, events[:200] + NOT_EVENTS)
    send(topic, events[200:250], transaction=("first", "commit"))
    send(topic, whole_events(20, seed=6), transaction=("second", "abort"))
    lake.read()
    (name,) = lake.rows("select batch from meta.cluster_batches")
    assert name.endswith("/0")
    send(topic, events[250:400])
    lake.read("--engine", "embedded")  # and the checkpoint is behind
    send(topic, events[400:])
    lake.read()
    file.read()
    lake.equals(file)
    assert lake.rows(QUARANTINE) == file.rows(QUARANTINE) and len(lake.rows(QUARANTINE)) >= len(NOT_EVENTS)
    assert lake.rows("select sum(events) from (select extracted as events from meta.balances)") == \
        file.rows("select sum(events) from (select extracted as events from meta.balances)")
    lake("verify")


def test_five_ways(make, deskhouse, broker, topic, cluster, tmp_path):
    """The same versions of tickets in one batch and as events, into a file and a lake, by this process and by Spark."""
    events = whole_events(400, seed=12)
    send(topic, events)

    def lake(name):
        return f'[project]\nwarehouse = "ducklake:sqlite:{tmp_path}/{name}.sqlite"\nlake_data = "{tmp_path}/{name}"'

    batch = '[sources.desk.tickets]\npath = "tickets.jsonl"\n'
    ways = {"batch": make("batch", topic, more=batch), "stream": make("stream", topic),
            "lake": make("lake", topic, more=batch, warehouse=lake("c")),
            "spark": make("spark", topic, cluster, more=batch, warehouse=lake("d")),
            "streaming": make("streaming", topic, cluster, warehouse=lake("e"), guarded=broker.guarded)}
    for name in ("batch", "lake", "spark"):
        (ways[name].folder / "tickets.jsonl").write_text("".join(json.dumps(event["data"]) + "\n" for event in events))
    ways["batch"]("run", *NOW)
    ways["stream"].read()
    ways["lake"]("run", *NOW)
    ways["spark"]("run", *NOW, "--engine", "spark", "--master", cluster.master, *cluster.settings())
    ways["streaming"].read()
    for name, way in ways.items():
        if name != "batch":
            way.equals(ways["batch"])


def test_others_do_what_was_killed(make, topic, cluster):
    """An executor and a worker while events come; then the driver, which is another's to start."""
    desk, file = make("spark", topic, cluster), make("file", topic)
    events = partial_events(3_000, seed=8, tickets=200)
    stream = desk.start()
    try:
        send(topic, events[:500])
        until_read(stream, 500)
        os.kill(cluster.executors()[0], signal.SIGKILL)
        send(topic, events[500:1_500])
        until_read(stream, 1_500)
        cluster.kill_a_worker()
        send(topic, events[1_500:2_500])
        until_read(stream, 2_500)
        cluster.add_worker()
        cluster.wait_for_workers(2)
        send(topic, events[2_500:])
        (driver,) = map(int, subprocess.run(["pgrep", "-P", str(stream.pid)], capture_output=True, text=True).stdout.split())
        os.kill(driver, signal.SIGKILL)
        errors = stream.stderr.read()
        assert stream.wait(timeout=60) == 1 and "ended by signal 9" in errors and "run again" in errors, errors
    finally:
        stream.kill()
    desk.read()
    file.read()
    desk.equals(file)


def test_who_publishes_dies(make, topic, cluster):
    """Before the commit, and between the commit and the word that it is done: each event counts once."""
    desk, file = make("spark", topic, cluster), make("file", topic)
    events = partial_events(600, seed=9)
    send(topic, events[:400])
    desk.dies("before_offsets")
    assert desk.rows("select count(*) from operational.tickets") == ["0"]
    desk.dies("after_micro_batch")
    assert desk.rows("select sum(next_offset) from meta.stream_offsets") == ["400"]
    send(topic, events[400:])
    desk.read()
    file.read()
    desk.equals(file)
    # What was published when it died was left out.
    assert desk.rows("select sum(extracted) from meta.balances join meta.runs using (run_id) where status = 'succeeded'") == ["600"]
    assert {entry.name for entry in (desk.folder / "deskhouse.duckdb.events").iterdir()} == {"checkpoint"}


def test_what_the_load_table_refuses(make, topic, cluster):
    """The process then reads the records itself, out of what the cluster kept of them."""
    more = '[sources.desk.tickets]\npath = "none.csv"\nrow_conditions = ["priority <> \'Critical\'"]\n'
    more += "[sources.desk.tickets.fields]\n" + "".join(f'{field} = "{field}"\n' for field in (
        "id", "subject", "status", "priority", "category", "requester_id", "assigned_to", "created_at", "updated_at", "resolved_at"))
    desk, file = make("spark", topic, cluster, more=more), make("file", topic, more=more)
    send(topic, whole_events(200, seed=3) + partial_events(100, seed=4))
    desk.read()
    file.read()
    desk.equals(file)
    assert desk.rows(QUARANTINE) == file.rows(QUARANTINE) and any("Critical" in row for row in desk.rows(QUARANTINE))


def test_live_numbers(make, binary, topic, cluster, tmp_path):
    """A server whose stream is a cluster's shows the windows of one that reads itself."""
    send(topic, whole_events(300, seed=2))
    shown = []
    for desk in (make("spark", topic, cluster), make("file", topic)):
        server = Server(binary, desk.folder, desk.environment)
        try:
            eventually(lambda: server.json("/api/v1/live/windows")["events"] == 300, seconds=90)
            live = server.json("/api/v1/live/windows")
            assert live["is_reading"] and live["error"] is None and sum(w["High"] for w in live["windows"]) > 0
            shown.append((live["windows"], live["tickets"], live["open_by_priority"]))
        finally:
            assert server.stop() == 0
    assert shown[0] == shown[1]


def test_a_checkpoint_that_goes_on(tmp_path):
    """Only one that was published as far as the warehouse says, or whose next micro-batch is the first that was not."""
    sys.path.insert(0, str(REPO / "spark"))
    spec = importlib.util.spec_from_file_location("spark_stream", REPO / "spark" / "stream.py")
    job = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(job)

    def ends(*offsets, committed):
        for folder in ("offsets", "commits"):
            (tmp_path / folder).mkdir(exist_ok=True)
        for number, offset in enumerate(offsets):
            (tmp_path / "offsets" / str(number)).write_text(f'v1\n{{}}\n{{"events":{{"0":{offset}}}}}')
            if number < committed:
                (tmp_path / "commits" / str(number)).write_text("v1\n{}")

    def goes_on(offset, topics=("events",)):
        return job.goes_on(tmp_path, {"events": {"0": offset}}, list(topics))

    assert not goes_on(0)
    ends(10, committed=0)
    assert goes_on(10) and not goes_on(0)
    ends(10, 20, committed=1)
    assert goes_on(10) and goes_on(20) and not goes_on(15) and not goes_on(20, ("events", "more"))
    ends(10, 20, committed=2)
    assert goes_on(20) and not goes_on(10)
    (tmp_path / "offsets" / ".3.crc").write_text("")
    assert goes_on(20)


def test_a_cluster_without_the_connector(make, topic, cluster):
    desk = make("spark", topic, cluster)
    text = (desk.folder / "deskhouse.toml").read_text()
    (desk.folder / "deskhouse.toml").write_text(re.sub('"spark.jars" = .*', "", text))
    errors = desk.read(code=1).stderr
    assert "Kafka" in errors and "does not read the events" in errors and len(errors.splitlines()) < 6, errors


@pytest.mark.parametrize("change, arguments, code, message", [
    ("", ["--accept-loss"], 2, "without a cluster"),
    ('[stream.properties]\n"fetch.min.bytes" = 1\n', [], 2, "fetch.min.bytes is not known where a Spark cluster reads"),
    ("", ["--engine", "embedded", "--master", "local[1]"], 2, "go with --engine spark"),
])
def test_what_is_wrong(make, topic, cluster, change, arguments, code, message):
    desk = make("spark", topic, cluster, more=change)
    assert message in desk.read(*arguments, code=code).stderr
