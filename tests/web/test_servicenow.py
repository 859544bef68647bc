"""The dashboard over a real ServiceNow log, in a real Chromium: numbers on screen are the API's, and both the oracle's."""

import json
import pathlib
import sys

import pytest

from .test_dashboard import run_node, serve  # noqa: F401  (a fixture)

ORACLE = pathlib.Path(__file__).resolve().parents[1] / "oracle"
NOW = "2017-03-01T00:00:00Z"
# What the log has: tickets and their versions; no surveys, time entries, assets, nor money.
NAMES = ["created_tickets", "resolved_tickets", "net_flow", "backlog", "backlog_over_30_days", "stale_tickets", "mean_first_response_minutes",
         "p50_first_response_minutes", "mean_resolution_hours", "p50_resolution_hours", "sla_attainment", "response_sla_attainment", "reopen_rate",
         "first_contact_resolution", "first_assignment_resolution", "handoffs_per_ticket", "repeat_contact_rate", "at_risk_requesters", "assets", "csat"]


@pytest.fixture(scope="module")
def oracle():
    """The oracle's modules, which stand beside the tests that use them."""
    sys.path.insert(0, str(ORACLE))
    yield
    sys.path.remove(str(ORACLE))


def test_numbers_of_a_servicenow_log(deskhouse, serve, repo, data, oracle, tmp_path):  # noqa: F811
    import metrics
    import servicenow
    import sla
    import source
    from world import World

    text = (repo / "examples" / "servicenow" / "deskhouse.toml").read_text(encoding="utf-8").replace("../../../shared/data/", f"{data}/")
    # It is served as of the end of the log: nothing is read meanwhile.
    text = text.replace("[sources.servicenow.tickets]\n", '[sources.servicenow]\nevery = "9000d"\n[sources.servicenow.tickets]\n', 1)
    (tmp_path / "deskhouse.toml").write_text(text, encoding="utf-8")
    deskhouse("-C", tmp_path, "run", "--now", NOW, "-q")
    rows = servicenow.read(data)
    world = World(rows, sla.Policies(tmp_path / "deskhouse.toml"), source.parse_time(NOW))
    expected = {name: metrics.METRICS[name](world) for name in NAMES}
    expected["created_tickets, High"] = sum(t["priority"] == "High" for t in world.live)
    expected["rows of INC0028089"] = sum(row["id"] == "INC0028089" for row in rows["tickets"])
    numbers = {name: None if value is None else float(value) for name, value in expected.items()}
    numbers["assets"] = numbers["assets"] or None  # where a source tells of none at all, nothing is said of them
    run_node("servicenow.test.mjs", SITE=serve(tmp_path), ORACLE=json.dumps(numbers))
