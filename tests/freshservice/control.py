"""What tests in another process may do, under /_control/, without key or limits. README.md lists the calls."""

import json
import urllib.parse
from dataclasses import asdict
from typing import Any

from tests.freshservice.api import Api
from tests.freshservice.clock import ManualClock
from tests.freshservice.limits import PLANS
from tests.freshservice.model import mutate
from tests.freshservice.schedule import fault_of, mutation_of

PREFIX = "/_control/"


def control(api: Api, method: str, target: str, body: bytes) -> tuple[int, Any]:
    """Status and answer; a wrong call is 400 with what was wrong."""
    split = urllib.parse.urlsplit(target)
    query = dict(urllib.parse.parse_qsl(split.query))
    try:
        with api.lock:
            return 200, _do(api, method, split.path.removeprefix(PREFIX), query, json.loads(body) if body else None)
    except (KeyError, TypeError, ValueError) as wrong:
        return 400, {"error": f"{type(wrong).__name__}: {wrong}"}


def _do(api: Api, method: str, name: str, query: dict[str, str], given: Any) -> Any:
    match method, name:
        case "GET", "log":
            return {
                "log": api.log_since(int(query.get("since", "0"))),
                "early": [asdict(entry) for entry in api.early()],
            }
        case "GET", "desk":
            return {"now": api.desk.clock.text(), "tickets": len(api.desk.tickets)} | {
                name: len(table) for name, table in api.desk.tables.items()
            }
        case "POST", "mutate":
            for mutation in given:
                mutate(api.desk, mutation)
        case "POST", "schedule":
            plan(api, given)
        case "POST", "reset":
            api.log.clear()
            api.schedule.faults.clear()
            api.schedule.mutations.clear()
        case "POST", "forbid":
            api.forbidden = set(given)
        case "POST", "plan":
            api.limiter.plan = PLANS[given]
        case "POST", "switches":
            for switch, value in given.items():
                api.desk.switches.set(switch, value)
            api.desk.version += 1
        case "POST", "verbatim":
            api.desk.verbatim |= given
        case "POST", "advance":
            if not isinstance(api.desk.clock, ManualClock):
                raise ValueError("the clock is real: start the server with --manual-clock")
            api.desk.clock.advance(given)
        case _:
            raise ValueError(f"there is no {method} {PREFIX}{name}")
    return {}


def plan(api: Api, given: dict[str, list[dict[str, Any]]]) -> None:
    """Adds {"faults": [...], "mutations": [...]}; see schedule.py for what is in them."""
    api.schedule.faults += [fault_of(described) for described in given.get("faults", [])]
    api.schedule.mutations += [mutation_of(described) for described in given.get("mutations", [])]
