"""The source against a server that is slow, broken, strict or not there, and against its own sudden end."""

import http.server
import random
import re
import signal
import subprocess
import threading
import time

import pytest

from tests.freshservice.clock import Clock
from tests.freshservice.invent import END, invent
from tests.freshservice.model import PRIMARY_WORKSPACE
from tests.freshservice.project import Expected
from tests.freshservice.server import Server

FAST = "retries = 2"


def test_faults_that_pass_leave_no_trace(project):
    project.configure("concurrency = 4")
    for kind, path in (("status", "agents"), ("truncate", r"^/api/v2/tickets\?"), ("invalid_json", "assets"), ("html", "groups"),
                       ("reset", "activities"), ("truncate", "time_entries"), ("status", "csat_response")):
        project.server.fail(kind, path=path)
    project.run()
    project.holds()
    assert sum(entry.fault is not None for entry in project.server.log) == 7


def test_concurrency_has_a_ceiling(project):
    project.configure("concurrency = 3")
    project.server.fail("slow", path=r"tickets/\d", times=30, delay_s=0.01)
    project.run()
    assert max(entry.in_flight for entry in project.server.log) == 3
    project.holds("time_entries", "surveys")


def test_a_server_that_stays_broken_is_one_sentence(project):
    project.configure(FAST)
    project.server.fail("status", status=503, path="assets", times=0)
    said = project.failure()
    assert "tried 3 times" in said and "assets" in said and "503" in said and said.count("\n") == 1
    assert project.query("select count(*) from meta.watermarks") == [(0,)]
    assert len(project.paths("^assets")) == 3


def test_no_answer_in_time(project):
    project.configure("retries = 0\ntimeout = \"1s\"")
    project.server.fail("slow", path="groups", times=0, delay_s=2.0)
    assert "no whole answer within 1 s" in project.failure()


def test_one_list_that_fails_is_owed(project, desk):
    project.configure("retries = 0")
    project.server.fail("status", status=500, path="/7/activities", times=0)
    project.run()
    project.holds("tickets", "time_entries")
    assert project.query("select count(*) from operational.ticket_events where ticket_id = '7'") == [(0,)]
    project.server.forget()
    project.run()
    assert project.paths(r"tickets/\d+/") == ["tickets/7/activities?per_page=100"]
    activities = len(desk.tickets[7].activities)
    assert project.query("select count(*) from operational.ticket_events where ticket_id = '7'") == [(activities,)]


def test_the_limit_of_the_account_is_kept(project_of):
    # The clock of the server runs, with a minute of two seconds.
    project = project_of(invent(60, 1, Clock(END)), 'concurrency = 4\nrate_window = "2s"', plan="starter")
    project.server.switches.set("minute_s", 2.0)
    project.run()
    project.holds()
    refused = [entry for entry in project.server.log if entry.status == 429]
    assert len(refused) <= len(project.server.log) / 20, "its headers tell when to stop"
    assert project.server.early() == []


def test_refusals_are_waited_out(project_of):
    project = project_of(invent(12, 1, Clock(END)), "concurrency = 1")
    project.server.fail("status", status=429, retry_after=1, path="agents")
    project.server.fail("status", status=429, retry_after=1, path="csat_response")
    project.run()
    project.holds()
    assert project.server.early() == []


def test_the_key_is_nowhere(project):
    project.server.fail("status", status=500, path="groups")
    done = project.deskhouse("run", "--json-progress")
    assert "test-key" not in done.stdout + done.stderr
    for file in project.folder.iterdir():
        assert b"test-key" not in file.read_bytes(), file


class Elsewhere(http.server.BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.headers.get("Authorization", ""))
        self.send_response(302)
        self.send_header("Location", f"http://localhost:{self.server.server_port}/login")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def test_no_redirect_is_followed(project):
    with http.server.HTTPServer(("127.0.0.1", 0), Elsewhere) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        project.configure(url=f"http://127.0.0.1:{other.server_port}")
        said = project.failure()
        other.shutdown()
    assert "sends us on to http://localhost" in said and len(Elsewhere.asked) == 1


def test_certificates_are_verified(binary, tmp_path, desk, project_of):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=127.0.0.1", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    project = project_of(desk, tls=(str(certificate), str(key)))
    assert "cannot be trusted" in project.failure()
    assert project.server.log == [], "the key was not sent"
    project.configure(f'sslrootcert = "{certificate.name}"')
    project.run("--only", "groups")
    project.holds("groups")


