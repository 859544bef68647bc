"""One server for the session, over a small demo desk."""

import http.client
import json
import shutil
import signal
import subprocess
import urllib.parse

import pytest


class Server:
    def __init__(self, binary, folder, files=None, environment=None, options=()):
        """`files`: how many the process may have open at most."""
        self.folder = folder
        limit = ["prlimit", f"--nofile={files}:{files}"] if files else []
        self.process = subprocess.Popen([*limit, binary, "-C", folder, "serve", "--listen", "127.0.0.1:0", *options], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=environment)
        self.address = urllib.parse.urlsplit(self.process.stdout.readline().strip())
        assert self.address.port, self.process.stderr.read()

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.address.port, timeout=60)

    def ask(self, path, method="GET", body=None, **headers):
        """Status, headers, body."""
        connection = self.connection()
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content

    def json(self, path, **headers):
        status, _, body = self.ask(path, **headers)
        assert status == 200, body
        return json.loads(body)

    def query(self, sql, params=(), **headers):
        status, head, body = self.ask("/api/v1/query", "POST", json.dumps({"sql": sql, "params": list(params)}),
                                      Content_Type="application/json", **headers)
        return status, head, json.loads(body)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
        return self.process.returncode


@pytest.fixture(scope="session")
def desk(binary, deskhouse, tmp_path_factory):
    folder = tmp_path_factory.mktemp("serve") / "desk"
    deskhouse("demo", "--tickets", 2000, "--dir", folder, "--delta", "-q")
    deskhouse("-C", folder, "run", "-q", "--now", "2026-01-01")
    return folder


def desk_copy(desk, into):
    """The desk at rest, for a server of its own."""
    return shutil.copytree(desk, into / "desk", ignore=shutil.ignore_patterns("*.sock"))


@pytest.fixture(scope="session")
def server(binary, desk):
    server = Server(binary, desk)
    yield server
    assert server.stop() == 0
