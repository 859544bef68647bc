"""What the tests of the server share: a clock that stands still, small help desks, a server and its client."""

import datetime as dt
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.freshservice.clock import UTC, ManualClock  # noqa: E402
from tests.freshservice.invent import invent  # noqa: E402

NOW = dt.datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def clock():
    return ManualClock(NOW)


@pytest.fixture
def desk(clock):
    """A small made-up help desk, a new one for each test."""
    return invent(120, 1, clock)
