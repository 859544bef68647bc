"""What an administrator has set up, and what assets look like: the same in an invented and in a read help desk."""

from tests.freshservice import codes
from tests.freshservice.model import OTHER_ID, PRIMARY_WORKSPACE, HelpDesk, Record

OTHER_WORKSPACE = 3


def add_site(desk: HelpDesk) -> None:
    """What an administrator sets up: workspaces, calendars, SLA policies."""
    at = "2023-01-01T00:00:00Z"
    desk.put("workspaces", PRIMARY_WORKSPACE, {"name": "IT", "primary": True, "state": "active"}, at)
    desk.put("workspaces", OTHER_WORKSPACE, {"name": "Facilities", "primary": False, "state": "active"}, at)
    weekdays = ("monday", "tuesday", "wednesday", "thursday", "friday")
    for id, name, zone, begins, ends in (
        (OTHER_ID + 1, "Default", "Eastern Time (US & Canada)", "8:00 am", "5:00 pm"),
        (OTHER_ID + 2, "Office", "Amsterdam", "9:00 am", "5:30 pm"),
    ):
        hours = {day: {"beginning_of_workday": begins, "end_of_workday": ends} for day in weekdays}
        holidays = [
            {"holiday_date": "--01-01", "holiday_name": "New Year"},
            {"holiday_date": "--12-25", "holiday_name": "Christmas"},
        ]
        desk.put(
            "business_hours",
            id,
            {
                "name": name,
                "description": None,
                "is_default": name == "Default",
                "time_zone": zone,
                "service_desk_hours": hours,
                "list_of_holidays": holidays,
            },
            at,
        )
    for position, (name, in_hours, applies) in enumerate(
        (("Service requests in office hours", True, {"ticket_type": ["Service Request"]}), ("Default", False, {})),
        start=1,
    ):
        targets = [
            {
                "priority": priority,
                "respond_within": codes.RESPOND_WITHIN_S[priority],
                "resolve_within": codes.RESOLVE_WITHIN_S[priority],
                "business_hours": in_hours,
                "escalation_enabled": True,
            }
            for priority in sorted(codes.PRIORITY, reverse=True)
        ]
        desk.put(
            "sla_policies",
            OTHER_ID + position,
            {
                "name": name,
                "position": position,
                "is_default": not applies,
                "active": True,
                "sla_targets": targets,
                "applicable_to": applies,
            },
            at,
        )


def add_asset(desk: HelpDesk, display_id: int, at: str, fields: Record, type_fields: Record) -> None:
    """`type_fields` are named without the id of the asset type, which the API appends."""
    suffix = fields["asset_type_id"]
    desk.put(
        "assets",
        display_id,
        {
            "id": OTHER_ID + 100_000 + display_id,
            "display_id": display_id,
            "description": None,
            "asset_tag": f"TAG-{display_id}",
            "impact": "low",
            "usage_type": "permanent",
            "location_id": None,
            "agent_id": None,
            "group_id": None,
            "assigned_on": at,
            "end_of_life": None,
            "workspace_id": PRIMARY_WORKSPACE,
        }
        | fields
        | {"type_fields": {f"{name}_{suffix}": value for name, value in type_fields.items()}},
        at,
    )
