"""The API of `serve --listen`: its numbers are the warehouse's, and nothing it is asked gets at anything else."""

import gzip
import json
import re
import shutil
import socket
import subprocess

import duckdb
import pytest

from .conftest import Server


def test_numbers_are_those_of_the_command_line(server, desk, deskhouse, tmp_path):
    """Every metric: the API's value is that of `explain metric` over a copy of the warehouse."""
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("deskhouse.toml", "deskhouse.duckdb"):
        shutil.copy(desk / name, copy / name)
    metrics = server.json("/api/v1/metrics")["items"]
    assert len(metrics) > 20
    for metric in metrics:
        row, = server.json(f"/api/v1/metrics/{metric['name']}")["rows"]
        ours = json.loads(deskhouse("-C", copy, "explain", "metric", metric["name"], "--json").stdout)["value"]
        assert row["value"] == pytest.approx(ours), metric["name"]


def test_a_metric_says_how_far_it_can_be_trusted(server):
    quality = server.json("/api/v1/metrics/created_tickets")["quality"]
    assert 0 < quality["score"] < 100 and 0.9 < quality["completeness"] <= 1 and isinstance(quality["age_seconds"], int)
    assert server.json("/api/v1/metrics/asset_book_value?by=state")["quality"]["score"] > 90


def test_periods_breakdowns_and_comparisons(server):
    by_priority = server.json("/api/v1/metrics/created_tickets?from=2025-03-01&to=2025-03-31&by=priority&compare=previous")
    total, = server.json("/api/v1/metrics/created_tickets?from=2025-03-01&to=2025-03-31")["rows"]
    assert sum(row["value"] for row in by_priority["rows"]) == total["value"] > 0
    assert (by_priority["previous"]["from"], by_priority["previous"]["to"]) == ("2025-01-29", "2025-02-28")
    before, = server.json("/api/v1/metrics/created_tickets?from=2025-01-29&to=2025-02-28")["rows"]
    assert sum(row["value"] for row in by_priority["previous"]["rows"]) == before["value"]
    for wrong, says in (("?by=colour", "not broken down by 'colour'"), ("?from=soon", "'soon' is not a day"),
                        ("?compare=previous", "needs from and to"), ("?from=2025-02-30", "is not a day")):
        status, _, body = server.ask("/api/v1/metrics/created_tickets" + wrong)
        assert status == 400 and says in json.loads(body)["detail"]
    assert server.ask("/api/v1/metrics/nothing")[0] == 404


def test_filters_and_several_dimensions(server):
    path = "/api/v1/metrics/p50_resolution_hours"
    both = server.json(path + "?by=priority&by=category")["rows"]
    _, _, wanted = server.query("select category, priority, quantile_cont(resolution_hours, 0.5) from core.fact_tickets where not is_deleted and "
                                "not is_open group by all order by all")
    assert [[row["category"], row["priority"], row["value"]] for row in both] == wanted["rows"]
    some = server.json(path + "?priority=High&priority=Low&category=Network")["rows"]
    _, _, wanted = server.query("select quantile_cont(resolution_hours, 0.5) from core.fact_tickets where not is_deleted and not is_open and "
                                "priority in ('High', 'Low') and category = 'Network'")
    assert some[0]["value"] == wanted["rows"][0][0]
    assert server.json("/api/v1/metrics/created_tickets?priority=Nothing&from=2025-01-01")["rows"] == [{"value": 0}]
    for wrong, says in (("?department=Sales", "not broken down by 'department'"), ("?colour=red", "no parameter 'colour'")):
        status, _, body = server.ask(path + wrong)
        assert status == 400 and says in json.loads(body)["detail"]


@pytest.mark.parametrize("grain", ["day", "week", "month", "quarter", "year"])
def test_series_have_no_gaps_and_add_up(server, grain):
    path = "/api/v1/metrics/created_tickets?from=2024-11-20&to=2025-03-10"
    rows = server.json(f"{path}&grain={grain}")["rows"]
    wanted = duckdb.execute("select distinct date_trunc(?, day)::date::varchar from generate_series(date '2024-11-20', date '2025-03-10', "
                            "interval 1 day) g(day) order by 1", [grain]).fetchall()
    assert [row["period"] for row in rows] == [day for day, in wanted]
    assert sum(row["value"] for row in rows) == server.json(path)["rows"][0]["value"] > 0
    split = server.json(f"{path}&grain={grain}&by=priority")["rows"]
    assert len(split) == 4 * len(rows) and sum(row["value"] for row in split) == sum(row["value"] for row in rows)


def test_every_metric_that_has_a_time_is_had_by_month(server):
    timed = [m["name"] for m in server.json("/api/v1/metrics")["items"] if m["time"]]
    assert "p50_resolution_hours" in timed
    for name in timed:
        rows = server.json(f"/api/v1/metrics/{name}?from=2025-02-01&to=2025-04-30&grain=month")["rows"]
        assert [row["period"] for row in rows] == ["2025-02-01", "2025-03-01", "2025-04-01"], name


