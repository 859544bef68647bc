"""What happens at which request: faults, and changes of the records in the middle of a sync."""

import re
from dataclasses import dataclass, field
from typing import Any

FAULTS = ("status", "reset", "truncate", "slow", "invalid_json", "html")


@dataclass
class Trigger:
    """Fires at the requests that its conditions hold for; without any, at the next one.

    at:    the number of the request, from 1
    every: each n-th request from the trigger's first on
    path:  a regular expression found in path and query; at and every then count the requests that it fits.
           "[?&]page=2" is the second page: "page=2" is also in per_page=20
    times: how often it fires at most; 0: without end. Default: once, with `every` without end
    """

    at: int = 0
    every: int = 0
    path: str = ""
    times: int | None = None
    _seen: int = 0
    _fired: int = 0

    def __post_init__(self) -> None:
        if self.times is None:
            self.times = 0 if self.every else 1
        self._pattern = re.compile(self.path)

    def fires(self, number: int, target: str) -> bool:
        """Asks about request `number`; call it once for each request."""
        if not self._pattern.search(target):
            return False
        self._seen += 1
        count = self._seen if self.path or self.every else number
        if (
            (self.at and count != self.at)
            or (self.every and count % self.every)
            or (self.times and self._fired >= self.times)
        ):
            return False
        self._fired += 1
        return True


@dataclass
class Fault:
    """One of FAULTS, and what it needs. Each waits `delay_s` before anything is sent.

    status:       answers `status`, with Retry-After if `retry_after` is given; `html` makes the body a page
    reset:        resets the connection without an answer
    truncate:     announces the whole body, sends half of it, closes
    slow:         nothing else
    invalid_json: a whole body that is no JSON
    html:         a page of HTML with status 200
    """

    kind: str
    trigger: Trigger = field(default_factory=Trigger)
    status: int = 503
    retry_after: str | int | None = None
    html: bool = False
    delay_s: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in FAULTS:
            raise ValueError(f"there is no fault {self.kind!r}: {', '.join(FAULTS)}")


@dataclass
class Mutation:
    """Changes of records just before a request is answered."""

    changes: list[dict[str, Any]]
    trigger: Trigger = field(default_factory=Trigger)


TRIGGER_FIELDS = ("at", "every", "path", "times")


def _split(described: dict[str, Any]) -> tuple[Trigger, dict[str, Any]]:
    trigger = Trigger(**{name: described[name] for name in TRIGGER_FIELDS if name in described})
    return trigger, {name: value for name, value in described.items() if name not in TRIGGER_FIELDS}


def fault_of(described: dict[str, Any]) -> Fault:
    """{"kind": "status", "status": 503, "at": 3}"""
    trigger, rest = _split(described)
    return Fault(trigger=trigger, **rest)


def mutation_of(described: dict[str, Any]) -> Mutation:
    """{"at": 3, "changes": [{"do": "delete_ticket", "id": 7}]}"""
    trigger, rest = _split(described)
    return Mutation(trigger=trigger, **rest)


@dataclass
class Schedule:
    faults: list[Fault] = field(default_factory=list)
    mutations: list[Mutation] = field(default_factory=list)

    def fault_at(self, number: int, target: str) -> Fault | None:
        """The first that fires; all are asked, so that each counts every request."""
        fired = [fault for fault in self.faults if fault.trigger.fires(number, target)]
        return fired[0] if fired else None

    def changes_at(self, number: int, target: str) -> list[dict[str, Any]]:
        return [
            change
            for mutation in self.mutations
            if mutation.trigger.fires(number, target)
            for change in mutation.changes
        ]
