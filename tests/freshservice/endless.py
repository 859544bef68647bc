"""Lists of any length, of which each record is made when it is asked for: a million tickets or people take no memory here."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from tests.freshservice.clock import UTC, to_moment, to_text
from tests.freshservice.errors import Refused
from tests.freshservice.model import PRIMARY_WORKSPACE, HelpDesk, Record
from tests.freshservice.query import Query, updated_since_of

BEGIN = dt.datetime(2020, 1, 1, tzinfo=UTC)
STEP = 7919  # a prime: ids rise and fall along the list


class EndlessTickets:
    """Each is one second after the other; the list is in the order of updated_at, whatever is asked for."""

    def __init__(self, desk: HelpDesk, count: int) -> None:
        assert count % STEP != 0
        ticket = next(iter(desk.tickets.values()))
        self.count = count
        self._like = ticket.fields | {"stats": ticket.stats, "workspace_id": PRIMARY_WORKSPACE, "deleted": False, "spam": False}

    def _ticket(self, at: int) -> Record:
        id = at * STEP % self.count + 1
        return self._like | {
            "id": id,
            "subject": f"Ticket {id}",
            "created_at": to_text(BEGIN - dt.timedelta(seconds=at * 613 % self.count)),
            "updated_at": to_text(BEGIN + dt.timedelta(seconds=at)),
        }

    def page(self, query: Query, per_page: int, page: int) -> tuple[list[Record], bool]:
        if "filter" in query:
            return [], False
        since = updated_since_of(query)
        if since is None:
            raise Refused(400, "updated_since", "It should be given")
        first = max(0, int((to_moment(since) - BEGIN).total_seconds()))
        begin = first + (page - 1) * per_page
        return [self._ticket(at) for at in range(begin, min(begin + per_page, self.count))], begin + per_page < self.count


class EndlessList(Sequence[Record]):
    """For HelpDesk.verbatim: records like this one, with ids from 1."""

    def __init__(self, like: Record, count: int) -> None:
        self._like, self._count = like, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(self._count))]
        return self._like | {"id": index + 1, "primary_email": f"person{index + 1}@example.com"}
