"""Faults and changes by schedule, the log, and the control of a server in another process."""

import gzip
import http.client
import json
import os
import subprocess
import sys
import threading
import time

import pytest

from tests.freshservice.client import Client
from tests.freshservice.model import USER_ID
from tests.freshservice.schedule import Fault, Trigger


def statuses(client, count, path="agents"):
    return [client.get(path).status for _ in range(count)]


@pytest.mark.parametrize(
    "trigger, fired",
    [
        (Trigger(), [1]),
        (Trigger(at=3), [3]),
        (Trigger(every=2), [2, 4, 6, 8]),
        (Trigger(every=2, times=2), [2, 4]),
        (Trigger(times=2), [1, 2]),
        (Trigger(path="odd"), [1]),
        (Trigger(path="odd", at=2), [3]),
        (Trigger(path="odd", every=2), [3, 7]),
        (Trigger(path="none"), []),
        (Trigger(times=0), list(range(1, 9))),
    ],
)
def test_triggers(trigger, fired):
    assert [n for n in range(1, 9) if trigger.fires(n, "/odd" if n % 2 else "/even")] == fired


def test_statuses_by_schedule(server, client):
    server.fail("status", status=429, retry_after=2, at=2)
    server.fail("status", status=429, at=3)
    server.fail("status", status=500, at=4)
    server.fail("status", status=502, at=5, html=True)
    server.fail("status", status=503, at=6)
    answers = [client.get("agents") for _ in range(7)]
    assert [a.status for a in answers] == [200, 429, 429, 500, 502, 503, 200]
    assert [a.headers["Retry-After"] for a in answers[1:3]] == ["2", None]
    assert answers[4].headers["Content-Type"] == "text/html" and answers[4].text.startswith("<!DOCTYPE")


def test_faults_by_path(server, client):
    server.fail("status", status=503, path=r"tickets\?.*page=2", times=2)
    assert statuses(client, 2) == [200, 200]
    assert [client.get("tickets", page=2).status for _ in range(3)] == [503, 503, 200]


def test_connection_reset(server, client):
    server.fail("reset", path="agents")
    with pytest.raises(ConnectionResetError):
        client.get("agents")
    client.close()
    assert client.get("agents").status == 200
    assert [(e.status, e.fault) for e in server.log] == [(0, "reset"), (200, None)]


@pytest.mark.parametrize("chunked", [False, True])
def test_truncated_body(server, client, chunked):
    server.switches.set("chunked", chunked)
    server.fail("truncate")
    with pytest.raises(http.client.IncompleteRead):
        client.get("agents")
    client.close()
    assert client.get("agents").status == 200


def test_slow_answer(server, client):
    server.fail("slow", delay_s=0.2)
    begun = time.monotonic()
    assert client.get("agents").status == 200 and time.monotonic() - begun >= 0.2


def test_body_that_is_no_json_and_a_page_with_status_200(server, client):
    server.fail("invalid_json", at=1)
    server.fail("html", at=2)
    broken, page = client.get("agents"), client.get("agents")
    assert broken.status == page.status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken.text)
    assert page.headers["Content-Type"].startswith("text/html") and "maintenance" in page.text


