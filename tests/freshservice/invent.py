"""A made-up help desk: the same seed, number of tickets and end give the same records."""

import datetime as dt
import random

from tests.freshservice import codes
from tests.freshservice.clock import UTC, Clock, to_text
from tests.freshservice.model import OTHER_ID, PRIMARY_WORKSPACE, USER_ID, HelpDesk, Record, later
from tests.freshservice.site_setup import OTHER_WORKSPACE, add_asset, add_site
from tests.freshservice.switches import Switches

END = dt.datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 730

FIRST = ("Femke", "Ines", "Nadia", "Vera", "Giulia", "민준", "João", "Siobhán", "Anne", "Tom")
LAST = ("O'Brien", "Nielsen", "Yılmaz", "Kowalski", "Hansen", "김", "Gonçalves", "de Vries", "and Sons", "Meyer")
GROUPS = ("Service Desk", "Hardware and Printing", "Network", "Applications")
DEPARTMENTS = ("Operations", "Sales", "Engineering", "Finance")
CATEGORIES = {
    "Hardware": ("Monitor", "Laptop"),
    "Network": ("LAN", "Wi-Fi"),
    "Access": ("Password", None),
    None: (None,),
}
SUBJECTS = (
    "Monitor stays black",
    'Printer says "PC LOAD LETTER"',
    "비밀번호 초기화",
    "VPN drops, then returns",
    "Laptop <wanted>",
)
ASSET_TYPES = ("Laptop", "Monitor", "Printer")
ZONES = tuple(codes.RAILS_ZONES)


