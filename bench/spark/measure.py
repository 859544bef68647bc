"""measure.py TICKETS REPEATS [WORKERS ...]: the transform of tickets on a Spark cluster with the C++ core and with Spark's built-in functions, in
the same session (transform.py), with 1, 2 and 4 workers of one core each; and whole loads by both engines. Starts its own cluster."""

import csv
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tests" / "spark"))

from cluster import Cluster, what_is_missing  # noqa: E402

BUILD = REPO / "build" / "release"


def run(*command, **options):
    start = time.monotonic()
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return time.monotonic() - start, done.stdout


def split(folder: pathlib.Path, parts: int) -> None:
    """The tickets as an export gives them, in several files (byte by byte, since some of them are no UTF-8): Spark's own reader takes a CSV file with line ends in its texts as a whole."""
    for source in list(folder.glob("*.csv")):
        with source.open(newline="", encoding="latin-1") as text:
            header, *rows = csv.reader(text)
        source.unlink()
        for part in range(parts):
            with (folder / f"{source.stem}_{part}.csv").open("w", newline="", encoding="latin-1") as out:
                csv.writer(out, lineterminator="\n").writerows([header, *rows[part * len(rows) // parts:(part + 1) * len(rows) // parts]])


def main() -> None:
    tickets, repeats, *wanted = map(int, sys.argv[1:])
    if missing := what_is_missing():
        sys.exit(f"Spark cannot be started: {missing}")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-spark-"))
    desk = folder / "desk"
    run(BUILD / "deskhouse", "demo", "--tickets", tickets, "--dir", desk, "-q")
    split(desk / "tickets", 16)
    load = [BUILD / "deskhouse", "-C", desk, "run", "--now", "2026-01-01", "-q"]
    files = sorted((desk / "tickets").glob("*.csv"))
    print(f"{tickets:,} tickets in {len(files)} files of {sum(f.stat().st_size for f in files) >> 20} MiB", flush=True)

    def loaded(*arguments, **options):
        for left in desk.glob("deskhouse.duckdb*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        return run(*load, *arguments, **options)[0]

    print(f"whole load, embedded engine: {loaded():.1f} s", flush=True)
    for workers in wanted or [1, 2, 4]:
        (folder / str(workers)).mkdir()
        cluster = Cluster(folder / str(workers), workers)
        try:
            submit = [f"{cluster.environment['SPARK_HOME']}/bin/spark-submit", "--master", cluster.master]
            submit += ["--conf" if word == "--spark-conf" else word for word in cluster.settings()]
            _, out = run(*submit, REPO / "bench" / "spark" / "transform.py", desk, BUILD / "libdeskhouse_core.so", repeats, 2 * workers, env=cluster.environment)
            found = json.loads(out.splitlines()[-1])
            print(f"{workers} workers: core {found['core_seconds']:.2f} s, SQL {found['sql_seconds']:.2f} s, SQL/core {found['sql_over_core']:.2f}; "
                  f"rows {found['rows']}; runs {found['runs']}", flush=True)
            spark = loaded("--engine", "spark", "--master", cluster.master, "--tasks", 2 * workers, *cluster.settings(), env=cluster.environment)
            print(f"{workers} workers: whole load by Spark {spark:.1f} s", flush=True)
        finally:
            cluster.stop()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
