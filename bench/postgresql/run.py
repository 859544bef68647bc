"""Extraction from PostgreSQL beside what users would pick instead, in one run: whole processes, ratios pair by pair.

run.py [--tickets N] [--repeats N] [--without-dlt]. Starts a server of its own, makes the desk of desk.sql in it, and removes both."""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import duckdb

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from sources_real.postgresql_server import PASSWORD, Server, program  # noqa: E402

TABLES = ("departments", "agents", "requesters", "assets", "changes", "problems", "tickets", "surveys", "time_entries")
# One line from each side that must be the same number.
CHECKS = {
    "tickets": ("select count(*) from core.fact_tickets", "select count(*) from fact_tickets"),
    # Of an id that comes twice Deskhouse has seen two versions, and that the clock of a pending one stands still since the second.
    "over their target": ("select count(*) from core.fact_tickets where sla_breached and status <> 'Pending'",
                          "select count(*) from fact_tickets where sla_breached and status <> 'pending'"),
    "resolved in time order": ("select count(*) from core.fact_tickets where resolution_hours is not null",
                               "select count(*) from fact_tickets where resolution_hours is not null"),
    "surveys": ("select count(*) from core.fact_surveys", "select count(*) from fact_surveys"),
    "minutes": ("select sum(minutes)::bigint from core.fact_time_tracking", "select sum(minutes)::bigint from fact_time"),
    "days and priorities": ("select count(*) from (select distinct ticket_date, priority from core.daily_ticket_summary)",
                            "select count(*) from (select distinct ticket_date, priority from daily_ticket_summary)"),
}
# Not on the next day: Deskhouse has seen then that a ticket was pending, and its clock stood still meanwhile.
AT_FIRST = {"over their target"}


def environment_of_peers(name, requirements):
    """A virtual environment below .deps that has what the file names."""
    folder = ROOT / ".deps" / name
    stamp = folder / "requirements.txt"
    wanted = (HERE / requirements).read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"installing {requirements} into .deps/{name}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin/pip", "install", "--quiet", "-r", HERE / requirements], check=True)
        stamp.write_text(wanted)
    return folder / "bin"


class Bench:
    def __init__(self, arguments, server, work):
        self.server, self.work, self.tickets = server, work, arguments.tickets
        self.env = {**server.environment("desk"), "WAREHOUSE": str(work / "dlt.duckdb"), "DO_NOT_TRACK": "1"}
        self.walls, self.peaks = {}, {}
        self.binary = ROOT / "build/release/deskhouse"
        self.peers = environment_of_peers("bench-peers", "requirements.txt")
        self.dlt = None if arguments.without_dlt else environment_of_peers("bench-dlt", "requirements-dlt.txt")

    def psql(self, file):
        subprocess.run([program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", f"tickets={self.tickets}", "-f", HERE / file],
                       check=True, env=self.env, stdout=subprocess.DEVNULL)

    def measure(self, name, *commands):
        start, peak = time.monotonic(), 0
        for command in commands:
            process = subprocess.Popen([str(word) for word in command], env=self.env, stdout=subprocess.DEVNULL, cwd=HERE)
            _, status, usage = os.wait4(process.pid, 0)
            if status != 0:
                sys.exit(f"{name}: exit status {os.waitstatus_to_exitcode(status)}")
            peak = max(peak, usage.ru_maxrss // 1024)
        wall = time.monotonic() - start
        self.walls.setdefault(name, []).append(wall)
        self.peaks.setdefault(name, []).append(peak)
        print(f"{name:24} {wall:8.2f} s {peak:6} MiB", flush=True)

    def full(self):
        for old in self.work.glob("*.duckdb*"):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        copies = [word for table in TABLES for word in ("-c", f"copy {table} to stdout (format binary)")]
        self.measure("COPY", [program("psql"), "-X", "-q", *copies])
        self.measure("deskhouse", [self.binary, "-C", self.work, "run", "--now", "2026-01-02", "--quiet"])
        self.measure("plain DuckDB", self.plain("full"))
        if self.dlt:
            shutil.rmtree(self.work / "pipelines", ignore_errors=True)
            project = self.work / "dbt"
            self.measure("dlt and dbt", [self.dlt / "python", "dlt_load.py", self.env["WAREHOUSE"], self.work / "pipelines"],
                         [self.dlt / "dbt", "run", "--quiet", "--project-dir", project, "--profiles-dir", project, "--target-path",
                          self.work / "dbt_target", "--log-path", self.work / "dbt_logs"])

    def plain(self, how):
        return [self.peers / "python", "plain_duckdb.py", how, self.work / "plain.duckdb"]

    def incremental(self):
        self.measure("deskhouse, next day", [self.binary, "-C", self.work, "run", "--now", "2026-01-02", "--quiet"])
        self.measure("plain DuckDB, next day", self.plain("incremental"))

    def check(self, when):
        """Nobody is timed on wrong work."""
        with duckdb.connect(str(self.work / "deskhouse.duckdb"), read_only=True) as ours, \
                duckdb.connect(str(self.work / "plain.duckdb"), read_only=True) as theirs:
            for what, (our, their) in CHECKS.items():
                if what in AT_FIRST and when != "first load":
                    continue
                pair = ours.execute(our).fetchone()[0], theirs.execute(their).fetchone()[0]
                if pair[0] != pair[1]:
                    sys.exit(f"{when}: {what}: Deskhouse has {pair[0]}, plain DuckDB {pair[1]}")
        print(f"{when}: both have the same numbers", flush=True)

    def summary(self):
        print(f"\nmedian of {len(self.walls['deskhouse'])}")
        for name, walls in self.walls.items():
            print(f"{name:24} {statistics.median(walls):8.2f} s {max(self.peaks[name]):6} MiB")

        def ratio(name, other):
            return statistics.median(a / b for a, b in zip(self.walls[name], self.walls[other]))
        print(f"\nplain DuckDB / deskhouse   {ratio('plain DuckDB', 'deskhouse'):6.2f}      target: at least 1.5")
        if self.dlt:
            print(f"dlt and dbt / deskhouse    {ratio('dlt and dbt', 'deskhouse'):6.2f}      target: at least 4")
        print(f"deskhouse / COPY           {ratio('deskhouse', 'COPY'):6.2f}      aim: 1.5")
        print(f"deskhouse, peak memory     {max(self.peaks['deskhouse']):6d} MiB  target: at most 512")
        print(f"deskhouse, next day        {statistics.median(self.walls['deskhouse, next day']):6.2f} s    target (a million tickets): under 0.5")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--without-dlt", action="store_true", help="skip the peer that takes longest to install and to run")
    arguments = parser.parse_args()
    server, work = Server(), pathlib.Path(tempfile.mkdtemp(prefix="deskhouse_bench_"))
    try:
        shutil.copy(HERE / "deskhouse.toml", work)
        bench = Bench(arguments, server, work)
        if bench.dlt:
            subprocess.run([bench.dlt / "python", "dbt_project.py", work / "dbt"], check=True, cwd=HERE)
        for _ in range(arguments.repeats):
            server.sql("drop database if exists desk")
            server.sql("create database desk")
            bench.psql("desk.sql")
            bench.full()
            bench.check("first load")
            bench.psql("delta.sql")
            bench.incremental()
            bench.check("next day")
        bench.summary()
    finally:
        server.remove()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
