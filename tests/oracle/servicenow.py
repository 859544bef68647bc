"""Reads the ServiceNow audit log as examples/servicenow/deskhouse.toml says: each row is a version of a ticket."""

import csv
import datetime as dt
import gzip

import source

STATES = {"New": "Open", "Active": "Open", "-100": "Open", "Awaiting User Info": "Pending", "Awaiting Vendor": "Pending",
          "Awaiting Problem": "Pending", "Awaiting Evidence": "Pending", "Resolved": "Resolved", "Closed": "Closed"}
PRIORITIES = {"1 - Critical": "Critical", "2 - High": "High", "3 - Moderate": "Medium", "4 - Low": "Low"}


def moment(text):
    return text and source.microseconds(dt.datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=dt.timezone.utc))


def ticket(line):
    cell = {name: None if value.strip() in ("", "?") else value.strip() for name, value in line.items()}
    return {
        "id": cell["number"], "type": "Incident", "status": STATES[cell["incident_state"]],
        "priority": PRIORITIES[cell["priority"]], "category": cell["category"] or "General", "sub_category": cell["subcategory"],
        "requester_id": cell["caller_id"] or "", "assigned_to": cell["assigned_to"], "group_id": cell["assignment_group"],
        "department_id": None, "asset_id": cell["cmdb_ci"], "problem_id": cell["problem_id"],
        "created_at": moment(cell["opened_at"]), "updated_at": moment(cell["sys_updated_at"]), "first_response_at": None,
        "resolved_at": moment(cell["resolved_at"]), "closed_at": moment(cell["closed_at"]),
        "version": int(cell["sys_mod_count"]), "reopen_count": int(cell["reopen_count"]),
        "reassignment_count": int(cell["reassignment_count"]), "raw": cell,
    }


def read(folder):
    with gzip.open(folder / "servicenow_incidents" / "incident_event_log.csv.gz", "rt", encoding="utf-8", newline="") as file:
        tickets = [ticket(line) for line in csv.DictReader(file)]
    return {entity: [] for entity in source.REQUIRED} | {"tickets": tickets}
