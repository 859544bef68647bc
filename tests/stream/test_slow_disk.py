"""A disk that is slower than the topic: what cannot be written yet waits in Kafka, and not in memory."""

import datetime
import json
import os
import random
import time

EVENTS = 150_000
BYTES_A_SECOND = 12_000_000
START = datetime.datetime(2024, 3, 1)
WORDS = "the printer on our floor stopped after an update and nobody can sign in to mail from home since this morning".split()


def write_events(file):
    rng = random.Random(90)
    with file.open("w") as out:
        for i in range(EVENTS):
            at = (START + datetime.timedelta(seconds=10 * i)).strftime("%Y-%m-%dT%H:%M:%SZ")
            data = {"id": f"T{i}", "subject": " ".join(rng.choices(WORDS, k=6)), "description": " ".join(rng.choices(WORDS, k=60)),
                    "status": "Open", "priority": rng.choice(["Low", "High"]), "requester_id": f"U{i % 5000}", "created_at": at, "updated_at": at}
            out.write(json.dumps({"event_type": "ticket.created", "timestamp": at, "data": data}) + "\n")


def test_memory_is_flat(make_topic, make_project, deskhouse, broker, binary, run_measured, tmp_path):
    library = binary.parent / "libslow_disk.so"
    assert library.is_file(), f"{library} is missing: run make build"
    write_events(tmp_path / "events.jsonl")
    topic = make_topic(4)
    deskhouse("publish", tmp_path / "events.jsonl", "--brokers", broker.brokers, "--topic", topic.name)
    peaks, seconds, projects = [], [], []
    for name, slow in [("fast", {}), ("slow", {"LD_PRELOAD": str(library), "SLOW_DISK_BYTES_A_SECOND": str(BYTES_A_SECOND)})]:
        project = make_project(topic, name)
        toml = project.folder / "deskhouse.toml"
        toml.write_text(toml.read_text().replace("max_rows = 40\ncatch_up_rows = 1\n", ""))
        start = time.monotonic()
        code, said, peak = run_measured(binary, "-C", project.folder, "-q", "stream", "--until-end", "--now", "2024-06-01", env={**os.environ, **slow})
        assert code == 0, said
        peaks.append(peak >> 20)
        seconds.append(time.monotonic() - start)
        projects.append(project.folder)
        assert project.query("select count(*) from operational.tickets") == [(EVENTS,)]
    print(f"{EVENTS:,} events: {peaks[0]} MiB in {seconds[0]:.0f} s; {peaks[1]} MiB in {seconds[1]:.0f} s where the disk is slow")
    assert seconds[1] > 2 * seconds[0], "the disk was not what it waited for"
    assert peaks[1] < peaks[0] + 50
    deskhouse("-C", projects[1], "verify", "--against", projects[0] / "deskhouse.duckdb")
