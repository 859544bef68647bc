"""The demo's warehouse against the oracle: after a first run, after time has passed with no new data, after a second delivery."""

import tomllib

import pytest

import metrics
import oracle

FIRST = "2025-12-20T10:00:00Z"  # before the end of the data: some records lie in the future
LATER = "2026-01-02T09:30:00Z"
LAST = "2026-02-11T16:20:00Z"


@pytest.fixture(scope="module")
def folder(deskhouse, tmp_path_factory):
    folder = tmp_path_factory.mktemp("oracle") / "demo"
    deskhouse("demo", "--tickets", 3000, "--seed", 7, "--dir", folder, "--now", FIRST, "-q")
    return folder


@pytest.fixture(scope="module")
def after_first(folder):
    return oracle.all_differences(folder), oracle.open_world(folder)[1]


@pytest.fixture(scope="module")
def after_time(deskhouse, folder, after_first):
    deskhouse("-C", folder, "run", "--now", LATER, "-q")
    return oracle.all_differences(folder)


@pytest.fixture(scope="module")
def after_delta(deskhouse, folder, after_time):
    deskhouse("demo", "--tickets", 3000, "--seed", 7, "--dir", folder, "--now", FIRST, "--delta", "-q")
    deskhouse("-C", folder, "run", "--now", LATER, "-q")
    deskhouse("-C", folder / "delta", "run", "--now", LAST, "-q")
    return oracle.all_differences(folder, folder / "delta")


def test_first_run(after_first):
    assert after_first[0] == []


def test_time_alone(after_time):
    assert after_time == []


def test_second_delivery(after_delta):
    assert after_delta == []


def test_every_metric(folder, repo, after_delta):
    defined = tomllib.loads((repo / "models" / "metrics.toml").read_text(encoding="utf-8"))
    assert defined.keys() == metrics.METRICS.keys()
    connection, world = oracle.open_world(folder, folder / "delta")
    wrong = []
    for name, metric in defined.items():
        where = f" where {metric['where']}" if "where" in metric else ""
        actual = connection.execute(f"select {metric['value']} from {metric['from']}{where}").fetchone()[0]
        expected = metrics.METRICS[name](world)
        if not oracle.same(expected, actual):
            wrong.append(f"{name}: expected {expected}, is {actual}")
    assert wrong == []


def test_the_oracle_notices(folder, after_delta):
    connection, world = oracle.open_world(folder, folder / "delta")
    ticket = next(t for t in world.live if t["breached"])
    ticket["breached"], ticket["met"] = False, True
    changed = [table for table in oracle.TABLES if oracle.differences(connection, table, world)]
    assert {"core.daily_ticket_summary", "mart_service_desk.sla_by_month", "mart_financial.breach_penalties_by_month"} <= set(changed)
    assert "mart_asset.warranty_expiring" not in changed
