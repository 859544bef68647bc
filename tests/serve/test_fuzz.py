"""The API against its own description: schemathesis makes requests of what it says, and of what it forbids, by a fixed seed."""

import pathlib
import re
import subprocess
import sys

STREAMS = ("/api/v1/live", "/events")  # they end only when their reader goes


def test_nothing_breaks_and_answers_are_as_described(server, tmp_path):
    # A body that is too large is 413, which is no check of its content.
    done = subprocess.run(
        [pathlib.Path(sys.executable).with_name("schemathesis"), "run", f"http://127.0.0.1:{server.address.port}/api/v1/openapi.json",
         "--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--max-time", "25", "--seed", "1", "--request-timeout", "30", "--no-color",
         "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance",
         *(f"--exclude-path={path}" for path in STREAMS)],
        capture_output=True, text=True, timeout=300, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    selected, all_of_them, tested = map(int, re.search(r"Selected: (\d+)/(\d+)\s+Tested: (\d+)", done.stdout).groups())
    assert tested == selected == all_of_them - len(STREAMS), done.stdout[-3000:]
    assert server.ask("/healthz")[0] == 200