def test_a_server_that_is_restarted_in_the_middle(project_of, clock):
    """It is away for a second: connections are cut, then refused; then it is there again, and nothing is asked for twice but what
    was under way."""
    desk = invent(60, 1, clock)
    project = project_of(desk, "retries = 6\nconcurrency = 2")
    first = project.server
    first.fail("slow", path=r"tickets/\d", every=1, times=0, delay_s=0.01)
    running = project.start()
    while len(project.paths(r"tickets/\d+/")) < 40:
        assert running.poll() is None, "it was to be disturbed"
    first.__exit__(None)
    time.sleep(1)
    with Server(desk, port=int(first.address.rsplit(":", 1)[1])) as second:
        said = running.communicate(timeout=120)[1]
        assert running.returncode == 0, said
        before, after = (list(server.log) for server in (first, second))
    both = {entry.path for entry in before} & {entry.path for entry in after if "tickets/" in entry.path}
    assert len(after) > 50 and len(both) <= 4, "those that were under way, in two connections"
    project.server = second
    project.holds()


DRIFT = [
    {},
    {"order_params": True},
    pytest.param({"order_by": "updated_at", "order_type": "asc"}, marks=pytest.mark.soak),
    pytest.param({"order_by": "id", "order_type": "asc"}, marks=pytest.mark.soak),
]


@pytest.mark.parametrize("switches", DRIFT, ids=lambda way: ",".join(way) or "created_at desc")
def test_records_that_move_while_pages_are_read(project_of, clock, switches):
    desk = invent(450, 3, clock)
    project = project_of(desk, 'entities = ["tickets", "requesters", "problems"]')
    for name, value in switches.items():
        project.server.switches.set(name, value)
    # Before each page but the first, records leave (deleted), change, come; also of pages read before.
    ids = sorted(desk.tickets)
    for page in range(1, 6):
        gone = [{"do": "delete_ticket", "id": id} for id in ids[page * 3 : page * 3 + 3] + ids[-page * 3 - 3 : -page * 3]]
        changed = [{"do": "change_ticket", "id": id, "fields": {"priority": 4}} for id in ids[100 + page * 20 : 110 + page * 20]]
        new = [{"do": "create_ticket", "fields": {"subject": f"New {page}", "requester_id": min(desk.tables["requesters"])}}]
        project.server.change(*gone, *changed, *new, path=r"tickets\?updated_since|tickets\?include=stats&updated_since", at=page + 1)
    project.run()
    clock.advance(600)
    project.run()
    project.holds("tickets", "requesters", "problems")


def random_changes(desk, random_of):
    """A few things that happen between two requests."""
    for _ in range(random_of.randrange(4)):
        id, what = random_of.choice(list(desk.tickets)), random_of.randrange(6)
        if what < 2:
            yield {"do": "delete_ticket", "id": id}
        elif what < 4:
            yield {"do": "change_ticket", "id": id, "fields": {"priority": random_of.randrange(1, 5)}}
        elif what == 4:
            yield {"do": "restore_ticket", "id": id}
        else:
            requester = min(desk.tables["requesters"])
            yield {"do": "create_ticket", "fields": {"subject": "New", "requester_id": requester}}


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 40))])
def test_whatever_happens_while_pages_are_read(project_of, clock, seed):
    random_of = random.Random(seed)
    desk = invent(300, seed, clock)
    # Small slices have small pages, many of them.
    project = project_of(desk, 'entities = ["tickets", "surveys"]\ncalls_per_slice = 40')
    for name, value in {
        "order_params": random_of.random() < 0.5,
        "order_by": random_of.choice(["created_at", "updated_at", "id"]),
        "order_type": random_of.choice(["asc", "desc"]),
        "updated_since_inclusive": random_of.random() < 0.5,
        "delete_touches": True,
    }.items():
        project.server.switches.set(name, value)
    for at in range(1, 60):
        project.server.change(*random_changes(desk, random_of), path=r"/tickets\?", at=at)
    project.run()
    project.server.forget()  # and now nothing more happens
    clock.advance(600)
    project.run()
    project.holds("tickets")


def test_more_tickets_than_pages_can_be_asked_for(project_of, clock):
    project = project_of(invent(450, 3, clock), 'entities = ["tickets"]')
    project.server.switches.set("page_max", 2)
    project.server.switches.set("order_params", True)
    project.run()
    project.holds("tickets")


def test_pages_that_cannot_be_reached_are_no_end(project_of, clock):
    project = project_of(invent(450, 3, clock), 'entities = ["tickets"]')
    project.server.switches.set("page_max", 2)
    assert "does not show page 3 of tickets" in project.failure()


