"""events.py EVENTS [WORKERS ...]: events of tickets by Structured Streaming with the C++ core, beside the engine of one process, into a file
each; the two warehouses are compared cell by cell. Starts its own broker and clusters."""

import json
import pathlib
import shutil
import sys
import tempfile

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO / "tests" / "spark"), str(REPO / "tests")]

from cluster import Cluster, kafka_jars, what_is_missing  # noqa: E402
from measure import BUILD, run  # noqa: E402
from stream.broker import Broker, kafka_home  # noqa: E402
from stream.librdkafka import Topic  # noqa: E402

DESKHOUSE = BUILD / "deskhouse"
PARTITIONS = 4


def project(folder: pathlib.Path, topic: Topic) -> pathlib.Path:
    folder.mkdir()
    (folder / "deskhouse.toml").write_text(f'[stream]\nbrokers = "{topic.brokers}"\n[stream.topics.{topic.name}]\nentity = "tickets"\n')
    return folder


def prepared_in(desk: pathlib.Path, run_id: int) -> str:
    """What the process did with a micro-batch, in seconds by stage."""
    _, out = run(DESKHOUSE, "-C", desk, "query", "--json", "select stage, sum(seconds) as seconds from meta.stages "
                 f"where run_id = {run_id} group by all order by all")
    return ", ".join(f"{row['stage']} {row['seconds']:.1f}" for row in json.loads(out))


def main() -> None:
    events, *wanted = map(int, sys.argv[1:])
    if missing := what_is_missing():
        sys.exit(f"Spark cannot be started: {missing}")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-events-"))
    (folder / "kafka").mkdir()
    broker = Broker(kafka_home(REPO), folder / "kafka")
    try:
        topic = Topic(broker.brokers, "events", PARTITIONS)
        desk = folder / "desk"
        run(DESKHOUSE, "demo", "--tickets", events, "--dir", desk, "-q")
        # The tickets as they are now, each an event with all of the record.
        run(DESKHOUSE, "-C", desk, "publish", "--brokers", broker.brokers, "--topic", topic.name, "--table", "operational.tickets")
        embedded = project(folder / "embedded", topic)
        read = ["stream", "--until-end", "--now", "2026-01-01", "-q"]
        alone, _ = run(DESKHOUSE, "-C", embedded, *read)
        print(f"{events:,} events, embedded engine: {alone:.1f} s", flush=True)
        for workers in wanted or [1, 2, 4]:
            (folder / str(workers)).mkdir()
            cluster = Cluster(folder / str(workers), workers)
            try:
                spark = project(folder / f"spark{workers}", topic)
                engine = ["--engine", "spark", "--master", cluster.master, *cluster.settings(), "--spark-conf", f"spark.jars={kafka_jars()}"]
                whole, _ = run(DESKHOUSE, "-C", spark, *read, *engine, env=cluster.environment)
                nothing, _ = run(DESKHOUSE, "-C", spark, *read, *engine, env=cluster.environment)
                run(DESKHOUSE, "-C", spark, "verify", "--against", embedded / "deskhouse.duckdb", "-q")
                print(f"{workers} workers: {whole:.1f} s, of which {nothing:.1f} s to start and end a driver with nothing to read; "
                      f"the process: {prepared_in(spark, 1)}; equal", flush=True)
            finally:
                cluster.stop()
    finally:
        broker.wipe()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
