"""A lake is tidied up: what it holds stays as it was, for those who read meanwhile, too."""

import pathlib
import shutil
import subprocess
import sys
import threading
import time

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
from serve.conftest import Server  # noqa: E402


def on_disk(desk):
    return {path for path in (desk.folder / "lake").rglob("*.parquet")}


def keep(desk, snapshots, files):
    file = desk.folder / "deskhouse.toml"
    file.write_text(file.read_text().split("\n[maintenance]")[0] + f'\n[maintenance]\nkeep_snapshots = "{snapshots}"\nkeep_files = "{files}"\n')


def test_what_nobody_needs_goes(desk, binary, files):
    desk.load()
    desk.load_delta()
    orphan = desk.folder / "lake" / "operational" / "of_a_run_that_died.parquet"
    orphan.write_bytes(b"PAR1")
    before = on_disk(desk)
    count = desk.json("status")["lake"]["files"]

    # Nothing is old enough: small files are merged, and all that was there stays.
    report = desk.json("maintain")
    assert report["files_merged"] > report["files_written"] > 0 and report["snapshots_expired"] == report["files_removed"] == 0
    assert before <= on_disk(desk)
    assert desk("query", "--csv", "--as-of", 1, "select count(*) from operational.tickets").stdout
    status = desk.json("status")
    assert status["lake"]["files"] < count and status["maintenance"][0]["files_merged"] == report["files_merged"]

    # Everything is, and a process reads all the while; one that dies in between changes nothing of what there is.
    keep(desk, "1s", "1s")
    time.sleep(1.1)
    assert [line["what"] for line in desk.json("doctor") if "catalogue does not know" in line["found"]] == ["orphans"]
    problems, over = [], threading.Event()

    def read():
        while not over.is_set():
            done = subprocess.run([binary, "-C", desk.folder, "query", "select count(*), sum(hash(t)) from core.fact_tickets t"], env=desk.environment,
                                  capture_output=True, text=True, timeout=60)
            if done.returncode != 0:
                problems.append(done.stderr)
            time.sleep(0.3)

    reader = threading.Thread(target=read)
    reader.start()
    desk("maintain", crash_at="during_maintenance:2", code=-9)
    time.sleep(1.1)
    desk("maintain", "-q")
    found = [line["found"] for line in desk.json("doctor", "--remove-orphans") if line["what"] == "orphans"]
    time.sleep(1.1)
    desk("maintain", "-q")
    over.set()
    reader.join()
    assert not problems, problems[0]
    assert found == ["1 removed", "none"] and not orphan.exists()
    assert len(on_disk(desk)) < 0.7 * len(before)
    assert "There is no snapshot of run 1" in desk("query", "--as-of", 1, "select 1", code=2).stderr
    desk.equals(files / "both.duckdb")
    desk.load_delta()  # goes on
    assert {pathlib.Path(file["file"]) for file in desk.json("partitions", "files", desk.json("partitions", "list")[0]["month"])} <= on_disk(desk)


def test_a_file_is_tidied_up_too(files, deskhouse, tmp_path):
    project = tmp_path / "deskhouse.toml"
    shutil.copy(files / "both.duckdb", tmp_path / "copy.duckdb")
    project.write_text((files / "deskhouse.toml").read_text().replace("deskhouse.duckdb", "copy.duckdb"))
    deskhouse("-C", tmp_path, "maintain")
    deskhouse("-C", tmp_path, "verify", "--against", files / "both.duckdb")


@pytest.mark.parametrize("desk", ["postgresql"], indirect=True)
def test_a_server_tidies_up(desk, binary):
    desk.load()
    file = desk.folder / "deskhouse.toml"
    file.write_text(file.read_text() + '\n[maintenance]\nevery = "1s"\n')
    server = Server(binary, desk.folder, environment=desk.environment)
    try:
        deadline = time.monotonic() + 60
        while desk.rows("select count(*) from meta.maintenance where files_merged > 0") == ["0"]:
            assert time.monotonic() < deadline, "it was never tidied up"
            time.sleep(0.5)
    finally:
        assert server.stop() == 0
