"""Invented events of tickets."""

import json
import random

STATUSES = ["Open", "Pending", "Resolved", "Closed"]
PRIORITIES = ["Low", "Medium", "High", "Critical"]


def time(minute):
    day, rest = divmod(minute, 1440)
    return f"2024-03-{1 + day:02d}T{rest // 60:02d}:{rest % 60:02d}:00Z"


def ticket(number, minute, rng):
    status = rng.choice(STATUSES)
    record = {"id": f"T{number}", "subject": f"Help {number}", "status": status, "priority": rng.choice(PRIORITIES),
              "category": rng.choice(["Mail", "Network", None]), "requester_id": f"U{rng.randrange(5)}",
              "assigned_to": rng.choice([None, "A1", "A2"]), "created_at": time(number), "updated_at": time(minute)}
    if status in ("Resolved", "Closed"):
        record["resolved_at"] = time(minute)
    return record


def event(data, kind="ticket.updated", at=None):
    return {"event_type": kind, "timestamp": at or data["updated_at"], "data": data}


def encoded(message):
    """Key and value of a message, which is an event or bytes; the key of an event is its record's id."""
    if isinstance(message, bytes):
        return None, message
    return str(message.get("data", {}).get("id", "")).encode(), json.dumps(message).encode()


def whole_events(count, seed, tickets=20):
    """Versions of tickets; no two of a ticket at the same time, or the position would decide in a batch."""
    rng = random.Random(seed)
    events, minute = [], 30
    for _ in range(count):
        minute += rng.randrange(1, 30)
        events.append(event(ticket(rng.randrange(tickets), minute, rng), rng.choice(["ticket.created", "ticket.updated"])))
    return events


def partial_events(count, seed, tickets=20):
    """The same with parts of tickets among them."""
    rng = random.Random(seed)
    events, minute = [], 30
    for _ in range(count):
        minute += rng.randrange(0, 30)
        number = rng.randrange(tickets)
        kind = rng.randrange(6)
        if kind < 3:
            events.append(event(ticket(number, minute, rng)))
        elif kind == 3:
            data = {"id": f"T{number}", "status": rng.choice(STATUSES)}
            events.append(event(data, "ticket.status_changed", time(minute)))
        elif kind == 4:
            data = {"id": f"T{number}", "assigned_to": rng.choice([None, "A1", "A2"])}
            events.append(event(data, "ticket.assigned", time(minute)))
        else:
            data = {"id": f"T{number}"}
            events.append(event(data, rng.choice(["ticket.deleted", "ticket.restored"]), time(minute)))
    return events
