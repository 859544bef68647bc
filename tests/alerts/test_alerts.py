"""Alerts from a run to those who are told: webhook, Slack, mail, restarts, receivers that fail."""

import base64
import email
import email.policy
import hashlib
import hmac
import json
import signal
import subprocess
import time

import pytest

from .conftest import QUIET, STALE, wait_for
from .receivers import Hook

SECRET = "whsec_" + base64.b64encode(b"the key that signs, of 32 bytes!").decode()
AT = "2024-03-01T10:30:00Z"         # the newest record is 30 minutes old
AFTER = "2024-03-01T10:30:01Z"      # and one second more


def channel(hook, kind="webhook", more="", scheme="http"):
    return f'[channels.ops]\ntype = "{kind}"\nurl = "{scheme}://localhost:{hook.port}/in"\nallow_private = true\n{more}\n'


def test_fires_once_is_repeated_and_resolved(desk, hook):
    desk.configure(STALE + channel(hook) + '[alerting]\ncool_down = "1h"\n')
    desk.run("run", "-q", "--now", AT)
    assert hook.posts == []
    for now in (AFTER, "2024-03-01T10:31:00Z", "2024-03-01T11:30:00Z", "2024-03-01T11:30:01Z"):
        desk.run("alerts", "check", "-q", "--now", now)
    desk.deliver("T1,Help,Open,High,Mail,U1,2024-03-01T09:00:00Z,2024-03-01T11:31:00Z\n")
    desk.run("run", "-q", "--now", "2024-03-01T11:32:00Z")
    told = [post.json for post in hook.posts]
    assert [(t["event"], t["rule"], t["labels"], t["at"]) for t in told] == [
        ("fired", "stale_data", {"source": "desk"}, AFTER), ("repeated", "stale_data", {"source": "desk"}, "2024-03-01T11:30:01Z"),
        ("resolved", "stale_data", {"source": "desk"}, "2024-03-01T11:32:00Z")]
    assert told[0]["value"] == 1801 and told[0]["threshold"] == 1800 and told[0]["since"] == AFTER
    assert len({t["id"] for t in told}) == 3
    assert [e["event"] for e in json.loads(desk.run("alerts", "history", "--json").stdout)["events"]] == ["resolved", "repeated", "fired"]


def test_what_is_posted_is_signed(desk, hook):
    desk.environment["HOOK_SECRET"], desk.environment["HOOK_TOKEN"] = SECRET, "token-that-nobody-sees"
    desk.configure(QUIET + channel(hook, more='secret_env = "HOOK_SECRET"\ntoken_env = "HOOK_TOKEN"'))
    desk.run("alerts", "test", "ops")
    post, = hook.posts
    signed = f"{post.headers['webhook-id']}.{post.headers['webhook-timestamp']}.".encode() + post.body
    wanted = base64.b64encode(hmac.new(base64.b64decode(SECRET[6:]), signed, hashlib.sha256).digest()).decode()
    assert post.headers["webhook-signature"] == "v1," + wanted
    assert abs(int(post.headers["webhook-timestamp"]) - time.time()) < 60
    assert post.headers["authorization"] == "Bearer token-that-nobody-sees"
    assert post.headers["idempotency-key"] == post.headers["webhook-id"] == post.json["id"]
    assert post.json["event"] == "test"


def test_slack(desk, hook):
    desk.configure(STALE + channel(hook, "slack"))
    desk.run("run", "-q", "--now", AFTER)
    message = hook.posts[0].json
    assert message["text"].startswith("FIRING [warning] stale_data: source=desk")
    assert {f["title"] for f in message["attachments"][0]["fields"]} >= {"Value", "Detail", "Since", "Project"}


def test_a_failing_channel_keeps_its_alerts_and_is_seen(desk, hook):
    hook.answers = [503, (429, {"Retry-After": "1"}), 503]
    desk.configure(STALE.replace("[alerts.failing_channel]\nenabled = false\n", "") + channel(hook))
    done = desk.run("run", "-q", "--now", AFTER)
    assert "the channel 'ops' did not take the alert" in done.stderr and "503" in done.stderr
    listed = desk.alerts()
    assert [(m["channel"], m["status"], m["attempts"]) for m in listed["undelivered"]] == [("ops", "pending", 1)]
    assert "503" in listed["undelivered"][0]["last_error"]
    status = json.loads(desk.run("status", "--json").stdout)
    assert [(a["rule"], a["state"]) for a in status["alerts"]] == [("stale_data", "firing")]
    assert status["undelivered_alerts"][0]["channel"] == "ops"
    desk.run("alerts", "check", "-q", "--now", "2024-03-01T10:30:02Z")  # not yet: it is left alone for some seconds
    assert len(hook.posts) == 1
    desk.run("alerts", "check", "-q", "--now", "2024-03-01T10:31:00Z")
    desk.run("alerts", "check", "-q", "--now", "2024-03-01T10:32:00Z")
    assert {c["channel"]: c["failures_in_row"] for c in desk.alerts()["channels"]}["ops"] == 3
    done = desk.run("alerts", "check", "-q", "--now", "2024-03-01T10:35:00Z")  # three in a row: the others are told
    assert "fired warning failing_channel (channel=ops)" in done.stderr
    assert len({post.json["id"] for post in hook.posts}) == 1 and len(hook.posts) == 4
    assert desk.alerts()["undelivered"] == []


