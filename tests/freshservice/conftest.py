"""What the tests of the server share: a clock that stands still, small help desks, a server and its client."""

import datetime as dt
import pathlib
import sys
from typing import Any

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.freshservice.client import Client  # noqa: E402
from tests.freshservice.clock import UTC, ManualClock  # noqa: E402
from tests.freshservice.invent import invent  # noqa: E402
from tests.freshservice.model import USER_ID, HelpDesk  # noqa: E402
from tests.freshservice.project import Project  # noqa: E402
from tests.freshservice.server import Server  # noqa: E402
from tests.freshservice.site_setup import add_site  # noqa: E402

NOW = dt.datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def clock():
    return ManualClock(NOW)


@pytest.fixture
def desk(clock):
    """A small made-up help desk, a new one for each test."""
    return invent(120, 1, clock)


@pytest.fixture
def bare(clock):
    """A help desk without tickets: one agent and one requester."""
    desk = HelpDesk(clock)
    add_site(desk)
    person = {"first_name": "Vera", "last_name": "Hansen", "active": True, "department_ids": []}
    desk.put("agents", USER_ID + 1, person | {"email": "vera@example.com", "group_ids": []})
    desk.put("requesters", USER_ID + 2, person | {"first_name": "João", "primary_email": "joao@example.com"})
    return desk


@pytest.fixture
def serve():
    """serve(desk, plan="pro") -> (server, client); stopped after the test."""
    running = []

    def start(desk: HelpDesk, **options: Any) -> tuple[Server, Client]:
        server = Server(desk, **options)
        server.__enter__()
        client = Client(server.address, options.get("api_key", "test-key"))
        running.append((server, client))
        return server, client

    yield start
    for server, client in running:
        client.close()
        server.__exit__(None)


@pytest.fixture
def running(desk, serve):
    return serve(desk)


@pytest.fixture
def client(running):
    return running[1]


@pytest.fixture
def server(running):
    return running[0]


@pytest.fixture
def project(running, binary, tmp_path):
    """A project that reads the small made-up help desk."""
    return Project(tmp_path, binary, running[0])


@pytest.fixture
def project_of(serve, binary, tmp_path):
    """project_of(desk, source="concurrency = 4", plan="starter"): one that reads this help desk."""

    def make(desk: HelpDesk, source: str = "", rest: str = "", **options: Any) -> Project:
        return Project(tmp_path, binary, serve(desk, **options)[0], source, rest)

    return make
