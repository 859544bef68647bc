"""What a long sync says of itself, against a server with limits: about how many calls are left, and for how long. The numbers
are taken as they come, and compared with what came of it."""

import json
import time

import pytest

from tests.freshservice.clock import Clock
from tests.freshservice.invent import END, invent


def told(project, *arguments):
    """(when, calls made by then, calls left, seconds left) of each line; when it ended, and the calls that were made."""
    running = project.start_command("run", "-q", "--json-progress", *arguments)
    lines = []
    for line in running.stderr:
        fields = json.loads(line)
        if fields.get("calls_left") is not None:
            lines.append((time.monotonic(), len(project.server.log), fields["calls_left"], fields["seconds_left"]))
    running.wait()
    assert running.returncode == 0
    return lines, time.monotonic(), len(project.server.log)


def is_within(factor, slack, said, came):
    return came / factor - slack <= said <= came * factor + slack


@pytest.mark.parametrize("slice, tickets", [(1000, 130), (100, 130), pytest.param(300, 600, marks=pytest.mark.soak)])
def test_the_estimate_is_honest(project_of, slice, tickets):
    """Within half as much again of the calls, and twice the time, from the first tenth of the calls on."""
    desk = invent(tickets, 1, Clock(END))
    project = project_of(desk, f'calls_per_slice = {slice}\nrate_window = "2s"', plan="starter")
    project.server.switches.set("minute_s", 2.0)
    lines, end, calls = told(project)
    judged = [line for line in lines if calls * 0.1 < line[1] < calls * 0.9]
    assert len(judged) >= 3, lines  # one a second at most
    for at, made, calls_left, seconds_left in judged:
        assert is_within(1.5, 30, calls_left, calls - made), (made, calls, calls_left)
        assert is_within(2, 3, seconds_left, end - at), (made, end - at, seconds_left)


def test_a_server_that_is_slower_than_its_limit(project_of):
    """The pace that is kept counts."""
    project = project_of(invent(60, 1, Clock(END)), "concurrency = 1", plan="enterprise")
    project.server.fail("slow", path=r"tickets/\d", every=1, times=0, delay_s=0.05)
    lines, end, calls = told(project)
    judged = [line for line in lines if calls * 0.4 < line[1] < calls * 0.9]
    assert judged
    for at, made, _, seconds_left in judged:
        assert is_within(2, 2, seconds_left, end - at), (made, end - at, seconds_left)
