"""The help desk behind the server."""

import pytest

from tests.freshservice import codes
from tests.freshservice.invent import invent
from tests.freshservice.model import mutate

def contents(desk):
    return [vars(t) for t in desk.tickets.values()], desk.tables


def test_a_seed_gives_the_same_help_desk():
    assert contents(invent(80, 7)) == contents(invent(80, 7)) != contents(invent(80, 8))


def test_invented_tickets_have_lives_of_all_kinds(desk):
    big = invent(1500, 2)
    tickets = list(big.tickets.values())
    assert {t.fields["status"] for t in tickets} == {2, 3, 4, 5, 6, 7}
    assert any(t.fields["deleted"] for t in tickets) and any(t.fields["spam"] for t in tickets)
    assert any(t.csat_response for t in tickets) and any(len(t.time_entries) > 1 for t in tickets)
    assert any(t.stats["resolved_at"] is None and t.stats["resolution_time_in_secs"] for t in tickets)
    for ticket in tickets:
        times = [a["created_at"] for a in ticket.activities]
        assert (
            times == sorted(times) and ticket.fields["updated_at"] >= times[-1] and times[-1] <= "2026-01-01T00:00:00Z"
        )


def test_history_agrees_with_the_state(desk):
    for ticket in desk.tickets.values():
        told = [
            text for a in ticket.activities for text in (a["content"], *a["sub_contents"]) if " set Status as " in text
        ]
        assert (
            told[-1].split(" set Status as ")[1].split(" and set ")[0] == codes.TICKET_STATUS[ticket.fields["status"]]
        )


def test_mutations_are_a_closed_list(desk):
    with pytest.raises(ValueError, match="cannot do"):
        mutate(desk, {"do": "__init__"})