def test_gzip_for_those_that_accept_it(server, client):
    server.switches.set("gzip", True)
    connection = http.client.HTTPConnection(server.address.removeprefix("http://"))
    connection.request("GET", "/api/v2/agents", headers=client.headers | {"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    assert answer.headers["Content-Encoding"] == "gzip" and json.loads(gzip.decompress(answer.read()))["agents"]
    connection.close()


def test_records_change_during_a_sync(server, client, desk):
    everything = {"updated_since": "1970-01-01", "per_page": 30}
    before = [t["id"] for t in client.all("tickets", **everything)]
    new = {"do": "create_ticket", "fields": {"requester_id": USER_ID + 2}}
    server.change({"do": "delete_ticket", "id": before[0]}, path="[?&]page=2")
    server.change(new, new, path="[?&]page=3")
    read = [t["id"] for t in client.all("tickets", **everything)]
    assert desk.tickets[before[0]].fields["deleted"] and {121, 122} <= set(desk.tickets)
    assert set(before) - set(read) == {before[30]}, "moved to the page already read"
    assert [id for id in read if read.count(id) > 1] == [before[59], before[60]] * 2, "moved to the page read next"


def test_log_tells_what_was_asked_and_when(server, client, clock):
    client.get("tickets", include="stats", per_page=5)
    clock.advance(3)
    client.get("tickets/7/time_entries")
    first, second = server.log
    assert (first.number, first.method, first.path, first.query) == (
        1,
        "GET",
        "/api/v2/tickets",
        {"include": "stats", "per_page": "5"},
    )
    assert (first.status, first.credits, first.time_s, second.path, second.time_s) == (
        200,
        3,
        0,
        "/api/v2/tickets/7/time_entries",
        3,
    )
    server.forget()
    assert server.log == []


def test_early_requests_are_found(server, client, clock):
    server.fail("status", status=429, retry_after=5, at=1)
    client.get("agents")
    clock.advance(4)
    client.get("groups")
    clock.advance(1)
    client.get("groups")
    assert [entry.number for entry in server.early()] == [2]


def test_concurrency_is_in_the_log(server):
    server.fail("slow", delay_s=0.2, times=0)
    clients = [Client(server.address) for _ in range(4)]
    threads = [threading.Thread(target=each.get, args=("agents",)) for each in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(entry.in_flight for entry in server.log) == 4
    for each in clients:
        each.close()


def test_a_mistake_in_a_schedule_fails_the_test(server, client):
    server.change({"do": "delete_ticket", "id": 999_999})
    assert client.get("agents").status == 500
    assert "KeyError" in server.api.mistakes.pop()
    with pytest.raises(ValueError, match="there is no fault"):
        Fault("explode")


def test_fast_enough(client):
    """Far above what a plan allows, so that tests measure the client."""
    begun = time.monotonic()
    for _ in range(200):
        client.get("tickets", updated_since="1970-01-01", include="stats", per_page=100)
    assert 200 / (time.monotonic() - begun) > 100


# As a program


@pytest.fixture
def program(repo):
    """program("--tickets", 50) -> client of a server in another process."""
    started = []

    def start(*arguments):
        command = [sys.executable, "-m", "tests.freshservice.server", "--port", "0", *map(str, arguments)]
        process = subprocess.Popen(command, cwd=repo, stdout=subprocess.PIPE, text=True, env=os.environ)
        started.append(process)
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), address
        started.append(client := Client(address))
        return client

    yield start
    for each in started:
        if isinstance(each, Client):
            each.close()
        else:
            each.terminate()
            each.wait()
            each.stdout.close()


def test_program_and_its_control(program):
    client = program(
        "--tickets",
        50,
        "--seed",
        3,
        "--plan",
        "starter",
        "--manual-clock",
        "--forbid",
        "changes",
        "--switch",
        "page_max=300",
        "--switch",
        "survey_missing=null",
    )
    assert client.control("GET", "desk")["tickets"] == 50
    assert client.get("changes").status == 403 and client.get("tickets", page=301).status == 400
    client.control("POST", "advance", 60)
    client.control("POST", "mutate", [{"do": "change_ticket", "id": 1, "fields": {"status": 3}}])
    assert [t["id"] for t in client.all("tickets", updated_since="2026-01-01T00:01:00Z")] == [1]
    client.control(
        "POST",
        "schedule",
        {
            "faults": [{"kind": "status", "status": 429, "retry_after": 3, "path": "agents"}],
            "mutations": [{"path": "groups$", "changes": [{"do": "delete_ticket", "id": 1}]}],
        },
    )
    assert statuses(client, 2) == [429, 200] and client.get("groups").status == 200
    assert client.get("tickets/1").json["ticket"]["deleted"]
    told = client.control("GET", "log?since=3")
    assert [e["path"].split("/")[-1] for e in told["log"]] == ["agents", "agents", "groups", "1"]
    assert [e["number"] for e in told["early"]] == [5, 6, 7]
    client.control("POST", "forbid", [])
    client.control("POST", "plan", "pro")
    assert client.get("changes").headers["X-Ratelimit-Total"] == "400"
    client.control("POST", "switches", {"error_body": "short"})
    assert "code" in client.get("nothing").json
    client.control("POST", "reset")
    assert client.control("GET", "log")["log"] == []
    wrong = client.send("POST", "/_control/switches", '{"error_body": 1}')
    assert wrong.status == 400 and "documented or short or empty" in wrong.json["error"]


def test_program_with_a_schedule_and_the_real_time(program, tmp_path):
    (tmp_path / "plan.json").write_text('{"faults": [{"kind": "html", "at": 1}]}')
    client = program("--tickets", 20, "--now", "real", "--api-key", "other", "--schedule", tmp_path / "plan.json")
    client.headers = Client("http://x", "other").headers
    assert "maintenance" in client.get("agents").text
    assert client.control("GET", "desk")["now"][:10] == time.strftime("%Y-%m-%d", time.gmtime())
