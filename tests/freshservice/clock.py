"""The server's time: real, or in the hands of a test. Time stamps of the API are UTC with whole seconds."""

import datetime as dt
import time

UTC = dt.timezone.utc


def to_text(moment: dt.datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_moment(text: str) -> dt.datetime:
    """ISO 8601, a date alone too; without an offset it is UTC. Raises ValueError for anything else."""
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Clock:
    """Begins at `start` (now, if none is given) and runs as fast as the real one."""

    def __init__(self, start: dt.datetime | None = None) -> None:
        self._start = start or dt.datetime.now(UTC)
        self._begun = time.monotonic()

    def elapsed_s(self) -> float:
        """Seconds since the start; never goes back."""
        return time.monotonic() - self._begun

    def now(self) -> dt.datetime:
        return self._start + dt.timedelta(seconds=self.elapsed_s())

    def text(self) -> str:
        return to_text(self.now())


class ManualClock(Clock):
    """Stands still until a test advances it, so that a minute's limit costs no minute."""

    def __init__(self, start: dt.datetime) -> None:
        super().__init__(start)
        self._elapsed_s = 0.0

    def elapsed_s(self) -> float:
        return self._elapsed_s

    def advance(self, seconds: float) -> None:
        self._elapsed_s += seconds
