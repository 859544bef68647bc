"""Query parameters, checked as the API checks them."""

from collections.abc import Iterable

from tests.freshservice.clock import to_moment, to_text
from tests.freshservice.errors import Refused
from tests.freshservice.switches import Switches

PER_PAGE_DEFAULT, PER_PAGE_MAX = 30, 100
Query = dict[str, str]


def whole_number(query: Query, name: str, default: int, least: int, most: int = 0) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or int(text) < least:
        raise Refused(400, name, f"It should be a whole number of at least {least}")
    if most and int(text) > most:
        raise Refused(400, name, f"It should be at most {most}")
    return int(text)


def page_of(query: Query, switches: Switches) -> tuple[int, int]:
    """page and per_page."""
    page = whole_number(query, "page", 1, 1, switches.page_max)
    return page, whole_number(query, "per_page", PER_PAGE_DEFAULT, 1, PER_PAGE_MAX)


def choice(query: Query, name: str, allowed: Iterable[str]) -> str | None:
    text = query.get(name)
    if text is not None and text not in allowed:
        raise Refused(400, name, f"It should be one of these values: '{','.join(allowed)}'")
    return text


def includes_of(query: Query, allowed: Iterable[str]) -> list[str]:
    names = [name for name in query.get("include", "").split(",") if name]
    for name in names:
        if name not in allowed:
            raise Refused(400, "include", f"It should be one of these values: '{','.join(allowed)}'")
    return names


def updated_since_of(query: Query) -> str | None:
    """The time in the form of the records, so that texts can be compared."""
    text = query.get("updated_since")
    try:
        return None if text is None else to_text(to_moment(text))
    except ValueError:
        raise Refused(400, "updated_since", "It should be in the 'combined date and time ISO8601' format") from None
