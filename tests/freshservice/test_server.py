"""The facts of the API, each over real HTTP. README.md has the table of facts."""

import datetime as dt
import re

import pytest

from tests.freshservice.clock import to_text
from tests.freshservice.model import USER_ID

ALL = {"updated_since": "1970-01-01T00:00:00Z", "per_page": 100}
TICKET_FIELDS = """id subject description description_text type status priority source category sub_category
    item_category requester_id requested_for_id responder_id group_id department_id due_by fr_due_by
    is_escalated fr_escalated deleted spam urgency impact tags to_emails cc_emails fwd_emails
    reply_cc_emails custom_fields workspace_id created_at updated_at""".split()
STATS_FIELDS = """opened_at pending_since resolved_at closed_at first_assigned_at assigned_at first_responded_at
    agent_responded_at requester_responded_at status_updated_at inbound_count outbound_count
    group_escalated first_resp_time_in_secs resolution_time_in_secs""".split()
FIELDS = {
    "agents": """id first_name last_name email job_title active occasional department_ids group_ids member_of
    location_id time_zone vip_user created_at updated_at""",
    "requesters": """id first_name last_name primary_email secondary_emails department_ids active is_agent vip_user
    location_id location_name time_zone created_at updated_at""",
    "departments": "id name description head_user_id prime_user_id domains created_at updated_at",
    "groups": "id name",
    "assets": """id display_id name description asset_type_id asset_tag impact usage_type user_id location_id
    department_id agent_id group_id assigned_on end_of_life created_at updated_at""",
    "changes": """id subject description status priority impact risk change_type approval_status requester_id agent_id
    group_id department_id category planned_start_date planned_end_date created_at updated_at""",
    "problems": """id subject description status priority impact known_error requester_id agent_id group_id
    department_id category due_by created_at updated_at""",
    "business_hours": "id name is_default time_zone service_desk_hours list_of_holidays",
    "sla_policies": "id name position is_default active sla_targets applicable_to",
    "workspaces": "id name primary",
}


def visible(desk, workspace=2):
    """Tickets that a list shows."""
    return {
        t.id
        for t in desk.tickets.values()
        if t.fields["workspace_id"] == workspace and not (t.fields["deleted"] or t.fields["spam"])
    }


# Base and auth


def test_basic_auth_with_any_password(client):
    assert client.get("agents").status == 200
    for header in ("", "Basic", "Bearer test-key", "Basic ????", "Basic dGVzdC1rZXk=", "Basic d3Jvbmc6WA=="):
        refused = client.send("GET", "/api/v2/agents", Authorization=header)
        assert refused.status == 401 and refused.headers["WWW-Authenticate"].startswith("Basic")


def test_errors_have_a_description_and_fields(client):
    refused = client.get("tickets", per_page=101)
    assert refused.status == 400
    assert refused.json["description"] == "Validation failed"
    assert [(e["field"], e["code"]) for e in refused.json["errors"]] == [("per_page", "invalid_value")]


@pytest.mark.parametrize(
    "form, keys", [("documented", {"description", "errors"}), ("short", {"code", "message"}), ("empty", None)]
)
def test_error_body_is_a_switch(server, client, form, keys):
    server.switches.set("error_body", form)
    refused = client.get("tickets", page=0)
    assert refused.status == 400 and (set(refused.json) == keys if keys else refused.text == "")


def test_404_405_406_415(client):
    assert client.get("tickets/999999").status == client.get("ticket").status == client.get("tickets/x").status == 404
    assert client.send("DELETE", "/api/v2/tickets/1").status == 405
    assert client.send("GET", "/api/v2/tickets", Accept="text/html").status == 406
    assert client.send("POST", "/api/v2/tickets", "a=b", Content_Type="application/x-www-form-urlencoded").status == 415


def test_403_on_a_resource_that_plan_or_role_lacks(desk, serve):
    _, client = serve(desk, forbidden={"changes", "csat_response"})
    assert (
        client.get("changes").status
        == client.get("changes/1").status
        == client.get("tickets/1/csat_response").status
        == 403
    )
    assert client.get("problems").status == client.get("tickets/1/activities").status == 200


