"""measure.py [--tickets N] [--rounds N]: a lake (catalogue in a PostgreSQL of its own, Parquet in a folder) beside one file, in turns: the first load, the
next delivery, and everything that the dashboard's pages ask, computed anew. The two are compared cell by cell. Then one, two and three servers that
only read the lake, each asked by two clients without a pause: what they answer together, and what they ask the catalogue."""

import argparse
import itertools
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO / "tests"), str(REPO / "bench" / "serve")]

from measure import BINARY, Server, anew, learn_pages, percentile, quiet_copy, statements_of, unload  # noqa: E402
from sources_real import postgresql_server  # noqa: E402


def run(*arguments) -> float:
    start = time.monotonic()
    subprocess.run([BINARY, *map(str, arguments)], check=True)
    return time.monotonic() - start


def to_lake(project: pathlib.Path, lake: pathlib.Path) -> None:
    text = (project / "deskhouse.toml").read_text()
    text = re.sub(r"^warehouse = .*", f'warehouse = "ducklake:postgres:dbname=lake"\nlake_data = "{lake}"', text, flags=re.M)
    (project / "deskhouse.toml").write_text(text)


def first_load(project: pathlib.Path) -> float:
    """What was loaded before, if anything, goes."""
    unload(project)
    shutil.rmtree(project / "data", ignore_errors=True)
    os.sync()  # nobody else's pages are written meanwhile
    return run("-C", project, "run", "--now", "2026-01-01", "--quiet")


def line(what: str, lake: float, file: float, target: str, unit: str = "s") -> None:
    print(f"{what:38}{lake:9.2f} {unit} {file:9.2f} {unit} {lake / file:7.2f}   {target}", flush=True)


def catalogue_transactions(postgresql) -> int:
    return int(postgresql.sql("select xact_commit + xact_rollback from pg_stat_database where datname = 'lake'"))


def together(project: pathlib.Path, postgresql, asked: list[str], count: int, seconds: int = 10) -> None:
    """Several servers over one lake, which share this machine."""
    servers = [Server(project, "--read-only") for _ in range(count)]
    answered, until = [0] * (2 * count), time.monotonic() + seconds

    def ask(client: int) -> None:
        server = servers[client % count]
        connection = server.connect()
        for number in itertools.count(client):
            if time.monotonic() > until:
                return
            _, status = server.ask("POST", "/api/v1/query", anew(asked[number % len(asked)]), connection)
            assert status == 200
            answered[client] += 1

    try:
        before = catalogue_transactions(postgresql)
        clients = [threading.Thread(target=ask, args=(client,)) for client in range(2 * count)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        time.sleep(1)  # the server counts them with a delay
        asks = (catalogue_transactions(postgresql) - before) / (seconds + 1)
        print(f"{count} servers, {2 * count} clients:{'':17}{sum(answered) / seconds:9.0f} numbers/s, {asks:.0f} transactions/s of the catalogue", flush=True)
    finally:
        for server in servers:
            server.stop()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--tickets", type=int, default=200_000)
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    work = pathlib.Path(os.environ.get("BENCH_WORK") or tempfile.mkdtemp()) / "lake"
    work.mkdir(parents=True, exist_ok=True)
    postgresql = postgresql_server.Server()
    try:
        os.environ.update(postgresql.environment("lake"))
        file, lake = work / "file", work / "lake"
        subprocess.run([BINARY, "demo", "--tickets", str(given.tickets), "--dir", file, "--delta", "--quiet"], check=True)
        unload(file)
        shutil.copytree(file, lake)
        for project in (lake, lake / "delta"):
            to_lake(project, lake / "data")
        print(f"{given.tickets:,} tickets{'':22} lake        file    ratio   target")
        loads = [[], []]
        for _ in range(given.rounds):
            postgresql.sql("drop database if exists lake")
            postgresql.sql("create database lake")
            for project, times in zip((lake, file), loads):
                times.append(first_load(project))
        line("first load, median", *map(statistics.median, loads), "2")
        load = ["run", "--now", "2026-01-02", "--quiet"]
        line("the next delivery", run("-C", lake / "delta", *load), run("-C", file / "delta", *load), "")
        subprocess.run([BINARY, "-C", lake, "verify", "--against", file / "deskhouse.duckdb", "--quiet"], check=True)
        servers = [Server(quiet_copy(lake, work / "quiet_lake")), Server(quiet_copy(file, work / "quiet_file"))]
        try:
            asked = {r["body"] for requests in learn_pages(servers[1])["pages"].values() for r in statements_of(requests)}
            took = [[], []]
            servers[0].connection.close()  # idle for as long
            for _ in range(given.rounds):
                for body in sorted(asked):
                    for server, times in zip(servers, took):
                        milliseconds, status = server.ask("POST", "/api/v1/query", anew(body))
                        assert status == 200, body
                        times.append(milliseconds)
            of_lake, of_file = took
            line(f"{len(asked)} numbers of the dashboard", sum(of_lake) / 1000 / given.rounds, sum(of_file) / 1000 / given.rounds, "3")
            line("one of them, median", statistics.median(of_lake), statistics.median(of_file), "3", "ms")
            line("one of them, p99", percentile(of_lake, .99), percentile(of_file, .99), "", "ms")
        finally:
            for server in servers:
                server.stop()
        for count in (1, 2, 3):
            together(work / "quiet_lake", postgresql, sorted(asked), count)
    finally:
        postgresql.remove()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
