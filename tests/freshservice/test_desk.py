"""The help desk behind the server: invented, and read from the demo's files."""

import os
import pathlib
import subprocess

import pytest

from tests.freshservice import codes, demo_csv
from tests.freshservice.invent import invent
from tests.freshservice.model import USER_ID, mutate

TICKET_COLUMNS = (
    "Number,Short description,Description,Ticket type,State,Priority,Category,Subcategory,Contact type,Caller,"
    "Assigned to,Assignment group,Department,Configuration item,Problem,Opened,Updated,First response,Resolved,Closed,"
    "Due date,Reopen count,Reassignment count,Site,Escalated"
)


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


@pytest.fixture
def folder(tmp_path):
    """Files as the demo writes them, by hand."""

    def write(name, header, *lines):
        (tmp_path / name).write_bytes("\n".join((header, *lines, "")).encode("utf-8", "surrogateescape"))

    (tmp_path / "tickets").mkdir()
    row = (
        '{},Screen,"Dark, ""very""",Incident,{},{},{},Monitor,Chat,{},A0001,G1,D01,CI0000004,PRB000002,{},{},'
        "2025-01-01T10:00:00Z,{},{},2025-01-02T09:00:00Z,0,0,München,yes"
    )
    at, done = "2025-01-01T09:00:00Z", "2025-01-01T11:00:00Z"
    write(
        "tickets/tickets_0001.csv",
        TICKET_COLUMNS,
        row.format(
            "INC0000001",
            "Closed",
            "2 - High",
            "Hardware",
            "U000001",
            at,
            "2025-01-03T09:00:00Z",
            done,
            "2025-01-03T09:00:00Z",
        ),
        row.format("INC0000001", "In Progress", "2 - High", "Hardware", "U000001", at, done, "", ""),
        row.format("INC0000002", "On Hold", "?", "N/A", "U000001", "01/01/2025 09:00:00", "1735729200000", "", ""),
        row.format("INC0000003", "On Hold", "4 - Low", "Access", "U000001", "soon", at, "", ""),
        row.format("INC0000004", "On Hold", "4 - Low", "Access", "", at, at, "", ""),
        row.format("INC0000005", "On Hold", "4 - Low", "\udce9", "U000001", at, at, "", ""),
        "INC0000006,too,few",
    )
    write(
        "ticket_events.csv",
        "id,ticket_id,event_at,version,event_type,status,priority,category,assigned_to,group_id,actor",
        "1,INC0000002,2025-01-01T09:00:00Z,1,created,New,3 - Moderate,,,G1,U000001",
        "2,INC0000002,2025-01-01T10:00:00Z,2,responded,In Progress,,,A0001,,A0001",
        "3,INC0000002,2025-01-01T11:00:00Z,3,put on hold,On Hold,,,,,A0001",
    )
    write(
        "time_entries.csv",
        "id,ticket_id,agent_id,minutes,billable,worked_on,created_at,updated_at",
        f"1,INC0000001,A0001,90,true,{done},{done},{done}",
    )
    write("surveys.csv", "id,ticket_id,score,max_score,comment,responded_at", f'1,INC0000001,4,5,"Fine.",{done}')
    write("groups.csv", "id,name,calendar,updated_at", f"G1,Service Desk,office,{at}")
    write("departments.csv", "id,name,head_user_id,headcount,cost_center,updated_at", f"D01,Sales,U000001,8,CC-1,{at}")
    write(
        "agents.csv",
        "id,name,email,group_id,hourly_cost,weekly_hours,is_active,created_at,updated_at",
        f"A0001,Vera Kowalski,a1@example.com,G1,50,40,true,{at},{at}",
        f"A0001,Vera Kowalski,a1@example.com,G1,55,40,true,{at},{done}",
    )
    write(
        "requesters.csv",
        "id,name,email,department_id,location,is_vip,created_at,updated_at",
        f"U000001,Femke O'Brien,u1@example.com,D01,Remote,true,{at},{at}",
    )
    write(
        "assets.csv",
        "id,name,asset_type,state,requester_id,department_id,cost,salvage_value,acquired_on,warranty_expires_on,"
        "useful_life_months,depreciation,created_at,updated_at",
        f"CI0000004,Merlin,Laptop,In Use,U000001,D01,2270.00,,2024-12-08,,48,straight_line,{at},{at}",
    )
    write(
        "problems.csv",
        "id,subject,status,priority,category,requester_id,agent_id,due_at,closed_at,created_at,updated_at",
        f"PRB000002,Why,Closed,1 - Critical,Access,U000001,A0001,{done},{done},{at},{done}",
    )
    write(
        "changes.csv",
        "id,subject,status,type,risk,priority,requester_id,agent_id,planned_start_at,planned_end_at,created_at,updated_at",
        f"CHG000001,Move,Failed,Major,High,4 - Low,U000001,A0001,{done},{done},{at},{done}",
    )
    return tmp_path


