"""A thousand viewers and two hundred requests a second while a hundred thousand tickets load: bench/serve/live.py [--tickets 100000]
[--viewers 1000] [--rate 200] [--json]

Serves a demo desk of as many tickets, then lays as many again beside them, which the server finds and loads. Viewers hold /api/v1/live; requests are
sent at their times whatever the answers do, so that a stall counts for all who would have come in it. Prints how long answers took before and while the tickets
load, whether viewers were lost, and whether all of them heard the same."""

import argparse
import asyncio
import json
import pathlib
import re
import resource
import shutil
import subprocess
import tempfile
import time
import urllib.parse

from measure import BINARY, Server, percentile, unload

QUIET_SECONDS = 5  # of requests before the tickets come, and after


def desk_of(folder, tickets):
    """A loaded desk, and the bytes of as many tickets again, which it has not met."""
    subprocess.run([BINARY, "demo", "--tickets", str(2 * tickets), "--dir", folder, "--quiet"], check=True)
    lines, head = [], b""
    for path in sorted((folder / "tickets").glob("*.csv")):
        head, *records = path.read_bytes().splitlines(keepends=True)
        lines += records
        path.unlink()
    half = len(lines) // 2
    (folder / "tickets" / "part_1.csv").write_bytes(head + b"".join(lines[:half]))
    config = folder / "deskhouse.toml"
    text = re.sub(r"^every = .*\n", "", config.read_text(), flags=re.M).replace('type = "files"', 'type = "files"\nevery = "2s"')
    config.write_text(text)
    unload(folder)  # the demo loaded all of it
    subprocess.run([BINARY, "-C", folder, "run", "--quiet"], check=True)
    return head + b"".join(lines[half:])


class Viewer:
    """Holds the live events, and what it heard last."""

    def __init__(self, port):
        self.port, self.last, self.heard_at, self.is_lost = port, None, 0.0, False

    async def watch(self, ready):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(b"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert b" 200 " in await reader.readline()
            name, number = "", ""
            while line := (await reader.readline()).decode().strip("\r\n") or "-":
                if line.startswith("id:"):
                    number = line[3:].strip()
                elif line.startswith("event:"):
                    name = line[6:].strip()
                elif line.startswith("data:") and name == "data":
                    self.last, self.heard_at = (number, line[5:].strip()), time.monotonic()
                    ready.release()
                if reader.at_eof():
                    break
            self.is_lost = True
        except (OSError, AssertionError):
            self.is_lost = True
        finally:
            writer.close()


REQUESTS = [  # in turns; {n} makes one that nobody has asked
    ("GET", "/api/v1/metrics/created_tickets?by=priority", None),
    ("POST", "/api/v1/query", {"sql": "select priority, sum(tickets) from core.ticket_spans where ended_day is null group by 1"}),
    ("GET", "/api/v1/tickets?limit=5", None),
    ("POST", "/api/v1/query", {"sql": "select count(*) + {n} from core.fact_tickets_stored where sla_breached"}),
    ("GET", "/", None),
]


class Client:
    """One connection that is kept alive; requests of its queue, one after another."""

    def __init__(self, port, times, failures):
        self.port, self.times, self.failures, self.queue = port, times, failures, asyncio.Queue()

    async def run(self):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while job := await self.queue.get():
            due, (method, path, body) = job
            text = json.dumps(body).encode() if body else b""
            writer.write(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n".encode() + text)
            status = int((await reader.readline()).split()[1])
            length = 0
            while line := (await reader.readline()).strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line[15:])
            await reader.readexactly(length)
            if status != 200:
                self.failures.append((status, path))
            self.times.append((due, time.monotonic() - due))
        writer.close()


async def ask(port, sql):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    text = json.dumps({"sql": sql, "ttl_seconds": 0}).encode()
    writer.write(b"POST /api/v1/query HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
    body = (await reader.read()).split(b"\r\n\r\n", 1)[1]
    writer.close()
    return json.loads(body)["rows"]


def milliseconds(times, share):
    return round(percentile([took for _, took in times], share) * 1000, 1) if times else None


async def measure(server, folder, more, given):
    port = urllib.parse.urlsplit(server.site).port
    heard = asyncio.Semaphore(0)
    viewers = [Viewer(port) for _ in range(given.viewers)]
    watching = [asyncio.create_task(viewer.watch(heard)) for viewer in viewers]
    for _ in viewers:
        await asyncio.wait_for(heard.acquire(), 60)
    times, failures = [], []
    clients = [Client(port, times, failures) for _ in range(32)]
    running = [asyncio.create_task(client.run()) for client in clients]
    start, landed, loaded, stop_at, sent = time.monotonic(), None, None, None, 0
    count = "select count(*) from operational.tickets"
    before = (await ask(port, count))[0][0]
    next_look = 0.0
    while stop_at is None or time.monotonic() < stop_at:
        due = start + sent / given.rate
        await asyncio.sleep(max(0, due - time.monotonic()))
        method, path, body = REQUESTS[sent % len(REQUESTS)]
        clients[sent % len(clients)].queue.put_nowait((due, (method, path, body and {"sql": body["sql"].format(n=sent)})))
        sent += 1
        now = time.monotonic()
        if landed is None and now - start > QUIET_SECONDS:
            part = folder / "tickets" / "part_2.csv"
            part.with_suffix(".new").write_bytes(more)
            part.with_suffix(".new").rename(part)
            landed = time.monotonic()
        elif landed and loaded is None and now > next_look:
            next_look = now + 0.5
            if (await ask(port, count))[0][0] > 1.9 * before:
                loaded, stop_at = now, now + QUIET_SECONDS
        assert now - start < 600, "the tickets did not come in"
    for client in clients:
        client.queue.put_nowait(None)
    await asyncio.gather(*running)
    peak = server.peak_mib()
    # Runs go on; who hears the latest of them is waited for.
    for _ in range(50):
        if len({viewer.last for viewer in viewers}) == 1:
            break
        await asyncio.sleep(0.1)
    result = {
        "viewers": len(viewers), "viewers_lost": sum(viewer.is_lost for viewer in viewers), "last_events": len({viewer.last for viewer in viewers}),
        "heard_within_ms": round((max(v.heard_at for v in viewers) - min(v.heard_at for v in viewers)) * 1000), "requests": len(times), "failed": len(failures),
        "failures": sorted({f"{status} {path}" for status, path in failures}), "load_seconds": round(loaded - landed, 1),
        "before_p50_ms": milliseconds([t for t in times if t[0] < landed], .5), "before_p99_ms": milliseconds([t for t in times if t[0] < landed], .99),
        "loading_p50_ms": milliseconds([t for t in times if landed <= t[0] < loaded], .5), "loading_p99_ms": milliseconds([t for t in times if landed <= t[0] < loaded], .99),
        "peak_mib": peak,
    }
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    return result


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--tickets", type=int, default=100_000)
    arguments.add_argument("--viewers", type=int, default=1000)
    arguments.add_argument("--rate", type=int, default=200)
    arguments.add_argument("--json", action="store_true", help="one JSON object")
    given = arguments.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, given.viewers + 512)), hard))
    work = pathlib.Path(tempfile.mkdtemp())
    try:
        more = desk_of(work / "desk", given.tickets)
        server = Server(work / "desk")
        try:
            result = asyncio.run(measure(server, work / "desk", more, given))
        finally:
            server.stop()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if given.json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f"{name:18} {value}")


if __name__ == "__main__":
    main()