# Pagination


def test_pages_of_30_and_of_at_most_100(client, desk):
    first = client.get("tickets", updated_since="1970-01-01")
    assert len(first.json["tickets"]) == 30 and "page=2" in first.next and "updated_since=" in first.next
    assert len(client.get("tickets", **ALL).json["tickets"]) == 100
    assert len(client.all("tickets", **ALL)) == len(visible(desk)) > 100


@pytest.mark.parametrize(
    "query", [{"per_page": 101}, {"per_page": 0}, {"page": 0}, {"page": -1}, {"page": "two"}, {"page": ""}]
)
def test_bad_pages_are_errors(client, query):
    assert client.get("requesters", **query).status == 400


def test_last_page_has_no_link_and_the_one_behind_is_empty(client, desk):
    count = len(desk.tables["assets"])
    assert client.get("assets", per_page=count).next is None
    assert client.get("assets", per_page=count - 1).next is not None
    behind = client.get("assets", per_page=count, page=2)
    assert behind.json == {"assets": []} and behind.next is None


def test_cap_of_pages_is_a_switch(server, client):
    assert client.get("tickets", page=301).status == 200
    server.switches.set("page_max", 300)
    assert client.get("tickets", page=300).status == 200
    assert client.get("tickets", page=301).status == 400


def test_offset_pages_drift(server, client):
    """Newest first: a deletion on a page already read moves a ticket past the reader, a new ticket shows one twice."""
    first = [t["id"] for t in client.get("tickets", updated_since="1970-01-01", per_page=10).json["tickets"]]
    second = [t["id"] for t in client.get("tickets", updated_since="1970-01-01", per_page=10, page=2).json["tickets"]]
    server.mutate("delete_ticket", id=first[0])
    after = [t["id"] for t in client.get("tickets", updated_since="1970-01-01", per_page=10, page=2).json["tickets"]]
    assert after[:9] == second[1:] and second[0] not in after
    server.mutate("create_ticket", fields={"requester_id": USER_ID + 2})
    server.mutate("create_ticket", fields={"requester_id": USER_ID + 2})
    after = [t["id"] for t in client.get("tickets", updated_since="1970-01-01", per_page=10, page=2).json["tickets"]]
    assert after[0] == first[-1]


def test_order_is_a_switch(server, client):
    def ids(**query):
        return [t["id"] for t in client.get("tickets", **ALL, **query).json["tickets"]]

    newest = ids()
    assert newest == sorted(newest, reverse=True) == ids(order_by="id", order_type="asc")
    server.switches.set("order_params", True)
    assert ids(order_by="id", order_type="asc") == sorted(ids(order_by="id", order_type="asc"))
    server.switches.set("order_by", "updated_at")
    times = [t["updated_at"] for t in client.get("tickets", **ALL).json["tickets"]]
    assert times == sorted(times, reverse=True)


# Tickets


def test_without_updated_since_only_tickets_created_in_30_days(client, desk, clock):
    shown = {t["id"] for t in client.all("tickets", per_page=100)}
    since = to_text(clock.now() - dt.timedelta(days=30))
    assert shown == {id for id in visible(desk) if desk.tickets[id].fields["created_at"] >= since}
    assert 0 < len(shown) < len(visible(desk))
    clock.advance(31 * 86_400)
    assert client.all("tickets") == []


def test_updated_since_finds_old_tickets_that_changed(server, client, clock):
    clock.advance(60)
    since = clock.text()
    assert client.all("tickets", updated_since=since) == []
    server.mutate("change_ticket", id=1, fields={"custom_fields": {"site": "Busan"}})
    assert [t["id"] for t in client.all("tickets", updated_since=since)] == [1]
    east = to_text(clock.now() + dt.timedelta(hours=9)).replace("Z", "+09:00")
    assert [t["id"] for t in client.all("tickets", updated_since=east)] == [1]
    server.switches.set("updated_since_inclusive", False)
    assert client.all("tickets", updated_since=since) == []
    assert client.get("tickets", updated_since="yesterday").status == 400