def test_months_are_whole(server):
    answer = server.json("/api/v1/metrics/sla_attainment?from=2025-02-10&to=2025-03-05&compare=previous&grain=month")
    assert answer["period"] == {"from": "2025-02-01", "to": "2025-03-31"}
    assert (answer["previous"]["from"], answer["previous"]["to"]) == ("2024-12-01", "2025-01-31")
    assert [row["period"] for row in answer["previous"]["rows"]] == ["2024-12-01", "2025-01-01"]
    status, _, body = server.ask("/api/v1/metrics/sla_attainment?grain=week")
    assert status == 400 and "kept by month" in json.loads(body)["detail"]


def test_a_ticket_has_its_ledger_and_its_raw_records(server):
    _, _, found = server.query("select source, ticket_id, sla_breached from core.fact_tickets where sla_breached limit 1")
    source, ticket, _ = found["rows"][0]
    ledger = server.json(f"/api/v1/tickets/{source}/{ticket}/sla")
    assert ledger["sla_breached"] is True and ledger["spans"]
    record = server.json(f"/api/v1/tickets/{source}/{ticket}/records")["items"][0]
    assert ticket in record["raw"] and record["state"] == "loaded"


def test_values_of_every_kind(server):
    _, _, answer = server.query("select 1::utinyint as a, 12345678901234567890::hugeint as b, 1.50::decimal(9, 2) as c, 0.1::double as d, "
                                "date '2026-02-03' as e, timestamp '2026-02-03 04:05:06' as f, true as g, null as h, $1 as i, [1] as j, "
                                "'nan'::double as k", ["<script>\u2028\u0000é"])
    row = answer["rows"][0]
    assert row == [1, 12345678901234567890, 1.5, 0.1, "2026-02-03", "2026-02-03T04:05:06Z", True, None, "<script>\u2028\u0000é", "[1]", None]
    assert [column["type"] for column in answer["columns"]][:3] == ["UTINYINT", "HUGEINT", "DECIMAL"]
    _, _, many = server.query("select * from range(20000)")
    assert len(many["rows"]) == 10_000 and many["truncated"]


HOSTILE = [
    "select * from read_csv('/etc/passwd')", "from '/etc/passwd'", "copy (select 1) to '/tmp/stolen' (use_tmp_file false)",
    "select 1; drop table core.today", "delete from operational.tickets", "attach '/tmp/x.duckdb'", "pragma database_list",
    "select repeat('x', 1500000000)", "from staging.quarantine", "from glob('/*')", "install httpfs", "set memory_limit = '1TB'",
    "from core.\"/etc/passwd\"", "select getenv('PATH')", "", "(" * 5000, "select " + "1+" * 20000 + "1", "\u0000select 1",
]


