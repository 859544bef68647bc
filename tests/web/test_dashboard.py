"""The dashboard in a real Chromium, against a real server: `deskhouse serve` on a free port of this machine.

The tests themselves are JavaScript (tests/web/*.test.mjs, run by node); this file makes the warehouses and the servers.
"""

import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest

HERE = pathlib.Path(__file__).parent
WEB = HERE.parents[1] / "web"

HOSTILE = """id,subject,status,priority,category,requester_id,created_at,updated_at,resolved_at
T1,<script>window.hacked = 1</script>,Open,High,Hardware,R1,2026-01-01T08:00:00Z,2026-01-01T08:00:00Z,
T2,=cmd|' /C calc'!A0,Open,Low,Hardware,R1,2026-01-01T09:00:00Z,2026-01-01T09:00:00Z,
T3,"<img src=x onerror=""window.hacked = 2"">",Resolved,Low,<b>Bold</b>,R1,2026-01-01T09:00:00Z,2026-01-01T12:00:00Z,2026-01-01T12:00:00Z
"""
CONFIG = """
[sources.desk]
type = "files"
every = "2s"
[sources.desk.tickets]
path = "tickets.csv"
fields = { id = "id", subject = "subject", status = "status", priority = "priority", category = "category", requester_id = "requester_id", created_at = "created_at", updated_at = "updated_at", resolved_at = "resolved_at" }
"""


@pytest.fixture(scope="module")
def serve(binary, tmp_path_factory):
    """Starts servers, one for each project folder that it is given; returns their addresses. Stops them at the end."""
    if "--listen" not in subprocess.run([binary, "serve", "--help"], capture_output=True, text=True, timeout=60).stdout:
        pytest.skip("this deskhouse has no server for the dashboard")
    if not (WEB / "node_modules").is_dir():
        pytest.skip("the packages of web/ are not installed: make web")
    running = []

    def start(project: pathlib.Path) -> str:
        log = tmp_path_factory.mktemp("serve") / "log"
        with log.open("w") as out:
            process = subprocess.Popen([binary, "-C", project, "serve", "--listen", "127.0.0.1:0"], stdout=out, stderr=subprocess.STDOUT)
        running.append(process)
        for _ in range(200):
            found = re.search(r"http://[\w.:]+", log.read_text())
            if found:
                return found.group(0).rstrip("/")
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        raise AssertionError("serve names no address:\n" + log.read_text())

    yield start
    for process in running:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def demo(deskhouse, serve, tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("web") / "demo"
    deskhouse("demo", "--tickets", 20000, "--dir", folder)
    return serve(folder)


def run_node(name: str, **environment: str) -> None:
    if shutil.which(os.environ.get("CHROMIUM", "/usr/bin/chromium")) is None:
        pytest.skip("there is no chromium: scripts/bootstrap.sh test installs it, CHROMIUM names another")
    done = subprocess.run(["node", "--test", "--test-reporter=spec", HERE / name], capture_output=True, text=True, timeout=300, env=os.environ | environment)
    assert done.returncode == 0, done.stdout[-12000:] + done.stderr[-4000:]


def test_every_page_looks_right_and_is_open_to_all(demo):
    run_node("pages.test.mjs", SITE=demo)


def test_numbers_are_those_of_the_api_and_lead_to_their_tickets(demo):
    run_node("numbers.test.mjs", SITE=demo)


def test_data_is_text_and_news_shows_by_itself(deskhouse, serve, tmp_path):
    (tmp_path / "deskhouse.toml").write_text(CONFIG)
    (tmp_path / "tickets.csv").write_text(HOSTILE)
    deskhouse("-C", tmp_path, "run")
    run_node("hostile.test.mjs", SITE=serve(tmp_path), TICKETS=str(tmp_path / "tickets.csv"))


def test_the_first_run_shows_by_itself(serve, tmp_path):
    (tmp_path / "deskhouse.toml").write_text(CONFIG)
    (tmp_path / "tickets.csv.later").write_text(HOSTILE)
    run_node("first.test.mjs", SITE=serve(tmp_path), TICKETS=str(tmp_path / "tickets.csv"))


def test_what_was_is_shown_until_one_goes_back_to_now(deskhouse, serve, tmp_path):
    deskhouse("demo", "--tickets", 500, "--dir", tmp_path / "desk", "--delta", "-q")
    for file in (tmp_path / "desk" / "deskhouse.toml", tmp_path / "desk" / "delta" / "deskhouse.toml"):
        lake = f'warehouse = "ducklake:sqlite:{tmp_path / "catalogue.sqlite"}"\nlake_data = "{tmp_path / "lake"}"'
        file.write_text("\n".join(lake if line.startswith("warehouse = ") else line for line in file.read_text().splitlines()))
    deskhouse("-C", tmp_path / "desk", "run", "--now", "2026-01-01", "-q")
    deskhouse("-C", tmp_path / "desk" / "delta", "run", "--now", "2026-01-02", "-q")
    run_node("past.test.mjs", SITE=serve(tmp_path / "desk"))


def test_who_signs_in_sees_it_and_gets_out(binary, deskhouse, serve, tmp_path):
    deskhouse("demo", "--tickets", 500, "--dir", tmp_path / "desk", "-q")
    with (tmp_path / "desk" / "deskhouse.toml").open("a") as file:
        file.write('\n[server]\nlogin = "always"\n')
    password = "a long enough password"
    deskhouse("-C", tmp_path / "desk", "users", "add", "kim", "--role", "viewer", input=password + "\n")
    run_node("account.test.mjs", SITE=serve(tmp_path / "desk"), PASSWORD=password)


def calls_of_t() -> set[str]:
    texts = set()
    for path in (WEB / "src").rglob("*.ts*"):
        if path.parent.name != "i18n":
            texts |= set(re.findall(r'\bt\(\s*"((?:[^"\\]|\\.)*)"', path.read_text()))
    return texts


def test_korean_is_whole():
    known = set()
    for name in ("ko.ts", "ko-sentences.ts"):
        for quoted, plain in re.findall(r'(?:"((?:[^"\\]|\\.)*)"|\b(\w+)): "', (WEB / "src/i18n" / name).read_text()):
            known.add(quoted or plain)
    used = calls_of_t()
    assert used - known == set(), "texts without Korean"
    assert known - used == set(), "Korean that nobody shows"


def test_the_lock_file_names_no_registry():
    assert '"resolved"' not in (WEB / "package-lock.json").read_text(), "web/.npmrc says omit-lockfile-registry-resolved"
