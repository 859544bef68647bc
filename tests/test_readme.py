"""What the READMEs show works: their mapping, typed off the page, loads an export such as they describe."""

import json
import re

import pytest

EXPORT = """\
number,category,short_description,state,urgency,opened_by,assignee,opened,changed,resolved
T1,Mail,cannot send,New,1,u1,a1,02/01/2024 09:00,02/01/2024 09:00,
T2,?,printer,Done,4,u2,N/A,2024-01-01T09:00:00Z,02/01/2024 10:00,02/01/2024 10:00
T3,Mail,nobody asked,Done,4,,N/A,99/01/2024 09:00,02/01/2024 10:00,
"""


def mapping_of(text: str) -> str:
    block = re.search(r"^( *)```toml\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL)
    return re.sub(rf"^{block.group(1)}", "", block.group(2), flags=re.MULTILINE)


@pytest.mark.parametrize("readme, utc_hours", [("README.md", 1), ("README.ko.md", 9)])
def test_mapping_of_the_readme_loads_an_export(repo, deskhouse, tmp_path, readme, utc_hours):
    (tmp_path / "deskhouse.toml").write_text(mapping_of((repo / readme).read_text()))
    (tmp_path / "tickets.csv").write_text(EXPORT)
    deskhouse("-C", tmp_path, "run")

    sql = """select id, subject, status, priority, category, assigned_to, cast(created_at as varchar) as created_at
             from operational.tickets order by id"""
    rows = json.loads(deskhouse("-C", tmp_path, "--json", "query", sql).stdout)
    assert rows == [
        {"id": "T1", "subject": "Mail: cannot send", "status": "Open", "priority": "Critical", "category": "Mail",
         "assigned_to": "a1", "created_at": f"2024-01-02 {9 - utc_hours:02}:00:00"},
        {"id": "T2", "subject": ": printer", "status": "Resolved", "priority": "Low", "category": "General",
         "assigned_to": None, "created_at": "2024-01-01 09:00:00"},
    ]

    rejected = json.loads(deskhouse("-C", tmp_path, "--json", "query", "from staging.quarantine").stdout)
    assert len(rejected) == 1
    assert "requester_id" in str(rejected[0]) and "created_at" in str(rejected[0])  # all reasons, not the first


def test_both_readmes_show_the_same_commands(repo):
    commands = [re.findall(r"^\| (`deskhouse [^|]+) \|", (repo / name).read_text(), re.MULTILINE)
                for name in ("README.md", "README.ko.md")]
    assert commands[0] == commands[1] and len(commands[0]) > 10
