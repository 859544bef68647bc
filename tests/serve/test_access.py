"""Who may see what: real servers with a login, over HTTP and HTTPS."""

import http.client
import json
import ssl
import stat
import signal
import subprocess
import time
import urllib.parse

import pytest

from .conftest import Server, desk_copy

PASSWORD = "correct horse battery"
NAMES = "select name, email from core.dim_customer where customer_key <> 0 order by requester_id limit 20"


class Guarded(Server):
    """A server with a login, and somebody of each role."""

    def __init__(self, binary, folder, context=None, **options):
        self.context = context
        super().__init__(binary, folder, **options)

    def connection(self):
        if self.context:
            return http.client.HTTPSConnection("127.0.0.1", self.address.port, timeout=60, context=self.context)
        return super().connection()

    def sign_in(self, name, password=PASSWORD, **headers):
        form = urllib.parse.urlencode({"name": name, "password": password})
        return self.ask("/login", "POST", form, Content_Type="application/x-www-form-urlencoded", **headers)

    def cookie(self, name):
        status, head, body = self.sign_in(name)
        assert status == 303, body
        return head["set-cookie"].split(";")[0]


def users(binary, folder, *arguments, **options):
    return subprocess.run([binary, "-C", folder, "users", *arguments], capture_output=True, text=True, timeout=60, **options)


@pytest.fixture(scope="module")
def guarded(binary, desk, tmp_path_factory):
    folder = desk_copy(desk, tmp_path_factory.mktemp("access"))
    with open(folder / "deskhouse.toml", "a") as file:
        file.write('\n[server]\nlogin = "always"\n')
    for name, role in (("vera", "viewer"), ("anna", "analyst")):
        assert users(binary, folder, "add", name, "--role", role, input=PASSWORD + "\n").returncode == 0
    token = users(binary, folder, "token", "robot", "--role", "analyst")
    assert token.returncode == 0 and token.stdout.startswith("dh_")
    server = Guarded(binary, folder)
    server.token = token.stdout.strip()
    yield server
    assert server.stop() == 0


def test_without_a_name_there_is_only_the_login(guarded):
    for path in ("/api/v1/meta", "/api/v1/metrics", "/api/v1/live", "/metrics", "/api/v1/openapi.json"):
        status, head, body = guarded.ask(path)
        assert (status, head["www-authenticate"]) == (401, "Bearer"), path
        assert json.loads(body)["detail"]
    status, head, _ = guarded.ask("/quality")
    assert (status, head["location"]) == (303, "/login?next=/quality")
    status, head, body = guarded.ask("/login?next=/quality", Accept_Language="ko-KR")
    assert status == 200 and 'value="/quality"' in body.decode() and "비밀번호" in body.decode()
    assert "frame-ancestors 'none'" in head["content-security-policy"]
    assert guarded.ask("/healthz")[0] == 200
    assert guarded.query(NAMES)[0] == 401


def test_a_viewer_sees_numbers_and_no_people(guarded):
    cookie = guarded.cookie("vera")
    assert guarded.json("/api/v1/me", Cookie=cookie) == {"name": "vera", "has_login": True, "sees_personal_data": False}
    status, _, hidden = guarded.query(NAMES, Cookie=cookie)
    assert status == 200
    assert all(name.startswith("Person ") and email in ("·", None) for name, email in hidden["rows"])
    analyst = guarded.cookie("anna")
    plain = guarded.query(NAMES, Cookie=analyst)[2]
    assert not any(name.startswith("Person ") for name, _ in plain["rows"])
    assert [len({name for name, _ in rows["rows"]}) for rows in (hidden, plain)] == [
        len({name for name, _ in plain["rows"]})] * 2, "the same name has the same stand-in"
    # Neither can it be asked for: conditions, other forms of the name, the whole table as text.
    one = plain["rows"][0][0]
    assert guarded.query("select count(*) from core.dim_customer where name = $1", [one], Cookie=cookie)[2]["rows"] == [[0]]
    text = guarded.query("select t::varchar from operational.requesters t", Cookie=cookie)[2]
    assert text.get("rows") and one not in json.dumps(text)
    for sql in ("select name from deskhouse.core.dim_customer", "select name from main.core.dim_customer",
                'select subject from "deskhouse"."operational"."tickets"'):
        assert guarded.query(sql, Cookie=cookie)[0] == 400, sql
    subjects = guarded.query("select distinct subject, description from operational.tickets", Cookie=cookie)[2]["rows"]
    assert {subject for subject, _ in subjects} == {"·"}


