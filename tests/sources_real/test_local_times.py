"""The hours that a local clock leaves out and repeats, by the rule of docs/decisions/0005, in every source that can tell local
times: in a gap the offset before it counts, in an overlap the earlier instant; each is counted. (Freshservice tells UTC only.)"""

import json

import duckdb
import pytest

# Local readings of Europe/Amsterdam, and the instants that they mean.
TIMES = {
    "2026-03-29 01:59:59": "2026-03-29 00:59:59",  # the last before the gap
    "2026-03-29 02:00:00": "2026-03-29 01:00:00",  # in it
    "2026-03-29 02:30:00": "2026-03-29 01:30:00",
    "2026-03-29 03:00:00": "2026-03-29 01:00:00",  # the first behind it, which is the same instant as 02:00
    "2026-10-25 01:59:59": "2026-10-24 23:59:59",
    "2026-10-25 02:00:00": "2026-10-25 00:00:00",  # twice: the first one
    "2026-10-25 02:30:00": "2026-10-25 00:30:00",
    "2026-10-25 03:00:00": "2026-10-25 02:00:00",
    "2026-06-01 12:00:00": "2026-06-01 10:00:00",
}
ODD = 4


def check(query, deskhouse):
    assert [str(at) for at, in query("select updated_at from operational.tickets order by id")] == list(TIMES.values())
    assert [str(at) for at, in query("select created_at from operational.tickets order by id")] == list(TIMES.values())
    fields = json.loads(deskhouse("status", "--json").stdout)["fields"]
    counted = {line["field"]: line["ambiguous_time"] for line in fields if line["ambiguous_time"]}
    assert counted == {"updated_at": ODD, "created_at": ODD}
    deskhouse("verify")


def test_a_server(desk):
    desk.sql(desk.local_times)
    desk.configure('table = "tickets"\ntime_zone = "Europe/Amsterdam"')
    for id, moment in enumerate(TIMES, start=1):
        desk.sql(desk.add(id, id, f"'{moment}'") + f"; update tickets set created_at = '{moment}' where id = {id}")
    desk.run("--now", "2026-11-01")
    check(desk.query, desk.deskhouse)
    # The clock has gone back: what is written in the second 02:10 has a lower reading than what was read.
    desk.sql("delete from tickets where id > 7")
    desk.run("--reread", "--sweep")
    desk.sql(desk.add(20, 20, "'2026-10-25 02:10'"))
    desk.run("--now", "2026-11-01")
    assert 20 in desk.ids()
    desk.deskhouse("verify")


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_file(kind, deskhouse, tmp_path):
    columns = ["id", "subject", "status", "requester_id", "created_at", "updated_at"]
    rows = [(str(id), "S", "Open", "r", at, at) for id, at in enumerate(TIMES, start=1)]
    if kind == "csv":
        (tmp_path / "t.csv").write_text("\n".join(",".join(row) for row in [tuple(columns), *rows]) + "\n")
    elif kind == "jsonl":
        (tmp_path / "t.jsonl").write_text("".join(json.dumps(dict(zip(columns, row))) + "\n" for row in rows))
    else:  # a timestamp without time zone
        texts = ", ".join(f"('{i}', 'S', 'Open', 'r', timestamp '{c}', timestamp '{u}')" for i, _, _, _, c, u in rows)
        duckdb.sql(f"copy (from (values {texts}) as t({', '.join(columns)})) to '{tmp_path}/t.parquet'")
    (tmp_path / "deskhouse.toml").write_text(f'[sources.desk.tickets]\npath = "t.{kind}"\ntime_zone = "Europe/Amsterdam"\n')

    def query(sql):
        with duckdb.connect(str(tmp_path / "deskhouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def run(*arguments):
        return deskhouse("-C", tmp_path, *arguments)

    run("run", "-q", "--now", "2026-11-01")
    check(query, run)
