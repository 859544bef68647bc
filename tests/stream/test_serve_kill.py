"""kill -9 of a server in the middle of micro-batches: it starts again, reads on where it was, and the tables are those of a batch."""

import os
import random
import signal
import time

import pytest

from .events import whole_events
from .server import Server, eventually

STEPS = ["after_load_batch", "after_operational", "before_offsets", "after_offsets", "before_commit", "after_commit"]


@pytest.mark.parametrize("seed", range(3))
def test_a_server_that_is_killed_in_micro_batches_loses_nothing(seed, topic, make_project, batch, same, binary, deskhouse):
    rng = random.Random(seed)
    events = whole_events(240, seed=600 + seed)
    project = make_project(topic)
    topic.send(events[:80])
    at_step = Server(binary, project.folder, os.environ | {"DESKHOUSE_CRASH_AT": rng.choice(STEPS)})
    assert at_step.process.wait(60) == -signal.SIGKILL
    server = Server(binary, project.folder)
    try:
        for n, event in enumerate(events[80:160]):
            topic.send([event])
            if n % 10 == 0:
                assert server.ask("/healthz")[0] == 200
        time.sleep(rng.uniform(0, 1.5))
    finally:
        server.process.kill()
        server.process.wait(60)
    topic.send(events[160:])
    server = Server(binary, project.folder)
    try:
        read = "select coalesce(sum(extracted), 0) from meta.balances join meta.runs using (run_id) where status = 'succeeded'"
        eventually(lambda: int(server.query(read)[0][0]) >= 240, 60)
        assert int(server.query(read)[0][0]) == 240, "each event once"
    finally:
        assert server.stop() == 0
    deskhouse("-C", project.folder, "verify")
    # What depends on the time is that of the last micro-batch in both.
    other = batch([event["data"] for event in events])
    as_of = project.query("select strftime(as_of, '%Y-%m-%dT%H:%M:%S.%fZ') from meta.state")[0][0]
    deskhouse("-C", other, "run", "--now", as_of)
    same(project.folder, other)
