"""SQL of readers: its forms, its limits, what is kept of it, how it is stopped, and that nobody else waits for it."""

import concurrent.futures
import csv
import io
import json
import os
import re
import shutil
import socket
import subprocess
import time

import duckdb
import pytest

HEAVY = "select count(*) from range(1000000) a, range(1000000) b where a.range % 7 = b.range % 11"
HOSTILE_WORDS = ["=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(A1)", "\tx", "plain, \"quoted\"\nline", "한국어"]


def post(server, body, **headers):
    return server.ask("/api/v1/query", "POST", json.dumps(body), Content_Type="application/json", **headers)


def detail(answer):
    return json.loads(answer[2])["detail"]


def under_way(server):
    return server.json("/api/v1/queries")["items"]


def wait_until(condition, seconds=10):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it does not come"
        time.sleep(0.05)


def test_csv_is_inert(server):
    sql = "select unnest($1::json::varchar[]) as word, -1 as n, null as nothing, date '2026-02-03' as day"
    for how in ({"body": {"format": "csv"}}, {"headers": {"Accept": "text/csv"}}):
        status, head, body = post(server, {"sql": sql, "params": [json.dumps(HOSTILE_WORDS)]} | how.get("body", {}), **how.get("headers", {}))
        assert status == 200 and head["content-type"].startswith("text/csv") and "attachment" in head["content-disposition"]
        header, *rows = csv.reader(io.StringIO(body.decode()))
        assert header == ["word", "n", "nothing", "day"]
        for word, (shown, *others) in zip(HOSTILE_WORDS, rows, strict=True):
            assert shown == ("'" + word if word[0] in "=+-@\t" else word) and others == ["-1", "", "2026-02-03"]


def test_parquet_is_the_same_rows_and_leaves_nothing(server, desk, tmp_path):
    sql = "select source, ticket_id, created_at, resolution_hours, sla_breached from core.fact_tickets where priority = $1 order by ticket_id"
    # The log comes and goes with the database's own checkpoints.
    files = lambda: sorted(set(os.listdir(desk)) - {"deskhouse.duckdb.wal"})
    before = files()
    status, head, body = post(server, {"sql": sql, "params": ["High"], "format": "parquet"})
    assert status == 200 and head["content-type"] == "application/vnd.apache.parquet"
    (tmp_path / "rows.parquet").write_bytes(body)
    rows = duckdb.execute(f"select ticket_id, resolution_hours from '{tmp_path}/rows.parquet' order by ticket_id").fetchall()
    answer = server.query(sql, ["High"])[2]
    assert [list(row) for row in rows] == [[row[1], row[3]] for row in answer["rows"]] and len(rows) > 100
    assert files() == before
    assert not [file for file in os.listdir(f"/proc/{server.process.pid}/fd") if "deskhouse-result" in os.path.realpath(f"/proc/{server.process.pid}/fd/{file}")]


def test_limits_are_said(server):
    _, _, answer = server.query("select * from range(20000)")
    assert len(answer["rows"]) == 10_000 and answer["truncated"] and answer["limits"] == {"rows": 10_000, "bytes": 32 << 20, "seconds": 30}
    status, _, body = post(server, {"sql": "select * from range(100)", "max_rows": 7})
    answer = json.loads(body)
    assert status == 200 and len(answer["rows"]) == 7 and answer["truncated"] and answer["limits"]["rows"] == 7
    _, _, wide = server.query("select t.a, u.* from (select string_agg(range::varchar, ',') as a from range(100000)) t, range(9000) u")
    assert wide["truncated"] and 1 <= len(wide["rows"]) < 100, "by bytes"
    for format in ("csv", "parquet"):
        assert "more than 5 rows" in detail(post(server, {"sql": "select * from range(6)", "max_rows": 5, "format": format}))
        assert post(server, {"sql": "select * from range(5)", "max_rows": 5, "format": format})[0] == 200
    assert "larger than" in detail(post(server, {"format": "csv", "sql": "select md5(a.range::varchar) || md5(b.range::varchar) as s from "
                                                 "range(900) a, range(1000) b"}))
    start = time.monotonic()
    assert "longer than 1 s" in detail(post(server, {"sql": HEAVY, "timeout_seconds": 1}))
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("body, says", [
    ({"sql": "select 1", "format": "xml"}, "json, csv or parquet"), ({"sql": "select 1", "max_rows": 0}, "max_rows"),
    ({"sql": "select 1", "max_rows": 10_001}, "from 1 to 10000"), ({"sql": "select 1", "ttl_seconds": -1}, "ttl_seconds"),
    ({"sql": "select 1", "ttl_seconds": 1.5}, "ttl_seconds"), ({"sql": "select 1", "timeout_seconds": 31}, "from 1 to 30"),
    ({"sql": "select 1", "ttl_second": 3}, "did you mean 'ttl_seconds'"), ({"sql": "copy (select 1) to 'x'", "format": "csv"}, "only SELECT"),
    ({"sql": "select 1) to '/tmp/x' (format csv); --", "format": "csv"}, ""), ({"sql": "select * from read_csv('/etc/passwd')", "format": "parquet"}, "read_csv")])
