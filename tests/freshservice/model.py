"""An in-memory help desk: what the server shows, and how a test changes it.

Records are dictionaries with the API's field names; times are texts of the form 2026-01-01T00:00:00Z. A ticket's
history and stats follow from the operations below, which the generator, the CSV reader and the mutations of a test
all use. Not thread-safe: the server locks.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.freshservice import codes
from tests.freshservice.clock import Clock, to_moment, to_text
from tests.freshservice.switches import Switches

Record = dict[str, Any]

USER_ID, OTHER_ID = 21_000_000_000, 21_000_500_000  # agents and requesters share one series
PRIMARY_WORKSPACE = 2
SYSTEM = {"id": 0, "name": "System"}

TABLES = (
    "agents",
    "requesters",
    "departments",
    "groups",
    "assets",
    "asset_types",
    "changes",
    "problems",
    "sla_policies",
    "business_hours",
    "workspaces",
)

STATS = (
    "opened_at",
    "pending_since",
    "resolved_at",
    "closed_at",
    "first_assigned_at",
    "assigned_at",
    "first_responded_at",
    "agent_responded_at",
    "requester_responded_at",
    "status_updated_at",
)


def seconds_between(begin: str, end: str) -> int:
    return int((to_moment(end) - to_moment(begin)).total_seconds())


def later(text: str, seconds: float) -> str:
    return to_text(to_moment(text) + dt.timedelta(seconds=seconds))


@dataclass
class Ticket:
    fields: Record
    stats: Record
    activities: list[Record] = field(default_factory=list)  # oldest first
    time_entries: list[Record] = field(default_factory=list)
    csat_response: Record | None = None
    assets: list[int] = field(default_factory=list)  # display_ids
    problem: int | None = None

    @property
    def id(self) -> int:
        return int(self.fields["id"])


class HelpDesk:
    """All records by id (assets by display_id). `version` goes up with each change, so that lists can be cached."""

    def __init__(self, clock: Clock, switches: Switches | None = None) -> None:
        self.clock = clock
        self.switches = switches or Switches()
        self.version = 0
        self.tickets: dict[int, Ticket] = {}
        self.tables: dict[str, dict[int, Record]] = {name: {} for name in TABLES}
        self._nested_id = OTHER_ID
        self.endless: Any = None  # EndlessTickets, instead of those that are here
        self.verbatim: dict[str, list[Record] | None] = {}  # lists that are shown as they are; None: 404

    # Tickets

    def create_ticket(self, fields: Record, actor: int | None = None, at: str | None = None) -> Ticket:
        at = at or self.clock.text()
        new = _ticket_defaults() | {"id": max(self.tickets, default=0) + 1, "created_at": at, "updated_at": at} | fields
        new.setdefault("due_by", later(at, codes.RESOLVE_WITHIN_S[new["priority"]]))
        new.setdefault("fr_due_by", later(at, codes.RESPOND_WITHIN_S[new["priority"]]))
        new["description"] = new["description"] or f"<div>{new['description_text']}</div>"
        stats = dict.fromkeys(STATS) | {
            "opened_at": at,
            "status_updated_at": at,
            "inbound_count": 1,
            "outbound_count": 0,
            "group_escalated": False,
            "first_resp_time_in_secs": 0,
            "resolution_time_in_secs": 0,
        }
        ticket = self.tickets[new["id"]] = Ticket(new, stats)
        set_first = {name: new[name] for name in ("status", "priority", "group_id", "responder_id") if new[name]}
        self._log(ticket, actor or new["requester_id"], " created a new ticket", at, self._changes(set_first))
        self._follow(ticket, set_first, at)
        self._touch(ticket, at)
        return ticket

    def change_ticket(self, id: int, fields: Record, actor: int | None = None, at: str | None = None) -> Ticket:
        """Sets fields and, for status, priority, group and agent, writes the history and the stats."""
        at, ticket = at or self.clock.text(), self.tickets[id]
        told = {name: value for name, value in fields.items() if ticket.fields.get(name) != value}
        ticket.fields.update(fields)
        if changes := self._changes(told):
            self._log(ticket, actor, " and".join(changes), at)
        self._follow(ticket, told, at)
        self._touch(ticket, at)
        return ticket

    def run_workflow(self, id: int, name: str, fields: Record, at: str | None = None) -> Ticket:
        """The same, done by a rule of the site: the changes stand in sub_contents."""
        at, ticket = at or self.clock.text(), self.tickets[id]
        ticket.fields.update(fields)
        self._log(ticket, None, f" executed workflow {name}", at, self._changes(fields))
        self._follow(ticket, fields, at)
        self._touch(ticket, at)
        return ticket

    def reply(self, id: int, actor: int | None, at: str | None = None) -> None:
        at, ticket = at or self.clock.text(), self.tickets[id]
        stats = ticket.stats
        if actor == ticket.fields["requester_id"]:
            stats["requester_responded_at"] = at
            stats["inbound_count"] += 1
        else:
            stats["first_responded_at"] = stats["first_responded_at"] or at
            stats["agent_responded_at"] = at
            stats["outbound_count"] += 1
            stats["first_resp_time_in_secs"] = seconds_between(ticket.fields["created_at"], stats["first_responded_at"])
        self._log(ticket, actor, " sent a reply", at)
        self._touch_by_nested(ticket, at)

    def add_time_entry(
        self,
        id: int,
        agent_id: int | None,
        minutes: int,
        billable: bool = True,
        note: str | None = None,
        at: str | None = None,
    ) -> Record:
        at, ticket = at or self.clock.text(), self.tickets[id]
        entry = {
            "id": self._next_id(),
            "agent_id": agent_id,
            "task_id": None,
            "start_time": at,
            "executed_at": at,
            "time_spent": f"{minutes // 60:02d}:{minutes % 60:02d}",
            "timer_running": False,
            "billable": billable,
            "note": note,
            "created_at": at,
            "updated_at": at,
        }
        ticket.time_entries.append(entry)
        self._touch_by_nested(ticket, at)
        return entry

    def remove_time_entry(self, id: int, entry_id: int, at: str | None = None) -> None:
        ticket = self.tickets[id]
        ticket.time_entries = [entry for entry in ticket.time_entries if entry["id"] != entry_id]
        self._touch_by_nested(ticket, at or self.clock.text())

    def rotate_time_entries(self, id: int) -> None:
        """The first becomes the last, as in an order that changes while pages are read."""
        entries = self.tickets[id].time_entries
        entries.append(entries.pop(0))

    def answer_survey(
        self, id: int, acquired_score: int, total_score: int = 5, comment: str | None = None, at: str | None = None
    ) -> None:
        at, ticket = at or self.clock.text(), self.tickets[id]
        answers = (
            [{"question": {"question_text": "Anything else?"}, "answers": [{"answer_text": comment}]}]
            if comment
            else []
        )
        ticket.csat_response = {
            "id": self._next_id(),
            "overall_rating": 300 + acquired_score,
            "overall_rating_text": f"Answer {acquired_score}",
            "score": {"acquired_score": acquired_score, "total_score": total_score},
            "questionnaire_responses": answers,
            "created_at": at,
            "updated_at": at,
        }
        self._touch_by_nested(ticket, at)

    def remove_survey(self, id: int, at: str | None = None) -> None:
        self.tickets[id].csat_response = None
        self._touch_by_nested(self.tickets[id], at or self.clock.text())

    def delete_ticket(self, id: int, at: str | None = None) -> None:
        self._mark(id, {"deleted": True}, at)

    def spam_ticket(self, id: int, at: str | None = None) -> None:
        self._mark(id, {"spam": True}, at)

    def restore_ticket(self, id: int, at: str | None = None) -> None:
        self._mark(id, {"deleted": False, "spam": False}, at)

    def purge_ticket(self, id: int) -> None:
        """Deletes for good: no list shows it any more."""
        del self.tickets[id]
        self.version += 1

    # Other records

    def put(self, resource: str, id: int, fields: Record, at: str | None = None) -> Record:
        """Creates or changes a record of TABLES; updated_at follows."""
        at, table = at or self.clock.text(), self.tables[resource]
        key = "display_id" if resource == "assets" else "id"
        table[id] = {"created_at": at} | table.get(id, {key: id}) | {"updated_at": at} | fields
        self.version += 1
        return table[id]

    def remove(self, resource: str, id: int) -> None:
        del self.tables[resource][id]
        self.version += 1

    # The API itself changes: a member is in no answer any more, or is text

    def drop_member(self, resource: str, name: str) -> None:
        for record in self._records(resource):
            record.pop(name, None)
        self.version += 1

    def retype_member(self, resource: str, name: str, words: dict[str, str] | None = None) -> None:
        for record in self._records(resource):
            if record.get(name) is not None:
                record[name] = (words or {}).get(str(record[name]), str(record[name]))
        self.version += 1

    def _records(self, resource: str) -> list[Record]:
        return [t.fields for t in self.tickets.values()] if resource == "tickets" else list(self.tables[resource].values())

    def user(self, id: int | None) -> Record | None:
        return None if id is None else self.tables["agents"].get(id) or self.tables["requesters"].get(id)

    # Within

    def _next_id(self) -> int:
        self._nested_id += 1
        return self._nested_id

    def _mark(self, id: int, marks: Record, at: str | None) -> None:
        ticket = self.tickets[id]
        ticket.fields.update(marks)
        if self.switches.delete_touches:
            ticket.fields["updated_at"] = at or self.clock.text()
        self.version += 1

    def _touch(self, ticket: Ticket, at: str) -> None:
        ticket.fields["updated_at"] = at
        self.version += 1

    def _touch_by_nested(self, ticket: Ticket, at: str) -> None:
        if self.switches.nested_touches:
            ticket.fields["updated_at"] = at
        self.version += 1

    def _log(
        self, ticket: Ticket, actor: int | None, content: str, at: str, sub_contents: list[str] | None = None
    ) -> None:
        who = SYSTEM if actor is None else {"id": actor, "name": name_of(self.user(actor))}
        ticket.activities.append(
            {"actor": who, "content": content, "sub_contents": sub_contents or [], "created_at": at}
        )

    def _changes(self, fields: Record) -> list[str]:
        """What the activities say about them: names, not ids."""
        names: dict[str, tuple[str, Callable[[Any], str]]] = {
            "status": ("Status", lambda code: codes.TICKET_STATUS.get(code, str(code))),
            "priority": ("Priority", lambda code: codes.PRIORITY[code]),
            "group_id": (
                "Group",
                lambda id: "none" if id is None else self.tables["groups"].get(id, {}).get("name", str(id)),
            ),
            "responder_id": ("Agent", lambda id: "none" if id is None else name_of(self.user(id))),
        }
        return [
            f" set {names[field][0]} as {names[field][1](value)}" for field, value in fields.items() if field in names
        ]

    def _follow(self, ticket: Ticket, changed: Record, at: str) -> None:
        """The stats after a change of fields."""
        stats = ticket.stats
        if changed.get("responder_id"):
            stats["first_assigned_at"] = stats["first_assigned_at"] or at
            stats["assigned_at"] = at
        status = changed.get("status")
        if status is None:
            return
        stats["status_updated_at"] = at
        stats["pending_since"] = at if status in codes.PENDING else None
        if status in (codes.RESOLVED, codes.CLOSED):
            stats["resolved_at"] = stats["resolved_at"] or at
            stats["closed_at"] = at if status == codes.CLOSED else None
            stats["resolution_time_in_secs"] = seconds_between(ticket.fields["created_at"], stats["resolved_at"])
        else:  # as the real server: a reopened ticket keeps its resolution_time_in_secs
            stats["resolved_at"] = stats["closed_at"] = None


def name_of(user: Record | None) -> str:
    return " ".join(part for part in (user["first_name"], user["last_name"]) if part) if user else "Unknown"


def _ticket_defaults() -> Record:
    return {
        "subject": "",
        "description": "",
        "description_text": "",
        "type": "Incident",
        "status": 2,
        "priority": 1,
        "source": 1,
        "category": None,
        "sub_category": None,
        "item_category": None,
        "requester_id": None,
        "requested_for_id": None,
        "responder_id": None,
        "group_id": None,
        "department_id": None,
        "is_escalated": False,
        "fr_escalated": False,
        "deleted": False,
        "spam": False,
        "urgency": 1,
        "impact": 1,
        "tags": [],
        "to_emails": None,
        "cc_emails": [],
        "fwd_emails": [],
        "reply_cc_emails": [],
        "custom_fields": {},
        "workspace_id": PRIMARY_WORKSPACE,
    }


MUTATIONS = (
    "create_ticket",
    "change_ticket",
    "run_workflow",
    "reply",
    "add_time_entry",
    "remove_time_entry",
    "rotate_time_entries",
    "answer_survey",
    "remove_survey",
    "delete_ticket",
    "spam_ticket",
    "restore_ticket",
    "purge_ticket",
    "put",
    "remove",
    "drop_member",
    "retype_member",
)


def mutate(desk: HelpDesk, mutation: Record) -> None:
    """Applies {"do": one of MUTATIONS, and its arguments by name}."""
    arguments = dict(mutation)
    name = arguments.pop("do", None)
    if name not in MUTATIONS:
        raise ValueError(f"cannot do {name!r}: {', '.join(MUTATIONS)}")
    getattr(desk, name)(**arguments)
