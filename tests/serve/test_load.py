"""Many viewers and requests while tickets load: bench/serve/live.py, as a test."""

import json
import subprocess
import sys

import pytest


@pytest.mark.parametrize("tickets, viewers, rate", [(2000, 100, 50), pytest.param(100_000, 1000, 200, marks=pytest.mark.soak)])
def test_viewers_and_requests_while_tickets_load(binary, repo, tickets, viewers, rate):
    """Nobody is lost or refused, and all have heard the same."""
    done = subprocess.run([sys.executable, repo / "bench/serve/live.py", "--json", "--tickets", str(tickets), "--viewers", str(viewers), "--rate", str(rate)],
                          capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["viewers"], result["viewers_lost"], result["last_events"], result["failures"]) == (viewers, 0, 1, []), result
    assert result["requests"] > 10 * rate and result["loading_p50_ms"] < 1000, result