def test_what_is_no_query(server, body, says):
    answer = post(server, body)
    assert answer[0] == 400 and says in detail(answer)


def test_an_answer_may_be_as_old_as_its_reader_says(server):
    body = {"sql": "select count(*) as ttl from core.fact_tickets"}
    head = post(server, body)[1]
    assert (head["x-cache"], head["cache-control"]) == ("miss", "private, no-cache")
    assert post(server, body)[1]["x-cache"] == "hit"
    fresh = post(server, body | {"ttl_seconds": 0})[1]
    assert (fresh["x-cache"], fresh["cache-control"]) == ("miss", "no-store")
    assert post(server, body)[1]["x-cache"] == "hit", "what was computed is kept for others"
    time.sleep(2.1)
    kept = post(server, body | {"ttl_seconds": 60})[1]
    assert kept["x-cache"] == "hit" and 0 < int(re.search(r"^private, max-age=(\d+)$", kept["cache-control"])[1]) < 60
    assert post(server, body | {"ttl_seconds": 1})[1]["x-cache"] == "miss"


def test_spaces_comments_and_cases_of_keywords_make_no_other_query(server):
    assert server.query("select count(*) as normal from core.fact_tickets where priority = $1", ["High"])[1]["x-cache"] == "miss"
    for same in ("SELECT  count(*)  AS normal\nFROM core.fact_tickets -- a comment\nWHERE priority = $1;",
                 "select count(*) /* another */ as normal from core.fact_tickets where (priority = $1)"):
        assert server.query(same, ["High"])[1]["x-cache"] == "hit", same
    for sql, params in (("select count(*) as Normal from core.fact_tickets where priority = $1", ["High"]),
                        ("select count(*) as normal from core.fact_tickets where priority = $1", ["high"]),
                        ("select count(*) as normal from core.fact_tickets where priority <> $1", ["High"])):
        assert server.query(sql, params)[1]["x-cache"] == "miss", sql


def test_what_the_cache_does_is_counted(server):
    def counted():
        text = server.ask("/metrics")[2].decode()
        return {name: float(re.search(rf"^deskhouse_cache_{name} (\S+)$", text, re.M)[1]) for name in ("hits_total", "misses_total", "size_bytes", "entries")}

    before = counted()
    for _ in range(3):
        server.query("select 'counted', * from range(3000)")
    after = counted()
    assert after["misses_total"] - before["misses_total"] == 1 and after["hits_total"] - before["hits_total"] == 2
    assert after["size_bytes"] - before["size_bytes"] > 10_000 and after["entries"] - before["entries"] == 1


def test_what_was_asked_for_longest_ago_makes_room(server):
    """64 MB are kept. An answer of a quarter of that would push out too much, and is not kept at all."""
    def ask(name, rows=8000):
        status, head, body = server.query(f"select '{name}', '{'x' * 800}' from range({rows})")
        assert status == 200, body
        return head["x-cache"]

    def counted(name):
        return float(re.search(rf"^deskhouse_cache_{name} (\S+)$", server.ask("/metrics")[2].decode(), re.M)[1])

    before = counted("evictions_total")
    names = [f"lru-{n}" for n in range(9)]
    assert [ask(name) for name in names] == ["miss"] * 9
    assert ask(names[0]) == "hit"
    for n in range(3):
        assert ask(f"lru-more-{n}") == "miss"
        assert ask(names[0]) == "hit", "what is used stays"
    assert ask(names[8]) == "hit" and ask(names[1]) == "miss"
    assert counted("evictions_total") > before and counted("size_bytes") <= 64 << 20


def test_equal_queries_are_computed_once(server):
    sql = "select count(*) as once from range(6000) a, range(6000) b where (a.range * b.range) % 7 = 3"
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        heads = [head for _, head, _ in pool.map(lambda _: server.query(sql), range(6))]
    assert sorted(head["x-cache"] for head in heads) == ["hit"] * 5 + ["miss"]