def test_deleted_and_spam_are_left_out_and_have_filters(server, client, desk, clock):
    ids = sorted(visible(desk))
    clock.advance(60)
    since = clock.text()
    server.mutate("delete_ticket", id=ids[0])
    server.mutate("spam_ticket", id=ids[1])
    assert client.all("tickets", updated_since=since) == []
    for mark, id in (("deleted", ids[0]), ("spam", ids[1])):
        assert [(t["id"], t[mark]) for t in client.all("tickets", filter=mark, updated_since=since)] == [(id, True)]
    server.mutate("restore_ticket", id=ids[0])
    assert [t["id"] for t in client.all("tickets", updated_since=since)] == [ids[0]]
    assert client.get("tickets", filter="everything").status == 400


def test_what_deleting_does_besides_is_a_switch(server, client, clock):
    clock.advance(60)
    assert client.get("tickets", filter="deleted").json["tickets"] == []
    server.switches.set("window_of_filters", False)
    before = len(client.all("tickets", filter="deleted"))
    server.switches.set("delete_touches", False)
    since = clock.text()
    server.mutate("delete_ticket", id=1)
    assert client.all("tickets", filter="deleted", updated_since=since) == []
    assert len(client.all("tickets", filter="deleted")) == before + 1
    assert client.get("tickets/1").json["ticket"]["deleted"] is True
    server.switches.set("show_deleted", False)
    assert client.get("tickets/1").status == client.get("tickets/1/activities").status == 404
    server.mutate("purge_ticket", id=1)
    assert len(client.all("tickets", filter="deleted")) == before


def test_without_workspace_id_only_the_primary_one(server, client, desk):
    assert {t["id"] for t in client.all("tickets", **ALL)} == visible(desk, 2)
    assert {t["id"] for t in client.all("tickets", workspace_id=3, **ALL)} == visible(desk, 3) != set()
    assert client.get("tickets", workspace_id=99).status == 400
    assert [(w["id"], w["primary"]) for w in client.all("workspaces")] == [(2, True), (3, False)]
    server.switches.set("primary_workspace_only", False)
    assert {t["id"] for t in client.all("tickets", **ALL)} == visible(desk, 2) | visible(desk, 3)


def test_fields_of_tickets_and_stats(client):
    plain, full = client.all("tickets", **ALL), client.all("tickets", include="stats,requester", **ALL)
    assert all(set(TICKET_FIELDS) <= set(t) and "stats" not in t for t in plain)
    assert all(set(STATS_FIELDS) <= set(t["stats"]) for t in full)
    assert all(t["requester"]["id"] == t["requester_id"] for t in full)
    assert {type(t["category"]) for t in plain} == {str, type(None)}
    assert {t["status"] for t in plain} >= {2, 4, 5} and {t["priority"] for t in plain} == {1, 2, 3, 4}
    assert {t["type"] for t in plain} == {"Incident", "Service Request"}
    assert client.get("tickets", include="everything").status == 400


def test_show_wraps_and_includes_more_than_list(client, desk):
    with_asset = next(t for t in desk.tickets.values() if t.assets)
    shown = client.get(f"tickets/{with_asset.id}", include="stats,assets,problem").json["ticket"]
    assert set(TICKET_FIELDS) | {"attachments", "stats"} <= set(shown)
    assert [a["display_id"] for a in shown["assets"]] == with_asset.assets
    assert shown["problem"]["id"] == 1
    assert "attachments" not in client.get("tickets", **ALL).json["tickets"][0]
    assert client.get("tickets", include="assets").status == 400