def test_files_of_the_demo_are_served(folder, serve):
    _, client = serve(demo_csv.load(folder))
    closed, held = sorted(client.all("tickets", updated_since="1970-01-01", include="stats"), key=lambda t: t["id"])
    assert (closed["id"], closed["status"], closed["priority"], closed["source"]) == (1, 5, 3, 4)
    assert (closed["requester_id"], closed["responder_id"]) == (USER_ID + 100_001, USER_ID + 1)
    assert (closed["stats"]["resolved_at"], closed["updated_at"]) == ("2025-01-01T11:00:00Z", "2025-01-03T09:00:00Z")
    assert closed["description_text"] == 'Dark, "very"' and closed["custom_fields"] == {
        "site": "München",
        "escalated": "yes",
    }
    assert (held["status"], held["priority"], held["category"], held["created_at"]) == (
        3,
        2,
        None,
        "2025-01-01T09:00:00Z",
    )
    assert client.get("tickets/1/time_entries").json["time_entries"][0]["time_spent"] == "01:30"
    assert client.get("tickets/1/csat_response").json["csat_response"]["score"] == {
        "acquired_score": 4,
        "total_score": 5,
    }
    told = [a["content"] for a in client.get("tickets/2/activities").json["activities"]]
    assert told == [
        " set Status as Pending",
        " set Status as In Progress and set Agent as Vera Kowalski",
        " sent a reply",
        " created a new ticket",
    ]
    shown = client.get("tickets/1", include="assets,problem").json["ticket"]
    assert shown["assets"][0]["display_id"] == 4 and shown["problem"]["id"] == 2


def test_files_of_the_demo_beside_tickets(folder, serve):
    _, client = serve(demo_csv.load(folder))
    (agent,) = client.all("agents")
    assert agent["custom_fields"]["hourly_cost"] == "55" and agent["last_name"] == "Kowalski"
    (requester,) = client.all("requesters")
    assert requester["vip_user"] and requester["primary_email"] == "u1@example.com"
    (asset,) = client.all("assets", include="type_fields")
    assert asset["type_fields"][f"cost_{asset['asset_type_id']}"] == 2270
    (change,) = client.all("changes")
    assert (change["status"], change["change_type"], change["risk"]) == (7, 3, 3)
    (problem,) = client.all("problems")
    assert (problem["status"], problem["priority"]) == (3, 4)
    assert client.all("departments")[0]["custom_fields"]["headcount"] == 8


def test_a_whole_demo_is_served(tmp_path, repo, serve):
    binary = pathlib.Path(os.environ.get("DESKHOUSE_BIN", repo / "build" / "release" / "deskhouse"))
    if not binary.is_file():
        pytest.skip(f"{binary} is not built")
    subprocess.run(
        [binary, "demo", "--tickets", "200", "--no-flaws", "--dir", tmp_path / "desk"], check=True, capture_output=True
    )
    _, client = serve(demo_csv.load(tmp_path / "desk"))
    tickets = client.all("tickets", updated_since="1970-01-01", per_page=100, include="stats")
    assert len(tickets) == 200 and all(t["stats"]["closed_at"] for t in tickets if t["status"] == 5)
