"""What a stream lags behind is seen by the alerts that look beside it."""

import json
import subprocess

from .events import whole_events

# Any lag is an alarm, none too, so that the test need not be slow for there to be one.
ANY_LAG = '[alerts.consumer_lag]\nthreshold = -1\nfor = "1s"\n[alerts.stale_data]\nenabled = false\n[alerts.missing_data]\nenabled = false\n[alerting]\nevery = "1s"\n'


def test_the_lag_is_written_down_and_looked_at(topic, make_project):
    project = make_project(topic, more=ANY_LAG)
    topic.send(whole_events(60, seed=7))
    project.stream()
    assert project.query("select messages from meta.stream_lag") == [(0,)]
    assert project.query("select rule, state from meta.alerts") == [("consumer_lag", "pending")]
    done = project.deskhouse("-C", project.folder, "stream", "--until-end", "--now", "2024-06-02")
    assert "alert fired warning consumer_lag: 0 (alarm: > -1)" in done.stderr
    assert {s for s, in project.query("select distinct stage from meta.stages")} >= {"extract", "transform", "load", "models", "checks"}


def test_it_is_looked_at_while_the_stream_goes_on(topic, make_project, binary):
    project = make_project(topic, more=ANY_LAG)
    topic.send(whole_events(60, seed=8))
    process = subprocess.Popen([binary, "-C", project.folder, "stream", "--log-format", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        lines = (json.loads(line) for line in process.stderr)
        fired = next(line for line in lines if line.get("event") == "fired")
        assert "consumer_lag" in fired["message"] and fired["run_id"] >= 1
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert process.returncode == 0