def invent(
    tickets: int, seed: int = 1, clock: Clock | None = None, switches: Switches | None = None, end: dt.datetime = END
) -> HelpDesk:
    """Tickets of the two years before `end`, and what they need."""
    desk = HelpDesk(clock or Clock(end), switches)
    random_of = random.Random(f"{seed}/{tickets}")
    add_site(desk)
    _add_people(desk, random_of, agents=max(4, tickets // 200), requesters=max(20, tickets // 10))
    _add_assets(desk, random_of, max(10, tickets // 10))
    seconds = sorted(random_of.randrange(DAYS * 86_400) for _ in range(tickets))
    for number, second in enumerate(seconds, start=1):
        _live(desk, random_of, number, to_text(end - dt.timedelta(seconds=DAYS * 86_400 - second)), to_text(end))
    _add_problems_and_changes(desk, random_of, max(5, tickets // 50), end)
    return desk


def _person(random_of: random.Random) -> Record:
    return {
        "first_name": random_of.choice(FIRST),
        "last_name": random_of.choice(LAST),
        "active": random_of.random() > 0.05,
        "vip_user": random_of.random() < 0.05,
        "location_id": None,
        "time_zone": random_of.choice(ZONES),
    }


def _add_people(desk: HelpDesk, random_of: random.Random, agents: int, requesters: int) -> None:
    at = "2023-06-01T09:00:00Z"
    for id, name in enumerate(GROUPS, start=OTHER_ID + 1):
        desk.put(
            "groups",
            id,
            {
                "name": name,
                "description": None,
                "workspace_id": PRIMARY_WORKSPACE,
                "business_hours_id": OTHER_ID + 1 + id % 2,
            },
            at,
        )
    for id, name in enumerate(DEPARTMENTS, start=OTHER_ID + 1):
        desk.put(
            "departments",
            id,
            {
                "name": name,
                "description": None,
                "head_user_id": USER_ID + agents + 1,
                "prime_user_id": None,
                "domains": [],
                "custom_fields": {},
            },
            at,
        )
    for number in range(1, agents + 1):
        group = random_of.choice(list(desk.tables["groups"]))
        desk.put(
            "agents",
            USER_ID + number,
            _person(random_of)
            | {
                "email": f"Agent.{number}@Example.com",
                "job_title": "Analyst",
                "occasional": False,
                "group_ids": [group],
                "member_of": [group],
                "department_ids": [],
                "workspace_ids": [PRIMARY_WORKSPACE],
            },
            at,
        )
    for number in range(agents + 1, agents + requesters + 1):
        desk.put(
            "requesters",
            USER_ID + number,
            _person(random_of)
            | {
                "primary_email": f"person.{number}@example.com",
                "secondary_emails": [],
                "is_agent": False,
                "location_name": "Amsterdam",
                "department_ids": [random_of.choice(list(desk.tables["departments"]))],
                "job_title": None,
            },
            at,
        )


def _add_assets(desk: HelpDesk, random_of: random.Random, count: int) -> None:
    at = "2024-02-01T09:00:00Z"
    for id, name in enumerate(ASSET_TYPES, start=21_000_855_267):
        desk.put("asset_types", id, {"name": name, "parent_asset_type_id": None, "visible": True}, at)
    for number in range(1, count + 1):
        type_id, user = (
            random_of.choice(list(desk.tables["asset_types"])),
            random_of.choice(list(desk.tables["requesters"].values())),
        )
        add_asset(
            desk,
            number,
            at,
            {
                "name": f"Asset {number:05}",
                "asset_type_id": type_id,
                "user_id": user["id"],
                "department_id": user["department_ids"][0],
            },
            {
                "cost": random_of.randrange(100, 3000),
                "salvage": 50,
                "useful_life": 48,
                "acquisition_date": "2024-02-01T00:00:00Z",
                "warranty_expiry_date": "2027-02-01",
                "asset_state": random_of.choice(("In Use", "In Stock", "Retired")),
            },
        )


def _live(desk: HelpDesk, random_of: random.Random, number: int, created: str, end: str) -> None:
    """A ticket's life up to the end."""
    agents, requesters = list(desk.tables["agents"]), list(desk.tables["requesters"])
    category = random_of.choice(list(CATEGORIES))
    requester = random_of.choice(agents if random_of.random() < 0.05 else requesters)
    ticket = desk.create_ticket(
        {
            "id": number,
            "subject": random_of.choice(SUBJECTS),
            "description_text": f"Ticket {number} of many.",
            "type": random_of.choice(("Incident", "Incident", "Service Request")),
            "priority": random_of.choice((1, 1, 1, 2, 2, 3, 4)),
            "source": random_of.choice(list(codes.SOURCE)),
            "category": category,
            "sub_category": random_of.choice(CATEGORIES[category]),
            "requester_id": requester,
            "requested_for_id": requester,
            "tags": random_of.choice(([], ["vip"])),
            "department_id": next(iter((desk.user(requester) or {}).get("department_ids", [])), None),
            "workspace_id": PRIMARY_WORKSPACE if number % 10 else OTHER_WORKSPACE,
            "custom_fields": {"site": random_of.choice(("Seoul", "München", None))},
        },
        at=created,
    )
    agent = random_of.choice(agents)
    group = desk.tables["agents"][agent]["group_ids"][0]
    at = created
    for step in _steps(random_of):
        at = later(at, random_of.randrange(60, 30_000))
        if at > end:
            return
        if step == "route":
            desk.run_workflow(number, "Route by category", {"group_id": group}, at)
        elif step == "assign":
            desk.change_ticket(number, {"responder_id": agent, "status": 6}, agent, at)
        elif step == "hand over":
            desk.change_ticket(
                number, {"responder_id": random_of.choice(agents), "group_id": group, "priority": 3}, agent, at
            )
        elif step == "reply":
            desk.reply(number, agent, at)
        elif step == "work":
            desk.add_time_entry(number, agent, random_of.choice((5, 20, 61, 1_590)), random_of.random() < 0.5, at=at)
        elif step == "survey":
            desk.answer_survey(
                number, random_of.randrange(1, 6), comment=random_of.choice((None, 'Thanks, "all" good')), at=at
            )
        elif step in ("delete", "spam"):
            (desk.delete_ticket if step == "delete" else desk.spam_ticket)(number, at)
        else:
            desk.change_ticket(number, {"status": step}, agent, at)
    if random_of.random() < 0.2:
        ticket.assets, ticket.problem = [random_of.choice(list(desk.tables["assets"]))], 1


def _steps(random_of: random.Random) -> list[str | int]:
    """Names of steps; a number is a status."""
    if random_of.random() < 0.01:
        return ["spam"]
    steps: list[str | int] = ["route", "assign", "reply"]
    if random_of.random() < 0.2:
        steps += ["hand over"]
    if random_of.random() < 0.3:
        steps += [random_of.choice((3, 7)), 6]
    steps += ["work"] * random_of.choice((0, 1, 2))
    steps += [4]
    if random_of.random() < 0.08:
        steps += [2, "reply", 4]
    if random_of.random() < 0.25:
        steps += ["survey"]
    steps += [5]
    if random_of.random() < 0.12:
        return steps[: random_of.randrange(len(steps))]  # nobody has gone on with it
    return steps + ["delete"] if random_of.random() < 0.02 else steps


def _add_problems_and_changes(desk: HelpDesk, random_of: random.Random, count: int, end: dt.datetime) -> None:
    for id in range(1, count + 1):
        created = to_text(end - dt.timedelta(days=random_of.randrange(2, DAYS), seconds=random_of.randrange(86_400)))
        agent, requester = (
            random_of.choice(list(desk.tables["agents"])),
            random_of.choice(list(desk.tables["requesters"])),
        )
        shared = {
            "subject": random_of.choice(SUBJECTS),
            "description": "<div>Why</div>",
            "priority": random_of.randrange(1, 5),
            "impact": 1,
            "requester_id": requester,
            "agent_id": agent,
            "group_id": desk.tables["agents"][agent]["group_ids"][0],
            "department_id": None,
            "category": random_of.choice((None, "Network")),
            "created_at": created,
            "workspace_id": PRIMARY_WORKSPACE,
        }
        desk.put(
            "problems",
            id,
            shared
            | {
                "status": random_of.choice(list(codes.PROBLEM_STATUS)),
                "known_error": False,
                "due_by": later(created, 604_800),
            },
            later(created, 90_000),
        )
        desk.put(
            "changes",
            id,
            shared
            | {
                "status": random_of.choice(list(codes.CHANGE_STATUS)),
                "risk": random_of.randrange(1, 5),
                "approval_status": 1,
                "change_type": random_of.randrange(1, 5),
                "planned_start_date": later(created, 86_400),
                "planned_end_date": later(created, 100_000),
            },
            later(created, 80_000),
        )
