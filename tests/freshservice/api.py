"""A request in, a response out: limits, schedule, authorization, resources, and the log. No sockets."""

import base64
import json
import threading
import urllib.parse
from dataclasses import asdict, dataclass, field
from email.message import Message
from typing import Any

from tests.freshservice.errors import Refused, body_of
from tests.freshservice.limits import Limiter
from tests.freshservice.model import HelpDesk, mutate
from tests.freshservice.resources import LIST_INCLUDES, NESTED, SHOW_INCLUDES, Resources
from tests.freshservice.schedule import Fault, Schedule

BASE = "/api/v2/"
HTML_PAGE = b"<!DOCTYPE html>\n<html><body><h1>We are down for maintenance</h1></body></html>\n"


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    body: bytes
    fault: Fault | None = None


@dataclass
class Entry:
    """A line of the request log. `time_s` is the server's clock, from its start. Status 0: the connection was reset."""

    number: int
    method: str
    path: str
    query: dict[str, str]
    time_s: float
    in_flight: int  # requests being answered, with this one
    status: int = 0
    credits: int = 0
    retry_after_s: int = 0
    fault: str | None = None


@dataclass
class Api:
    desk: HelpDesk
    limiter: Limiter
    schedule: Schedule = field(default_factory=Schedule)
    api_key: str = "test-key"
    forbidden: set[str] = field(default_factory=set)  # resources, and names of nested lists, that plan or role lack
    log: list[Entry] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    mistakes: list[str] = field(default_factory=list)  # tracebacks; Server raises them at its end
    in_flight: int = 0
    _number: int = 0

    def __post_init__(self) -> None:
        self._resources = Resources(self.desk)

    def begin(self) -> None:
        with self.lock:
            self.in_flight += 1

    def end(self) -> None:
        with self.lock:
            self.in_flight -= 1

    def handle(self, method: str, target: str, headers: Message, origin: str) -> Response:
        """`target` is path and query; `origin` scheme and host, for links. Thread-safe."""
        split = urllib.parse.urlsplit(target)
        query = dict(urllib.parse.parse_qsl(split.query, keep_blank_values=True))
        with self.lock:
            self._number += 1
            entry = Entry(self._number, method, split.path, query, self.desk.clock.elapsed_s(), self.in_flight)
            self.log.append(entry)
            fault = self.schedule.fault_at(entry.number, target)
            for change in self.schedule.changes_at(entry.number, target):
                mutate(self.desk, change)
            response = self._respond(method, split.path, query, headers, origin, entry, fault)
            response.fault = fault
            entry.fault = fault.kind if fault else None
            entry.status = 0 if fault and fault.kind == "reset" else response.status
            return response

    def early(self) -> list[Entry]:
        """Requests that were sent before a Retry-After given to an earlier one had passed."""
        found, free_at_s = [], 0.0
        with self.lock:
            for entry in self.log:
                if entry.time_s < free_at_s:
                    found.append(entry)
                if entry.retry_after_s:
                    free_at_s = max(free_at_s, entry.time_s + entry.retry_after_s)
        return found

    def log_since(self, number: int = 0) -> list[dict[str, Any]]:
        """The log behind request `number`, as JSON shows it."""
        with self.lock:
            return [asdict(entry) for entry in self.log if entry.number > number]

    def _respond(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        headers: Message,
        origin: str,
        entry: Entry,
        fault: Fault | None,
    ) -> Response:
        if fault and fault.kind == "status":
            return self._failed(fault, entry)
        parts = path.removeprefix(BASE).split("/")
        charge = self.limiter.charge(*self._price(parts, query))
        entry.credits, entry.retry_after_s = charge.credits, charge.retry_after_s
        sent = {"Content-Type": "application/json; charset=utf-8"} | charge.headers
        try:
            if not charge.allowed:
                raise Refused(429)
            self._check(method, path, parts, headers)
            page = self._resources.answer(parts, query)
        except Refused as refused:
            return Response(refused.status, sent | refused.headers, body_of(refused, self.desk.switches))
        if page.more:
            following = query | {"page": str(int(query.get("page", "1")) + 1)}
            sent["Link"] = f'<{origin}{path}?{urllib.parse.urlencode(following)}>; rel="next"'
        body = json.dumps(page.body, ensure_ascii=False).encode()
        if fault and fault.kind == "invalid_json":
            body = body[: len(body) // 2]
        if fault and fault.kind == "html":
            sent["Content-Type"], body = "text/html; charset=utf-8", HTML_PAGE
        return Response(200, sent, body)

    def _failed(self, fault: Fault, entry: Entry) -> Response:
        sent = {"Content-Type": "text/html" if fault.html else "application/json"}
        if fault.retry_after is not None:
            sent["Retry-After"] = str(fault.retry_after)
            entry.retry_after_s = int(fault.retry_after) if str(fault.retry_after).isdigit() else 0
        return Response(
            fault.status, sent, HTML_PAGE if fault.html else body_of(Refused(fault.status), self.desk.switches)
        )

    def _price(self, parts: list[str], query: dict[str, str]) -> tuple[str, int]:
        """The operation, and its credits: invalid includes cost nothing extra, for the call will be refused."""
        switches, resource = self.desk.switches, parts[0]
        show = len(parts) == 2
        operation = f"{'show' if show else 'list'} {'/'.join((resource, *parts[2:]))}"
        allowed = (SHOW_INCLUDES if show else LIST_INCLUDES).get(resource, ()) if len(parts) < 3 else ()
        included = [name for name in query.get("include", "").split(",") if name in allowed]
        return operation, 1 + len(included) * (switches.include_credits_show if show else switches.include_credits_list)

    def _check(self, method: str, path: str, parts: list[str], headers: Message) -> None:
        if not self._authorized(headers.get("Authorization", "")):
            raise Refused(401, headers={"WWW-Authenticate": 'Basic realm="Freshservice"'})
        if not path.startswith(BASE):
            raise Refused(404)
        accepted = headers.get("Accept", "*/*")
        if not any(kind in accepted for kind in ("*/*", "application/*", "application/json")):
            raise Refused(406)
        if method in ("POST", "PUT") and headers.get("Content-Type", "").split(";")[0] != "application/json":
            raise Refused(415)
        if method != "GET":
            raise Refused(405, headers={"Allow": "GET"})
        if parts[0] in self.forbidden or len(parts) == 3 and parts[2] in NESTED and parts[2] in self.forbidden:
            raise Refused(403)

    def _authorized(self, header: str) -> bool:
        """Basic: the API key is the user, any password will do."""
        scheme, _, encoded = header.partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            user, colon, _ = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            return False
        return bool(colon) and user == self.api_key
