"""The page Live in a real browser, while events stream from a real broker."""

import datetime
import json
import os
import pathlib
import random
import shutil
import subprocess

import pytest

from .events import ticket
from .server import Server, eventually

REPO = pathlib.Path(__file__).parents[2]
COUNT = 300


def test_live_numbers_move_while_events_stream(topic, make_project, binary, tmp_path):
    if shutil.which(os.environ.get("CHROMIUM", "/usr/bin/chromium")) is None or not (REPO / "web" / "node_modules").is_dir():
        pytest.skip("there is no chromium, or the packages of web/ are not installed: scripts/bootstrap.sh test; make web")
    rng, now = random.Random(5), datetime.datetime.now(datetime.UTC)
    with (tmp_path / "events.jsonl").open("w") as out:
        for n in range(COUNT):
            at = (now - datetime.timedelta(seconds=COUNT - n)).strftime("%Y-%m-%dT%H:%M:%SZ")
            out.write(json.dumps(ticket(n, 10, rng) | {"created_at": at, "updated_at": at, "resolved_at": None}) + "\n")
    project = make_project(topic)
    server = Server(binary, project.folder)
    try:
        # Before its first run a warehouse has no tables that a page could ask, and the browser would complain of its questions.
        first = ticket(1000, 10, rng)
        topic.send([{"event_type": "created", "timestamp": first["updated_at"], "data": first}])
        question = json.dumps({"sql": "select as_of from core.today"})
        eventually(lambda: server.ask("/api/v1/query", "POST", question, Content_Type="application/json")[0] == 200)
        done = subprocess.run(
            ["node", "--test", "--test-reporter=spec", REPO / "tests" / "web" / "stream.test.mjs"], capture_output=True, text=True, timeout=300,
            env=os.environ | {"SITE": server.address, "DESKHOUSE": str(binary), "PROJECT": str(project.folder), "COUNT": str(COUNT),
                              "EVENTS": str(tmp_path / "events.jsonl")})
        assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-4000:]
    finally:
        assert server.stop() == 0
