"""The help desk of the CSV files that `deskhouse demo` writes, as Freshservice would show it.

Rows that a help desk cannot hold (no caller, an unreadable creation time, broken columns) are left out, and of several
versions of a record the latest is taken: the same that a run over the files loads.
"""

import datetime as dt
import json
import pathlib

from tests.freshservice import codes
from tests.freshservice.clock import Clock, to_moment
from tests.freshservice.demo_rows import PRIORITY, Row, number_of, other_id, rows, user_id
from tests.freshservice.demo_tickets import add_tickets
from tests.freshservice.invent import END
from tests.freshservice.model import OTHER_ID, HelpDesk, Record
from tests.freshservice.site_setup import add_asset, add_site
from tests.freshservice.switches import Switches


def end_of(folder: pathlib.Path) -> dt.datetime:
    """The time at which the invented data ends."""
    truth = folder / "truth.json"
    return to_moment(json.loads(truth.read_text())["options"]["end"]) if truth.is_file() else END


def load(folder: pathlib.Path, clock: Clock | None = None, switches: Switches | None = None) -> HelpDesk:
    if not (folder / "tickets").is_dir():
        raise FileNotFoundError(f"{folder} has no folder tickets: deskhouse demo --dir {folder} writes one")
    desk = HelpDesk(clock or Clock(end_of(folder)), switches)
    add_site(desk)
    _add_people(desk, folder)
    _add_assets(desk, folder)
    _add_problems_and_changes(desk, folder)
    add_tickets(desk, folder)
    return desk


def _add_people(desk: HelpDesk, folder: pathlib.Path) -> None:
    def name(row: Row) -> Record:
        first, _, last = row["name"].partition(" ")
        return {
            "first_name": first,
            "last_name": last,
            "location_id": None,
            "time_zone": "Amsterdam",
            "created_at": row["created_at"],
        }

    def id_of(row: Row) -> int:
        id = user_id(row["id"])
        assert id is not None, row
        return id

    for row in rows(folder / "groups.csv"):
        calendar = OTHER_ID + (2 if row["calendar"] else 1)
        desk.put(
            "groups",
            OTHER_ID + number_of(row["id"]),
            {"name": row["name"], "description": None, "business_hours_id": calendar},
            row["updated_at"],
        )
    for row in rows(folder / "departments.csv"):
        desk.put(
            "departments",
            OTHER_ID + number_of(row["id"]),
            {
                "name": row["name"],
                "description": None,
                "head_user_id": user_id(row["head_user_id"]),
                "prime_user_id": None,
                "domains": [],
                "custom_fields": {"headcount": int(row["headcount"]), "cost_center": row["cost_center"]},
            },
            row["updated_at"],
        )
    for row in rows(folder / "agents.csv"):
        groups = [other_id(row["group_id"])]
        desk.put(
            "agents",
            id_of(row),
            name(row)
            | {
                "email": row["email"],
                "job_title": None,
                "active": row["is_active"] == "true",
                "occasional": False,
                "department_ids": [],
                "group_ids": groups,
                "member_of": groups,
                "vip_user": False,
                "workspace_ids": [2],
                "custom_fields": {"hourly_cost": row["hourly_cost"], "weekly_hours": row["weekly_hours"]},
            },
            row["updated_at"],
        )
    for row in rows(folder / "requesters.csv"):
        department = other_id(row["department_id"])
        desk.put(
            "requesters",
            id_of(row),
            name(row)
            | {
                "primary_email": row["email"],
                "secondary_emails": [],
                "department_ids": [department] if department else [],
                "active": True,
                "is_agent": False,
                "vip_user": row["is_vip"] == "true",
                "location_name": row["location"],
            },
            row["updated_at"],
        )


def _add_assets(desk: HelpDesk, folder: pathlib.Path) -> None:
    types: dict[str, int] = {}
    for row in rows(folder / "assets.csv"):
        type_id = types.setdefault(row["asset_type"], 21_000_855_267 + len(types))
        desk.put(
            "asset_types",
            type_id,
            {"name": row["asset_type"], "parent_asset_type_id": None, "visible": True},
            "2023-01-01T00:00:00Z",
        )
        money = {
            name: float(row[column]) if row[column] else None
            for name, column in (("cost", "cost"), ("salvage", "salvage_value"))
        }
        add_asset(
            desk,
            number_of(row["id"]),
            row["updated_at"],
            {
                "name": row["name"],
                "asset_type_id": type_id,
                "user_id": user_id(row["requester_id"]),
                "department_id": other_id(row["department_id"]),
                "created_at": row["created_at"],
            },
            money
            | {
                "acquisition_date": row["acquired_on"] or None,
                "warranty_expiry_date": row["warranty_expires_on"] or None,
                "asset_state": row["state"],
                "useful_life": int(row["useful_life_months"] or 0) or None,
                "depreciation_type": row["depreciation"],
            },
        )


def _add_problems_and_changes(desk: HelpDesk, folder: pathlib.Path) -> None:
    def shared(row: Row) -> Record:
        return {
            "subject": row["subject"],
            "description": "",
            "priority": PRIORITY.get(row["priority"], 2),
            "impact": 1,
            "group_id": None,
            "requester_id": user_id(row["requester_id"]),
            "agent_id": user_id(row["agent_id"]),
            "department_id": None,
            "category": row.get("category") or None,
            "created_at": row["created_at"],
            "workspace_id": 2,
        }

    for row in rows(folder / "problems.csv"):
        desk.put(
            "problems",
            number_of(row["id"]),
            shared(row)
            | {
                "status": _code(codes.PROBLEM_STATUS, row["status"]),
                "known_error": False,
                "due_by": row["due_at"] or None,
            },
            row["updated_at"],
        )
    for row in rows(folder / "changes.csv"):
        desk.put(
            "changes",
            number_of(row["id"]),
            shared(row)
            | {
                "status": _code(codes.CHANGE_STATUS, row["status"]),
                "risk": _code(codes.CHANGE_RISK, row["risk"]),
                "change_type": _code(codes.CHANGE_TYPE, row["type"]),
                "approval_status": 1,
                "planned_start_date": row["planned_start_at"] or None,
                "planned_end_date": row["planned_end_at"] or None,
            },
            row["updated_at"],
        )


def _code(names: dict[int, str], name: str) -> int:
    return next((code for code, text in names.items() if text == name), 1)