def test_a_query_is_listed_and_cancelled(server):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(post, server, {"sql": HEAVY}, X_Query_Id="report-7")
        wait_until(lambda: any(query["is_running"] for query in under_way(server)))
        query, = [each for each in under_way(server) if each["id"] == "report-7"]
        assert query["what"] == HEAVY and query["peer"] == "127.0.0.1"
        assert post(server, {"sql": "select 1"}, X_Query_Id="report-7")[0] == 409
        assert server.ask("/api/v1/queries/report-7", "DELETE")[0] == 200
        status, head, body = asked.result(timeout=3)
        assert status == 400 and "cancelled" in json.loads(body)["detail"] and head["x-query-id"] == "report-7"
    assert server.ask("/api/v1/queries/report-7", "DELETE")[0] == 404
    assert post(server, {"sql": "select 1"}, X_Query_Id="a b")[0] == 400
    assert post(server, {"sql": "select 1"})[1]["x-query-id"], "one is made"


def test_who_hangs_up_stops_the_query(server):
    body = json.dumps({"sql": HEAVY + " -- hung up"}).encode()
    with socket.create_connection(("127.0.0.1", server.address.port)) as connection:
        connection.sendall(b"POST /api/v1/query HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nX-Query-Id: gone\r\n"
                           b"Content-Length: %d\r\n\r\n" % len(body) + body)
        wait_until(lambda: any(query["is_running"] for query in under_way(server)))
    wait_until(lambda: not under_way(server), seconds=3)


def test_hostile_queries_stall_nobody(server):
    """Seven cross joins at once: health and small queries are answered meanwhile, everything after their deadline."""
    with concurrent.futures.ThreadPoolExecutor(7) as pool:
        start = time.monotonic()
        hostile = [pool.submit(post, server, {"sql": f"{HEAVY} and {n} = {n}", "timeout_seconds": 5}) for n in range(7)]
        wait_until(lambda: sum(query["is_running"] for query in under_way(server)) == 7)
        times = []
        while time.monotonic() - start < 4:
            for ask in (lambda: server.ask("/healthz"), lambda: server.query("select count(*) from core.fact_tickets where sla_breached"),
                        lambda: server.query(f"select {time.monotonic_ns()}, count(*) from core.fact_tickets where is_open"),
                        lambda: server.ask("/api/v1/tickets?limit=5")):
                begun = time.monotonic()
                assert ask()[0] == 200
                times.append(time.monotonic() - begun)
        for each in hostile:
            assert "longer than 5 s" in detail(each.result(timeout=10))
        assert time.monotonic() - start < 5 + 1 + 1, "its deadline, a second, and one for the machine"
    assert max(times) < 2, times


def test_more_than_there_is_room_for_is_turned_away(server):
    """Beyond the places: 503 with Retry-After, at once; health is answered, and all is well afterwards."""
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        asked = [pool.submit(post, server, {"sql": f"{HEAVY} and {n} = {n}", "timeout_seconds": 3}) for n in range(30)]
        wait_until(lambda: len(under_way(server)) == 24)
        begun = time.monotonic()
        assert server.ask("/healthz")[0] == 200 and time.monotonic() - begun < 1
        answers = [each.result(timeout=30) for each in asked]
    busy = [answer for answer in answers if answer[0] == 503]
    assert len(busy) >= 6 and all(answer[1]["retry-after"] for answer in busy)
    assert {answer[0] for answer in answers} == {400, 503}
    assert server.query("select 1")[0] == 200 and not under_way(server)


def test_export_writes_the_same(binary, desk, server, tmp_path):
    """The command's CSV for spreadsheets and the server's are one piece of code; a copy, since the server has the file."""
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("deskhouse.toml", "deskhouse.duckdb"):
        shutil.copy(desk / name, copy / name)
    sql = "select ticket_id, '=' || priority as p, resolution_hours from core.fact_tickets order by ticket_id"
    subprocess.run([binary, "-C", copy, "export", "--sql", sql, "--spreadsheet", "-o", tmp_path / "rows.csv"], check=True, capture_output=True, timeout=60)
    assert (tmp_path / "rows.csv").read_bytes() == post(server, {"sql": sql, "format": "csv"})[2]


def test_a_kept_answer_gets_too_old(server):
    def asked(seconds):
        status, head, _ = post(server, {"sql": "select count(*) as kept_for_a_second from core.fact_tickets", "ttl_seconds": seconds})
        assert status == 200
        return head["x-cache"]

    assert [asked(1), asked(1)] == ["miss", "hit"]
    time.sleep(2.1)
    assert asked(60) == "hit", "it is kept for who takes older ones"
    assert [asked(1), asked(1), asked(0), asked(0)] == ["miss", "hit", "miss", "miss"]
