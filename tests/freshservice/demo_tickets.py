"""Tickets of the demo's CSV files, lived through: from the log of events where there is one, else from the row."""

import pathlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial

from tests.freshservice.demo_rows import (
    PRIORITY,
    SOURCE,
    STATUS,
    Row,
    known,
    number_of,
    other_id,
    rows,
    time_of,
    user_id,
    whole_rows,
)
from tests.freshservice.model import HelpDesk, Ticket

Step = tuple[str, Callable[..., object]]  # when, and what to call with at=


def add_tickets(desk: HelpDesk, folder: pathlib.Path) -> None:
    nested = {name: _by_ticket(folder / f"{name}.csv") for name in ("ticket_events", "time_entries", "surveys")}
    newest: dict[str, Row] = {}
    for path in sorted((folder / "tickets").glob("*.csv")):
        for row in rows(path, "Number", "Updated"):
            if row["Number"] not in newest or _updated(row) >= _updated(newest[row["Number"]]):
                newest[row["Number"]] = row
    for id, row in newest.items():
        if row["Caller"] and time_of(row["Opened"]) and time_of(row["Updated"]):
            _add_ticket(desk, row, {name: found.get(id, []) for name, found in nested.items()})


def _updated(row: Row) -> str:
    return time_of(row["Updated"]) or ""


def _by_ticket(path: pathlib.Path) -> dict[str, list[Row]]:
    found = defaultdict(list)
    for row in whole_rows(path):
        found[row["ticket_id"]].append(row)
    return found


def _add_ticket(desk: HelpDesk, row: Row, nested: dict[str, list[Row]]) -> None:
    caller = user_id(row["Caller"])
    ticket = desk.create_ticket(
        {
            "id": number_of(row["Number"]),
            "subject": row["Short description"],
            "description_text": row["Description"],
            "type": row["Ticket type"],
            "priority": PRIORITY.get(row["Priority"], 2),
            "source": SOURCE.get(row["Contact type"], 1),
            "category": known(row["Category"]),
            "sub_category": known(row["Subcategory"]),
            "requester_id": caller,
            "requested_for_id": caller,
            "group_id": other_id(row["Assignment group"]),
            "department_id": other_id(row["Department"]),
            "is_escalated": row["Escalated"] == "yes",
            "custom_fields": {"site": row["Site"], "escalated": row["Escalated"]},
        },
        at=time_of(row["Opened"]),
    )
    events = nested["ticket_events"]
    steps = list(_steps_of_events(desk, ticket.id, events) if events else _steps_of_row(desk, ticket.id, row))
    steps += _steps_of_nested(desk, ticket.id, nested)
    for at, step in sorted(steps, key=lambda pair: pair[0]):
        step(at=at)
    _agree(ticket, row)


def _steps_of_events(desk: HelpDesk, id: int, events: list[Row]) -> Iterator[Step]:
    for event in sorted(events, key=lambda e: int(e["version"]))[1:]:  # the first is the creation
        actor = user_id(event["actor"])
        if event["event_type"] == "responded":
            yield event["event_at"], partial(desk.reply, id, actor)
        fields = {
            "status": STATUS.get(event["status"]),
            "priority": PRIORITY.get(event["priority"]),
            "responder_id": user_id(event["assigned_to"]),
            "group_id": other_id(event["group_id"]),
        }
        given = {name: value for name, value in fields.items() if value is not None}
        yield event["event_at"], partial(desk.change_ticket, id, given, actor)


def _steps_of_row(desk: HelpDesk, id: int, row: Row) -> Iterator[Step]:
    agent = user_id(row["Assigned to"])
    responded, resolved, closed = (time_of(row[column]) for column in ("First response", "Resolved", "Closed"))
    if agent:
        first = responded or time_of(row["Opened"]) or ""
        yield first, partial(desk.change_ticket, id, {"responder_id": agent, "status": STATUS["In Progress"]}, agent)
    if responded and agent:
        yield responded, partial(desk.reply, id, agent)
    if resolved:
        yield resolved, partial(desk.change_ticket, id, {"status": STATUS["Resolved"]}, agent)
    if closed:
        yield closed, partial(desk.change_ticket, id, {"status": STATUS["Closed"]}, None)


def _steps_of_nested(desk: HelpDesk, id: int, nested: dict[str, list[Row]]) -> Iterator[Step]:
    for entry in nested["time_entries"]:
        minutes, billable = int(entry["minutes"]), entry["billable"] == "true"
        yield entry["created_at"], partial(desk.add_time_entry, id, user_id(entry["agent_id"]), minutes, billable)
    for answer in nested["surveys"]:
        score, most, comment = int(answer["score"]), int(answer["max_score"]), answer["comment"] or None
        yield answer["responded_at"], partial(desk.answer_survey, id, score, most, comment)


def _agree(ticket: Ticket, row: Row) -> None:
    """The row has the last word, also where the log of events differs from it."""
    ticket.fields |= {
        "status": STATUS[row["State"]],
        "priority": PRIORITY.get(row["Priority"], 2),
        "responder_id": user_id(row["Assigned to"]),
        "group_id": other_id(row["Assignment group"]),
        "due_by": time_of(row["Due date"]),
        "updated_at": time_of(row["Updated"]),
    }
    ticket.stats |= {
        "first_responded_at": time_of(row["First response"]),
        "resolved_at": time_of(row["Resolved"]),
        "closed_at": time_of(row["Closed"]),
    }
    ticket.assets = [number_of(row["Configuration item"])] if row["Configuration item"] else []
    ticket.problem = number_of(row["Problem"]) if row["Problem"] else None
