"""Prepares events on a Spark cluster, micro-batch after micro-batch: spark-submit stream.py PLAN.

`deskhouse stream --engine spark` writes the plan and submits this. A Structured Streaming query reads the topics; in each
micro-batch the executors have libdeskhouse_core.so decode and validate the events of a partition (mapInArrow), and write
what it gives as Parquet, rows in a folder a month. The driver says so in a line of JSON, and waits until `deskhouse` has
published the files in one transaction with how far it has read; only then is the micro-batch committed in the query's
checkpoint. If anybody dies before, the query plans the same micro-batch again, and it is left out if it was published.

The warehouse says what was read. A checkpoint that does not go on from there, since another engine has read meanwhile, is
begun anew.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import time
import uuid
from collections.abc import Iterator
from typing import Any

from job import Writer, drive, open_session, write_whole

POLL_SECONDS = 0.05
Offsets = dict[str, dict[str, int]]  # by topic and partition: the next one to be read


# ---- The query's checkpoint (offsets/N: where micro-batch N ends, written before it begins; commits/N: it is done) ------

def last_of(folder: pathlib.Path) -> int | None:
    numbers = [int(entry.name) for entry in folder.iterdir() if entry.name.isdigit()] if folder.is_dir() else []
    return max(numbers, default=None)


def end_of(checkpoint: pathlib.Path, number: int) -> Offsets:
    """The lines of an entry are a version, settings, and the offsets of each source, of which we have one."""
    return json.loads((checkpoint / "offsets" / str(number)).read_text().splitlines()[2])


def is_read(end: Offsets, read: Offsets) -> bool:
    return all(read.get(topic, {}).get(partition) == offset
               for topic, partitions in end.items() for partition, offset in partitions.items())


def goes_on(checkpoint: pathlib.Path, read: Offsets, topics: list[str]) -> bool:
    """Whether the query, begun again, reads on where the warehouse ends: `read`."""
    number = last_of(checkpoint / "offsets")
    if number is None:
        return False
    end = end_of(checkpoint, number)
    if sorted(end) != sorted(topics):
        return False
    if is_read(end, read):
        return True
    is_committed = (checkpoint / "commits" / str(number)).exists()
    return not is_committed and number > 0 and is_read(end_of(checkpoint, number - 1), read)


# ---- On the executors -------------------------------------------------------------------------------------------------

def runs_of(batch: Any) -> Iterator[tuple[str, int, Any]]:
    """The rows of each partition that follow each other."""
    import pyarrow.compute

    ends = pyarrow.compute.run_end_encode(batch["partition"]).run_ends.to_pylist() if batch.num_rows else []
    topics = pyarrow.compute.run_end_encode(batch["topic"]).run_ends.to_pylist() if batch.num_rows else []
    begin = 0
    for end in sorted({*ends, *topics}):
        part = batch.slice(begin, end - begin)
        yield part["topic"][0].as_py(), part["partition"][0].as_py(), part.select(["offset", "value"])
        begin = end


def stage(core: Any, writer: Writer) -> None:
    from deskhouse_core import TABLES

    while core.next() > 0:
        for table in TABLES:
            writer.add(table, core.take(table))


def on_executor(plan: dict[str, Any], folder: str, places: dict[tuple[str, int], int]) -> Any:
    """The function for mapInArrow: events to a row that tells what became of them."""

    def run(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow
        from deskhouse_core import Core
        from pyspark import SparkFiles

        library, name = SparkFiles.get(pathlib.Path(plan["library"]).name), uuid.uuid4().hex
        of_topic = {topic["name"]: (topic["source"], topic["entity"]) for topic in plan["topics"]}
        cores: dict[tuple[str, str], tuple[Core, Writer]] = {}
        started, events = time.monotonic(), 0
        for batch in batches:
            for topic, partition, rows in runs_of(batch):
                of = of_topic[topic]
                if of not in cores:
                    writer = Writer(pathlib.Path(folder), f"{topic}-{partition}-{name}")
                    cores[of] = (Core(library, plan["config"], plan["project"], *of), writer)
                core, writer = cores[of]
                core.add_events(topic, partition, places[topic, partition], rows)
                stage(core, writer)
                events += rows.num_rows
        done = []
        for (source, entity), (core, writer) in cores.items():
            writer.add("partials", core.take("partials"))
            writer.close()
            summary = core.summary() | {"seconds": time.monotonic() - started}
            done.append({"source": source, "entity": entity, "files": writer.files, "summary": summary})
            core.close()
        yield pyarrow.record_batch({"done": [json.dumps({"tasks": done, "events": events})]})

    return run


# ---- The driver -------------------------------------------------------------------------------------------------------

class Publisher:
    """What the query calls with each micro-batch."""

    def __init__(self, plan: dict[str, Any], session: Any) -> None:
        self._plan, self._session = plan, session
        self._folder, self._checkpoint = pathlib.Path(plan["folder"]), pathlib.Path(plan["checkpoint"])
        self._read: Offsets = plan["read"]

    def __call__(self, events: Any, number: int) -> None:
        end = end_of(self._checkpoint, number)
        if is_read(end, self._read):
            return  # it was published, and who waited for that died
        folder = self._folder / f"{number}-{uuid.uuid4().hex}"
        folder.mkdir()
        partitions = sorted((topic, int(partition)) for topic in end for partition in end[topic])
        places = {partition: place for place, partition in enumerate(partitions)}
        found = events.mapInArrow(on_executor(self._plan, str(folder), places), "done string").collect()
        parts = [json.loads(row.done) for row in found]
        stream = json.loads((self._checkpoint / "metadata").read_text())["id"]
        manifest = folder / "manifest.json"
        write_whole(manifest, {"number": number, "name": f"{stream}/{number}", "folder": str(folder), "end": end,
                               "events": sum(part["events"] for part in parts), "spark_tasks": len(parts),
                               "tasks": [task for part in parts for task in part["tasks"]], "lag": self._lag(end)})
        print(json.dumps({"manifest": str(manifest)}), flush=True)
        self._wait_for(number)
        self._read = end
        shutil.rmtree(folder, ignore_errors=True)

    def _wait_for(self, number: int) -> None:
        """`deskhouse` writes the number of each micro-batch that it has published. If it dies, so does this process."""
        published = self._folder / "published"
        while not published.exists() or int(published.read_text()) < number:
            time.sleep(POLL_SECONDS)

    def _lag(self, end: Offsets) -> int | None:
        """Events beyond the end when the query looked last; none: it has not looked yet."""
        for query in self._session.streams.active:
            for source in (query.lastProgress or {}).get("sources", []):
                latest = source.get("latestOffset")
                latest = json.loads(latest) if isinstance(latest, str) else latest
                if latest:
                    return sum(max(0, latest.get(topic, {}).get(partition, 0) - offset)
                               for topic, partitions in end.items() for partition, offset in partitions.items())
        return None


def main(path: str) -> None:
    plan = json.loads(pathlib.Path(path).read_text())
    os.unlink(path)  # it may hold a password
    checkpoint, topics = pathlib.Path(plan["checkpoint"]), [topic["name"] for topic in plan["topics"]]
    if not goes_on(checkpoint, plan["read"], topics):
        shutil.rmtree(checkpoint, ignore_errors=True)
    session = open_session(plan["library"])
    events = (session.readStream.format("kafka").options(**plan.pop("kafka"))
              .option("subscribe", ",".join(topics)).option("startingOffsets", json.dumps(plan["start"]))
              .option("kafka.isolation.level", "read_committed").option("failOnDataLoss", "true")
              .option("maxOffsetsPerTrigger", plan["most_events"]).load()
              .select("topic", "partition", "offset", "value"))
    trigger = {"availableNow": True} if plan["until_end"] else {"processingTime": f"{plan['trigger_seconds']} seconds"}
    query = (events.writeStream.foreachBatch(Publisher(plan, session)).option("checkpointLocation", str(checkpoint))
             .trigger(**trigger).start())
    print(json.dumps({"started": True}), flush=True)
    query.awaitTermination()
    session.stop()


if __name__ == "__main__":
    drive(main)
