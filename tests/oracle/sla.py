"""Service levels, naively: every span of time in which the clock runs is listed, then added up."""

import datetime as dt
import tomllib
import zoneinfo

from source import EPOCH, microseconds

HOUR = 3_600_000_000
MINUTE = 60_000_000
UTC = dt.timezone.utc
DEFAULT = {"Critical": (1 * HOUR, 4 * HOUR), "High": (2 * HOUR, 8 * HOUR), "Medium": (6 * HOUR, 24 * HOUR),
           "Low": (18 * HOUR, 72 * HOUR)}
STOPS = ("Pending", "Resolved", "Closed")
DONE = ("Resolved", "Closed")


def duration(text):
    return int(text[:-1]) * {"h": HOUR, "m": MINUTE}[text[-1]]


class Calendar:
    """Open on Monday to Friday at the same hours, but for yearly holidays."""

    def __init__(self, spec):
        self.zone = zoneinfo.ZoneInfo(spec["time_zone"])
        assert len(spec["weekdays"]) == 1, "the demo opens once a day"
        self.hours = [dt.time.fromisoformat(part) for part in spec["weekdays"][0].split("-")]
        self.holidays = {(int(day[2:4]), int(day[5:7])) for day in spec["holidays"]}
        self.days = {}

    def day(self, day):
        """The open span of a local day, or None."""
        if day not in self.days:
            is_open = day.weekday() < 5 and (day.month, day.day) not in self.holidays
            span = [microseconds(dt.datetime.combine(day, at, self.zone).astimezone(UTC)) for at in self.hours]
            self.days[day] = tuple(span) if is_open else None
        return self.days[day]

    def spans(self, start, end):
        day = (EPOCH + dt.timedelta(microseconds=start)).date() - dt.timedelta(days=1)
        while True:
            span = self.day(day)
            day += dt.timedelta(days=1)
            if span is None:
                continue
            if span[0] >= end:
                return
            if span[1] > start:
                yield max(span[0], start), min(span[1], end)


class Policies:
    def __init__(self, config_file):
        with open(config_file, "rb") as file:
            config = tomllib.load(file)
        self.calendars = {name: Calendar(spec) for name, spec in config.get("calendars", {}).items()}
        self.policies = config.get("sla", {}).get("policies", [])

    def choose(self, ticket):
        """(response target, resolution target, calendar or None for always open)"""
        for policy in self.policies:
            assert set(policy) <= {"name", "types", "calendar", "targets"}, "the oracle knows no other condition"
            target = policy["targets"].get(ticket["priority"])
            if target and ticket["type"] in policy["types"]:
                calendar = self.calendars[policy["calendar"]]
                return duration(target["response"]), duration(target["resolution"]), calendar
        return *DEFAULT[ticket["priority"]], None


def status_spans(history):
    """[from, to or None, status] as the history states them; and how often a finished ticket came back."""
    spans, reopened = [], 0
    for event in history:
        status = event["status"]
        if status is None or (spans and spans[-1][2] == status):
            continue
        if spans and spans[-1][2] in DONE and status not in DONE:
            reopened += 1
        if spans:
            spans[-1][1] = event["at"]
            if spans[-1][0] == event["at"]:
                spans.pop()
        if spans and spans[-1][2] == status:
            spans[-1][1] = None
        else:
            spans.append([event["at"], None, status])
    return spans, reopened


def handovers(names):
    named = [name for name in names if name]
    return sum(1 for before, after in zip(named, named[1:]) if before != after)


def ended(ticket):
    """When the clock stopped for good; None: not yet."""
    if ticket["resolved_at"] is None and ticket["status"] in DONE:
        return ticket["closed_at"] or ticket["updated_at"]
    return ticket["resolved_at"]


def stopped(ticket, spans):
    """Spans in which the clock stands still; an end of None is never."""
    spans = list(spans)
    if ended(ticket) is not None:
        while spans and spans[-1][2] in DONE:
            spans.pop()
    return [(max(start, ticket["created_at"]), ended(ticket) if end is None else end)
            for start, end, status in spans if status in STOPS]


def running(ticket, stops, calendar, end):
    """Spans in which the clock runs, from creation to `end`."""
    free, start = [], ticket["created_at"]
    for stop_from, stop_to in stops:
        if stop_to is not None and stop_to <= start:
            continue
        if stop_from > start:
            free.append((start, min(stop_from, end)))
        start = stop_to
        if start is None:
            break
    if start is not None:
        free.append((start, end))
    for free_from, free_to in free:
        if free_to > free_from:
            yield from [(free_from, free_to)] if calendar is None else calendar.spans(free_from, free_to)


def elapsed(ticket, stops, calendar, end):
    return sum(to - start for start, to in running(ticket, stops, calendar, end))


def deadline(ticket, stops, calendar, target):
    """(when the target is used up, the last instant at which it is not exceeded); None: never."""
    left, due = target, None
    for start, end in running(ticket, stops, calendar, ticket["created_at"] + 4000 * 24 * HOUR):
        if due is not None:
            return due, start
        if end - start > left:
            return start + left, start + left
        left -= end - start
        if left == 0:
            due = end
    return due, None


def measure(ticket, history, policies, as_of):
    """What core.fact_tickets says of a ticket. `history`: events in order, each with at, status, assigned_to, group_id."""
    response, resolution, calendar = policies.choose(ticket)
    spans, reopened = status_spans(history)
    stops = stopped(ticket, spans)
    out = {"reopen_count": reopened if spans else ticket["reopen_count"] or 0}
    agents, groups = [e["assigned_to"] for e in history], [e["group_id"] for e in history]
    if any(agents) or any(groups):
        out["reassignment_count"] = handovers(agents) if any(agents) else handovers(groups)
    else:
        out["reassignment_count"] = ticket["reassignment_count"] or 0

    created, answered, resolved = ticket["created_at"], ticket["first_response_at"], ticket["resolved_at"]
    out["response_us"] = answered - created if answered is not None and answered >= created else None
    over = ended(ticket)
    end = answered if answered is not None else over if over is not None else as_of
    is_odd = end < created and (answered is not None or over is not None)
    out["response_breached"] = None if is_odd else elapsed(ticket, stops, calendar, end) > response
    out["response_due_at"] = deadline(ticket, stops, calendar, response)[0]

    end = as_of if over is None else over
    is_odd = over is not None and over < created
    spent = elapsed(ticket, stops, calendar, end)
    out["resolution_us"] = None if is_odd or resolved is None else resolved - created
    out["business_us"] = None if is_odd or resolved is None else spent
    out["sla_breached"] = None if is_odd else spent > resolution
    out["due_at"], breach_after = deadline(ticket, stops, calendar, resolution)
    out["breach_agent_id"] = None
    if out["sla_breached"]:
        stated = [e["assigned_to"] for e in history if e["at"] <= breach_after and e["assigned_to"] is not None]
        holder = (stated[-1] if stated else None) if any(agents) else ticket["assigned_to"]
        out["breach_agent_id"] = holder or None
    out["is_open"] = ticket["status"] not in DONE
    return out
