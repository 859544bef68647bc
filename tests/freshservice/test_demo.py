"""deskhouse demo --freshservice, and init --source freshservice."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import tomllib

import duckdb


def test_the_demo_through_a_freshservice_is_the_demo(deskhouse, repo, tmp_path):
    done = deskhouse("demo", "--freshservice", "--tickets", 150, "--dir", tmp_path / "d", "--json")
    report = json.loads(done.stdout)
    assert all(line["value"] is not None for line in report["marts"])
    folder = tmp_path / "d" / "freshservice"
    deskhouse("-C", tmp_path / "d", "run", "--now", "2026-01-01", "-q")  # the files themselves

    def of(project: pathlib.Path, sql: str) -> list[tuple]:
        with duckdb.connect(str(project / "deskhouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    for sql in (
        "select count(*), count(resolved_at), count(first_response_at) from operational.tickets where not is_deleted",
        "select status, priority, count(*) from operational.tickets where not is_deleted group by all order by all",
        "select count(*), sum(score) from operational.surveys where ticket_id not like '%LOST%'",
        "select count(*), sum(cost) from operational.assets",
        "select sum(weekly_hours), sum(hourly_cost) from operational.agents",
    ):
        assert of(folder, sql) == of(tmp_path / "d", sql), sql
    url = tomllib.loads((folder / "deskhouse.toml").read_text())["sources"]["demo"]["url"]
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(url.rsplit(":", 1)[1]))) != 0, "its server was stopped"


def test_without_a_checkout_it_is_one_sentence(binary, repo, tmp_path):
    alone = shutil.copy(binary, tmp_path)
    environment = {**os.environ, "LD_LIBRARY_PATH": os.environ.get("DUCKDB_ROOT", str(repo / ".deps" / "duckdb"))}
    done = subprocess.run([alone, "demo", "--freshservice", "--tickets", "10"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 2 and "needs a checkout of Deskhouse" in done.stderr and done.stderr.count("\n") == 1


def test_init_shows_what_is_built_in(deskhouse, project):
    deskhouse("-C", project.folder, "init", "--source", "freshservice", "--force")
    written = (project.folder / "deskhouse.toml").read_text()
    assert '#[sources.fresh.tickets.fields]' in written and '#requester_id = "requester_id"' in written
    text = written.replace('domain = "acme"', f'url = "{project.server.address}"').replace("FRESHSERVICE_API_KEY", "FRESH_KEY")
    (project.folder / "deskhouse.toml").write_text(text)
    project.run()
    project.holds()