@pytest.mark.parametrize("sql", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_queries(server, sql):
    status, head, answer = server.query(sql)
    assert status == 400 and head["content-type"] == "application/problem+json" and answer["detail"]
    status, _, answer = server.query("select count(*) from core.fact_tickets")
    assert status == 200 and answer["rows"][0][0] > 1900


def test_bodies_that_are_no_query(server):
    for body, says in (("", "the body must be"), ("[]", "the body must be"), ('{"sql": 1}', "the body must be"),
                       ('{"sql": "select 1", "params": {}}', "must be a list"), ('{"sql": "select $1", "params": [[1]]}', "a parameter must be"),
                       ('{"sql": "select $1"}', "has 1 parameters, and 0 values")):
        status, _, answer = server.ask("/api/v1/query", "POST", body, Content_Type="application/json")
        assert status == 400 and says in json.loads(answer)["detail"]
    status, _, answer = server.ask("/api/v1/query", "POST", '{"sql": "select 1"}', Content_Type="text/plain")
    assert status == 400 and "Content-Type" in json.loads(answer)["detail"], "a form of another site cannot ask"


def test_answers_are_kept_until_the_data_is_new(server):
    sql = "select count(*) as kept from core.fact_tickets"
    assert server.query(sql)[1]["x-cache"] == "miss"
    _, head, _ = server.query(sql)
    assert head["x-cache"] == "hit"
    status, _, body = server.ask("/api/v1/query", "POST", json.dumps({"sql": sql}), Content_Type="application/json",
                                 If_None_Match=head["etag"])
    assert status == 304 and body == b""
    assert "x-cache" not in server.query("select now()")[1], "what depends on the time is not kept"


def test_other_names_and_sites_are_refused(server):
    assert server.ask("/api/v1/meta", Host="evil.example")[0] == 421
    assert server.ask("/api/v1/meta", Origin="http://evil.example")[0] == 421
    _, head, _ = server.ask("/")
    assert head["content-security-policy"].startswith("default-src 'self'") and head["x-content-type-options"] == "nosniff"


def test_methods_and_paths(server):
    assert server.ask("/api/v1/query")[0] == 405 and server.ask("/", "DELETE")[0] == 405
    assert server.ask("/api/v1/no")[0] == 404 and server.ask("/../etc/passwd.txt")[0] == 404
    status, head, body = server.ask("/api/v1/metrics", "HEAD")
    assert status == 200 and body == b"" and int(head["content-length"]) > 1000
    _, head, body = server.ask("/api/v1/metrics", Accept_Encoding="gzip")
    assert head["content-encoding"] == "gzip" and json.loads(gzip.decompress(body))["items"]


def raw(server, data, wait=5):
    with socket.create_connection(("127.0.0.1", server.address.port), timeout=wait) as connection:
        connection.sendall(data)
        received = b""
        try:
            while more := connection.recv(65536):
                received += more
        except (TimeoutError, ConnectionError):
            pass
        return received


def test_what_is_no_http_or_too_much_is_refused_and_the_service_lives(server):
    host = b"Host: 127.0.0.1\r\n"
    assert b" 400 " in raw(server, b"\x16\x03\x01 hello\r\n\r\n").split(b"\r\n")[0]
    assert b" 431 " in raw(server, b"GET / HTTP/1.1\r\n" + host + b"X: " + b"a" * 40_000 + b"\r\n\r\n").split(b"\r\n")[0]
    assert b" 413 " in raw(server, b"POST /api/v1/query HTTP/1.1\r\n" + host + b"Content-Length: 99999999\r\n\r\n").split(b"\r\n")[0]
    assert b" 400 " in raw(server, b"GET /%zz HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n").split(b"\r\n")[0]
    idle = [socket.create_connection(("127.0.0.1", server.address.port)) for _ in range(300)]
    assert server.ask("/healthz")[0] == 200
    for connection in idle:
        connection.close()


def test_what_is_not_there_is_404(server):
    for path in ("tickets/demo/NOPE", "tickets/demo/NOPE/sla", "tickets/nobody/INC0000045/sla"):
        status, _, body = server.ask("/api/v1/" + path)
        assert status == 404 and path.split("/")[2] in json.loads(body)["detail"], path
    assert server.json("/api/v1/tickets/demo/INC0000045/sla")["spans"]


def test_health_metrics_and_description(server):
    assert server.ask("/healthz")[2] == b"ok\n" and server.ask("/readyz")[0] == 200
    text = server.ask("/metrics")[2].decode()
    assert re.search(r"^deskhouse_data_version \d+$", text, re.M) and "# TYPE deskhouse_http_requests_total counter" in text
    document = server.json("/api/v1/openapi.json")
    assert document["openapi"] == "3.1.0" and "post" in document["paths"]["/api/v1/query"]


def test_the_reference_names_every_endpoint(server, repo):
    text = (repo / "docs" / "api.md").read_text()
    assert [path for path in server.json("/api/v1/openapi.json")["paths"] if f"`{path}`" not in text] == []


def test_a_run_is_seen_at_once_and_whole(binary, deskhouse, tmp_path):
    """A server that reads its source each second: viewers are told, and what was kept before is not shown again."""
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "deskhouse.toml").write_text('[sources.a]\nevery = "1s"\n[sources.a.agents]\npath = "agents*.csv"\n'
                                           'fields = { id = "id", name = "name", updated_at = "updated" }\n')
    (folder / "agents.csv").write_text("id,name,updated\nA1,Ann,2024-01-01\n")
    server = Server(binary, folder)
    connection = server.connection()
    connection.request("GET", "/api/v1/live")
    stream = connection.getresponse()

    def next_version():
        while not (line := stream.readline().decode()).startswith("data:"):
            assert line, "the stream ended"
        return json.loads(line[5:])["data_version"]

    first = next_version()
    count = "select count(*) from operational.agents"
    assert server.query(count)[2]["rows"] == [[1]]
    (folder / "agents2.csv").write_text("id,name,updated\nA2,Ben,2024-01-02\n")
    while server.query(count)[2]["rows"] == [[1]]:
        assert next_version() > first
    assert server.query(count)[2]["rows"] == [[2]]
    done = subprocess.run([binary, "-C", folder, "query", "select 1"], capture_output=True, text=True)
    assert done.returncode == 0, "the server runs the command"
    connection.close()
    assert server.stop() == 0
    with duckdb.connect(str(folder / "deskhouse.duckdb"), read_only=True) as warehouse:
        assert warehouse.execute("select count(*) from operational.agents").fetchone() == (2,)


@pytest.mark.parametrize("address, says", [("0.0.0.0:8080", "nobody who may sign in"), ("127.0.0.1:x", "no address to listen on"),
                                           ("127.0.0.1:99999", "no address to listen on")])
def test_addresses_that_cannot_be_listened_to(binary, tmp_path, address, says):
    (tmp_path / "deskhouse.toml").write_text('[sources.a.agents]\npath = "agents.csv"\n')
    done = subprocess.run([binary, "-C", tmp_path, "serve", "--listen", address], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and says in done.stderr
