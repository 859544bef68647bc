"""Expected tables of mart_performance and mart_customer: {key: {column: value}}."""

import calendar
import collections
import datetime as dt
from fractions import Fraction

import source
from service_desk import count, grouped, ratio
from world import DAY, day_of, half_up, month_of, months_between, quarter_of


def midnight(day):
    return source.microseconds(dt.datetime.combine(day, dt.time(), dt.timezone.utc))


def outcome(tickets):
    first, assignment = (count(tickets, test) for test in (
        lambda t: t["reopen_count"] == 0 and t["reassignment_count"] == 0, lambda t: t["reassignment_count"] == 0))
    hours = [Fraction(t["resolution_us"], 3_600_000_000) for t in tickets if t["resolution_us"] is not None]
    return {"resolved": len(tickets), "first_contact": first, "first_contact_rate": ratio(first, len(tickets)),
            "first_assignment": assignment, "first_assignment_rate": ratio(assignment, len(tickets)),
            "reopened": count(tickets, lambda t: t["reopen_count"] > 0),
            "handoffs": sum(t["reassignment_count"] for t in tickets),
            "mean_resolution_hours": ratio(sum(hours), len(hours))}


def scheduled_hours(world, agent_id, month):
    last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    version = world.member_at("agents", agent_id, midnight(last))
    if version is None or version["weekly_hours"] is None:
        return None
    return version["weekly_hours"] * max((min(last, world.today) - month).days + 1, 0) / 7


def agents_by_month(world):
    tickets = grouped((t for t in world.ended if t["assigned_to"]), lambda t: (month_of(t["ended_day"]), t["assigned_to"]))
    entries = grouped(world.entries, lambda e: (month_of(e["day"]), e["agent_id"]))
    out = {}
    for month, agent_id in tickets.keys() | entries.keys():
        row = outcome(tickets.get((month, agent_id), []))
        logged = entries.get((month, agent_id), [])
        minutes = sum((e["minutes"] for e in logged), Fraction(0))
        hours = scheduled_hours(world, agent_id, month)
        current = world.now["agents"].get(agent_id)
        row |= {"name": current["name"] if current else agent_id, "handling_minutes": minutes,
                "billable_minutes": sum((e["minutes"] for e in logged if e["billable"]), Fraction(0)),
                "minutes_per_resolved": ratio(minutes, row["resolved"]) if logged else None,
                "scheduled_hours": None if hours is None else half_up(hours),
                "utilisation": None if not hours else minutes / 60 / hours,
                "labour_cost": sum((e["cost"] or 0 for e in logged), Fraction(0))}
        out[month, agent_id] = row
    return out


def groups_by_month(world):
    out = {}
    for key, tickets in grouped(world.ended, lambda t: (month_of(t["ended_day"]), world.name_of("groups", t["group_id"], "No group"))).items():
        met, breached = count(tickets, lambda t: t["met"]), count(tickets, lambda t: t["breached"])
        out[key] = outcome(tickets) | {"met": met, "breached": breached, "attainment": ratio(met, met + breached)}
    return out


def breaches_by_holder(world):
    late = [t for t in world.live if t["breached"]]
    holders = collections.Counter((month_of(t["day"]), t["breach_agent_id"] or "") for t in late)
    return {key: {"breached": n} for key, n in holders.items()}


def is_satisfied(survey):
    if survey["score"] > survey["max_score"] or survey["max_score"] <= 0:
        return None
    return survey["score"] * 10 >= survey["max_score"] * 8


def satisfaction(surveys):
    answers = [is_satisfied(s) for s in surveys if is_satisfied(s) is not None]
    return {"answers": len(answers), "satisfied": sum(answers), "csat": ratio(sum(answers), len(answers))}


def satisfaction_by_month(world):
    out = {}
    for month, surveys in grouped(world.surveys, lambda s: month_of(day_of(s["responded_at"]))).items():
        ten = [s["score"] for s in surveys if s["max_score"] == 10 and s["score"] <= 10]
        promoters, detractors = sum(score >= 9 for score in ten), sum(score <= 6 for score in ten)
        out[(month,)] = satisfaction(surveys) | {"promoters": promoters, "detractors": detractors, "nps_answers": len(ten),
                                                 "nps": ratio(100 * (promoters - detractors), len(ten))}
    return out


def satisfaction_by_category(world):
    category = lambda s: world.tickets[s["ticket_id"]]["category"] if s["ticket_id"] in world.tickets else "Unknown"
    return {(key,): satisfaction(surveys) for key, surveys in grouped(world.surveys, category).items()}


