"""Limits of calls a minute, by plan and by operation."""

import pytest


def numbers(answer):
    return tuple(int(answer.headers[f"X-Ratelimit-{name}"]) for name in ("Total", "Remaining", "Used-CurrentRequest"))


@pytest.mark.parametrize(
    "plan, account, lists", [("starter", 100, 40), ("growth", 200, 70), ("pro", 400, 120), ("enterprise", 500, 140)]
)
def test_limits_by_plan(desk, serve, plan, account, lists):
    _, client = serve(desk, plan=plan)
    for resource in ("tickets", "assets"):
        answers = [client.get(resource, per_page=1).status for _ in range(lists + 1)]
        assert answers == [200] * lists + [429]
    left = account - 2 * lists
    assert [client.get("groups", per_page=1).status for _ in range(left + 1)] == [200] * left + [429]


def test_headers_tell_what_is_left_and_when_to_come_back(desk, serve, clock):
    _, client = serve(desk, plan="starter")
    assert numbers(client.get("groups")) == (100, 99, 1)
    clock.advance(12.5)
    for _ in range(40):
        client.get("agents", per_page=1)
    refused = client.get("requesters", per_page=1), client.get("agents", per_page=1)
    assert [r.status for r in refused] == [200, 429]
    assert refused[1].headers["Retry-After"] == "48" and numbers(refused[1]) == (100, 58, 0)
    clock.advance(47)
    assert client.get("agents").status == 429
    clock.advance(1)
    assert numbers(client.get("agents")) == (100, 99, 1)


def test_includes_cost_extra_credits(desk, serve):
    server, client = serve(desk, plan="starter")
    assert numbers(client.get("tickets", include="stats")) == (100, 97, 3)
    assert numbers(client.get("tickets", include="stats,requester")) == (100, 92, 5)
    assert numbers(client.get("tickets/1", include="stats")) == (100, 90, 2)
    assert numbers(client.get("assets", include="type_fields")) == (100, 87, 3)
    assert [entry.credits for entry in server.log] == [3, 5, 2, 3]


def test_invalid_calls_count_too(desk, serve):
    _, client = serve(desk, plan="starter", forbidden={"changes"})
    for call, status in (
        (lambda: client.get("tickets", page=0), 400),
        (lambda: client.get("nothing"), 404),
        (lambda: client.get("changes"), 403),
        (lambda: client.send("GET", "/api/v2/groups", Authorization="x"), 401),
    ):
        assert call().status == status
    assert numbers(client.get("groups"))[1] == 95


def test_view_ticket_limit_and_headers_of_the_operation_are_switches(desk, serve):
    server, client = serve(desk, plan="starter")
    server.switches.set("headers_of", "operation")
    assert numbers(client.get("tickets/1")) == (50, 49, 1)
    assert numbers(client.get("tickets", include="stats")) == (40, 39, 3)
    assert numbers(client.get("tickets/1/activities")) == (100, 95, 1)
    server.switches.set("show_ticket_limit", False)
    assert numbers(client.get("tickets/1")) == (100, 94, 1)


def test_a_shorter_minute(desk, serve, clock):
    server, client = serve(desk, plan="starter")
    server.switches.set("minute_s", 2)
    for _ in range(40):
        client.get("agents", per_page=1)
    assert client.get("agents").headers["Retry-After"] == "2"
    clock.advance(2)
    assert client.get("agents").status == 200