def test_the_seconds_of_stats_are_wrong_in_places(bare, serve, clock):
    _, client = serve(bare)
    bare.create_ticket({"requester_id": USER_ID + 2})
    assert client.get("tickets/1", include="stats").json["ticket"]["stats"]["resolution_time_in_secs"] == 0
    clock.advance(600)
    bare.change_ticket(1, {"status": 4})
    bare.change_ticket(1, {"status": 2})
    stats = client.get("tickets/1", include="stats").json["ticket"]["stats"]
    assert stats["resolved_at"] is None and stats["resolution_time_in_secs"] == 600


# Nested lists


def test_activities_tell_the_history_by_names(bare, serve, clock):
    server, client = serve(bare)
    bare.put("groups", 7, {"name": "Hardware and Printing"})
    bare.create_ticket({"requester_id": USER_ID + 2, "priority": 2})
    clock.advance(60)
    bare.run_workflow(1, "Route", {"group_id": 7})
    clock.advance(60)
    bare.change_ticket(1, {"responder_id": USER_ID + 1, "status": 3, "subject": "?"}, actor=USER_ID + 1)
    bare.change_ticket(1, {"responder_id": None}, actor=USER_ID + 1)
    newest, changed, workflow, created = client.get("tickets/1/activities").json["activities"]
    assert created["actor"] == {"id": USER_ID + 2, "name": "João Hansen"}
    assert created["sub_contents"] == [" set Status as Open", " set Priority as Medium"]
    assert workflow["actor"]["name"] == "System" and workflow["sub_contents"] == [" set Group as Hardware and Printing"]
    assert changed["content"] == " set Agent as Vera Hansen and set Status as Pending"
    assert changed["created_at"] == "2026-01-01T00:02:00Z" and newest["content"] == " set Agent as none"
    server.switches.set("activities_newest_first", False)
    server.switches.set("sub_contents", "text")
    assert (
        client.get("tickets/1/activities").json["activities"][1]["sub_contents"]
        == " set Group as Hardware and Printing"
    )


def test_time_entries_are_by_ticket_and_in_hours_and_minutes(bare, serve):
    _, client = serve(bare)
    bare.create_ticket({"requester_id": USER_ID + 2})
    bare.add_time_entry(1, USER_ID + 1, 1590, note="long")
    bare.add_time_entry(1, USER_ID + 1, 5, billable=False)
    entries = client.get("tickets/1/time_entries").json["time_entries"]
    assert [(e["time_spent"], e["billable"], e["agent_id"]) for e in entries] == [
        ("26:30", True, USER_ID + 1),
        ("00:05", False, USER_ID + 1),
    ]
    assert set(entries[0]) == set(
        """id agent_id task_id start_time executed_at time_spent timer_running billable note created_at
        updated_at""".split()
    )
    bare.remove_time_entry(1, entries[0]["id"])
    assert len(client.get("tickets/1/time_entries").json["time_entries"]) == 1
    assert (
        client.get("time_entries").status
        == client.get("csat_responses").status
        == client.get("activities").status
        == 404
    )


def test_survey_has_two_scores(bare, serve):
    server, client = serve(bare)
    bare.create_ticket({"requester_id": USER_ID + 2})
    assert client.get("tickets/1/csat_response").status == 404
    server.switches.set("survey_missing", "null")
    assert client.get("tickets/1/csat_response").json == {"csat_response": None}
    bare.answer_survey(1, 4, comment="Thanks")
    survey = client.get("tickets/1/csat_response").json["csat_response"]
    assert survey["score"] == {"acquired_score": 4, "total_score": 5} and survey["overall_rating"] == 304


def test_nested_changes_touch_the_ticket_by_a_switch(bare, serve, clock):
    server, client = serve(bare)
    bare.create_ticket({"requester_id": USER_ID + 2})
    for touches, found in ((True, 1), (False, 0)):
        server.switches.set("nested_touches", touches)
        clock.advance(60)
        bare.add_time_entry(1, USER_ID + 1, 5)
        assert len(client.all("tickets", updated_since=clock.text())) == found


# Other resources


