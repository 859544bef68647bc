"""Columns that come, go or change their type in a database server, under each contract: nothing is lost silently."""

import json

import pytest

from .desk import fields

MODES = ["evolve", "freeze", "discard_row", "discard_value"]


def configure(desk, mode, more=""):
    desk.configure(f'table = "tickets"\ncontract = "{mode}"\n{more}')


def changes(desk):
    return desk.query("select column_name, change, type_before, type_after, fields, action from meta.schema_changes order by "
                      "run_id, column_name")


def start(desk, mode, more=""):
    desk.sql(f"alter table tickets add resolved_note text, add due_at {desk.instant}")
    configure(desk, mode, more)
    desk.sql(desk.add(1, 10, desk.later("2026-01-20", "day", -1)))
    desk.sql("update tickets set due_at = '2026-02-01', priority = 'High'")
    desk.run()
    assert changes(desk) == [], "what is there the first time is no change"


@pytest.mark.parametrize("mode", MODES)
def test_a_column_that_nothing_names_is_added(desk, mode):
    keeps = mode in ("evolve", "freeze")
    start(desk, mode, 'custom_fields = ["*"]\n' if keeps else "")
    desk.sql("alter table tickets add floor int default 3; update tickets set updated_at = current_timestamp(6) where id = 1")
    if mode == "freeze":
        done = desk.run(code=2)
        assert "the column 'floor' is new, and contract = \"freeze\" lets no column change" in done.stderr
        assert desk.query("select count(*) from meta.runs where status = 'succeeded'") == [(1,)]
        desk.run("--accept-columns")
        desk.run()
    else:
        desk.run()
    (column, change, _, after, _, action), = changes(desk)
    assert (column, change, after) == ("floor", "added", desk.names["integer"])
    kept = [json.loads(text or "{}").get("floor") for text, in desk.query("select custom_fields from operational.tickets")]
    if keeps:
        assert action == "kept in custom_fields" and kept == ["3"] * 10, "of all records: it is read again"
    else:
        assert action == "noted: nothing names it" and kept == [None] * 10
    done = desk.deskhouse("status", "--json")
    assert json.loads(done.stdout)["schema_changes"][0]["column"] == "floor"
    desk.deskhouse("verify")


@pytest.mark.parametrize("mode", MODES)
def test_a_column_that_a_field_may_lack_goes(desk, mode):
    start(desk, mode)
    desk.sql("alter table tickets drop due_at; update tickets set updated_at = current_timestamp(6) where id <= 2")
    if mode == "freeze":
        assert "the column 'due_at' went" in desk.run(code=2).stderr
        return
    assert "the column 'due_at' went: " in desk.deskhouse("doctor").stdout, "before the run that does it"
    done = desk.run()
    (column, change, before, _, named, action), = changes(desk)
    assert (column, change, before, named) == ("due_at", "removed", desk.names["instant"], "due_at")
    assert f"desk.tickets: the column 'due_at' went: {action}" in done.stderr
    due = dict(desk.query("select id::bigint, due_at is not null from operational.tickets"))
    assert all(due[n] for n in range(3, 11)), "what was read stays"
    if mode == "discard_row":
        assert action == "each record that lacks it goes to quarantine" and desk.balance()[4] == 2
        assert desk.query("select distinct reasons like '%the source no longer has the column ''due_at''%' from "
                          "staging.quarantine") == [(True,)]
        assert due[1] and due[2]
    else:
        assert action == "NULL in due_at" and desk.balance()[4] == 0 and not due[1] and not due[2]
    desk.run()
    assert len(changes(desk)) == 1, "told once"
    desk.sql(f"alter table tickets add due_at {desk.instant}; update tickets set due_at = '2026-03-01'")
    desk.run()
    assert changes(desk)[-1][1::4] == ("added", "read again, of all records")
    assert desk.query("select count(distinct due_at), count(*) from operational.tickets where due_at is not null") == [(1, 10)]
    desk.deskhouse("verify")


@pytest.mark.parametrize("mode", ["evolve", "discard_row", "discard_value"])
def test_a_column_that_a_record_must_have_goes(desk, mode):
    """The run is not lost: the records wait in quarantine, with all that they have."""
    start(desk, mode)
    desk.sql("alter table tickets rename column subject to title; update tickets set updated_at = current_timestamp(6), status = 'Closed' "
             "where id <= 2; " + desk.add(11, 11).replace("subject", "title"))
    desk.run()
    assert desk.balance()[4] == 3 and sorted(c[1] for c in changes(desk)) == ["added", "removed"]
    assert "the source no longer has the column 'subject'" in desk.deskhouse("quarantine", "list").stdout
    configure(desk, mode, fields(subject='"title"', **{
        name: f'"{name}"' for name in ("category", "priority", "due_at", "resolved_at")}))
    desk.run()
    assert desk.ids() == list(range(1, 12))
    assert desk.query("select distinct status from operational.tickets where id in ('1', '2')") == [("Closed",)]
    desk.deskhouse("verify")


