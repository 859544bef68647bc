"""`backfill` against a database server: a period again, whatever the runs before it took for read."""


def test_a_period_is_read_again(desk):
    desk.configure('query = "select * from tickets"\noverlap = "1s"')
    desk.sql(desk.add(1, 50, desk.later("2026-03-01", "day")))
    desk.sql("update tickets set created_at = updated_at - interval '12' hour")
    desk.run()
    mark, state = desk.query("select watermark, state from meta.watermarks")[0]
    # Written behind updated_at: no run of a query finds it.
    desk.sql("update tickets set subject = 'Corrected', priority = 'High' where id in (10, 40); " +
             desk.add(99, 99, "'2026-03-05'") + "; update tickets set created_at = '2026-03-04' where id = 99")
    desk.run()
    assert 99 not in desk.ids()
    done = desk.deskhouse("backfill", "--from", "2026-03-03", "--to", "2026-03-13")
    assert "extracted" in done.stdout
    extracted, loaded, unchanged, *_ = desk.balance()
    assert (loaded, extracted) == (2, loaded + unchanged) and extracted < 20, "99 and 10, and nothing from outside"
    assert desk.query("select count(*) from operational.tickets where subject = 'Corrected'") == [(1,)]
    assert desk.query("select watermark, state from meta.watermarks where run_id < 3")[0][0] == mark
    assert desk.query("select kind from meta.runs order by run_id") == [("run",), ("run",), ("backfill",)]
    desk.deskhouse("backfill", "--from", "2026-03-03", "--to", "2026-03-13", "-q")
    assert desk.balance()[1] == 0, "again is nothing new"
    desk.deskhouse("backfill", "--from", "2026-01-01", "--only", "tickets", "--source", "desk", "-q")
    desk.is_whole()
    assert state


def test_wrong_use_is_said(desk):
    desk.sql(desk.add(1, 2))
    assert "is not before --to" in desk.failure("backfill", "--from", "2026-03-02", "--to", "2026-03-01")
    assert "'soon' is not a time" in desk.failure("backfill", "--from", "soon")
    assert "there is no source 'desk1'; did you mean 'desk'" in desk.failure(
        "backfill", "--from", "2026-03-02", "--source", "desk1")
    assert "there is no entity 'ticket'; did you mean 'tickets'" in desk.failure("run", "--only", "ticket")
    help_text = desk.deskhouse("backfill", "--help").stdout
    assert "deskhouse backfill --from 2026-03-01 --to 2026-04-01" in help_text
