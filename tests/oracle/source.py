"""Reads the demo's CSV files as its deskhouse.toml says, row by row, with none of Deskhouse's code.

Times are whole microseconds since 1970, UTC. Money, minutes and scores are Fractions. What cannot be loaded is left out,
as the quarantine does; of the versions of a record the greatest (updated_at, position) wins.
"""

import csv
import datetime as dt
from fractions import Fraction

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
MICROSECOND = dt.timedelta(microseconds=1)

TICKET_COLUMNS = {
    "Number": "id", "Short description": "subject", "Description": "description", "Ticket type": "type",
    "State": "status", "Priority": "priority", "Category": "category", "Subcategory": "sub_category",
    "Contact type": "channel", "Caller": "requester_id", "Assigned to": "assigned_to",
    "Assignment group": "group_id", "Department": "department_id", "Configuration item": "asset_id",
    "Problem": "problem_id", "Opened": "created_at", "Updated": "updated_at",
    "First response": "first_response_at", "Resolved": "resolved_at", "Closed": "closed_at",
    "Due date": "due_at", "Reopen count": "reopen_count", "Reassignment count": "reassignment_count",
    "Site": None, "Escalated": None,
}
STATUSES = {"New": "Open", "In Progress": "Open", "On Hold": "Pending", "Resolved": "Resolved", "Closed": "Closed"}
PRIORITIES = {"1 - Critical": "Critical", "2 - High": "High", "3 - Moderate": "Medium", "4 - Low": "Low"}
CODES = {
    "tickets": {"status": STATUSES, "priority": PRIORITIES},
    "ticket_events": {"status": STATUSES, "priority": PRIORITIES},
    "problems": {"priority": PRIORITIES},
    "changes": {"priority": PRIORITIES},
}
REQUIRED = {
    "groups": ["id", "name"], "departments": ["id", "name"], "agents": ["id", "name", "updated_at"],
    "requesters": ["id", "name", "updated_at"], "assets": ["id", "name", "updated_at"],
    "problems": ["id", "updated_at"], "changes": ["id", "updated_at"],
    "ticket_events": ["id", "ticket_id", "event_at"],
    "tickets": ["id", "subject", "status", "requester_id", "created_at", "updated_at"],
    "surveys": ["id", "ticket_id", "score", "max_score", "responded_at"],
    "time_entries": ["id", "ticket_id", "agent_id", "minutes", "updated_at"],
}
TIMES = {"created_at", "updated_at", "first_response_at", "resolved_at", "closed_at", "due_at", "event_at",
         "responded_at", "worked_on", "planned_start_at", "planned_end_at"}
DAYS = {"acquired_on", "warranty_expires_on"}
INTEGERS = {"reopen_count", "reassignment_count", "version", "headcount", "useful_life_months"}
DECIMALS = {"hourly_cost", "weekly_hours", "cost", "salvage_value", "score", "max_score", "minutes"}
FLAGS = {"is_active", "is_vip", "billable"}


class Rejected(Exception):
    pass


def microseconds(moment):
    return (moment - EPOCH) // MICROSECOND


def parse_time(text):
    if text.isdigit():
        return int(text) * 1000
    if "/" in text:
        return microseconds(dt.datetime.strptime(text, "%d/%m/%Y %H:%M:%S").replace(tzinfo=dt.timezone.utc))
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return microseconds(moment)


def convert(field, text):
    if field in TIMES:
        return parse_time(text)
    if field in DAYS:
        return dt.date.fromisoformat(text)
    if field in INTEGERS:
        return int(text)
    if field in DECIMALS:
        return Fraction(text)
    if field in FLAGS:
        return {"true": True, "false": False}[text]
    return text.lower() if field == "email" else text


def read_row(entity, fields, cells):
    """One record with canonical fields; raises Rejected if it cannot be loaded."""
    if len(cells) != len(fields):
        raise Rejected
    row = {}
    for field, cell in zip(fields, cells):
        try:
            text = cell.encode("latin-1").decode("utf-8").strip()
            if field is None:
                continue
            if text == "" or (entity == "tickets" and text in ("N/A", "?")):
                row[field] = None
                continue
            code = CODES.get(entity, {}).get(field)
            row[field] = code[text] if code else convert(field, text)
        except (ValueError, KeyError) as error:
            raise Rejected from error
    if entity == "tickets":
        row["priority"] = row["priority"] or "Medium"
        row["category"] = row["category"] or "General"
    if any(row.get(field) is None for field in REQUIRED[entity]):
        raise Rejected
    return row


def files_of(folder, entity):
    """A demo's files of an entity, and those of a second delivery."""
    several = sorted((folder / entity).glob("*.csv"))
    return several or [path for path in [folder / f"{entity}.csv"] if path.exists()]


def read_versions(folders, entity):
    """Every loadable record of an entity, in the order of the deliveries and their files."""
    rows = []
    for path in [path for folder in folders for path in files_of(folder, entity)]:
        with open(path, encoding="latin-1", newline="") as file:
            lines = csv.reader(file)
            header = next(lines)
            fields = [TICKET_COLUMNS[name] for name in header] if entity == "tickets" else header
            for cells in lines:
                try:
                    rows.append(read_row(entity, fields, cells))
                except Rejected:
                    continue
    return rows


def order(row):
    return row.get("updated_at") or row.get("event_at") or 0, row.get("version") or 0


def current(rows):
    """id -> the version that counts; of equal ones the later in the files."""
    winners = {}
    for row in rows:
        if row["id"] not in winners or order(row) >= order(winners[row["id"]]):
            winners[row["id"]] = row
    return winners


def distinct(rows):
    """id -> its versions, each content once, in the order of the files."""
    versions = {}
    for row in rows:
        seen = versions.setdefault(row["id"], [])
        if row not in seen:
            seen.append(row)
    return versions
