"""What the demo plants is found, in the number that it was planted; and nothing is found where nothing was."""

import json

import pytest

OVER_4H = """select count(*) from operational.tickets where priority = 'Critical' and not is_deleted
  and epoch(resolved_at) - epoch(created_at) > 4 * 3600"""
VIOLATED = "select check_name, count(*) from meta.violations where check_name <> 'critical_over_4h' group by 1"


def critical(connection):
    found, = connection.execute("select count(*) from meta.violations where check_name = 'critical_over_4h'").fetchone()
    assert (found,) == connection.execute(OVER_4H).fetchone() and found > 0
    return found


def test_planted_flaws_are_found_and_counted(warehouse, made_demo):
    expected = json.loads((made_demo / "truth.json").read_text())["expected"]
    connection = warehouse(made_demo)
    critical(connection)
    wanted = {"resolved_before_created": expected["resolved_before_created"]}
    for field, planted in expected["dangling"].items():
        check = field.split(".")[0] + "_references"
        wanted[check] = wanted.get(check, 0) + planted
    assert dict(connection.execute(VIOLATED).fetchall()) == {check: planted for check, planted in wanted.items() if planted}
    named = connection.execute("select field, count(*) from meta.violations where check_name like '%\\_references' escape '\\' "
                               "group by 1").fetchall()
    assert dict(named) == {field.split(".")[1]: planted for field, planted in expected["dangling"].items() if planted}


@pytest.mark.parametrize("seed", [1, 7])
def test_on_clean_data_nothing_is_reported(deskhouse, warehouse, tmp_path, seed):
    deskhouse("demo", "--tickets", 3000, "--no-flaws", "--seed", seed, "--dir", tmp_path / "desk")
    connection = warehouse(tmp_path / "desk")
    late = critical(connection)  # tickets that took too long: no flaw of the data, but what the check is there to say
    assert connection.execute(VIOLATED).fetchall() == []
    assert connection.execute("select check_name, error from meta.check_results where status = 'failed'").fetchall() == []
    scores = dict(connection.execute("select entity, score from meta.quality").fetchall())
    assert len(scores) == 11 and scores.pop("tickets") == pytest.approx(100 * (1 - late / 3000))
    assert set(scores.values()) == {100}
