"""A project that reads a test server, and what its warehouse must hold: recomputed here from the records of the desk."""

import contextlib
import json
import os
import pathlib
import re
import subprocess
from typing import Any

import duckdb

from tests.freshservice import codes
from tests.freshservice.model import PRIMARY_WORKSPACE, HelpDesk, Record, Ticket
from tests.freshservice.server import Server

STATUS = {2: "Open", 3: "Pending", 4: "Resolved", 5: "Closed"}
PRIORITY = {1: "Low", 2: "Medium", 3: "High", 4: "Critical"}
CHANNEL = {1: "Email", 2: "Portal", 3: "Phone", 4: "Chat", 9: "Walkup"}
Row = tuple[Any, ...]


class Project:
    def __init__(self, folder: pathlib.Path, binary: pathlib.Path, server: Server, source: str = "", rest: str = "") -> None:
        self.folder, self.binary, self.server = folder, binary, server
        self.configure(source, rest)

    def configure(self, source: str = "", rest: str = "", url: str | None = None) -> None:
        """`source`: further keys of the source; `rest`: what stands behind it."""
        (self.folder / "deskhouse.toml").write_text(
            "[project]\nthreads = 2\n[sources.fresh]\ntype = \"freshservice\"\n"
            f"url = \"{url or self.server.address}\"\napi_key_env = \"FRESH_KEY\"\n{source}\n{rest}\n"
        )

    def command(self, *arguments: str) -> list[str]:
        return [str(self.binary), "-C", str(self.folder), *arguments]

    def environment(self, key: str = "test-key") -> dict[str, str]:
        return {**os.environ, "FRESH_KEY": key}

    def deskhouse(self, *arguments: str, code: int = 0, key: str = "test-key") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*arguments), capture_output=True, text=True, timeout=120, env=self.environment(key)
        )
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def run(self, *arguments: str, **options: Any) -> list[Record]:
        """The lines of the report."""
        done = self.deskhouse("run", "--now", "2026-01-01", "--json", *arguments, **options)
        return json.loads(done.stdout)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return self.start_command("run", "--now", "2026-01-01", "-q", *arguments)

    def start_command(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment(),
        )

    def failure(self, *arguments: str, key: str = "test-key") -> str:
        return self.deskhouse(*(arguments or ("run", "-q")), code=1, key=key).stderr

    def query(self, sql: str) -> list[Row]:
        with contextlib.closing(duckdb.connect(str(self.folder / "deskhouse.duckdb"), read_only=True)) as connection:
            return connection.execute(sql).fetchall()

    def rows(self, entity: str) -> list[Row]:
        """Texts, as the desk would write them; NULL is None."""
        columns = [text_of(*column) for column in COLUMNS[entity]]
        return self.query(f"select {', '.join(columns)} from operational.{entity} order by 1, 2")

    def paths(self, pattern: str = "") -> list[str]:
        """Path and query of the requests that were answered, in order."""
        return [path for entry in self.server.log if re.search(pattern, path := shown(entry.path, entry.query))]

    def holds(self, *entities: str, workspaces: set[int] | None = None, verify: bool = False) -> None:
        """The warehouse has what the desk has; `verify`: and increments equal a rebuild."""
        expected = Expected(self.server.desk, workspaces or {PRIMARY_WORKSPACE})
        for entity in entities or COLUMNS:
            ours, theirs = self.rows(entity), expected.rows(entity)
            assert ours == theirs, f"{entity}: {differing(ours, theirs)}"
        if verify:
            self.deskhouse("verify")


def shown(path: str, query: dict[str, str]) -> str:
    return path.removeprefix("/api/v2/") + "?" + "&".join(f"{name}={value}" for name, value in query.items())


def differing(ours: list[Row], theirs: list[Row]) -> str:
    few = 5
    return f"only here {sorted(set(ours) - set(theirs), key=str)[:few]}, only there {sorted(set(theirs) - set(ours), key=str)[:few]}"


