"""The dashboard from a server, as a browser asks it: bench/serve/measure.py [--tickets 1000000] [--rounds 5] [--dir FOLDER]

Makes a demo desk, loads it and serves it, opens every page in Chromium (pages.mjs) to learn what it asks, and asks that again: each request
alone, computed anew (`ttl_seconds` 0) and kept. Prints p50 and p99 by page, the cold first page, start and peak memory. `--dir` takes a project
that is loaded already (it is not loaded again)."""

import argparse
import http.client
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.parse

HERE = pathlib.Path(__file__).parent
BINARY = HERE.parents[1] / "build/release/deskhouse"
# Nothing is read while it is measured: what is overdue at the start is read at once otherwise.
QUIET = ('type = "files"', 'type = "files"\nevery = "9000d"')


def quiet_copy(project, into):
    """A project of its own over the warehouse of `project`, that reads no source."""
    text = re.sub(r"^every = .*\n", "", (project / "deskhouse.toml").read_text(), flags=re.M).replace(*QUIET)
    warehouse = re.search(r'^warehouse = "(.*)"', text, re.M)[1]
    if not warehouse.startswith("ducklake:"):
        warehouse = project.resolve() / warehouse
    text = re.sub(r"^warehouse = .*", lambda _: f'warehouse = "{warehouse}"', text, flags=re.M)
    if "[alerting]" not in text:
        text += "\n[alerting]\nenabled = false\n"
    into.mkdir(exist_ok=True)
    (into / "deskhouse.toml").write_text(text)
    return into


class Server:
    def __init__(self, project, *options):
        start = time.monotonic()
        self.process = subprocess.Popen([BINARY, "-C", project, "serve", "--listen", "127.0.0.1:0", *options], stdout=subprocess.PIPE, text=True)
        self.site = self.process.stdout.readline().strip().rstrip("/")
        if not self.site:
            raise SystemExit("serve did not start")
        self.connection = self.connect()
        self.ask("GET", "/readyz")
        self.start_seconds = time.monotonic() - start

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", urllib.parse.urlsplit(self.site).port, timeout=120)

    def ask(self, method, path, body=None, connection=None):
        """Milliseconds to the last byte of the answer, and its status."""
        connection = connection or self.connection
        start = time.perf_counter()
        connection.request(method, path, body and body.encode(), {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        answer.read()
        return (time.perf_counter() - start) * 1000, answer.status

    def peak_mib(self):
        return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text())[1]) // 1024

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


def learn_pages(server):
    """What the pages ask, and how the first one went (pages.mjs)."""
    told = subprocess.run(["node", HERE / "pages.mjs"], env=os.environ | {"SITE": server.site}, check=True, stdout=subprocess.PIPE, text=True)
    server.connection.close()  # it was idle for long; the next request opens another
    found = json.loads(told.stdout)
    if found["refused"]:
        raise SystemExit("pages asked in vain:\n" + "\n".join(found["refused"]))
    return found


def statements_of(requests):
    return [r for r in requests if r["body"] and r["path"] == "/api/v1/query"]


def unload(project):
    """Takes the warehouse away, whose file is beside deskhouse.toml."""
    for path in project.glob("deskhouse.duckdb*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def anew(body):
    return json.dumps(json.loads(body) | {"ttl_seconds": 0})


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def measure(server, pages, rounds):
    """By page: milliseconds of its requests, computed and kept, and what failed."""
    rows = {}
    for page, requests in pages.items():
        statements = statements_of(requests)
        computed, kept, failed = [], [], set()
        for _ in range(rounds):
            for request in statements:
                took, status = server.ask(request["method"], request["path"], anew(request["body"]))
                computed.append(took)
                if status >= 400:
                    failed.add(request["body"])
            for request in statements:
                kept.append(server.ask(request["method"], request["path"], request["body"])[0])
        if statements:
            rows[page] = computed, kept, failed
    return rows


def report(rows, slowest_of):
    print(f"{'page':26}{'requests':>9} {'computed p50':>13} {'p99':>9} {'kept p50':>9} {'p99':>8}  ms")
    for page, (computed, kept, failed) in rows.items():
        print(f"{page:26}{len(computed) // slowest_of:9} {statistics.median(computed):13.1f} {percentile(computed, .99):9.1f} "
              f"{statistics.median(kept):9.1f} {percentile(kept, .99):8.1f}{f'  {len(failed)} FAILED' if failed else ''}")
        for body in failed:
            print("   ", json.loads(body)["sql"][:200].replace("\n", " "))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--tickets", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--dir", type=pathlib.Path)
    given = arguments.parse_args()
    work = pathlib.Path(os.environ.get("BENCH_WORK") or tempfile.mkdtemp()) / "serve"
    work.mkdir(parents=True, exist_ok=True)
    try:
        project = given.dir or work / "desk"
        if not given.dir:
            subprocess.run([BINARY, "demo", "--tickets", str(given.tickets), "--dir", project, "--quiet"], check=True)
            subprocess.run([BINARY, "-C", project, "run", "--now", "2026-01-01", "--quiet"], check=True)
        server = Server(quiet_copy(project, work / "quiet"))
        try:
            found = learn_pages(server)
            rows = measure(server, found["pages"], given.rounds)
            report(rows, given.rounds)
            every = [took for page, (computed, _, _) in rows.items() for took in computed]
            kept = [took for page, (_, kept, _) in rows.items() for took in kept]
            print(f"\nrequests computed p99  {percentile(every, .99):8.1f} ms   target (ten million): under 50; over it: {sum(t > 50 for t in every) / len(every):.0%}")
            print(f"requests kept p99      {percentile(kept, .99):8.1f} ms   target: under 5")
            print(f"cold overview          {found['overview']['seconds']:8.2f} s    target: under 1")
            print(f"its script, compressed {found['overview']['script_bytes'] / 1000:8.0f} kB   target: under 300")
            print(f"start of serve         {server.start_seconds:8.2f} s    target: under 1")
            print(f"peak memory            {server.peak_mib():8d} MiB  target: at most 1024")
        finally:
            server.stop()
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
