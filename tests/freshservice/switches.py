"""What the public record of the API leaves open, one switch each: README.md says where each comes from."""

import json
from dataclasses import dataclass, fields
from typing import Any


@dataclass
class Switches:
    # Marked with a question mark in the collected facts.
    error_body: str = "documented"  # description and errors; "short": code and message; "empty": no body
    page_max: int = 0  # pages that can be asked for; 0: no cap. The sister product has 300
    primary_workspace_only: bool = True  # lists without workspace_id leave the other workspaces out
    sla_targets_in: str = "seconds"  # or "minutes"
    time_zone_names: str = "rails"  # or "iana"
    holidays_without_year: bool = True  # --01-16; else 2025-01-16

    # Not said at all, and a connector must not depend on it.
    updated_since_inclusive: bool = True
    order_by: str = "created_at"  # of tickets; also "updated_at" and "id"
    order_type: str = "desc"  # or "asc"
    order_params: bool = False  # tickets heed order_by= and order_type=
    order_params_refused: bool = False  # or do not know them: 400
    window_of_filters: bool = True  # filter=deleted|spam has the 30-day default too
    delete_touches: bool = True  # deleting, restoring and marking as spam set updated_at
    nested_touches: bool = True  # a time entry, a reply, a survey answer sets the ticket's updated_at
    show_deleted: bool = True  # tickets/{id} of a deleted or spam ticket answers; else 404
    activities_newest_first: bool = True
    sub_contents: str = "list"  # or "text", comma-separated
    survey_missing: str = "404"  # or "null": 200 and {"csat_response": null}

    # Limits.
    minute_s: float = 60.0  # length of the window; shorter, so that a test need not wait
    headers_of: str = "account"  # X-Ratelimit-*: of the account, or of the "operation" where it has its own limit
    include_credits_list: int = 2  # extra credits for each include of a list call
    include_credits_show: int = 1  # the same for a show call
    show_ticket_limit: bool = True  # tickets/{id} has its own limit

    # Transport.
    chunked: bool = False
    gzip: bool = False  # for clients that accept it

    def set(self, name: str, value: Any) -> None:
        """Sets a switch by name; an unknown name or a value that it cannot have is a ValueError."""
        types = {field.name: type(field.default) for field in fields(self)}
        if name not in types:
            raise ValueError(f"there is no switch {name}: {', '.join(types)}")
        if types[name] is float and type(value) is int:
            value = float(value)
        if type(value) is not types[name] or value not in CHOICES.get(name, (value,)):
            wanted = " or ".join(CHOICES[name]) if name in CHOICES else types[name].__name__
            raise ValueError(f"{name} is {wanted}, not {value!r}")
        setattr(self, name, value)


CHOICES = {
    "error_body": ("documented", "short", "empty"),
    "sla_targets_in": ("seconds", "minutes"),
    "time_zone_names": ("rails", "iana"),
    "order_by": ("created_at", "updated_at", "id"),
    "order_type": ("desc", "asc"),
    "sub_contents": ("list", "text"),
    "survey_missing": ("404", "null"),
    "headers_of": ("account", "operation"),
}


def parse(text: str) -> tuple[str, Any]:
    """`name=value` of the command line: a text as it is, the others as JSON."""
    name, _, value = text.partition("=")
    return name, value if name in CHOICES or name not in Switches.__annotations__ else json.loads(value)