def test_many_tickets_of_one_second(project_of, clock):
    desk = invent(450, 3, clock)
    for id in range(1, 301):
        desk.change_ticket(id, {"priority": 4}, at="2025-12-01T00:00:00Z")
    project = project_of(desk, 'entities = ["tickets"]')
    for name, value in {"order_params": True, "updated_since_inclusive": False}.items():
        project.server.switches.set(name, value)
    project.run()
    project.holds("tickets")


@pytest.mark.parametrize("order_params", [True, False])
def test_420_tickets_of_one_second_and_a_kill_in_the_middle(project_of, clock, order_params):
    desk = invent(420, 3, clock)
    for id in range(1, 421):
        desk.change_ticket(id, {"priority": 4}, at="2025-12-01T00:00:00Z")
    project = project_of(desk, 'entities = ["tickets"]\ncalls_per_slice = 1')  # a page of 100
    for name, value in {"order_params": order_params, "updated_since_inclusive": False}.items():
        project.server.switches.set(name, value)
    shown = r"tickets\?include=stats&updated_since"
    project.server.fail("slow", path=shown, at=4, delay_s=5)
    running = project.start()
    while len(project.paths(shown)) < 4:
        assert running.poll() is None, "it was to be killed"
    running.send_signal(signal.SIGKILL)
    running.communicate()
    published = project.query("select count(*) from operational.tickets")[0][0]
    assert 0 < published < len(project_tickets(desk)), "in the middle"
    project.run()
    project.holds("tickets", verify=True)
    assert project.query("select count(*), count(distinct id) from operational.tickets") == [(len(project_tickets(desk)),) * 2]


def project_tickets(desk):
    return Expected(desk, {PRIMARY_WORKSPACE}).shown_tickets()


@pytest.mark.parametrize("order_params", [True, pytest.param(False, marks=pytest.mark.soak)])
def test_a_first_sync_that_is_killed_goes_on(project_of, order_params):
    desk = invent(110, 1, Clock(END))
    project = project_of(desk, "calls_per_slice = 75\nconcurrency = 2")
    project.server.switches.set("order_params", order_params)
    killed = 0
    for _ in range(3):
        before = len(project.server.log)
        running = project.start()
        while len(project.paths(r"tickets/\d+/activities")) < 45 + killed * 25 and running.poll() is None:
            pass
        if running.poll() is None:
            running.send_signal(signal.SIGKILL)
            killed += 1
        running.communicate()
        assert len(project.server.log) > before
    published = project.query("select count(*) from operational.tickets")[0][0]
    assert killed >= 2 and published > 0, "slices were published before"
    project.run()
    project.holds(verify=True)
    tickets = [path.split("/")[1] for path in project.paths(r"tickets/\d+/activities")]
    # Each death loses one slice of 25 tickets and one page of an overlap; starting over would double them.
    assert len(tickets) < len(set(tickets)) + killed * 55, (len(tickets), len(set(tickets)))


def test_a_slice_does_not_read_the_other_lists_again(project_of, clock):
    project = project_of(invent(100, 1, clock), "calls_per_slice = 60")
    project.run()
    project.holds()
    assert project.query("select count(*) from meta.runs where status = 'succeeded'")[0][0] > 2
    assert len(project.paths(r"^requesters\?")) == 1


def test_several_pages_of_time_entries(project, desk):
    agent = min(desk.tables["agents"])
    for _ in range(230):
        desk.add_time_entry(7, agent, 1)
    project.run()
    project.holds("time_entries")
    assert re.search("per_page=100&page=3", " ".join(project.paths("tickets/7/time_entries")))




def test_serve_keeps_the_limit_from_run_to_run(project_of):
    project = project_of(invent(40, 1, Clock(END)), 'every = "1s"\nrate_window = "2s"', plan="starter")
    project.server.switches.set("minute_s", 2.0)
    serving = project.start_command("serve", "-q")
    while len(project.paths(r"^groups\?")) < 3 and serving.poll() is None:
        time.sleep(0.05)
    serving.send_signal(signal.SIGTERM)
    said = serving.communicate(timeout=60)[1]
    assert serving.returncode == 0, said
    refused = [entry for entry in project.server.log if entry.status == 429]
    assert len(refused) <= len(project.server.log) / 20, "what a run used up, the next one is told at its first call"
    assert project.server.early() == []
    assert len(project.paths(r"tickets/\d+/activities")) < 2 * 40, "tickets are read once"
    project.holds(verify=True)