def text_of(column: str, kind: str = "text") -> str:
    if kind == "time":
        return f"strftime({column}, '%Y-%m-%dT%H:%M:%SZ')"
    if kind == "number":
        return f"{column}::double"
    return f"{column}::varchar" if kind == "day" else column


COLUMNS: dict[str, list[tuple[str, ...]]] = {
    "groups": [("id",), ("name",)],
    "departments": [("id",), ("name",), ("head_user_id",)],
    "agents": [("id",), ("name",), ("email",), ("group_id",), ("is_active",)],
    "requesters": [("id",), ("name",), ("email",), ("department_id",), ("location",), ("is_vip",)],
    "assets": [("id",), ("name",), ("asset_type",), ("state",), ("requester_id",), ("department_id",), ("cost", "number"),
               ("salvage_value", "number"), ("acquired_on", "day"), ("warranty_expires_on", "day"), ("useful_life_months",)],
    "problems": [("id",), ("subject",), ("status",), ("priority",), ("category",), ("agent_id",), ("due_at", "time"), ("updated_at", "time")],
    "changes": [("id",), ("status",), ("type",), ("risk",), ("priority",), ("planned_start_at", "time"), ("updated_at", "time")],
    "tickets": [("id",), ("subject",), ("type",), ("status",), ("priority",), ("category",), ("sub_category",), ("channel",),
                ("requester_id",), ("assigned_to",), ("group_id",), ("department_id",), ("created_at", "time"),
                ("updated_at", "time"), ("first_response_at", "time"), ("resolved_at", "time"), ("closed_at", "time"),
                ("due_at", "time"), ("is_deleted",)],
    "surveys": [("id",), ("ticket_id",), ("score", "number"), ("max_score", "number"), ("comment",), ("responded_at", "time")],
    "time_entries": [("id",), ("ticket_id",), ("agent_id",), ("minutes", "number"), ("billable",), ("updated_at", "time")],
}  # fmt: skip


