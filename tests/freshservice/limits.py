"""Calls a minute: of the account, and lower ones of some operations. A window begins with the first call in it."""

import math
from dataclasses import dataclass, field

from tests.freshservice.clock import Clock
from tests.freshservice.switches import Switches

LISTS = ("tickets", "assets", "agents", "requesters")  # the list calls with a limit of their own


@dataclass(frozen=True)
class Plan:
    account: int
    list_call: int
    show_ticket: int


PLANS = {
    "starter": Plan(100, 40, 50),
    "growth": Plan(200, 70, 80),
    "pro": Plan(400, 120, 140),
    "enterprise": Plan(500, 140, 160),
    "unlimited": Plan(1_000_000, 1_000_000, 1_000_000),
}


@dataclass(frozen=True)
class Charge:
    allowed: bool
    credits: int  # taken off the account's limit; 0 if refused
    headers: dict[str, str]
    retry_after_s: int = 0


@dataclass
class Limiter:
    plan: Plan
    clock: Clock
    switches: Switches
    _begun_s: float | None = None
    _used: int = 0
    _calls: dict[str, int] = field(default_factory=dict)

    def charge(self, operation: str, credits: int) -> Charge:
        """Takes credits for a call. `operation`: "list tickets", "show assets", ..."""
        now_s = self.clock.elapsed_s()
        if self._begun_s is None or now_s >= self._begun_s + self.switches.minute_s:
            self._begun_s, self._used, self._calls = now_s, 0, {}
        most = self._calls_max(operation)
        calls = self._calls.get(operation, 0)
        allowed = self._used + credits <= self.plan.account and calls < most
        if allowed:
            self._used += credits
            self._calls[operation] = calls = calls + 1
        headers = self._headers(credits if allowed else 0, most, calls)
        if allowed:
            return Charge(True, credits, headers)
        wait_s = max(1, math.ceil(self._begun_s + self.switches.minute_s - now_s))
        return Charge(False, 0, headers | {"Retry-After": str(wait_s)}, wait_s)

    def _calls_max(self, operation: str) -> int:
        if operation in {f"list {name}" for name in LISTS}:
            return self.plan.list_call
        if operation == "show tickets" and self.switches.show_ticket_limit:
            return self.plan.show_ticket
        return self.plan.account

    def _headers(self, credits: int, most: int, calls: int) -> dict[str, str]:
        total, remaining = self.plan.account, self.plan.account - self._used
        if self.switches.headers_of == "operation" and most < self.plan.account:
            total, remaining = most, most - calls
        return {
            "X-Ratelimit-Total": str(total),
            "X-Ratelimit-Remaining": str(max(0, remaining)),
            "X-Ratelimit-Used-CurrentRequest": str(credits),
        }
