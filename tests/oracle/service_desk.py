"""Expected tables of the two summaries and of mart_service_desk: {key: {column: value}}."""

import collections
import datetime as dt
from fractions import Fraction

import sla
from world import DAY, day_of, month_of


def ratio(part, whole):
    return None if not whole else Fraction(part, whole) if isinstance(part, int) else part / whole


def quantile(values, share):
    """Between the two nearest, in proportion, as binary floating point; None of nothing."""
    if not values:
        return None
    values = sorted(values)
    at = share * (len(values) - 1)
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (at - low)


def grouped(rows, key):
    groups = collections.defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def count(rows, test):
    return sum(1 for row in rows if test(row))


def daily_ticket_summary(world):
    out = {}
    for key, tickets in grouped(world.live, lambda t: (t["day"], t["priority"], t["category"])).items():
        hours = [t["resolution_us"] // sla.HOUR for t in tickets if t["resolution_us"] is not None and not t["is_open"]]
        out[key] = {"ticket_count": len(tickets), "avg_resolution_time": ratio(sum(hours), len(hours)),
                    "sla_breach_count": count(tickets, lambda t: t["breached"])}
    return out


def hourly_ticket_stats(world):
    out = {}
    for hour, tickets in grouped(world.live, lambda t: t["created_at"] // sla.HOUR).items():
        minutes = [t["response_us"] // sla.MINUTE for t in tickets if t["response_us"] is not None]
        out[(dt.datetime(1970, 1, 1) + dt.timedelta(hours=hour),)] = {
            "ticket_count": len(tickets), "critical_count": count(tickets, lambda t: t["priority"] == "Critical"),
            "avg_response_time": ratio(sum(minutes), len(minutes))}
    return out


def daily_flow(world):
    out = collections.defaultdict(lambda: {"created": 0, "resolved": 0, "net_flow": 0})
    for t in world.live:
        for day, column, sign in ((t["day"], "created", 1), (t["ended_day"], "resolved", -1)):
            if day:
                out[day, t["priority"]][column] += 1
                out[day, t["priority"]]["net_flow"] += sign
    return out


def daily_backlog(world):
    days = [min(t["day"] for t in world.live)]
    while days[-1] < world.today:
        days.append(days[-1] + dt.timedelta(days=1))
    bands = {"age_0_1": (0, 1), "age_2_7": (2, 7), "age_8_30": (8, 30), "age_over_30": (31, 10**6)}
    out = {(day, priority): dict.fromkeys(["backlog", *bands], 0)
           for day in days for priority in {t["priority"] for t in world.live}}
    for t in world.live:
        for day in days:
            if t["day"] <= day and (t["ended_day"] is None or t["ended_day"] > day):
                row = out[day, t["priority"]]
                row["backlog"] += 1
                for band, (low, high) in bands.items():
                    row[band] += low <= (day - t["day"]).days <= high
    return out


def sla_by(world, dimension):
    out = {}
    for key, tickets in grouped(world.live, lambda t: (month_of(t["day"]), t[dimension])).items():
        met, breached = count(tickets, lambda t: t["met"]), count(tickets, lambda t: t["breached"])
        out[key] = {"tickets": len(tickets), "met": met, "breached": breached, "attainment": ratio(met, met + breached)}
        if dimension == "priority":
            met, breached = count(tickets, lambda t: t["response_met"]), count(tickets, lambda t: t["response_breached"])
            out[key] |= {"response_met": met, "response_breached": breached, "response_attainment": ratio(met, met + breached)}
    return out


def times(world, measure, unit, day, test, names):
    out = {}
    for t in filter(test, world.live):
        for priority in (t["priority"], "All"):
            out.setdefault((month_of(day(t)), priority), []).append(t[measure])
    count_name, mean, p50, p90 = names
    return {key: {count_name: len(us), mean: Fraction(sum(us), len(us) * unit),
                  p50: quantile([u / unit for u in us], 0.5), p90: quantile([u / unit for u in us], 0.9)} for key, us in out.items()}


def response_times(world):
    return times(world, "response_us", sla.MINUTE, lambda t: t["day"], lambda t: t["response_us"] is not None,
                 ("answered", "mean_minutes", "p50_minutes", "p90_minutes"))


def resolution_times(world):
    return times(world, "resolution_us", sla.HOUR, lambda t: day_of(t["resolved_at"]), lambda t: t["timed"],
                 ("resolved", "mean_hours", "p50_hours", "p90_hours"))


def reopens_by_month(world):
    out = {}
    for key, tickets in grouped(world.live, lambda t: (month_of(t["day"]), t["priority"])).items():
        reopened = count(tickets, lambda t: t["reopen_count"] > 0)
        once = count(tickets, lambda t: not t["is_open"] or t["reopen_count"] > 0)
        out[key] = {"resolved_once": once, "reopened": reopened, "reopen_rate": ratio(reopened, once)}
    return out


def stale_tickets(world):
    return {(t["id"],): {"priority": t["priority"], "status": t["status"], "category": t["category"],
                         "days_untouched": (world.as_of - t["updated_at"]) // DAY}
            for t in world.live if t["is_open"] and world.as_of - t["updated_at"] >= 5 * DAY}


def change_success(world):
    out = {}
    changes = world.now["changes"].values()
    for month, rows in grouped(changes, lambda c: month_of(day_of(c["created_at"] or c["updated_at"]))).items():
        closed, failed = (count(rows, lambda c, s=status: c["status"] == s) for status in ("Closed", "Failed"))
        emergencies = count(rows, lambda c: c["type"] == "Emergency")
        out[(month,)] = {"changes": len(rows), "closed": closed, "failed": failed, "success_rate": ratio(closed, closed + failed),
                         "emergencies": emergencies, "emergency_share": ratio(emergencies, len(rows))}
    return out


def changes_by_month(world):
    keys = [(month_of(day_of(c["created_at"] or c["updated_at"])), c["status"] or "Unknown", c["type"] or "Unknown")
            for c in world.now["changes"].values()]
    return {key: {"changes": n} for key, n in collections.Counter(keys).items()}


def problems_by_status(world):
    out = collections.defaultdict(lambda: {"problems": 0, "tickets": 0})
    of_problem = collections.Counter(t["problem_id"] for t in world.live)
    for p in world.now["problems"].values():
        row = out[p["status"] or "Unknown", p["priority"] or "Unknown"]
        row["problems"] += 1
        row["tickets"] += of_problem[p["id"]]
    return out


TABLES = {
    "core.daily_ticket_summary": (["ticket_date", "priority", "category"], daily_ticket_summary),
    "core.hourly_ticket_stats": (["hour_bucket"], hourly_ticket_stats),
    "mart_service_desk.daily_flow": (["day", "priority"], daily_flow),
    "mart_service_desk.daily_backlog": (["day", "priority"], daily_backlog),
    "mart_service_desk.sla_by_month": (["month", "priority"], lambda world: sla_by(world, "priority")),
    "mart_service_desk.sla_by_category": (["month", "category"], lambda world: sla_by(world, "category")),
    "mart_service_desk.response_times": (["month", "priority"], response_times),
    "mart_service_desk.resolution_times": (["month", "priority"], resolution_times),
    "mart_service_desk.reopens_by_month": (["month", "priority"], reopens_by_month),
    "mart_service_desk.stale_tickets": (["ticket_id"], stale_tickets),
    "mart_service_desk.changes_by_month": (["month", "status", "type"], changes_by_month),
    "mart_service_desk.change_success": (["month"], change_success),
    "mart_service_desk.problems_by_status": (["status", "priority"], problems_by_status),
}
