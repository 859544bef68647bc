"""A warehouse moves from a file into a lake and back, with all that it holds, whoever dies meanwhile."""

import shutil

import pytest


@pytest.fixture
def moving(desk, files, deskhouse):
    """The desk's project, whose warehouse is still a file; its lake is there to move to."""
    shutil.copy(files / "first.duckdb", desk.folder / "deskhouse.duckdb")
    file = desk.folder / "deskhouse.toml"
    desk.of_lake = file.read_text()
    desk.of_file = desk.of_lake.replace(f'"ducklake:{desk.catalogue}"', '"deskhouse.duckdb"')
    file.write_text(desk.of_file)
    return desk


def test_there_and_back(moving, files):
    lake = f"ducklake:{moving.catalogue}"
    project = moving.folder / "deskhouse.toml"
    # Killed in the middle, it goes on; until it ends, nobody takes the new one for the warehouse.
    moving("migrate", "--to", lake, "-q", crash_at="after_moved_table:20", code=-9)
    project.write_text(moving.of_lake)
    assert moving.rows("select data_version from meta.state") == ["0"]
    project.write_text(moving.of_file)
    moving("migrate", "--to", lake, "-q", crash_at="before_move_commit", code=-9)
    moved = moving.json("migrate", "--to", lake)
    assert moved["equal"] and moved["verified"] and moved["known"] > 20 and moved["tables"] == 0
    # The lake goes on as the file would have: the next delivery comes to the same.
    project.write_text(moving.of_lake)
    moving.equals(files / "first.duckdb")
    assert moving.json("partitions", "files", moving.json("partitions", "list")[0]["month"])
    moving.load_delta()
    moving.equals(files / "both.duckdb")
    # And back.
    moved = moving.json("migrate", "--from", lake, "--to", "back.duckdb")
    assert moved["equal"] and moved["known"] == 0
    project.write_text(moving.of_file.replace('"deskhouse.duckdb"', '"back.duckdb"'))
    moving.equals(files / "both.duckdb")
    moving("verify")
    moving.load()
    assert "has data of its own" in moving("migrate", "--to", lake, code=2).stderr
