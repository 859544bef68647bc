"""What the jobs have in common: the session, the files that an attempt at a task writes, and how a job tells of its end."""

from __future__ import annotations

import json
import pathlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

FLUSH_ROWS = 500_000  # in memory at once, of a task


class Writer:
    """The files of one attempt at one task. A row group is written when there are rows enough for one.

    `constants`, by table, are columns that all of its rows have with the same value, as scalars of pyarrow.
    """

    def __init__(self, folder: pathlib.Path, name: str, constants: dict[str, dict[str, Any]] | None = None) -> None:
        self._folder, self._name, self._constants = folder, name, constants or {}
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
        for partition, rows in by_month(whole):
            for column, value in self._constants.get(table, {}).items():
                rows = rows.append_column(column, pyarrow.repeat(value, rows.num_rows))
            path = pathlib.Path(table) / partition / f"{self._name}-{len(self.files[table])}.parquet"
            self._write(path, rows)
            self.files[table].append(str(path))

    def _write(self, path: pathlib.Path, rows: Any) -> None:
        import pyarrow.parquet

        # What is least and greatest of raw bytes helps nobody, and would get into a lake's catalogue.
        compared = [field.name for field in rows.schema if not pyarrow.types.is_binary(field.type)]
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, "xb") as out:  # a name that is taken is a fault of ours
            # Not synced: a file that a node loses with its power does not load, and the run then reads the entity itself.
            pyarrow.parquet.write_table(rows, out, compression="zstd", compression_level=1, write_statistics=compared)


def by_month(table: Any) -> Iterator[tuple[str, Any]]:
    """The rows of each month, with the folder that a lake has for it, where rows lie apart by month."""
    import pyarrow.compute

    if "month" not in table.column_names:
        yield "", table
        return
    for month in sorted(pyarrow.compute.unique(table["month"]).to_pylist()):
        yield f"year={month // 100}/month={month % 100}", table.filter(pyarrow.compute.equal(table["month"], month))


def write_whole(target: pathlib.Path, value: Any) -> None:
    """As JSON, and under its name only when all of it is there."""
    part = target.with_suffix(".part")
    part.write_text(json.dumps(value))
    part.rename(target)


def open_session(library: str) -> Any:
    """With what the executors call: the library, and the modules beside this one that its use takes."""
    from pyspark.sql import SparkSession

    session = SparkSession.builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()
    context = session.sparkContext
    context.setLogLevel("ERROR")
    context.addFile(library)
    for module in ("deskhouse_core.py", "job.py"):
        context.addPyFile(str(pathlib.Path(__file__).with_name(module)))
    return session


def told(error: BaseException) -> str:
    """The one line of an error that helps: what the library or Python said on the executor, not the stack of two languages."""
    lines = [line.strip() for line in str(error).splitlines()]
    for line in reversed(lines):
        for sign in ("CoreError: ", "ModuleNotFoundError: ", "OSError: "):
            if sign in line:
                return line[line.index(sign) + len(sign):] if sign == "CoreError: " else line[line.index(sign):]
    return next((line for line in lines if line), type(error).__name__)


def drive(main: Callable[[str], None]) -> None:
    """The whole of a driver, of which the plan is the argument: how it ended is said to who submitted it."""
    try:
        main(sys.argv[1])
    except Exception as error:
        print(f"{pathlib.Path(sys.argv[0]).name}: {told(error)}", file=sys.stderr, flush=True)
        sys.exit(1)
