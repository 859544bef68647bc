"""The stream dies at each step, or its broker does, and the tables are still those of a batch."""

import json
import os
import random
import signal
import subprocess
import time as clock

import pytest

from .events import partial_events, whole_events

# Around the one commit of a micro-batch, and before and after it.
STEPS = ["after_fold", "after_load_batch", "before_publish", "after_operational", "after_models", "before_offsets",
         "after_offsets", "before_commit", "after_commit", "after_micro_batch"]


def die_and_go_on(seed, topic, project, events):
    rng = random.Random(seed)
    cuts = sorted(rng.sample(range(1, len(events)), 2))
    for part in (events[:cuts[0]], events[cuts[0]:cuts[1]], events[cuts[1]:]):
        topic.send(part)
        step = rng.choice(STEPS)
        print(f"seed {seed}: {len(part)} events, dies at {step}")
        project.stream(code=-signal.SIGKILL, env=os.environ | {"DESKHOUSE_CRASH_AT": step})
    project.stream()
    assert project.query("select sum(extracted) from meta.balances b join meta.runs using (run_id) where status = "
                         "'succeeded'") == [(len(events),)]


@pytest.mark.parametrize("seed", range(6))
def test_dying_at_any_step_changes_nothing(seed, topic, make_project, batch, same):
    events = whole_events(120 + 200 * (seed % 2), seed)
    project = make_project(topic, catch_up_rows=[1, 150][seed % 2])
    die_and_go_on(seed, topic, project, events)
    same(project.folder, batch([e["data"] for e in events]))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 2100))
def test_dying_at_any_step_changes_nothing_for_long(seed, topic, make_project, batch, same):
    test_dying_at_any_step_changes_nothing(seed, topic, make_project, batch, same)


@pytest.mark.parametrize("seed", range(3))
def test_dying_with_parts_of_records_changes_nothing(seed, make_topic, make_project, same):
    events = partial_events(150, seed)
    topic, calm = make_topic(), make_topic()
    project, other = make_project(topic), make_project(calm, "calm")
    die_and_go_on(seed, topic, project, events)
    calm.send(sorted(events, key=json.dumps))
    other.stream()
    same(project.folder, other.folder)


def test_a_broker_that_is_killed_and_comes_back(broker, topic, make_project, binary, batch, same):
    events = whole_events(120, seed=40)
    project = make_project(topic)
    running = subprocess.Popen([binary, "-C", project.folder, "stream", "--now", "2024-06-01"], stdout=subprocess.DEVNULL)
    try:
        topic.send(events[:60])
        wait_for_lag(project, topic, 60, running)  # it runs, however busy the machine is
        broker.stop(signal.SIGKILL)
        broker.start()
        topic.send(events[60:])
        wait_for_lag(project, topic, len(events), running)
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0
    same(project.folder, batch([e["data"] for e in events]))


def wait_for_lag(project, topic, count, running):
    """Until the group's offsets, which are committed after each micro-batch, say that all was read."""
    until = clock.monotonic() + 60
    while topic.committed("deskhouse") < count:
        assert clock.monotonic() < until and running.poll() is None
        clock.sleep(0.2)


def test_a_late_message_and_a_second_writer(topic, make_project, binary, deskhouse, batch, same):
    events = whole_events(100, seed=41)
    late = events.pop(3)
    topic.send(events)
    project = make_project(topic)
    project.stream()
    topic.send([late])
    running = subprocess.Popen([binary, "-C", project.folder, "stream", "--now", "2024-06-01"], stdout=subprocess.PIPE)
    try:
        assert running.stdout.readline()
        # A second one would count twice; the lock on the file keeps it out.
        refused = project.stream(code=1)
        assert "in use" in refused.stderr
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0
    same(project.folder, batch([e["data"] for e in [*events, late]]))