def test_what_is_refused_for_good_is_given_up(desk, hook):
    hook.answers = [400] * 5
    desk.configure(STALE + channel(hook))
    desk.run("run", "-q", "--now", AFTER)
    for minute in range(31, 50, 4):
        desk.run("alerts", "check", "-q", "--now", f"2024-03-01T10:{minute}:00Z")
    assert [m["status"] for m in desk.alerts()["undelivered"]] == ["refused"] and len(hook.posts) == 5


@pytest.mark.parametrize("step, copies", [("after_alerts_queued", 1), ("after_alerts_sent", 2)])
def test_a_kill_loses_nothing(desk, hook, binary, step, copies):
    """Killed between firing and sending, and between sending and writing down that it was sent: at least once, and what comes
    twice has the same key."""
    desk.configure(STALE + channel(hook))
    desk.run("run", "-q", "--now", AT)
    killed = subprocess.run([binary, "-C", desk.folder, "alerts", "check", "--now", AFTER], capture_output=True,
                            env=desk.environment | {"DESKHOUSE_CRASH_AT": step})
    assert killed.returncode == -signal.SIGKILL
    desk.run("alerts", "check", "-q", "--now", "2024-03-01T10:30:05Z")
    desk.run("alerts", "check", "-q", "--now", "2024-03-01T10:30:06Z")
    assert len(hook.posts) == copies and len({post.headers["idempotency-key"] for post in hook.posts}) == 1
    assert [e["event"] for e in json.loads(desk.run("alerts", "history", "--json").stdout)["events"]] == ["fired"]


def test_redirects_are_not_followed(desk, hook):
    other = Hook()
    hook.answers = [(307, {"Location": f"http://localhost:{other.port}/"})]
    desk.configure(QUIET + channel(hook))
    failed = desk.run("alerts", "test", "ops", code=1)
    assert "redirects are not followed" in failed.stderr and other.posts == []
    other.stop()


def test_private_addresses_only_where_they_are_allowed(desk, hook):
    for host in ("localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433", "127.1"):
        desk.configure(QUIET + f'[channels.ops]\ntype = "webhook"\nurl = "https://{host}:{hook.port}/"\n')
        assert "private network" in desk.run("alerts", "test", "ops", code=1).stderr, host
    assert hook.posts == []


def test_certificates_are_checked(desk, certificates):
    ca, context = certificates
    secure = Hook(context)
    desk.configure(QUIET + channel(secure, scheme="https"))
    assert "cannot be trusted" in desk.run("alerts", "test", "ops", code=1).stderr
    desk.configure(QUIET + channel(secure, scheme="https", more=f'sslrootcert = "{ca}"'))
    desk.run("alerts", "test", "ops")
    assert len(secure.posts) == 1
    secure.stop()


def mail_channel(box, ca, tls="starttls", more=""):
    return (f'[channels.post]\ntype = "email"\nhost = "localhost"\nport = {box.port}\ntls = "{tls}"\nuser = "desk"\n'
            f'password_env = "MAIL_PASSWORD"\nfrom = "desk@example.com"\nto = ["ops@example.com", "boss@example.com"]\n'
            f'allow_private = true\nsslrootcert = "{ca}"\n{more}\n')


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_mail(desk, mailbox, certificates, tls):
    box = mailbox(tls=tls)
    desk.environment["MAIL_PASSWORD"] = box.password
    desk.configure(STALE + mail_channel(box, certificates[0], tls))
    done = desk.run("run", "-q", "--now", AFTER)
    (sender, recipients, text, secure), = box.mails
    assert secure and box.password not in done.stderr
    assert sender.startswith("MAIL FROM:<desk@example.com>") and len(recipients) == 2
    mail = email.message_from_bytes(text, policy=email.policy.default)
    assert mail["Subject"] == "FIRING [warning] stale_data: source=desk" and mail["To"] == "ops@example.com, boss@example.com"
    assert mail["Auto-Submitted"] == "auto-generated" and mail["Message-ID"].endswith("@example.com>")
    assert "1801 (alarm: > 1800)" in mail.get_content()


def test_mail_that_does_not_get_through(desk, mailbox, certificates):
    box = mailbox(tls="none")
    desk.environment["MAIL_PASSWORD"] = "wrong"
    desk.configure(QUIET + mail_channel(box, certificates[0]))
    assert "offers no STARTTLS" in desk.run("alerts", "test", "post", code=1).stderr
    box = mailbox()
    desk.configure(QUIET + mail_channel(box, certificates[0]))
    refused = desk.run("alerts", "test", "post", code=1).stderr
    assert "does not accept user and password" in refused and "wrong" not in refused
    desk.configure(QUIET + mail_channel(box, certificates[0]).replace(str(certificates[0]), ""))
    assert "cannot be trusted" in desk.run("alerts", "test", "post", code=1).stderr
    del desk.environment["MAIL_PASSWORD"]
    assert "MAIL_PASSWORD" in desk.run("alerts", "test", "post", code=1).stderr
    assert box.mails == []