def response_rate_by_month(world):
    answered = {s["ticket_id"] for s in world.surveys}
    out = {}
    for month, tickets in grouped(world.ended, lambda t: month_of(t["ended_day"])).items():
        n = count(tickets, lambda t: t["id"] in answered)
        out[(month,)] = {"resolved": len(tickets), "answered": n, "response_rate": ratio(n, len(tickets))}
    return out


def contact_rate_by_department(world):
    out = {}
    for (month, id_), tickets in grouped(world.live, lambda t: (month_of(t["day"]), t["department_id"])).items():
        department = world.now["departments"].get(id_)
        heads = department and department["headcount"]
        out[month, world.name_of("departments", id_, "No department")] = {
            "tickets": len(tickets), "headcount": heads, "contacts_per_head": ratio(len(tickets), heads)}
    return out


def named(world):
    """Tickets that say who asked; an optional mapping lets others in."""
    return [t for t in world.live if t["requester_id"]]


def repeat_contacts_by_month(world):
    out = collections.defaultdict(lambda: {"tickets": 0, "repeats": 0})
    for tickets in grouped(named(world), lambda t: (t["requester_id"], t["category"])).values():
        moments = sorted((t["created_at"], t["day"]) for t in tickets)
        for i, (at, day) in enumerate(moments):
            row = out[(month_of(day),)]
            row["tickets"] += 1
            row["repeats"] += i > 0 and at - moments[i - 1][0] <= 7 * DAY
    return {key: row | {"repeat_rate": ratio(row["repeats"], row["tickets"])} for key, row in out.items()}


def customer_segments(world):
    """The rules of core.customer_segments with the default settings: 20 tickets, 50 %, 2 quarters."""
    tickets = grouped(named(world), lambda t: t["requester_id"])
    surveys = grouped((s for s in world.surveys if s["ticket_id"] in world.tickets),
                      lambda s: world.tickets[s["ticket_id"]]["requester_id"])
    out = {}
    for id_ in world.now["requesters"].keys() | tickets.keys():
        record = world.now["requesters"].get(id_)
        ages = [months_between(quarter_of(t["day"]), quarter_of(world.today)) // 3 for t in tickets.get(id_, [])]
        row = {"tickets": len(ages), "recent_tickets": sum(0 <= age <= 3 for age in ages), **satisfaction(surveys.get(id_, []))}
        if record and record["is_vip"]:
            segment = "VIP"
        elif row["answers"] >= 3 and row["csat"] < Fraction(1, 2):
            segment = "At Risk"
        elif row["recent_tickets"] >= 20:
            segment = "Heavy"
        elif not ages:
            segment = "Inactive"
        elif max(ages) <= 1:
            segment = "New"
        else:
            segment = "Dormant" if min(ages) >= 2 else "Regular"
        out[(id_,)] = row | {"segment": segment}
    return out


def segments(world):
    out = {}
    for segment, rows in grouped(customer_segments(world).values(), lambda row: row["segment"]).items():
        total = {column: sum(row[column] for row in rows) for column in ("tickets", "recent_tickets", "answers", "satisfied")}
        out[(segment,)] = {"requesters": len(rows), "tickets": total["tickets"], "recent_tickets": total["recent_tickets"],
                           "csat": ratio(total["satisfied"], total["answers"])}
    return out


def top_requesters(world):
    rows = [(-row["recent_tickets"], -row["tickets"], id_) for (id_,), row in customer_segments(world).items() if row["recent_tickets"]]
    return {(rank,): {"requester_id": id_, "recent_tickets": -recent, "tickets": -tickets}
            for rank, (recent, tickets, id_) in enumerate(sorted(rows)[:100], start=1)}


TABLES = {
    "mart_performance.agents_by_month": (["month", "agent_id"], agents_by_month),
    "mart_performance.groups_by_month": (["month", "group_name"], groups_by_month),
    "mart_performance.breaches_by_holder": (["month", "agent_id"], breaches_by_holder),
    "mart_customer.satisfaction_by_month": (["month"], satisfaction_by_month),
    "mart_customer.satisfaction_by_category": (["category"], satisfaction_by_category),
    "mart_customer.response_rate_by_month": (["month"], response_rate_by_month),
    "mart_customer.contact_rate_by_department": (["month", "department"], contact_rate_by_department),
    "mart_customer.repeat_contacts_by_month": (["month"], repeat_contacts_by_month),
    "core.customer_segments": (["requester_id"], customer_segments),
    "mart_customer.segments": (["segment"], segments),
    "mart_customer.top_requesters": (["rank"], top_requesters),
}
