"""kill -9 of a server while it writes: it starts again and is whole, and the delivery comes in as if nothing had been."""

import os
import random
import re
import shutil
import signal
import subprocess
import time

import pytest

from .conftest import Server, desk_copy

DIED = -signal.SIGKILL
CONTENTS = "select count(*), sum(hash(t)::hugeint)::varchar from core.fact_tickets_stored t"


@pytest.fixture(scope="module")
def deliveries(desk, deskhouse, tmp_path_factory):
    """A desk whose second delivery is written but not loaded and the warehouse that loading it gives."""
    folder = desk_copy(desk, tmp_path_factory.mktemp("killed"))
    right = shutil.copytree(folder, folder.parent / "right")
    deskhouse("-C", right / "delta", "run", "-q", "--now", "2026-01-02")
    return folder, right / "deskhouse.duckdb"


class Killed:
    def __init__(self, binary, deskhouse, deliveries, into):
        self.binary, self.deskhouse, self.right = binary, deskhouse, deliveries[1]
        self.folder = shutil.copytree(deliveries[0], into / "desk")
        self.project, self.servers = self.folder / "delta", []
        self.before = self.contents()

    def contents(self):
        return self.deskhouse("-C", self.project, "query", "--csv", CONTENTS).stdout

    def server(self, **environment):
        self.servers.append(Server(self.binary, self.project, environment=os.environ | environment))
        return self.servers[-1]

    def run(self):
        """Asks the server for the second delivery; it dies meanwhile."""
        return subprocess.Popen([self.binary, "-C", self.project, "run", "-q", "--now", "2026-01-02"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def starts_again(self, published):
        """Whole, with all or nothing of what it was writing; then the delivery comes in."""
        server = self.server()
        assert server.ask("/readyz")[0] == 200
        rows = server.query(CONTENTS)[2]["rows"][0]
        now = self.contents()
        assert str(rows[0]) in now and str(rows[1]) in now
        assert published is None or (now != self.before) == published
        self.deskhouse("-C", self.project, "verify")
        again = self.run()
        assert again.wait(60) == 0, again.stderr.read()
        assert server.stop() == 0
        self.deskhouse("-C", self.folder, "verify", "--against", self.right)
        self.deskhouse("-C", self.folder, "verify")


@pytest.fixture
def killed(binary, deskhouse, deliveries, tmp_path):
    killed = Killed(binary, deskhouse, deliveries, tmp_path)
    yield killed
    for server in killed.servers:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


@pytest.mark.parametrize("step", ["after_load_batch", "after_operational", "before_commit", "after_commit"])
def test_killed_at_a_step_of_a_run(killed, step):
    server = killed.server(DESKHOUSE_CRASH_AT=step)
    command = killed.run()
    assert server.process.wait(60) == DIED
    assert command.wait(60) == 1 and re.search("server", command.stderr.read(), re.I), "who asked is told"
    killed.starts_again(step == "after_commit")


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_while_it_is_asked(killed, seed):
    server = killed.server()
    command = killed.run()
    until = time.monotonic() + random.Random(seed).uniform(0.02, 0.5)
    while time.monotonic() < until:
        assert server.query(f"select {time.monotonic_ns()}, count(*) from core.fact_tickets")[0] == 200
    server.process.kill()
    assert server.process.wait(60) == DIED
    command.wait(60)
    killed.starts_again(None)