HOSTILE = '<script>x</script>\r\nBcc: all@example.com\r\n\r\n\x1b]0;owned\x07\x1b[2J <!channel> @here \u202egnp.exe'


def test_text_of_tickets_stays_text(desk, hook, mailbox, certificates):
    box = mailbox()
    desk.environment["MAIL_PASSWORD"] = box.password
    quiet = QUIET.replace("[alerts.sla_risk]\nenabled = false\n", "") + "[alerts.stale_data]\nenabled = false\n"
    desk.configure(quiet + channel(hook, "slack") + mail_channel(box, certificates[0]) + '[sla.targets.High]\nresolution = "2h"\n')
    subject = HOSTILE.replace('"', '""')
    desk.deliver(f'T1,"{subject}",Open,High,Mail,U1,2024-03-01T09:00:00Z,2024-03-01T10:00:00Z\n')
    done = desk.run("run", "-q", "--now", "2024-03-01T10:15:00Z")
    assert "T1" in done.stderr and not any(c in done.stderr for c in "\x1b\x07\r\u202e")
    assert len(done.stderr.splitlines()) == 1
    slack = json.dumps(hook.posts[0].json, ensure_ascii=False)
    assert "&lt;script&gt;" in slack and not any(c in slack for c in ("<!channel>", "@here", "\x1b", "\u202e"))
    mail = email.message_from_bytes(box.mails[0][2], policy=email.policy.default)
    assert mail["Bcc"] is None and len(mail.keys()) == 9 and mail.get_content_type() == "text/plain"
    assert "<script>" in mail.get_content() and "\x1b" not in mail.get_content() and len(box.mails[0][1]) == 2
    listed = desk.run("alerts", "list").stdout
    assert "T1" in listed and "\x1b" not in listed and "\u202e" not in listed


def test_secrets_are_nowhere(desk, hook, mailbox, certificates, binary):
    """In no log, error, report, table, nor the process list; the address of a Slack channel is a secret too."""
    secrets = {"HOOK_URL": f"http://localhost:{hook.port}/services/SECRETPATH", "HOOK_SECRET": "sign-SECRETKEY", "HOOK_TOKEN": "SECRETTOKEN",
               "MAIL_PASSWORD": "SECRETPASSWORD"}
    desk.environment |= secrets
    box = mailbox()
    desk.configure(STALE + '[channels.ops]\ntype = "webhook"\nurl_env = "HOOK_URL"\nsecret_env = "HOOK_SECRET"\ntoken_env = "HOOK_TOKEN"\n'
                   "allow_private = true\n" + mail_channel(box, certificates[0]))
    hook.answers = [500, (302, {"Location": secrets["HOOK_URL"]})]
    output = ""
    for arguments, code in ((("run", "--now", AFTER), 0), (("alerts", "test", "ops"), 1), (("alerts", "test", "post"), 1), (("alerts", "list"), 0),
                            (("alerts", "history", "--json"), 0), (("status", "--json"), 0), (("doctor",), None)):
        done = subprocess.run([binary, "-C", desk.folder, *arguments], capture_output=True, text=True, env=desk.environment)
        assert code is None or done.returncode == code, done.stderr
        output += done.stdout + done.stderr
    serving = subprocess.Popen([binary, "-C", desk.folder, "serve"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=desk.environment)
    time.sleep(1.5)
    output += open(f"/proc/{serving.pid}/cmdline").read()
    serving.terminate()
    output += serving.communicate(timeout=30)[0]
    output += (desk.folder / "deskhouse.duckdb").read_bytes().decode("latin-1")
    for secret in ("SECRETPATH", "SECRETKEY", "SECRETTOKEN", "SECRETPASSWORD"):
        assert secret not in output
    assert any("SECRETPATH" in post.path for post in hook.posts)


@pytest.mark.parametrize("listen", [[], ["--listen", "127.0.0.1:0"]], ids=["alone", "with pages"])
def test_serve_looks_by_itself(desk, hook, binary, listen):
    """Without a run: the data gets old while nobody does anything, and what did not get through is tried again."""
    desk.configure(STALE.replace("30m", "1s") + channel(hook) + '[alerting]\nevery = "1s"\n')
    hook.answers = [503]
    serving = subprocess.Popen([binary, "-C", desk.folder, "serve", *listen], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=desk.environment)
    try:
        wait_for(lambda: len(hook.posts) >= 2, 30)
    finally:
        serving.terminate()
        serving.communicate(timeout=30)
    assert serving.returncode == 0
    assert {post.json["rule"] for post in hook.posts} == {"stale_data"} and hook.posts[0].json["id"] == hook.posts[1].json["id"]


def test_a_test_of_a_channel_that_is_not_there(desk):
    assert "There is no channel 'opps'" in desk.run("alerts", "test", "opps", code=2).stderr
