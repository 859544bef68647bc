"""Prepares a batch on a Spark cluster: spark-submit batch.py PLAN.

`deskhouse run --engine spark` writes the plan and submits this. Each task of the plan is a share of an entity's records:
an executor has libdeskhouse_core.so read, decode and validate them (mapInArrow), and writes what it gives as Parquet,
rows in a folder a month. `deskhouse` then loads the files and publishes them.

What a task wrote counts only if its attempt is the one that Spark takes: file names are an attempt's own, and come to the
driver as the attempt's result, of which Spark takes one for each task, whatever is retried, speculated or killed. The
driver writes them into manifest.json when all are there. Files that are not in it are nobody's.
"""

from __future__ import annotations

import json
import pathlib
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

FLUSH_ROWS = 500_000  # in memory at once, of a task
POLL_SECONDS = 0.5


class Writer:
    """The files of one attempt at one task. A row group is written when there are rows enough for one."""

    def __init__(self, folder: pathlib.Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._waiting: dict[str, list] = {}
        self._rows: dict[str, int] = {}
        self.files: dict[str, list[str]] = {}

    def add(self, table: str, batch: Any) -> None:
        self.files.setdefault(table, [])
        if batch.num_rows == 0:
            return
        self._waiting.setdefault(table, []).append(batch)
        self._rows[table] = self._rows.get(table, 0) + batch.num_rows
        if self._rows[table] >= FLUSH_ROWS:
            self.flush(table)

    def close(self) -> None:
        for table in list(self._waiting):
            self.flush(table)

    def flush(self, table: str) -> None:
        import pyarrow

        batches = self._waiting.pop(table, [])
        self._rows[table] = 0
        if not batches:
            return
        whole = pyarrow.Table.from_batches(batches)
        for month, rows in by_month(whole):
            path = pathlib.Path(table) / (f"month={month}" if month else "") / f"{self._name}-{len(self.files[table])}.parquet"
            self._write(path, rows)
            self.files[table].append(str(path))

    def _write(self, path: pathlib.Path, rows: Any) -> None:
        import pyarrow.parquet

        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, "xb") as out:  # a name that is taken is a fault of ours
            # Not synced: a file that a node loses with its power does not load, and the run then reads the entity itself.
            pyarrow.parquet.write_table(rows, out, compression="zstd", compression_level=1)


def by_month(table: Any) -> Iterator[tuple[str, Any]]:
    """The rows of each month, as 2024-03, where rows lie apart by month."""
    import pyarrow.compute

    if "month" not in table.column_names:
        yield "", table
        return
    for month in sorted(pyarrow.compute.unique(table["month"]).to_pylist()):
        yield f"{month // 100:04}-{month % 100:02}", table.filter(pyarrow.compute.equal(table["month"], month))


def prepare(task: dict[str, Any], plan: dict[str, Any], library: str, name: str) -> dict[str, Any]:
    """One share of one entity, from its files to Parquet files: what they are, and the library's summary."""
    from deskhouse_core import TABLES, Core

    started = time.monotonic()
    writer = Writer(pathlib.Path(plan["folder"]), f"{task['source_entity']}-{task['part']:03}-{name}")
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
    from pyspark.sql import SparkSession

    plan = json.loads(pathlib.Path(path).read_text())
    tasks = plan.pop("tasks")
    for task in tasks:
        task["source_entity"] = f"{task['job']:02}-{task['entity']}"
    session = SparkSession.builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()
    context = session.sparkContext
    context.setLogLevel("ERROR")
    context.addFile(plan["library"])
    context.addPyFile(str(pathlib.Path(__file__).with_name("deskhouse_core.py")))
    over = threading.Event()
    watching = threading.Thread(target=show_progress, args=(context, over), daemon=True)
    watching.start()
    try:
        # A task of the plan is a row, and each row a partition, which is a task of Spark.
        numbers = session.range(0, len(tasks), 1, len(tasks))
        found = numbers.mapInArrow(on_executor(plan, tasks), "done string").collect()
    finally:
        over.set()
    watching.join()
    target = pathlib.Path(plan["folder"]) / "manifest.json"
    part = target.with_suffix(".part")
    with open(part, "w") as out:
        json.dump([json.loads(row.done) for row in found], out)
    part.rename(target)
    session.stop()


def told(error: BaseException) -> str:
    """The one line of an error that helps: what the library or Python said on the executor, not the stack of two languages."""
    lines = [line.strip() for line in str(error).splitlines()]
    for line in reversed(lines):
        for sign in ("CoreError: ", "ModuleNotFoundError: ", "OSError: "):
            if sign in line:
                return line[line.index(sign) + len(sign):] if sign == "CoreError: " else line[line.index(sign):]
    return next((line for line in lines if line), type(error).__name__)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Exception as error:  # the end of the driver: said to who submitted it
        print(f"batch.py: {told(error)}", file=sys.stderr, flush=True)
        sys.exit(1)
