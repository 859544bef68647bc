"""One transform, twice, in one Spark session: spark-submit transform.py PROJECT LIBRARY REPEATS TASKS.

core: libdeskhouse_core.so by mapInArrow, as spark/batch.py has it. sql: the same mapping of tickets written with Spark's
built-in functions. Both read the same CSV files and write the rows as Parquet, apart by month. Prints a line of JSON."""

import json
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "spark"))
import batch  # noqa: E402

STATUS = {"New": "Open", "In Progress": "Open", "On Hold": "Pending", "Resolved": "Resolved", "Closed": "Closed"}
PRIORITY = {"1 - Critical": "Critical", "2 - High": "High", "3 - Moderate": "Medium", "4 - Low": "Low"}
TEXTS = {"id": "Number", "subject": "Short description", "description": "Description", "type": "Ticket type", "sub_category": "Subcategory",
         "channel": "Contact type", "requester_id": "Caller", "assigned_to": "Assigned to", "group_id": "Assignment group",
         "department_id": "Department", "asset_id": "Configuration item", "problem_id": "Problem"}
TIMES = {"created_at": "Opened", "updated_at": "Updated", "first_response_at": "First response", "resolved_at": "Resolved",
         "closed_at": "Closed", "due_at": "Due date"}
COUNTS = {"reopen_count": "Reopen count", "reassignment_count": "Reassignment count"}
KEYS = ("requester_id", "assigned_to", "group_id", "department_id", "asset_id", "problem_id")


def text(column: str) -> Column:
    trimmed = F.trim(F.col(f"`{column}`"))
    return F.when(trimmed.isin("", "N/A", "?"), None).otherwise(trimmed)


def mapped(column: str, values: dict[str, str]) -> Column:
    pairs = F.create_map(*[F.lit(word) for pair in values.items() for word in pair])
    return F.try_element_at(pairs, text(column))


def instant(column: str) -> Column:
    value = text(column)
    # A cast reads ISO 8601 several times faster than a pattern does.
    return F.coalesce(value.try_cast("timestamp"), F.try_to_timestamp(value, F.lit("dd/MM/yyyy HH:mm:ss")),
                      F.timestamp_millis(F.when(value.rlike("^[0-9]{10,13}$"), value.cast("long"))))


def sql_rows(raw: DataFrame) -> DataFrame:
    """Decode, standardise, validate as [sources.demo.tickets] says it; rejected rows are left out, of each its reasons are computed."""
    fields = {name: text(column) for name, column in TEXTS.items()}
    fields |= {"status": mapped("State", STATUS), "priority": F.coalesce(mapped("Priority", PRIORITY), F.lit("Medium")),
               "category": F.coalesce(text("Category"), F.lit("General"))}
    fields |= {name: instant(column) for name, column in TIMES.items()}
    fields |= {name: text(column).try_cast("long") for name, column in COUNTS.items()}
    fields["custom_fields"] = F.to_json(F.struct("Site", "Escalated"))
    rows = raw.select([value.alias(name) for name, value in fields.items()])
    needed = ["id", "subject", "status", "requester_id", "created_at", "updated_at"]
    rows = rows.withColumn("reasons", F.array_compact(F.array(*[F.when(F.col(n).isNull(), F.lit(f"{n}: required")) for n in needed])))
    rows = rows.filter(F.size("reasons") == 0).drop("reasons")
    hashed = {f"{name}_key": F.xxhash64(F.lit("demo"), name) for name in KEYS}
    return rows.withColumns({"key": F.xxhash64(F.lit("demo"), "id"), **hashed, "row_hash": F.xxhash64(*rows.columns),
                             "month": F.year("created_at") * 100 + F.month("created_at")})


def by_sql(session: SparkSession, project: pathlib.Path, folder: str, _: int) -> int:
    raw = session.read.csv(str(project / "tickets"), header=True, quote='"', escape='"', multiLine=True)
    sql_rows(raw).write.partitionBy("month").option("compression", "zstd").mode("overwrite").parquet(folder)
    return session.read.parquet(folder).count()


def by_core(session: SparkSession, project: pathlib.Path, folder: str, tasks: int) -> int:
    plan = {"config": (project / "deskhouse.toml").read_text(), "project": str(project), "folder": folder, "library": sys.argv[2],
            "run": 1, "started_at_us": 0}
    work = [{"job": 0, "source": "demo", "entity": "tickets", "source_entity": "tickets", "part": part, "parts": tasks, "columns": "{}",
             "latest_update_us": 2**63 - 1} for part in range(tasks)]
    found = session.range(0, tasks, 1, tasks).mapInArrow(batch.on_executor(plan, work), "done string").collect()
    done = [json.loads(row.done) for row in found]
    rejected = sum(session.read.parquet(*[f"{folder}/{name}" for name in one["files"]["rejects"]]).count() for one in done if one["files"]["rejects"])
    return sum(one["summary"]["extracted"] - one["summary"]["repeats"] for one in done) - rejected


def main() -> None:
    project, repeats, tasks = pathlib.Path(sys.argv[1]), int(sys.argv[3]), int(sys.argv[4])
    session = SparkSession.builder.config("spark.ui.showConsoleProgress", "false").config("spark.sql.session.timeZone", "UTC").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    session.sparkContext.addFile(sys.argv[2])
    for module in ("deskhouse_core.py", "job.py", "batch.py"):
        session.sparkContext.addPyFile(str(pathlib.Path(batch.__file__).with_name(module)))
    times: dict[str, list[float]] = {"core": [], "sql": []}
    rows = {}
    for turn in range(repeats + 1):  # the first one warms up what runs it, and does not count
        for name, transform in (("core", by_core), ("sql", by_sql)):
            folder = tempfile.mkdtemp(prefix=f"bench-{name}-")
            start = time.monotonic()
            rows[name] = transform(session, project, folder, tasks)
            if turn > 0:
                times[name].append(time.monotonic() - start)
            shutil.rmtree(folder)
    core, sql = (statistics.median(times[name]) for name in ("core", "sql"))
    print(json.dumps({"rows": rows, "core_seconds": core, "sql_seconds": sql, "sql_over_core": sql / core, "runs": times}), flush=True)
    session.stop()


if __name__ == "__main__":
    main()
