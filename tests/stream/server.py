"""A `deskhouse serve` of one's own, and a viewer of its live events."""

import http.client
import json
import signal
import subprocess
import threading
import time
import urllib.parse


class Server:
    def __init__(self, binary, folder, environment=None):
        self.log = folder / "serve.log"
        with self.log.open("w") as out:
            self.process = subprocess.Popen([binary, "-C", folder, "serve", "--listen", "127.0.0.1:0"],
                                            stdout=subprocess.PIPE, stderr=out, text=True, env=environment)
        self.address = self.process.stdout.readline().strip().rstrip("/")
        assert self.address, self.log.read_text()
        self.port = urllib.parse.urlsplit(self.address).port

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, path, method="GET", body=None, **headers):
        connection = self.connection()
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        content = answer.read().decode()
        connection.close()
        return answer.status, content

    def json(self, path):
        status, content = self.ask(path)
        assert status == 200, content
        return json.loads(content)

    def query(self, sql):
        status, content = self.ask("/api/v1/query", "POST", json.dumps({"sql": sql}), Content_Type="application/json")
        assert status == 200, content
        return json.loads(content)["rows"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        return self.process.returncode


class Watcher(threading.Thread):
    """A viewer of /api/v1/live: events as (id, name, data)."""

    def __init__(self, server, path="/api/v1/live", **headers):
        super().__init__(daemon=True)
        self.connection, self.events = server.connection(), []
        self.connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        self.answer = self.connection.getresponse()
        self.start()

    def run(self):
        fields = {}
        for line in self.answer:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if value and name:
                fields[name] = value
            else:
                if "data" in fields:
                    self.events.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
                fields = {}

    def wait(self, condition, seconds=30):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for one in list(self.events):
                if condition(*one):
                    return one
            time.sleep(0.05)
        raise AssertionError(self.events[-3:])


def eventually(condition, seconds=30):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.1)
