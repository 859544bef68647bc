"""Expected tables of mart_asset and mart_financial, and the core tables beneath: {key: {column: value}}."""

import collections
from fractions import Fraction

from service_desk import count, grouped, ratio
from world import book_value, half_up, month_of, months_between

OVERHEAD, PENALTY = Fraction(12000), Fraction(25)  # [finance] of the demo


def total(values):
    """Like SQL: the sum of those that are known; None if none is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def asset_state(world):
    """(asset, book value this month, past the end of its life) of each asset."""
    for asset in world.now["assets"].values():
        months = months_between(asset["acquired_on"], world.today)
        in_use = months >= 0
        yield asset, book_value(asset, months) if in_use else None, in_use and months >= asset["useful_life_months"]


def assets_by_state(world):
    out = {}
    for key, rows in grouped(asset_state(world), lambda row: (row[0]["asset_type"] or "Unknown", row[0]["state"] or "Unknown")).items():
        out[key] = {"assets": len(rows), "cost": total(a["cost"] for a, _, _ in rows),
                    "book_value": total(value for _, value, _ in rows), "past_end_of_life": count(rows, lambda row: row[2])}
    return out


def value_by_month(world):
    incidents = collections.Counter((t["asset_id"], month_of(t["day"])) for t in world.live if t["asset_id"])
    out = {}
    for key, rows in grouped(world.asset_months(), lambda row: (row[1], row[0]["asset_type"] or "Unknown")).items():
        n = sum(incidents[asset["id"], month] for asset, month, _, _ in rows)
        values = [(asset["cost"], value) for asset, _, _, value in rows]
        out[key] = {"assets": len(rows), "cost": total(cost for cost, _ in values), "book_value": total(value for _, value in values),
                    "accumulated_depreciation": total(None if None in pair else pair[0] - pair[1] for pair in values),
                    "past_end_of_life": count(rows, lambda row: row[2] >= row[0]["useful_life_months"]),
                    "incidents": n, "incidents_per_asset": ratio(n, len(rows))}
    return out


def warranty_expiring(world):
    out = {}
    for kind, assets in grouped(world.now["assets"].values(), lambda a: a["asset_type"] or "Unknown").items():
        left = [(a["warranty_expires_on"] - world.today).days for a in assets if a["warranty_expires_on"]]
        out[(kind,)] = {f"within_{n}_days": sum(0 <= days <= n for days in left) for n in (30, 60, 90)} | {
            "expired": sum(days < 0 for days in left), "without_warranty": len(assets) - len(left)}
    return out


def reliability(world):
    incidents = collections.Counter(t["asset_id"] for t in world.live)
    support = collections.defaultdict(Fraction)
    for entry in world.entries:
        ticket = world.tickets.get(entry["ticket_id"])
        if ticket and ticket["asset_id"]:
            support[ticket["asset_id"]] += entry["cost"] or 0
    out = {}
    for id_, asset in world.now["assets"].items():
        days = max((world.today - asset["acquired_on"]).days, 0)
        out[(id_,)] = {"incidents": incidents[id_], "days_in_service": days, "mtbf_days": ratio(days, incidents[id_]), "cost": asset["cost"],
                       "support_cost": support[id_], "total_cost_of_ownership": None if asset["cost"] is None else asset["cost"] + support[id_]}
    return out


def labour(entries):
    return sum((e["cost"] or 0 for e in entries), Fraction(0))


def hours(entries):
    return sum((e["minutes"] for e in entries), Fraction(0)) / 60


def cost_per_ticket_by_month(world):
    resolved = collections.Counter(month_of(t["ended_day"]) for t in world.ended)
    entries = grouped(world.entries, lambda e: month_of(e["day"]))
    out = {}
    for month in resolved.keys() | entries.keys():
        cost = labour(entries.get(month, []))
        out[(month,)] = {"resolved": resolved[month], "hours": hours(entries.get(month, [])), "labour_cost": cost, "overhead": OVERHEAD,
                         "total_cost": cost + OVERHEAD, "cost_per_ticket": ratio(cost + OVERHEAD, resolved[month])}
    return out


def cost_by_category(world):
    ticket = world.tickets.get
    entries = grouped(world.entries, lambda e: ticket(e["ticket_id"])["category"] if ticket(e["ticket_id"]) else "(no ticket)")
    tickets = grouped(world.live, lambda t: t["category"])
    out = {}
    for category in entries.keys() | tickets.keys():
        resolved = count(tickets.get(category, []), lambda t: not t["is_open"])
        cost = labour(entries.get(category, []))
        out[(category,)] = {"tickets": len(tickets.get(category, [])), "resolved": resolved, "hours": hours(entries.get(category, [])),
                            "labour_cost": cost, "labour_cost_per_resolved": ratio(cost, resolved)}
    return out


def chargeback(world):
    name = lambda id_: world.name_of("departments", id_, "No department")
    ticket = world.tickets.get
    entries = grouped(world.entries, lambda e: (month_of(e["day"]), name((ticket(e["ticket_id"]) or {}).get("department_id"))))
    tickets = grouped(world.live, lambda t: (month_of(t["day"]), name(t["department_id"])))
    in_month = collections.Counter(month_of(t["day"]) for t in world.live)
    out = {}
    for key in entries.keys() | tickets.keys():
        cost, n = labour(entries.get(key, [])), len(tickets.get(key, []))
        share = half_up(OVERHEAD * n / in_month[key[0]]) if n else Fraction(0)
        out[key] = {"tickets": n, "hours": hours(entries.get(key, [])), "labour_cost": cost, "overhead_share": share, "charge": cost + share}
    return out


def cost_by_department(world):
    out = collections.defaultdict(lambda: dict.fromkeys(("tickets", "labour_cost", "overhead_share", "charge"), Fraction(0)))
    for (_, department), row in chargeback(world).items():
        for column in out[(department,)]:
            out[(department,)][column] += row[column]
    return out


def depreciation_by_month(world):
    out = collections.defaultdict(lambda: {"depreciation": [], "book_value": []})
    before = {}
    for asset, month, _, value in world.asset_months():
        row = out[month, asset["asset_type"] or "Unknown"]
        row["depreciation"].append(None if value is None else before.get(asset["id"], asset["cost"]) - value)
        row["book_value"].append(value)
        before[asset["id"]] = value
    return {key: {column: total(values) for column, values in row.items()} for key, row in out.items()}


def breach_penalties_by_month(world):
    out = {}
    for key, tickets in grouped(world.live, lambda t: (month_of(t["day"]), t["priority"])).items():
        breached = count(tickets, lambda t: t["breached"])
        out[key] = {"breached": breached, "penalty": breached * PENALTY}
    return out


def initiatives(world):
    declared = {"Self-service password reset": ("18000", "46500.50"), "Second-hand laptops": ("9500", "7200")}
    out = {}
    for name, (cost, benefit) in declared.items():
        cost, benefit = Fraction(cost), Fraction(benefit)
        out[(name,)] = {"cost": cost, "benefit": benefit, "roi": (benefit - cost) / cost}
    return out


TABLES = {
    "mart_asset.assets_by_state": (["asset_type", "state"], assets_by_state),
    "mart_asset.value_by_month": (["month", "asset_type"], value_by_month),
    "mart_asset.warranty_expiring": (["asset_type"], warranty_expiring),
    "mart_asset.reliability": (["asset_id"], reliability),
    "mart_financial.cost_per_ticket_by_month": (["month"], cost_per_ticket_by_month),
    "mart_financial.cost_by_category": (["category"], cost_by_category),
    "mart_financial.chargeback": (["month", "department"], chargeback),
    "mart_financial.cost_by_department": (["department"], cost_by_department),
    "mart_financial.depreciation_by_month": (["month", "asset_type"], depreciation_by_month),
    "mart_financial.breach_penalties_by_month": (["month", "priority"], breach_penalties_by_month),
    "mart_financial.initiatives": (["name"], initiatives),
}
