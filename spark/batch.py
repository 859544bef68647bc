"""Prepares a batch on a Spark cluster: spark-submit batch.py PLAN.

`deskhouse run --engine spark` writes the plan and submits this. Each task of the plan is a share of an entity's records:
an executor has libdeskhouse_core.so read, decode and validate them (mapInArrow), and writes what it gives as Parquet,
rows in a folder a month, and both rows and raw blocks with what is the run's. `deskhouse` then loads the files, or makes
them the lake's own as they are, and publishes them.

What a task wrote counts only if its attempt is the one that Spark takes: file names are an attempt's own, and come to the
driver as the attempt's result, of which Spark takes one for each task, whatever is retried, speculated or killed. The
driver writes them into manifest.json when all are there. Files that are not in it are nobody's.
"""

from __future__ import annotations

import json
import pathlib
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

from job import Writer, drive, open_session, write_whole

POLL_SECONDS = 0.5


def of_run(task: dict[str, Any], plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What rows and raw blocks have of the run: with it a file is one of the lake's table."""
    import pyarrow

    run, at = pyarrow.scalar(plan["run"], pyarrow.int64()), pyarrow.scalar(plan["started_at_us"], pyarrow.timestamp("us"))
    source, entity = pyarrow.scalar(task["source"]), pyarrow.scalar(task["entity"])
    return {"rows": {"source": source, "loaded_at": at, "run_id": run},
            "blocks": {"run_id": run, "source": source, "entity": entity, "extracted_at": at}}


def prepare(task: dict[str, Any], plan: dict[str, Any], library: str, name: str) -> dict[str, Any]:
    """One share of one entity, from its files to Parquet files: what they are, and the library's summary."""
    from deskhouse_core import TABLES, Core

    started = time.monotonic()
    writer = Writer(pathlib.Path(plan["folder"]), f"{task['source_entity']}-{task['part']:03}-{name}", of_run(task, plan))
    with Core(library, plan["config"], plan["project"], task["source"], task["entity"], task["columns"],
              task["latest_update_us"]) as core:
        core.open_files(task["part"], task["parts"])
        for table in TABLES:
            writer.files.setdefault(table, [])
        while core.next() > 0:
            for table in TABLES:
                writer.add(table, core.take(table))
        summary = core.summary()
    writer.close()
    summary["seconds"] = time.monotonic() - started
    return {"job": task["job"], "files": writer.files, "summary": summary}


def on_executor(plan: dict[str, Any], tasks: list[dict[str, Any]]) -> Any:
    """The function for mapInArrow: rows with the number of a task to rows of what became of it."""

    def run(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow
        from pyspark import SparkFiles

        library = SparkFiles.get(pathlib.Path(plan["library"]).name)
        for batch in batches:
            # An attempt that is not the one taken may still be writing: no two have the same name.
            done = [prepare(tasks[number], plan, library, uuid.uuid4().hex) for number in batch["id"].to_pylist()]
            yield pyarrow.record_batch({"done": [json.dumps(one) for one in done]})

    return run


def show_progress(spark_context: Any, over: threading.Event) -> None:
    """A line of JSON on standard output whenever something has changed."""
    status, last = spark_context.statusTracker(), None
    scala = spark_context._jsc.sc()
    failed: dict[int, int] = {}
    while not over.wait(POLL_SECONDS):
        done = running = 0
        for stage in status.getActiveStageIds() or []:
            info = status.getStageInfo(stage)
            if info is not None:
                done, running = done + info.numCompletedTasks, running + info.numActiveTasks
                failed[stage] = info.numFailedTasks
        executors = scala.getExecutorMemoryStatus().size() - 1
        line = json.dumps({"done": done, "running": running, "failed": sum(failed.values()), "executors": executors})
        if line != last:
            print(line, flush=True)
            last = line


def main(path: str) -> None:
    plan = json.loads(pathlib.Path(path).read_text())
    tasks = plan.pop("tasks")
    for task in tasks:
        task["source_entity"] = f"{task['job']:02}-{task['entity']}"
    session = open_session(plan["library"])
    over = threading.Event()
    watching = threading.Thread(target=show_progress, args=(session.sparkContext, over), daemon=True)
    watching.start()
    try:
        # A task of the plan is a row, and each row a partition, which is a task of Spark.
        numbers = session.range(0, len(tasks), 1, len(tasks))
        found = numbers.mapInArrow(on_executor(plan, tasks), "done string").collect()
    finally:
        over.set()
    watching.join()
    write_whole(pathlib.Path(plan["folder"]) / "manifest.json", [json.loads(row.done) for row in found])
    session.stop()


if __name__ == "__main__":
    drive(main)