class Expected:
    def __init__(self, desk: HelpDesk, workspaces: set[int]) -> None:
        self.desk, self.workspaces = desk, workspaces

    def rows(self, entity: str) -> list[Row]:
        return sorted(getattr(self, entity)(), key=lambda row: (row[0], str(row[1])))

    def shown_tickets(self) -> list[Ticket]:
        return [t for t in self.desk.tickets.values() if t.fields["workspace_id"] in self.workspaces]

    def live_tickets(self) -> list[Ticket]:
        return [t for t in self.shown_tickets() if not t.fields["deleted"] and not t.fields["spam"]]

    def groups(self) -> list[Row]:
        return [(str(r["id"]), r["name"]) for r in self.desk.tables["groups"].values()]

    def departments(self) -> list[Row]:
        return [(str(r["id"]), r["name"], text(r["head_user_id"])) for r in self.desk.tables["departments"].values()]

    def agents(self) -> list[Row]:
        return [
            (str(r["id"]), name_of(r), r["email"].lower(), first(r["group_ids"]), r["active"])
            for r in self.desk.tables["agents"].values()
        ]

    def requesters(self) -> list[Row]:
        people = [
            (str(r["id"]), name_of(r), r["primary_email"], first(r["department_ids"]), r["location_name"], r["vip_user"])
            for r in self.desk.tables["requesters"].values()
        ]
        return people + [
            (str(r["id"]), name_of(r), r["email"].lower(), first(r["department_ids"]), None, r["vip_user"])
            for r in self.desk.tables["agents"].values()
        ]

    def assets(self) -> list[Row]:
        types, found = self.desk.tables["asset_types"], []
        for r in self.desk.tables["assets"].values():
            of = {name.removesuffix(f"_{r['asset_type_id']}"): value for name, value in r["type_fields"].items()}
            found.append(
                (str(r["display_id"]), r["name"], types[r["asset_type_id"]]["name"], of["asset_state"], text(r["user_id"]),
                 text(r["department_id"]), of["cost"], of["salvage"], of["acquisition_date"][:10],
                 of["warranty_expiry_date"], of["useful_life"])
            )  # fmt: skip
        return found

    def problems(self) -> list[Row]:
        return [
            (str(r["id"]), r["subject"], codes.PROBLEM_STATUS[r["status"]], PRIORITY[r["priority"]], r["category"],
             text(r["agent_id"]), r["due_by"], r["updated_at"])
            for r in self.desk.tables["problems"].values()
        ]  # fmt: skip

    def changes(self) -> list[Row]:
        return [
            (str(r["id"]), {**codes.CHANGE_STATUS, 7: "7"}[r["status"]], codes.CHANGE_TYPE[r["change_type"]],
             codes.CHANGE_RISK[r["risk"]], PRIORITY[r["priority"]], r["planned_start_date"], r["updated_at"])
            for r in self.desk.tables["changes"].values()
        ]  # fmt: skip

    def tickets(self) -> list[Row]:
        found = []
        for ticket in self.shown_tickets():
            f, stats = ticket.fields, ticket.stats
            found.append(
                (str(f["id"]), f["subject"], f["type"], STATUS.get(f["status"], "Open"), PRIORITY[f["priority"]],
                 f["category"] or "General", f["sub_category"], CHANNEL[f["source"]], str(f["requester_id"]),
                 text(f["responder_id"]), text(f["group_id"]), text(f["department_id"]), f["created_at"], f["updated_at"],
                 stats["first_responded_at"], stats["resolved_at"], stats["closed_at"], f["due_by"],
                 f["deleted"] or f["spam"])
            )  # fmt: skip
        return found

    def surveys(self) -> list[Row]:
        found = []
        for ticket in self.live_tickets():
            if answer := ticket.csat_response:
                texts = [a["answer_text"] for q in answer["questionnaire_responses"] for a in q["answers"]]
                score = answer["score"]
                found.append((str(answer["id"]), str(ticket.id), score["acquired_score"], score["total_score"],
                              texts[0] if texts else None, answer["created_at"]))  # fmt: skip
        return found

    def time_entries(self) -> list[Row]:
        found = []
        for ticket in self.live_tickets():
            for entry in ticket.time_entries:
                hours, minutes = map(int, entry["time_spent"].split(":"))
                found.append((str(entry["id"]), str(ticket.id), str(entry["agent_id"]), hours * 60 + minutes,
                              entry["billable"], entry["updated_at"]))  # fmt: skip
        return found

    def ticket_events(self) -> list[Row]:
        """(ticket, time, order, status, priority, agent, group) of each activity; what is not said is None."""
        found = []
        for ticket in self.live_tickets():
            for number, activity in enumerate(ticket.activities, start=1):
                said = " ".join([activity["content"], *activity["sub_contents"]])
                found.append((str(ticket.id), activity["created_at"], number, *self._settings(said)))
        return sorted(found)

    def _settings(self, said: str) -> Row:
        def value(field: str) -> str | None:
            match = re.search(f"set {field} as (.*?)(?= (?:and )?set |,| and set |$)", said)
            return match and match[1].strip().removesuffix(" and")

        def id_of(table: str, name: str | None) -> str | None:
            ids = [r["id"] for r in self.desk.tables[table].values() if (name_of(r) if table == "agents" else r["name"]) == name]
            return "" if name == "none" else str(ids[0]) if len(ids) == 1 else None

        names = {text: STATUS.get(code, "Open") for code, text in codes.TICKET_STATUS.items()}
        priorities = {text: PRIORITY[code] for code, text in codes.PRIORITY.items()}
        return (
            names.get(value("Status") or ""),
            priorities.get(value("Priority") or ""),
            id_of("agents", value("Agent")),
            id_of("groups", value("Group")),
        )


def text(value: Any) -> str | None:
    return None if value is None else str(value)


def first(values: list[Any]) -> str | None:
    return str(values[0]) if values else None


def name_of(person: Record) -> str:
    return f"{person['first_name']} {person['last_name']}"
