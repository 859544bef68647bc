"""Facts, recomputed naively from records: what every expected table is counted from."""

import bisect
import datetime as dt
from fractions import Fraction

import sla
import source

DAY = 24 * sla.HOUR
TRACKED = {"agents": ("name", "group_id", "hourly_cost", "weekly_hours", "is_active"),
           "requesters": ("name", "department_id", "location", "is_vip")}


def day_of(moment):
    return (source.EPOCH + dt.timedelta(microseconds=moment)).date()


def month_of(day):
    return day.replace(day=1)


def quarter_of(day):
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def months_between(first, last):
    return (last.year - first.year) * 12 + last.month - first.month


def half_up(value, digits=4):
    """A Fraction rounded half up to so many decimals."""
    scaled = value * 10**digits
    return Fraction((2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator), 10**digits)


def book_value(asset, months):
    cost, life, method = asset["cost"], asset["useful_life_months"], asset["depreciation"]
    if cost is None or not life or life < 1 or method is None:
        return None
    salvage = asset["salvage_value"] or Fraction(0)
    if salvage >= cost or months <= 0:
        return cost
    if months >= life:
        return salvage
    if method == "straight_line":
        return half_up(cost - (cost - salvage) * months / life)
    if method == "sum_of_years":
        used = sum(range(life - months + 1, life + 1))
        return half_up(cost - (cost - salvage) * used / sum(range(1, life + 1)))
    value = cost
    for _ in range(months):
        value = max(salvage, half_up(value - value * 2 / life))
    return value


def member_versions(versions, tracked):
    """(valid_from, valid_to, version) of one member; the first is valid from 1970."""
    last_at = {}
    for version in versions:
        last_at[version["updated_at"]] = version
    kept = []
    for at in sorted(last_at):
        version = last_at[at]
        if not kept or any(kept[-1][1][field] != version[field] for field in tracked):
            kept.append((at if kept else 0, version))
    ends = [at for at, _ in kept[1:]] + [None]
    return [(at, end, version) for (at, version), end in zip(kept, ends)]


class World:
    """`rows`: every loadable record of each entity, in the order of the files."""

    def __init__(self, rows, policies, as_of):
        self.as_of, self.today = as_of, day_of(as_of)
        self.now = {entity: source.current(versions) for entity, versions in rows.items()}
        self.members = {entity: {id_: member_versions(versions, TRACKED[entity])
                                 for id_, versions in source.distinct(rows[entity]).items()} for entity in TRACKED}
        self.policies = policies
        self.histories = self.read_histories(rows)
        self.tickets = self.now["tickets"]
        for ticket in self.tickets.values():
            self.complete(ticket)
        self.live = list(self.tickets.values())  # the demo deletes nothing
        self.ended = [t for t in self.live if t["ended_day"]]
        self.entries = [self.price(entry) for entry in self.now["time_entries"].values()]
        self.surveys = list(self.now["surveys"].values())

    def read_histories(self, rows):
        histories = {}
        for event in self.now["ticket_events"].values():
            histories.setdefault(event["ticket_id"], []).append(
                {"at": event["event_at"], "version": event["version"] or 0, **{f: event[f] for f in ("id", "status", "assigned_to", "group_id")}})
        for id_, versions in source.distinct(rows["tickets"]).items():
            for version in versions if len(versions) > 1 else []:
                histories.setdefault(id_, []).append(
                    {"at": version["updated_at"], "version": version.get("version") or 0, "id": "version:", "status": version["status"],
                     "assigned_to": version["assigned_to"] or "", "group_id": version["group_id"] or ""})
        for history in histories.values():
            history.sort(key=lambda event: (event["at"], event["version"], event["id"]))
        return histories

    def member_at(self, entity, id_, moment):
        """The version of an agent or requester at an instant; None for one that has no record."""
        versions = self.members[entity].get(id_)
        if not versions:
            return None
        return versions[bisect.bisect_right([at for at, _, _ in versions], moment) - 1][2]

    def complete(self, ticket):
        ticket.update(sla.measure(ticket, self.histories.get(ticket["id"], []), self.policies, self.as_of))
        ticket["day"] = day_of(ticket["created_at"])
        ended = None if ticket["is_open"] else ticket["resolved_at"] or ticket["closed_at"] or ticket["updated_at"]
        ticket["ended_at"] = ended
        ticket["ended_day"] = ended and max(day_of(ended), ticket["day"])
        requester = self.member_at("requesters", ticket["requester_id"], ticket["created_at"])
        ticket["department_id"] = ticket["department_id"] or (requester and requester["department_id"])
        ticket["met"] = sla.ended(ticket) is not None and ticket["sla_breached"] is False
        ticket["breached"] = ticket["sla_breached"] is True
        ticket["response_met"] = ticket["first_response_at"] is not None and ticket["response_breached"] is False
        ticket["timed"] = not ticket["is_open"] and ticket["resolution_us"] is not None

    def price(self, entry):
        at = entry["worked_on"] or entry["created_at"] or entry["updated_at"]
        agent = self.member_at("agents", entry["agent_id"], at)
        rate = agent and agent["hourly_cost"]
        cost = None if rate is None else half_up(entry["minutes"] * rate / 60)
        return {**entry, "day": day_of(at), "cost": cost, "is_known": agent is not None}

    def name_of(self, entity, id_, none):
        if id_ is None:
            return none
        record = self.now[entity].get(id_)
        return record["name"] if record else id_

    def asset_months(self):
        """(asset, month, months in use, book value) for each month of each asset."""
        for asset in self.now["assets"].values():
            start = asset["acquired_on"] or (day_of(asset["created_at"]) if asset["created_at"] else self.today)
            for months in range(months_between(start, self.today) + 1):
                month = dt.date(start.year + (start.month - 1 + months) // 12, (start.month - 1 + months) % 12 + 1, 1)
                yield asset, month, months, book_value(asset, months)