@pytest.mark.parametrize("resource", FIELDS)
def test_lists_and_shows_are_wrapped_and_have_the_fields(client, resource):
    records = client.get(resource, per_page=100).json[resource]
    assert records and all(set(FIELDS[resource].split()) <= set(r) for r in records)
    key = "display_id" if resource == "assets" else "id"
    one = client.get(f"{resource}/{records[0][key]}").json
    singular = {"sla_policies": "sla_policy", "business_hours": "business_hours"}.get(resource, resource[:-1])
    assert one == {singular: records[0]}


def test_requesters_include_agents_when_asked(client, desk):
    plain = client.all("requesters", per_page=100)
    both = client.all("requesters", include_agents="true", per_page=100)
    agents = [r for r in both if r["is_agent"]]
    assert len(plain) == len(desk.tables["requesters"]) and not any(r["is_agent"] for r in plain)
    assert {r["id"] for r in agents} == set(desk.tables["agents"])
    assert any(t.fields["requester_id"] in desk.tables["agents"] for t in desk.tickets.values())


def test_assets_have_type_fields_when_asked_and_display_ids(client):
    assert all("type_fields" not in a for a in client.all("assets"))
    for asset in client.all("assets", include="type_fields"):
        suffix = f"_{asset['asset_type_id']}"
        assert all(name.endswith(suffix) for name in asset["type_fields"])
        assert {n.removesuffix(suffix) for n in asset["type_fields"]} >= {
            "cost",
            "warranty_expiry_date",
            "acquisition_date",
            "asset_state",
        }
    asset = client.get("assets").json["assets"][0]
    assert (
        client.get(f"assets/{asset['display_id']}").status == 200 and client.get(f"assets/{asset['id']}").status == 404
    )


@pytest.mark.parametrize("resource", ["changes", "problems"])
def test_changes_and_problems_have_updated_since(server, client, clock, resource):
    clock.advance(60)
    assert len(client.all(resource)) > 0 and client.all(resource, updated_since=clock.text()) == []
    server.mutate("put", resource=resource, id=1, fields={"status": 3})
    assert [r["id"] for r in client.all(resource, updated_since=clock.text())] == [1]


def test_sla_targets_are_in_seconds_by_a_switch(server, client):
    def urgent():
        target = client.get("sla_policies").json["sla_policies"][1]["sla_targets"][0]
        assert set(target) == {"priority", "respond_within", "resolve_within", "business_hours", "escalation_enabled"}
        return target["priority"], target["respond_within"], target["resolve_within"]

    assert urgent() == (4, 3600, 14400)
    server.switches.set("sla_targets_in", "minutes")
    assert urgent() == (4, 60, 240)


def test_time_zones_are_rails_names_and_holidays_have_no_year_by_switches(server, client):
    def default():
        return client.get("business_hours").json["business_hours"][0]

    assert default()["time_zone"] == "Eastern Time (US & Canada)"
    assert [day["holiday_date"] for day in default()["list_of_holidays"]] == ["--01-01", "--12-25"]
    assert set(default()["service_desk_hours"]["monday"]) == {"beginning_of_workday", "end_of_workday"}
    server.switches.set("time_zone_names", "iana")
    server.switches.set("holidays_without_year", False)
    assert default()["time_zone"] == "America/New_York"
    assert [day["holiday_date"] for day in default()["list_of_holidays"]] == ["2026-01-01", "2026-12-25"]


# Transport


def test_json_in_chunks_and_compressed(server, client, desk):
    plain = client.get("agents")
    assert re.match("application/json", plain.headers["Content-Type"]) and int(plain.headers["Content-Length"]) > 0
    server.switches.set("chunked", True)
    chunked = client.get("agents")
    assert chunked.headers["Transfer-Encoding"] == "chunked" and chunked.json == plain.json
    server.switches.set("gzip", True)
    assert client.get("agents").json == plain.json, "only for clients that accept it"


def test_date_is_the_servers_time(client, clock):
    assert client.get("agents").headers["Date"] == "Thu, 01 Jan 2026 00:00:00 GMT"
