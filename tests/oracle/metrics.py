"""The number that each metric of models/metrics.toml must give for the demo, counted from its tickets and other records."""

from fractions import Fraction

import money
import people
import sla
from service_desk import count, quantile, ratio
from world import DAY


def ratio_of(rows, part, whole):
    rows = list(rows)
    return ratio(sum(row[part] for row in rows), sum(row[whole] for row in rows))


def mean(values, unit):
    values = list(values)
    return ratio(Fraction(sum(values), unit), len(values))


def share(tickets, test, among=lambda t: True):
    tickets = list(filter(among, tickets))
    return ratio(count(tickets, test), len(tickets))


def sums(table, column):
    return lambda world: sum(row[column] or 0 for row in table(world).values())


def over_30_days(world):
    return count(world.live, lambda t: t["is_open"] and (world.today - t["day"]).days > 30)


def utilisation(world):
    rows = [row for row in people.agents_by_month(world).values() if row["scheduled_hours"]]
    return sum(row["handling_minutes"] for row in rows) / 60 / sum(row["scheduled_hours"] for row in rows)


def contact_rate(world):
    return ratio_of((row for row in people.contact_rate_by_department(world).values() if row["headcount"]), "tickets", "headcount")


def incidents(world):
    return count(world.live, lambda t: t["asset_id"] in world.now["assets"])


def changes(world, *statuses):
    return count(world.now["changes"].values(), lambda c: c["status"] in statuses)


def roi(world):
    rows = money.initiatives(world).values()
    cost = sum(row["cost"] for row in rows)
    return (sum(row["benefit"] for row in rows) - cost) / cost


def answers(world):
    return people.satisfaction(world.surveys)


def response(world):
    return [t["response_us"] for t in world.live if t["response_us"] is not None]


def resolution(world):
    return [t["resolution_us"] for t in world.live if t["timed"]]


METRICS = {
    "created_tickets": lambda world: len(world.live),
    "resolved_tickets": lambda world: len(world.ended),
    "net_flow": lambda world: len(world.live) - len(world.ended),
    "backlog": lambda world: count(world.live, lambda t: t["is_open"]),
    "backlog_over_30_days": over_30_days,
    "stale_tickets": lambda world: count(world.live, lambda t: t["is_open"] and world.as_of - t["updated_at"] >= 5 * DAY),
    "mean_first_response_minutes": lambda world: mean(response(world), sla.MINUTE),
    "p50_first_response_minutes": lambda world: quantile([us / sla.MINUTE for us in response(world)], 0.5),
    "p90_first_response_minutes": lambda world: quantile([us / sla.MINUTE for us in response(world)], 0.9),
    "mean_resolution_hours": lambda world: mean(resolution(world), sla.HOUR),
    "p50_resolution_hours": lambda world: quantile([us / sla.HOUR for us in resolution(world)], 0.5),
    "p90_resolution_hours": lambda world: quantile([us / sla.HOUR for us in resolution(world)], 0.9),
    "sla_attainment": lambda world: share(world.live, lambda t: t["met"], lambda t: t["met"] or t["breached"]),
    "response_sla_attainment": lambda world: share(world.live, lambda t: t["response_met"], lambda t: t["response_met"] or t["response_breached"]),
    "breached_tickets": lambda world: count(world.live, lambda t: t["breached"]),
    "reopen_rate": lambda world: share(world.live, lambda t: t["reopen_count"] > 0, lambda t: not t["is_open"] or t["reopen_count"] > 0),
    "changes": lambda world: len(world.now["changes"]),
    "change_success_rate": lambda world: ratio(changes(world, "Closed"), changes(world, "Closed", "Failed")),
    "emergency_change_share": lambda world: share(world.now["changes"].values(), lambda c: c["type"] == "Emergency"),
    "open_problems": lambda world: count(world.now["problems"].values(), lambda p: p["status"] != "Closed"),
    "first_contact_resolution": lambda world: share(world.ended, lambda t: t["reopen_count"] == 0 and t["reassignment_count"] == 0),
    "first_assignment_resolution": lambda world: share(world.ended, lambda t: t["reassignment_count"] == 0),
    "handoffs_per_ticket": lambda world: ratio(sum(t["reassignment_count"] for t in world.ended), len(world.ended)),
    "handling_minutes_per_ticket": lambda world: sum(e["minutes"] for e in world.entries) / count(world.ended, lambda t: t["assigned_to"]),
    "logged_hours": lambda world: sum(e["minutes"] for e in world.entries) / 60,
    "utilisation": utilisation,
    "breaches_by_holder": lambda world: count(world.live, lambda t: t["breached"]),
    "csat": lambda world: answers(world)["csat"],
    "nps": lambda world: None,  # the demo asks on a scale to 5
    "survey_response_rate": lambda world: ratio_of(people.response_rate_by_month(world).values(), "answered", "resolved"),
    "contact_rate": contact_rate,
    "repeat_contact_rate": lambda world: ratio_of(people.repeat_contacts_by_month(world).values(), "repeats", "tickets"),
    "requesters": lambda world: len(world.now["requesters"].keys() | {t["requester_id"] for t in world.live}),
    "at_risk_requesters": lambda world: count(people.customer_segments(world).values(), lambda row: row["segment"] == "At Risk"),
    "assets": lambda world: len(world.now["assets"]),
    "asset_book_value": sums(money.assets_by_state, "book_value"),
    "warranty_expiring_30_days": sums(money.warranty_expiring, "within_30_days"),
    "warranty_expiring_60_days": sums(money.warranty_expiring, "within_60_days"),
    "warranty_expiring_90_days": sums(money.warranty_expiring, "within_90_days"),
    "assets_past_end_of_life": sums(money.assets_by_state, "past_end_of_life"),
    "incidents_per_asset": lambda world: ratio(incidents(world), len(world.now["assets"])),
    "mtbf_days": lambda world: ratio(sums(money.reliability, "days_in_service")(world), incidents(world)),
    "total_cost_of_ownership": sums(money.reliability, "total_cost_of_ownership"),
    "cost_per_ticket": lambda world: ratio_of(money.cost_per_ticket_by_month(world).values(), "total_cost", "resolved"),
    "labour_cost": lambda world: money.labour(world.entries),
    "chargeback": sums(money.chargeback, "charge"),
    "asset_depreciation": sums(money.depreciation_by_month, "depreciation"),
    "breach_penalties": lambda world: count(world.live, lambda t: t["breached"]) * money.PENALTY,
    "initiative_roi": roi,
}
