"""The ServiceNow example's warehouse against the oracle, and against what the source says of itself."""

import duckdb
import pytest

import oracle
import servicenow
import sla
import source
from world import World

NOW = "2017-03-01T00:00:00Z"
# What stands on records that the log does not have: members with a name, surveys, time entries, assets, changes.
ABSENT = {"core.dim_agent", "core.dim_customer", "mart_service_desk.changes_by_month", "mart_service_desk.change_success",
          "mart_service_desk.problems_by_status", "mart_service_desk.response_times", "mart_customer.satisfaction_by_month",
          "mart_customer.satisfaction_by_category", "mart_asset.assets_by_state", "mart_asset.value_by_month", "mart_asset.warranty_expiring",
          "mart_asset.reliability", "mart_financial.depreciation_by_month", "mart_financial.initiatives"}
# Money needs [finance] of the demo.
MONEY = {"mart_financial.cost_per_ticket_by_month", "mart_financial.chargeback", "mart_financial.cost_by_department",
         "mart_financial.breach_penalties_by_month"}


@pytest.fixture(scope="module")
def folder(deskhouse, data, repo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("servicenow")
    text = (repo / "examples" / "servicenow" / "deskhouse.toml").read_text(encoding="utf-8")
    (folder / "deskhouse.toml").write_text(text.replace("../../../shared/data/", f"{data}/"), encoding="utf-8")
    deskhouse("-C", folder, "run", "--now", NOW, "-q")
    return folder


@pytest.fixture(scope="module")
def world(folder, data):
    return World(servicenow.read(data), sla.Policies(folder / "deskhouse.toml"), source.parse_time(NOW))


@pytest.mark.parametrize("table", sorted(oracle.TABLES.keys() - ABSENT - MONEY))
def test_table(folder, world, table):
    with duckdb.connect(str(folder / "deskhouse.duckdb"), read_only=True) as connection:
        assert oracle.differences(connection, table, world) == []


def test_what_the_source_says(world):
    assert len(world.live) == 20_769
    assert sum(t["raw"]["made_sla"] == "false" for t in world.live) == 8_174
    assert sum(int(t["raw"]["reopen_count"]) > 0 for t in world.live) == 234