def test_numbers_are_the_same_for_all_roles(guarded):
    viewer, analyst = guarded.cookie("vera"), guarded.cookie("anna")
    metrics = guarded.json("/api/v1/metrics", Cookie=viewer)["items"]
    assert len(metrics) > 10
    for metric in metrics:
        path = f"/api/v1/metrics/{metric['name']}"
        rows = [guarded.json(path, Cookie=cookie)["rows"] for cookie in (viewer, analyst)]
        assert rows[0] == rows[1], metric["name"]


def test_raw_records_are_for_analysts(guarded):
    analyst = guarded.cookie("anna")
    source, ticket = guarded.query("select source, id from operational.tickets limit 1", Cookie=analyst)[2]["rows"][0]
    path = f"/api/v1/tickets/{source}/{ticket}"
    assert guarded.ask(path + "/records", Cookie=analyst)[0] == 200
    status, _, body = guarded.ask(path + "/records", Cookie=guarded.cookie("vera"))
    assert status == 403 and "analyst" in json.loads(body)["detail"]
    assert guarded.ask(path + "/sla", Cookie=guarded.cookie("vera"))[0] == 200


def test_lists_hide_people_from_a_viewer(guarded):
    viewer, analyst = guarded.cookie("vera"), guarded.cookie("anna")
    hidden, plain = (guarded.json("/api/v1/tickets?limit=50", Cookie=cookie) for cookie in (viewer, analyst))
    assert [row["id"] for row in hidden["items"]] == [row["id"] for row in plain["items"]]
    assert all(row["subject"] == "\u00b7" and (row["requester"] or "Person").startswith("Person") for row in hidden["items"])
    assert not any(row["subject"] == "\u00b7" for row in plain["items"])
    one = plain["items"][0]
    ticket = guarded.json(f"/api/v1/tickets/{one['source']}/{one['id']}", Cookie=viewer)
    assert one["subject"] not in json.dumps(ticket) and one["requester"] not in json.dumps(ticket)
    word = urllib.parse.quote(one["subject"])
    assert guarded.json(f"/api/v1/tickets?text={word}", Cookie=viewer)["items"] == [], "what is hidden cannot be searched"
    assert guarded.json(f"/api/v1/tickets?text={word}", Cookie=analyst)["items"]
    assert guarded.ask("/api/v1/quarantine", Cookie=viewer)[0] == 403
    assert guarded.json("/api/v1/quarantine", Cookie=analyst)["items"]
    found = guarded.json("/api/v1/violations", Cookie=viewer)["items"]
    assert found and {row["value"] for row in found} <= {"\u00b7", None}


def test_answers_of_one_role_are_not_given_to_another(guarded):
    viewer, analyst = guarded.cookie("vera"), guarded.cookie("anna")
    tags = []
    for cookie in (analyst, viewer, analyst, viewer):
        _, head, answer = guarded.query(NAMES, Cookie=cookie)
        tags.append(head["etag"])
        assert all(name.startswith("Person ") for name, _ in answer["rows"]) == (cookie == viewer)
    assert tags[0] == tags[2] != tags[1] == tags[3]


def test_a_program_shows_its_token(guarded):
    assert guarded.json("/api/v1/me", Authorization=f"Bearer {guarded.token}")["name"] == "robot"
    assert guarded.ask("/metrics", Authorization=f"Bearer {guarded.token}")[0] == 200
    assert guarded.ask("/metrics", Authorization="Bearer dh_nothing")[0] == 401


def test_other_sites_pages_cannot_use_a_session(guarded):
    cookie = guarded.cookie("anna")
    assert guarded.query(NAMES, Cookie=cookie, Origin="https://evil.example")[0] == 421
    assert guarded.sign_in("anna", Origin="https://evil.example")[0] == 421
    status, _, _ = guarded.ask("/api/v1/query", "POST", json.dumps({"sql": NAMES}), Content_Type="text/plain", Cookie=cookie)
    assert status == 400


def test_signing_out_ends_the_session(guarded):
    cookie = guarded.cookie("anna")
    assert guarded.ask("/logout", "POST", Cookie=cookie)[0] == 303
    assert guarded.ask("/api/v1/meta", Cookie=cookie)[0] == 401


def test_what_users_are_told_is_heard_while_the_server_runs(guarded, binary):
    assert users(binary, guarded.folder, "add", "lee", "--role", "viewer", input=PASSWORD + "\n").returncode == 0
    cookie = guarded.cookie("lee")
    assert users(binary, guarded.folder, "role", "lee", "--role", "analyst").returncode == 0
    assert guarded.json("/api/v1/me", Cookie=cookie)["sees_personal_data"]
    assert users(binary, guarded.folder, "remove", "lee").returncode == 0
    assert guarded.ask("/api/v1/meta", Cookie=cookie)[0] == 401
    listed = users(binary, guarded.folder, "list")
    assert "anna" in listed.stdout and "lee" not in listed.stdout and "scrypt" not in listed.stdout


