"""The paths of the API and what each answers, without limits and transport."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.freshservice import codes
from tests.freshservice.clock import to_text
from tests.freshservice.errors import Refused
from tests.freshservice.model import PRIMARY_WORKSPACE, HelpDesk, Record, Ticket, name_of
from tests.freshservice.query import Query, choice, includes_of, page_of, updated_since_of, whole_number

TICKET_WINDOW = dt.timedelta(days=30)
TICKET_LIST_INCLUDES = ("stats", "requester", "requested_for", "department")
TICKET_SHOW_INCLUDES = (*TICKET_LIST_INCLUDES, "assets", "problem", "conversations")
NESTED = ("activities", "time_entries", "csat_response")
SINGULAR = {"business_hours": "business_hours", "sla_policies": "sla_policy"}
LISTS_MAX = 100  # remembered; the 30 days' window makes a new one each second
Key = tuple[str | bool | int | None, ...]
UPDATED_SINCE = ("changes", "problems")  # beside tickets
LIST_INCLUDES = {"tickets": TICKET_LIST_INCLUDES, "assets": ("type_fields",)}
SHOW_INCLUDES = {"tickets": TICKET_SHOW_INCLUDES, "assets": ("type_fields",)}


@dataclass
class Page:
    """What a call answers: the wrapped body, and whether a page follows."""

    body: Record
    more: bool = False


@dataclass
class Resources:
    desk: HelpDesk
    _lists: dict[Key, list[Ticket]] = field(default_factory=dict)  # by query, of one version of the desk
    _version: int = -1

    def answer(self, parts: list[str], query: Query) -> Page:
        """For the path's parts behind /api/v2. Raises Refused."""
        match parts:
            case [resource] if resource in self.desk.verbatim:
                records = self.desk.verbatim[resource]
                if records is None:
                    raise Refused(404)
                return self._page(resource, [] if "filter" in query else records, query, dict)
            case ["tickets"] if self.desk.endless is not None:
                number, per_page = page_of(query, self.desk.switches)
                records, more = self.desk.endless.page(query, per_page, number)
                return Page({"tickets": records}, more=more)
            case ["tickets"]:
                return self._list_tickets(query)
            case ["ticket_form_fields"]:
                return Page({"ticket_fields": _ticket_fields()})
            case [resource] if resource in self.desk.tables:
                return self._list(resource, query)
            case ["tickets", id]:
                return Page({"ticket": self._show_ticket(self._ticket(id), query)})
            case [resource, id] if resource in self.desk.tables:
                return self._show(resource, id, query)
            case ["tickets", id, "csat_response"]:
                return self._csat_response(self._ticket(id))
            case ["tickets", id, nested] if nested in NESTED:
                return self._nested(self._ticket(id), nested, query)
        raise Refused(404)

    # Tickets

    def _list_tickets(self, query: Query) -> Page:
        include = includes_of(query, TICKET_LIST_INCLUDES)
        marked = choice(query, "filter", ("deleted", "spam"))
        since, workspace = updated_since_of(query), self._workspace(query)
        order = self._order(query)
        window = to_text(self.desk.clock.now() - TICKET_WINDOW) if since is None else None
        if marked and not self.desk.switches.window_of_filters:
            window = None
        inclusive = self.desk.switches.updated_since_inclusive

        def wanted(fields: Record) -> bool:
            if marked is None and (fields["deleted"] or fields["spam"]) or marked and not fields[marked]:
                return False
            if workspace is not None and fields["workspace_id"] != workspace:
                return False
            if since is None:
                return window is None or fields["created_at"] >= window
            return fields["updated_at"] > since or inclusive and fields["updated_at"] == since

        def find() -> list[Ticket]:
            by, descending = order
            found = [ticket for ticket in self.desk.tickets.values() if wanted(ticket.fields)]
            return sorted(found, key=lambda ticket: (ticket.fields[by], ticket.id), reverse=descending)

        tickets = self._cached(("tickets", marked, since, window, workspace, inclusive, *order), find)
        return self._page("tickets", tickets, query, lambda ticket: self._listed(ticket, include))

    def _order(self, query: Query) -> tuple[str, bool]:
        by, type = self.desk.switches.order_by, self.desk.switches.order_type
        for name in ("order_by", "order_type"):
            if self.desk.switches.order_params_refused and name in query:
                raise Refused(400, name, "Unexpected/invalid field in request")
        if self.desk.switches.order_params:
            by = choice(query, "order_by", ("created_at", "updated_at", "id")) or by
            type = choice(query, "order_type", ("asc", "desc")) or type
        return by, type == "desc"

    def _listed(self, ticket: Ticket, include: Iterable[str]) -> Record:
        shown, desk = dict(ticket.fields), self.desk
        for name in include:
            if name == "stats":
                shown["stats"] = {
                    "created_at": shown["created_at"],
                    "updated_at": shown["updated_at"],
                    "ticket_id": ticket.id,
                } | ticket.stats
            elif name == "department":
                shown["department"] = _brief(desk.tables["departments"].get(shown["department_id"]), "id", "name")
            else:
                user = desk.user(shown["requester_id" if name == "requester" else "requested_for_id"])
                shown[name] = user and {
                    "id": user["id"],
                    "name": name_of(user),
                    "email": user.get("email") or user.get("primary_email"),
                }
        return shown

    def _show_ticket(self, ticket: Ticket, query: Query) -> Record:
        include = includes_of(query, TICKET_SHOW_INCLUDES)
        shown = self._listed(ticket, [name for name in include if name in TICKET_LIST_INCLUDES]) | {"attachments": []}
        if "assets" in include:
            shown["assets"] = [
                _brief(self.desk.tables["assets"].get(id), "id", "display_id", "name") for id in ticket.assets
            ]
        if "problem" in include:
            shown["problem"] = _brief(self.desk.tables["problems"].get(ticket.problem or 0), "id", "subject", "status")
        if "conversations" in include:
            shown["conversations"] = []
        return shown

    def _ticket(self, id: str) -> Ticket:
        ticket = self.desk.tickets.get(int(id)) if id.isascii() and id.isdigit() else None
        if (
            ticket is None
            or (ticket.fields["deleted"] or ticket.fields["spam"])
            and not self.desk.switches.show_deleted
        ):
            raise Refused(404)
        return ticket

    def _nested(self, ticket: Ticket, name: str, query: Query) -> Page:
        if name == "time_entries":
            return self._page(name, ticket.time_entries, query, dict)
        newest_first = self.desk.switches.activities_newest_first
        return self._page(name, ticket.activities[::-1] if newest_first else ticket.activities, query, self._activity)

    def _activity(self, activity: Record) -> Record:
        if self.desk.switches.sub_contents == "list":
            return activity
        return activity | {"sub_contents": ",".join(activity["sub_contents"])}

    def _csat_response(self, ticket: Ticket) -> Page:
        if ticket.csat_response is None and self.desk.switches.survey_missing == "404":
            raise Refused(404)
        return Page({"csat_response": ticket.csat_response})

    # Other resources

    def _list(self, resource: str, query: Query) -> Page:
        include = includes_of(query, LIST_INCLUDES.get(resource, ()))
        since = updated_since_of(query) if resource in UPDATED_SINCE else None
        records = list(self.desk.tables[resource].values())
        if resource == "requesters" and choice(query, "include_agents", ("true", "false")) == "true":
            records += [_as_requester(agent) for agent in self.desk.tables["agents"].values()]
        if since is not None:
            inclusive = self.desk.switches.updated_since_inclusive
            records = [r for r in records if r["updated_at"] > since or inclusive and r["updated_at"] == since]
        return self._page(resource, records, query, lambda record: self._shown(resource, record, include))

    def _show(self, resource: str, id: str, query: Query) -> Page:
        include = includes_of(query, SHOW_INCLUDES.get(resource, ()))
        record = self.desk.tables[resource].get(int(id)) if id.isascii() and id.isdigit() else None
        if record is None:
            raise Refused(404)
        return Page({SINGULAR.get(resource, resource[:-1]): self._shown(resource, record, include)})

    def _shown(self, resource: str, record: Record, include: Iterable[str]) -> Record:
        switches = self.desk.switches
        if resource == "assets" and "type_fields" not in include:
            return {name: value for name, value in record.items() if name != "type_fields"}
        if resource == "sla_policies" and switches.sla_targets_in == "minutes":
            targets = [
                t | {name: t[name] // 60 for name in ("respond_within", "resolve_within")}
                for t in record["sla_targets"]
            ]
            return record | {"sla_targets": targets}
        if resource == "business_hours":
            year = self.desk.clock.now().year
            dates = (
                record["list_of_holidays"]
                if switches.holidays_without_year
                else [
                    day | {"holiday_date": day["holiday_date"].replace("-", str(year), 1)}
                    for day in record["list_of_holidays"]
                ]
            )
            record = record | {"list_of_holidays": dates}
        if switches.time_zone_names == "iana" and record.get("time_zone"):
            record = record | {"time_zone": codes.RAILS_ZONES.get(record["time_zone"], record["time_zone"])}
        return record

    # Shared

    def _workspace(self, query: Query) -> int | None:
        """The one to show; None: all."""
        if "workspace_id" not in query:
            return PRIMARY_WORKSPACE if self.desk.switches.primary_workspace_only else None
        id = whole_number(query, "workspace_id", 0, 1)
        if id not in self.desk.tables["workspaces"]:
            raise Refused(400, "workspace_id", "There is no such workspace")
        return id

    def _cached(self, key: Key, find: Callable[[], list[Ticket]]) -> list[Ticket]:
        if self._version != self.desk.version or len(self._lists) > LISTS_MAX:
            self._version, self._lists = self.desk.version, {}
        if key not in self._lists:
            self._lists[key] = find()
        return self._lists[key]

    def _page(self, name: str, records: list[Any], query: Query, show: Callable[[Any], Record]) -> Page:
        page, per_page = page_of(query, self.desk.switches)
        begin = (page - 1) * per_page
        return Page(
            {name: [show(record) for record in records[begin : begin + per_page]]}, more=begin + per_page < len(records)
        )


def _brief(record: Record | None, *names: str) -> Record | None:
    return record and {name: record[name] for name in names}


def _as_requester(agent: Record) -> Record:
    names = (
        "id",
        "first_name",
        "last_name",
        "department_ids",
        "active",
        "vip_user",
        "location_id",
        "time_zone",
        "created_at",
        "updated_at",
    )
    return {name: agent[name] for name in names} | {
        "primary_email": agent["email"],
        "secondary_emails": [],
        "is_agent": True,
        "location_name": None,
    }


def _ticket_fields() -> list[Record]:
    named = (("status", codes.TICKET_STATUS), ("priority", codes.PRIORITY), ("source", codes.SOURCE))
    return [
        {"name": name, "choices": [{"id": code, "value": text} for code, text in choices.items()]}
        for name, choices in named
    ]
