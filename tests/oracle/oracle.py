"""Everything that the demo's warehouse must say, and how to compare it with what it does say.

By hand:  python tests/oracle/oracle.py FOLDER [FOLDER/delta]     (where `deskhouse demo` or `deskhouse run` has run)
"""

import datetime as dt
import pathlib
import sys
from decimal import Decimal
from fractions import Fraction

import duckdb

import money
import people
import service_desk
import sla
import source
from world import World

FACT_MEASURES = {"first_response_minutes": ("response_us", sla.MINUTE), "resolution_hours": ("resolution_us", sla.HOUR),
                 "business_resolution_hours": ("business_us", sla.HOUR)}


def instant(moment):
    return None if moment is None else dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=moment)


def fact_tickets(world):
    out = {}
    for t in world.live:
        row = {column: None if t[us] is None else Fraction(t[us], unit) for column, (us, unit) in FACT_MEASURES.items()}
        row |= {column: t[column] for column in ("sla_breached", "response_breached", "reopen_count", "reassignment_count", "is_open",
                                                 "breach_agent_id", "priority", "category", "status", "department_id")}
        row |= {column: instant(t[column]) for column in ("due_at", "response_due_at", "created_at", "resolved_at")}
        row["age_days"] = Fraction((t["ended_at"] or world.as_of) - t["created_at"], 24 * sla.HOUR)
        out[(t["id"],)] = row
    return out


def members(entity, id_column, tracked):
    def expected(world):
        named = {t["assigned_to" if entity == "agents" else "requester_id"] for t in world.live}
        if entity == "agents":
            named |= {e["agent_id"] for e in world.entries}
        out = {("", dt.datetime(1970, 1, 1)): {"name": "Unknown", "is_current": True, "is_inferred": False, "valid_to": None}}
        for id_ in named - world.members[entity].keys() - {None}:
            out[id_, dt.datetime(1970, 1, 1)] = {"name": id_, "is_current": True, "is_inferred": True, "valid_to": None}
        for id_, versions in world.members[entity].items():
            for start, end, version in versions:
                out[id_, instant(start)] = {field: version[field] for field in tracked} | {
                    "email": world.now[entity][id_]["email"], "is_current": end is None, "is_inferred": False, "valid_to": instant(end)}
        return out

    return [id_column, "valid_from"], expected


TABLES = {
    "core.fact_tickets": (["ticket_id"], fact_tickets),
    "core.dim_agent": members("agents", "agent_id", ("name", "group_id", "hourly_cost", "weekly_hours", "is_active")),
    "core.dim_customer": members("requesters", "requester_id", ("name", "department_id", "location", "is_vip")),
} | service_desk.TABLES | people.TABLES | money.TABLES


def same(expected, actual):
    """Equal to the last digit shown: exactly, but for the last bits of binary floating point."""
    if isinstance(expected, (Fraction, float)) and isinstance(actual, float):
        return abs(float(expected) - actual) <= 1e-12 * max(1.0, abs(actual))
    if isinstance(actual, Decimal):
        return expected is not None and Fraction(actual) == Fraction(expected)
    return expected == actual and (expected is None) == (actual is None)


def differences(connection, table, world):
    """What differs between the warehouse's table and the expected one, as sentences; the first 20."""
    key_columns, expect = TABLES[table]
    expected = expect(world)
    result = connection.execute(f"select * from {table}")
    columns = [column[0] for column in result.description]
    actual = {}
    for values in result.fetchall():
        row = dict(zip(columns, values))
        actual[tuple(row[column] for column in key_columns)] = row
    found = [f"{table} {key}: missing" for key in expected.keys() - actual.keys()]
    found += [f"{table} {key}: should not exist" for key in actual.keys() - expected.keys()]
    for key in expected.keys() & actual.keys():
        found += [f"{table} {key} {column}: expected {value}, is {actual[key][column]}"
                  for column, value in expected[key].items() if not same(value, actual[key][column])]
    assert expected, f"nothing is expected of {table}: the oracle would prove nothing"
    return sorted(found)[:20]


def open_world(*folders):
    """The warehouse of the first folder, read-only, and what it must say after the deliveries of all folders."""
    folders = [pathlib.Path(folder) for folder in folders]
    connection = duckdb.connect(str(folders[0] / "deskhouse.duckdb"), read_only=True)
    as_of = connection.execute("select epoch_us(as_of) from meta.state").fetchone()[0]
    rows = {entity: source.read_versions(folders, entity) for entity in source.REQUIRED}
    return connection, World(rows, sla.Policies(folders[0] / "deskhouse.toml"), as_of)


def all_differences(*folders):
    connection, world = open_world(*folders)
    with connection:
        return [line for name in TABLES for line in differences(connection, name, world)]


if __name__ == "__main__":
    failed = all_differences(*sys.argv[1:])
    print("\n".join(failed) or f"{len(TABLES)} tables are as expected")
    sys.exit(bool(failed))
