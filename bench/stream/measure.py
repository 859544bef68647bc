"""measure.py EVENTS REPEATS: the stream beside a consumer that only counts, and beside Spark that counts by priority, on the same topic in the
same run; and the time from an event's sending to its being published at 500 events a second. Starts a broker of its own and stops it."""

import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO / "tests"), str(REPO / "tests" / "spark")]

import duckdb  # noqa: E402
from cluster import PYTHON, kafka_jars, what_is_missing  # noqa: E402
from stream import librdkafka  # noqa: E402
from stream.broker import Broker, kafka_home  # noqa: E402

BINARY = REPO / "build" / "release" / "deskhouse"
STATUSES, PRIORITIES = ["Open", "Pending", "Resolved", "Closed"], ["Low", "Medium", "High", "Critical"]
CATEGORIES = ["Mail", "Network", "Hardware", "Software", "Access"]
WORDS = "the printer on our floor stopped after an update and nobody can sign in to mail from home since this morning please help".split()


def stamp(second):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_700_000_000 + second))


def ticket(rng, number, **more):
    return {"id": f"T{number}", "subject": f"Cannot print on floor {number % 9}", "description": " ".join(rng.choices(WORDS, k=40)),
            "status": rng.choice(STATUSES), "priority": rng.choice(PRIORITIES), "category": rng.choice(CATEGORIES),
            "requester_id": f"U{rng.randrange(5000)}", "assigned_to": f"A{rng.randrange(100)}",
            "created_at": stamp(number * 60)} | more


def write_events(path, count):
    """Four events a ticket, in the order in which they happened."""
    rng = random.Random(1)
    with path.open("w") as out:
        for i in range(count):
            at = stamp(i * 15 + 60)
            data = ticket(rng, rng.randrange(max(i // 4, 1)), updated_at=at)
            out.write(json.dumps({"event_type": "ticket.updated", "timestamp": at, "data": data}, separators=(",", ":")) + "\n")


def run(name, command, events):
    start = time.monotonic()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    assert status == 0, f"{name} failed"
    print(f"{name:10} {events / wall:10,.0f} events/s  {usage.ru_maxrss // 1024:5} MiB  "
          f"{usage.ru_utime + usage.ru_stime:6.1f} s of processor", flush=True)
    return wall, usage.ru_maxrss // 1024


def count_by_spark(brokers, topic, count):
    """Seconds of the whole process, and of the query in it. What its Java takes of memory and processor is not in Python's usage."""
    start = time.monotonic()
    done = subprocess.run([PYTHON, pathlib.Path(__file__).with_name("count_spark.py"), brokers, topic, kafka_jars()], check=True, stdout=subprocess.PIPE)
    wall = time.monotonic() - start
    told = json.loads(done.stdout)
    print(f"{'Spark':10} {count / wall:10,.0f} events/s", flush=True)
    assert sum(told["counts"].values()) == count and set(told["counts"]) == set(PRIORITIES)
    return wall, told["seconds"]


def project(folder, brokers, topic):
    folder.mkdir()
    (folder / "deskhouse.toml").write_text(f'[stream]\nbrokers = "{brokers}"\n[stream.topics.{topic}]\nentity = "tickets"\n')
    return folder


def throughput(folder, brokers, count, repeats):
    topic = librdkafka.Topic(brokers, "bench", 4)
    write_events(folder / "events.jsonl", count)
    run("publish", [BINARY, "publish", folder / "events.jsonl", "--brokers", brokers, "--topic", "bench"], count)
    counter = folder / "count"
    subprocess.run(["g++", "-std=c++23", "-O2", pathlib.Path(__file__).with_name("count.cpp"), "-o", counter, "-lrdkafka"], check=True)
    ratios, of_spark, of_query, peak = [], [], [], 0
    missing = what_is_missing()
    if missing:
        print(f"Spark is left out: {missing}", flush=True)
    for i in range(repeats):
        counted, _ = run("count", [counter, brokers, topic.name, 4], count)
        desk = project(folder / f"desk{i}", brokers, topic.name)
        streamed, peak = run("stream", [BINARY, "-C", desk, "-q", "stream", "--until-end"], count)
        # A run resets what the system keeps of it, to know the peak of each of its stages: the highest is the whole's.
        with duckdb.connect(str(desk / "deskhouse.duckdb"), read_only=True) as c:
            peak = max(peak, c.execute("select max(peak_memory_bytes) // 1048576 from meta.stages").fetchone()[0])
        ratios.append(counted / streamed)
        if not missing:
            wall, query = count_by_spark(brokers, topic.name, count)
            of_spark.append(wall / streamed)
            of_query.append(query / streamed)
    print(f"\nstream / count        {statistics.median(ratios):6.2f}      target: at least 0.5")
    if not missing:
        print(f"stream / Spark        {statistics.median(of_spark):6.2f}      target: at least 2 ({statistics.median(of_query):.2f} beside the query alone)")
    print(f"stream, peak memory   {peak:6d} MiB  target: at most 512")


def latency(folder, brokers, kind, target, seconds=20, rate=500):
    """Events without updated_at have the time of their sending as theirs; the run that published them knows when it was."""
    topic = librdkafka.Topic(brokers, f"latency-{kind}", 4)
    desk = project(folder / f"latency-{kind}", brokers, topic.name)
    rng = random.Random(2)

    def publish(numbers):
        lines = "".join(json.dumps(ticket(rng, i)) + "\n" for i in numbers)
        subprocess.run([BINARY, "publish", "--brokers", brokers, "--topic", topic.name, "--rate", str(rate)], input=lines.encode(),
                       check=True, stdout=subprocess.DEVNULL)

    publish(range(rate))
    subprocess.run([BINARY, "-C", desk, "-q", "stream", "--until-end", "--latency", kind], check=True)  # its models are built
    streaming = subprocess.Popen([BINARY, "-C", desk, "stream", "--latency", kind], stdout=subprocess.PIPE, text=True)
    publish(range(rate, 2 * rate))
    streaming.stdout.readline()  # it reads
    threading.Thread(target=streaming.stdout.read).start()
    time.sleep(2)
    publish(range(2 * rate, (4 + seconds) * rate))  # of the first two seconds some wait for the producer, which asks for its number
    time.sleep(3)
    streaming.terminate()
    assert streaming.wait() == 0
    with duckdb.connect(str(desk / "deskhouse.duckdb"), read_only=True) as c:
        (count, p50, p99), = c.execute(
            "select count(*), quantile_cont(late, 0.5), quantile_cont(late, 0.99) from (select epoch_ms(r.finished_at) - "
            "epoch_ms(t.updated_at) as late from operational.tickets t join meta.runs r using (run_id) where id[2:]::int >= "
            f"{4 * rate})").fetchall()
    assert count == seconds * rate
    print(f"sent to visible at {rate}/s, latency {kind}: p50 {p50:.0f} ms, p99 {p99:.0f} ms      target: p99 under {target} ms")


def main(count, repeats):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "kafka").mkdir()
        broker = Broker(kafka_home(REPO), folder / "kafka")
        try:
            throughput(folder, broker.brokers, count, repeats)
            latency(folder, broker.brokers, "normal", 400)
            latency(folder, broker.brokers, "low", 60)
        finally:
            broker.wipe()


main(int(sys.argv[1]), int(sys.argv[2]))
