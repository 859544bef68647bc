"""A desk as small as one can be, whose alerts go to receivers of the test."""

import json
import os
import time

import pytest

from .receivers import Hook, Mailbox, make_certificates

HEADER = "id,subject,status,priority,category,requester_id,created_at,updated_at\n"


class Desk:
    def __init__(self, deskhouse, folder):
        self.run_command, self.folder, self.environment = deskhouse, folder, dict(os.environ)
        folder.mkdir()
        self.configure("")
        self.deliver("T1,Help,Open,High,Mail,U1,2024-03-01T09:00:00Z,2024-03-01T10:00:00Z\n")

    def configure(self, toml):
        (self.folder / "deskhouse.toml").write_text('[sources.desk.tickets]\npath = "tickets.csv"\n' + toml)

    def deliver(self, *tickets):
        (self.folder / "tickets.csv").write_text(HEADER + "".join(tickets))

    def run(self, *arguments, code=0, **options):
        return self.run_command("-C", self.folder, *arguments, code=code, env=self.environment, **options)

    def alerts(self):
        return json.loads(self.run("alerts", "list", "--json").stdout)


# Of the built-in rules only the one that is asked about is heard.
QUIET = "".join(f"[alerts.{name}]\nenabled = false\n" for name in
                ("missing_data", "error_rate", "failed_batch", "sla_risk", "failed_check", "failing_channel"))
STALE = QUIET + '[alerts.stale_data]\nthreshold = "30m"\n'


@pytest.fixture
def desk(deskhouse, tmp_path):
    return Desk(deskhouse, tmp_path / "desk")


@pytest.fixture
def hook():
    hook = Hook()
    yield hook
    hook.stop()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def mailbox(certificates):
    opened = []

    def make(**options):
        opened.append(Mailbox(certificates[1], **options))
        return opened[-1]

    yield make
    for box in opened:
        box.stop()


def wait_for(condition, seconds=20):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")
