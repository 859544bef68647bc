"""The rows of the demo's CSV files, and their values in the API's terms."""

import csv
import datetime as dt
import pathlib
import re
from collections.abc import Iterator

from tests.freshservice.clock import UTC, to_moment, to_text
from tests.freshservice.model import OTHER_ID, USER_ID

NULLS = {"", "N/A", "?"}
STATUS = {"New": 2, "In Progress": 6, "On Hold": 3, "Resolved": 4, "Closed": 5}
PRIORITY = {"1 - Critical": 4, "2 - High": 3, "3 - Moderate": 2, "4 - Low": 1}
SOURCE = {"Email": 1, "Self-service": 2, "Phone": 3, "Chat": 4, "Walk-in": 9}
Row = dict[str, str]


def rows(path: pathlib.Path, id: str = "id", updated: str = "updated_at") -> list[Row]:
    """The latest version of each record, in the order of the file."""
    latest: dict[str, Row] = {}
    for row in whole_rows(path):
        known = latest.get(row[id])
        if known is None or (time_of(row.get(updated, "")) or "") >= (time_of(known.get(updated, "")) or ""):
            latest[row[id]] = row
    return list(latest.values())


def whole_rows(path: pathlib.Path) -> Iterator[Row]:
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        for row in csv.DictReader(file):
            if (
                None in row
                or None in row.values()
                or any("\udc80" <= c <= "\udcff" for value in row.values() for c in value)
            ):
                continue  # too many or too few columns, or not UTF-8
            yield row


def time_of(text: str) -> str | None:
    """The API's form of a time in any of the files' three; None if it is none."""
    try:
        if re.fullmatch(r"\d{12,14}", text):
            return to_text(dt.datetime.fromtimestamp(int(text) / 1000, UTC))
        if "/" in text:
            return to_text(dt.datetime.strptime(text, "%d/%m/%Y %H:%M:%S").replace(tzinfo=UTC))
        return to_text(to_moment(text))
    except ValueError:
        return None


def number_of(id: str) -> int:
    """INC0000012 is 12. Raises ValueError if there is none."""
    return int(re.sub(r"^\D+", "", id))


def user_id(id: str) -> int | None:
    """Agents and requesters share one series. None for the empty text and for `system`."""
    if not re.fullmatch(r"[AU]\d+", id):
        return None
    return USER_ID + number_of(id) + (100_000 if id.startswith("U") else 0)


def other_id(id: str) -> int | None:
    return OTHER_ID + number_of(id) if id else None


def known(text: str) -> str | None:
    return None if text in NULLS else text