@pytest.mark.parametrize("mode", MODES)
def test_a_column_changes_its_type(desk, mode):
    start(desk, mode)
    desk.retype("due_at", "text")
    desk.sql("update tickets set updated_at = current_timestamp(6), due_at = case id when 1 then "
             "'next week' when 2 then '2026-05-06T07:08:09Z' else due_at end where id <= 3")
    if mode == "freeze":
        assert f"the column 'due_at' is {desk.names['text']} now and was {desk.names['instant']}" in desk.run(code=2).stderr
        return
    desk.run()
    change, = changes(desk)
    assert change[:4] == ("due_at", "retyped", desk.names["instant"], desk.names["text"])
    due = dict(desk.query("select id::bigint, due_at::varchar from operational.tickets"))
    assert due[2] == "2026-05-06 07:08:09"
    if mode == "discard_value":
        # Of the third the server wrote the time in its own form, without a T.
        lost = desk.query("select record_id, field, value from staging.discarded_values order by all")
        assert ("1", "due_at", "next week") in lost and desk.balance()[4] == 0
        assert due[1] is None
        discarded, = desk.query("select discarded from meta.field_counts where field = 'due_at' and discarded > 0")
        assert discarded[0] == len(lost)
        raw, = desk.query("select decode(raw) from staging.discarded_values where record_id = '1'")
        assert "next week" in raw[0] and "Ticket 1" in raw[0]
    else:
        assert desk.balance()[4] >= 1 and due[1] == "2026-02-01 00:00:00", "the version before stays"
        assert "next week" in desk.query("select decode(raw) from staging.quarantine where record_id = '1'")[0][0]
    desk.deskhouse("verify")


@pytest.mark.parametrize("mode", MODES)
def test_a_field_may_have_a_contract_of_its_own(desk, mode):
    """The entity's is the opposite; what it says of the other columns still holds."""
    others = {"evolve": "freeze", "freeze": "evolve", "discard_row": "evolve", "discard_value": "evolve"}
    more = fields(due_at=f'{{ column = "due_at", contract = "{mode}" }}', **{
        name: f'"{name}"' for name in ("subject", "category", "priority", "resolved_at")})
    start(desk, others[mode], more)
    desk.retype("due_at", "text")
    desk.sql("update tickets set updated_at = current_timestamp(6), due_at = case id when 1 then 'next week' else "
             "'2026-05-06T07:08:09Z' end where id <= 2")
    if mode == "freeze":
        assert 'contract = "freeze" of due_at lets no column change' in desk.run(code=2).stderr
        desk.run("--accept-columns")
    else:
        desk.run()
    due = dict(desk.query("select id::bigint, due_at::varchar from operational.tickets"))
    assert due[2] == "2026-05-06 07:08:09"
    if mode == "discard_value":
        assert desk.balance()[4] == 0 and due[1] is None
        assert desk.query("select field, value from staging.discarded_values where record_id = '1'") == [("due_at", "next week")]
    else:
        assert desk.balance()[4] == 1 and due[1] == "2026-02-01 00:00:00"
    desk.sql("alter table tickets add floor integer")
    if mode == "evolve":
        assert "the column 'floor' is new" in desk.run(code=2).stderr, "the entity's freeze"
    else:
        desk.run()
    desk.deskhouse("verify")


def test_all_columns_are_kept_only_by_contracts_that_take_what_comes(desk):
    configure(desk, "discard_row", 'custom_fields = ["*"]\n')
    assert 'custom_fields: "*" takes whatever comes; with contract = "discard_row" list the columns' in desk.failure("run")


def test_a_name_that_never_was_is_a_mistake(desk):
    configure(desk, "evolve", fields(subject='"subjekt"'))
    desk.sql(desk.add(1, 2))
    assert "did you mean 'subject'" in desk.failure("run")


def test_the_column_that_tells_what_is_new_goes(desk):
    start(desk, "evolve")
    desk.sql("alter table tickets drop updated_at")
    assert "the column 'updated_at' went, by which updated_at tells what is new. Nothing was read" in desk.failure("run")
