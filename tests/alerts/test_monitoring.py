"""What can be watched: /metrics by Prometheus itself, readiness, structured logs, status, and Alertmanager as a receiver."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest


from .conftest import QUIET, STALE, wait_for

REPO = pathlib.Path(__file__).resolve().parents[2]
HOME = pathlib.Path(os.environ.get("PROMETHEUS_HOME", REPO / ".deps" / "prometheus" / "usr" / "bin"))


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def started(*command, **options):
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


@contextlib.contextmanager
def serving(desk, binary, *arguments):
    with started(binary, "-C", desk.folder, "serve", "--listen", "127.0.0.1:0", *arguments, env=desk.environment) as process:
        yield process.stdout.readline().strip().rstrip("/"), process


def samples(text, name):
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name)}


def test_metrics_are_what_happened(desk, binary):
    desk.configure(STALE + '[channels.ops]\ntype = "webhook"\nurl = "https://127.0.0.1:9/"\n')
    desk.deliver("T1,Help,Open,High,Mail,U1,2024-03-01T09:00:00Z,2024-03-01T10:00:00Z\n", "T2,Help,,High,Mail,U1,2024-03-01T09:00:00Z,x\n")
    desk.run("run", "-q", "--now", "2024-03-01T11:00:00Z")
    (desk.folder / "tickets.csv").unlink()
    desk.run("run", "-q", "--now", "2024-03-01T11:00:00Z", code=1)
    with serving(desk, binary) as (url, _):
        text = get(url + "/metrics")
        assert get(url + "/healthz") == "ok\n" and get(url + "/readyz") == "ok\n"  # the last run failed; the numbers are those of before
    checked = subprocess.run([HOME / "promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    assert checked.returncode == 0 and checked.stdout + checked.stderr == "", checked.stdout + checked.stderr
    tickets = 'deskhouse_records_total{source="desk",entity="tickets",outcome='
    assert samples(text, tickets) == {tickets + '"loaded"}': 1, tickets + '"quarantined"}': 1, tickets + '"superseded"}': 0, tickets + '"unchanged"}': 0}
    assert samples(text, "deskhouse_runs_total")['deskhouse_runs_total{kind="run",status="succeeded"}'] == 1
    assert samples(text, "deskhouse_runs_total")['deskhouse_runs_total{kind="run",status="failed"}'] >= 1
    assert samples(text, "deskhouse_alerts{")['deskhouse_alerts{rule="stale_data",severity="warning",state="firing"}'] == 1
    assert samples(text, "deskhouse_alert_message_failures_total")['deskhouse_alert_message_failures_total{channel="ops"}'] >= 1
    assert samples(text, "deskhouse_alert_messages_pending")['deskhouse_alert_messages_pending{channel="ops"}'] >= 1
    assert samples(text, "deskhouse_stage_errors")['deskhouse_stage_errors{stage="transform",name="desk.tickets"}'] == 1
    assert samples(text, "deskhouse_stage_peak_memory_bytes")['deskhouse_stage_peak_memory_bytes{stage="extract",name="desk.tickets"}'] > 1e6
    assert samples(text, "deskhouse_source_newest_record_timestamp_seconds{") == {
        'deskhouse_source_newest_record_timestamp_seconds{source="desk"}': 1709287200}
    assert samples(text, "process_resident_memory_bytes")["process_resident_memory_bytes"] > 1e6


def test_it_is_not_ready_before_a_run_was_published(desk, binary):
    desk.configure(QUIET + '[alerts.failed_run]\nenabled = false\n')
    (desk.folder / "tickets.csv").unlink()
    with serving(desk, binary) as (url, _):
        assert get(url + "/healthz") == "ok\n"
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(url + "/readyz")
        assert refused.value.code == 503 and "no run has been published" in refused.value.read().decode()
        desk.deliver("T1,Help,Open,High,Mail,U1,2024-03-01T09:00:00Z,2024-03-01T10:00:00Z\n")

        def is_ready():
            with contextlib.suppress(urllib.error.HTTPError):
                return get(url + "/readyz") == "ok\n"

        wait_for(is_ready, 40)


def test_prometheus_scrapes_it(desk, binary, tmp_path):
    desk.configure(QUIET)
    desk.run("run", "-q")
    with serving(desk, binary) as (url, _):
        (tmp_path / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: deskhouse\n  static_configs:\n"
            f"  - targets: ['{urllib.parse.urlsplit(url).netloc}']\nrule_files: ['{REPO / 'docs' / 'prometheus-rules.yml'}']\n")
        checked = subprocess.run([HOME / "promtool", "check", "config", tmp_path / "prometheus.yml"], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        port = free_port()
        with started(HOME / "prometheus", f"--config.file={tmp_path / 'prometheus.yml'}", f"--storage.tsdb.path={tmp_path / 'data'}",
                     f"--web.listen-address=127.0.0.1:{port}"):

            def answer():
                with contextlib.suppress(OSError):
                    found = json.loads(get(f"http://127.0.0.1:{port}/api/v1/query?query=deskhouse_data_version"))["data"]["result"]
                    return found and found[0]["value"][1]

            assert int(wait_for(answer, 40)) >= 1
            up = json.loads(get(f"http://127.0.0.1:{port}/api/v1/query?query=up"))["data"]["result"]
            assert [u["value"][1] for u in up] == ["1"]


def test_alertmanager_takes_and_resolves_alerts(desk, tmp_path):
    (tmp_path / "alertmanager.yml").write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
    port = free_port()
    url = f"http://127.0.0.1:{port}/api/v2/alerts"
    with started(HOME / "prometheus-alertmanager", f"--config.file={tmp_path / 'alertmanager.yml'}", f"--storage.path={tmp_path / 'data'}",
                 f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="):

        def active():
            with contextlib.suppress(OSError):
                return json.loads(get(url)) is not None

        wait_for(active, 40)
        desk.configure(STALE + f'[channels.am]\ntype = "alertmanager"\nurl = "{url}"\nallow_private = true\n')
        desk.run("run", "-q")  # as of now: data of 2024 is stale
        alert, = json.loads(get(url))
        assert alert["labels"] == {"alertname": "Deskhouse_stale_data", "severity": "warning", "project": "deskhouse", "source": "desk"}
        assert alert["status"]["state"] in ("active", "unprocessed") and alert["annotations"]["detail"] == "the newest record: 2024-03-01T10:00:00Z"
        written = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        desk.deliver(f"T1,Help,Open,High,Mail,U1,2024-03-01T09:00:00Z,{written}\n")
        desk.run("run", "-q")
        wait_for(lambda: json.loads(get(url)) == [], 20)


def lines_of(text):
    return [json.loads(line) for line in text.splitlines() if line]


def test_logs_as_json(desk, binary):
    desk.configure(STALE)
    done = desk.run("--log-format", "json", "run", "-q", "--now", "2024-03-01T11:00:00Z")
    lines = lines_of(done.stderr)
    assert {line["run_id"] for line in lines} == {1} and all(line["time"].endswith("Z") for line in lines)
    extracted, = (line for line in lines if line.get("entity") == "tickets")
    assert extracted["records"] == 1 and extracted["level"] == "info"
    assert [line["event"] for line in lines if "event" in line] == ["fired"]
    assert any(line["message"] == "run 1 succeeded" and line["loaded"] == 1 for line in lines)
    (desk.folder / "tickets.csv").unlink()
    failed = lines_of(desk.run("run", "--log-format", "json", "-q", code=1).stderr)
    assert failed[-1]["level"] == "error" and failed[-1]["run_id"] == 2 and failed[-1]["exit_code"] == 1
    desk.deliver("T1,Help,Open,High,Mail,U1,2024-03-01T09:00:00Z,2024-03-01T10:00:00Z\n")
    with started(binary, "-C", desk.folder, "serve", "--log-format", "json", env=desk.environment) as process:
        first = [json.loads(process.stderr.readline()) for _ in range(4)]
    assert any(line["message"].startswith("desk: run 3") and line["source"] == "desk" for line in first), first


def read_document(stream):
    """One of several JSON documents that follow each other."""
    text = ""
    while line := stream.readline():
        text += line
        with contextlib.suppress(json.JSONDecodeError):
            return json.loads(text)
    raise AssertionError(text)


def test_status_is_watched(desk, binary):
    desk.configure(QUIET)
    desk.run("run", "-q")
    with started(binary, "-C", desk.folder, "status", "--json", "--watch", "1", env=desk.environment) as process:
        first, second = (read_document(process.stdout) for _ in range(2))
    assert first["data_version"] == second["data_version"] == 1
    stages = {stage["stage"]: stage for stage in first["stages"]}
    assert set(stages) == {"extract", "transform", "load", "publish", "models", "checks"}
    assert stages["extract"]["rows_in"] == 1 and stages["extract"]["bytes"] > 0 and stages["load"]["peak_mib"] > 1


def test_stage_limits_alert(desk, hook):
    limits = ('[monitoring.stages.transform]\nerrors_max = 0\n[monitoring.stages.models]\ntime_max = "1h"\n'
              f'[channels.ops]\ntype = "webhook"\nurl = "http://localhost:{hook.port}/"\nallow_private = true\n')
    desk.configure(QUIET + limits + "[alerts.stale_data]\nenabled = false\n")
    desk.deliver("T2,Help,,High,Mail,U1,2024-03-01T09:00:00Z,2024-03-01T09:00:00Z\n")
    desk.run("run", "-q")
    assert [(p.json["rule"], p.json["labels"], p.json["value"]) for p in hook.posts] == [
        ("stage_errors", {"stage": "transform", "name": "desk.tickets"}, 1)]