def test_the_audit_log_says_who_asked_what_and_no_secret(guarded):
    cookie = guarded.cookie("anna")
    marker = "select 'audit', count(*) from core.fact_tickets where priority = $1"
    guarded.query(marker, ["a secret parameter"], Cookie=cookie)
    file = guarded.folder / "deskhouse.audit.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    asked = [line for line in lines if line.get("sql") == marker]
    assert asked and asked[-1]["visitor"] == "anna" and asked[-1]["peer"] == "127.0.0.1" and asked[-1]["status"] == 200
    for secret in (PASSWORD, guarded.token, cookie.split("=")[1], "a secret parameter", urllib.parse.quote_plus(PASSWORD)):
        assert secret not in text


def test_guessing_gets_slow(binary, desk, tmp_path):
    folder = desk_copy(desk, tmp_path)
    with open(folder / "deskhouse.toml", "a") as file:
        file.write('\n[server]\nlogin = "always"\n')
    assert users(binary, folder, "add", "kim", input=PASSWORD + "\n").returncode == 0
    server = Guarded(binary, folder)
    try:
        answers = [server.sign_in("kim", "wrong")[0] for _ in range(6)]
        assert answers[:5] == [403] * 5 and answers[5] == 429
    finally:
        assert server.stop() == 0


def served_certificate(server):
    return ssl.get_server_certificate(("127.0.0.1", server.address.port), timeout=20).strip()


def test_others_are_listened_to_with_a_login_and_https_only(binary, desk, tmp_path):
    folder = desk_copy(desk, tmp_path)

    def refused():
        run = subprocess.run([binary, "-C", folder, "serve", "--listen", "0.0.0.0:0"], capture_output=True, text=True, timeout=60)
        assert run.returncode == 2
        return run.stderr

    assert "deskhouse users add" in refused()
    assert users(binary, folder, "add", "kim", "--role", "analyst", input="too short\n").returncode == 2
    assert users(binary, folder, "add", "kim", "--role", "analyst", input=PASSWORD + "\n").returncode == 0
    assert "server.certificate" in refused()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", folder / "key.pem", "-out",
                    folder / "cert.pem", "-subj", "/CN=desk", "-addext", "subjectAltName=IP:127.0.0.1"], check=True,
                   capture_output=True, timeout=60)
    with open(folder / "deskhouse.toml", "a") as file:
        file.write('\n[server]\nlogin = "always"\ncertificate = "cert.pem"\nkey = "cert.pem"\n')
    assert "server.key" in refused()
    config = (folder / "deskhouse.toml").read_text().replace('key = "cert.pem"', 'key = "key.pem"')
    (folder / "deskhouse.toml").write_text(config)
    server = Guarded(binary, folder, ssl.create_default_context(cafile=folder / "cert.pem"))
    try:
        assert server.address.scheme == "https"
        status, head, _ = server.sign_in("kim")
        assert status == 303 and "; Secure" in head["set-cookie"]
        assert server.json("/api/v1/me", Cookie=head["set-cookie"].split(";")[0])["name"] == "kim"
        plain = http.client.HTTPConnection("127.0.0.1", server.address.port, timeout=20)
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            plain.request("GET", "/healthz")
            plain.getresponse()
        old = ssl.create_default_context(cafile=folder / "cert.pem")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)):
            http.client.HTTPSConnection("127.0.0.1", server.address.port, timeout=20, context=old).request("GET", "/healthz")
        assert server.ask("/healthz")[0] == 200, "it goes on"
        # A certificate is renewed while it runs; one that is broken changes nothing.
        renewed = (folder / "cert.pem").read_text()
        (folder / "cert.pem").write_text("broken")
        server.process.send_signal(signal.SIGHUP)
        subprocess.run(["openssl", "req", "-x509", "-key", folder / "key.pem", "-days", "2", "-out", tmp_path / "next.pem", "-subj", "/CN=renewed",
                        "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True, timeout=60)
        assert served_certificate(server) == renewed.strip()
        (folder / "cert.pem").write_text((tmp_path / "next.pem").read_text())
        server.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 20
        while served_certificate(server) != (tmp_path / "next.pem").read_text().strip():
            assert time.monotonic() < end, "SIGHUP was not heard"
            time.sleep(0.1)
    finally:
        assert server.stop() == 0
