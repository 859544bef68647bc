"""Three brokers, of which one is killed, and a partition that moves, while the stream reads."""

import signal
import subprocess

import pytest

from .broker import Cluster, kafka_home
from .conftest import Project, Topic
from .events import whole_events
from .test_faults import wait_for_lag


@pytest.mark.soak
@pytest.mark.parametrize("latency", ["normal", "low"])
def test_one_of_three_is_killed_and_a_partition_moves(latency, repo, deskhouse, binary, batch, same, tmp_path):
    (tmp_path / "kafka").mkdir()
    cluster = Cluster(kafka_home(repo), tmp_path / "kafka")
    try:
        events = whole_events(240, seed=45)
        topic = Topic(cluster.brokers, "events", 2, replicas=3)
        project = Project(deskhouse, tmp_path / "desk", cluster.brokers, topic.name, f'latency = "{latency}"')
        running = subprocess.Popen([binary, "-C", project.folder, "stream", "--now", "2024-06-01"], stdout=subprocess.DEVNULL)
        try:
            topic.send(events[:60])
            wait_for_lag(project, topic, 60, running)
            cluster.nodes[1].stop(signal.SIGKILL)
            topic.send(events[60:120])  # acknowledged by the two that are left
            wait_for_lag(project, topic, 120, running)
            cluster.nodes[1].start()
            for partition in range(2):
                cluster.move(topic.name, partition, [2, 3])
            topic.send(events[120:180])
            wait_for_lag(project, topic, 180, running)
            for partition in range(2):
                cluster.move(topic.name, partition, [3, 1, 2])
            cluster.nodes[0].stop(signal.SIGKILL)
            topic.send(events[180:])
            wait_for_lag(project, topic, 240, running)
        finally:
            running.send_signal(signal.SIGTERM)
            assert running.wait(60) == 0
        same(project.folder, batch([e["data"] for e in events]))
        deskhouse("-C", project.folder, "verify", "-q")
    finally:
        cluster.wipe()
