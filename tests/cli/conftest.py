"""A small demo, made once, and copies of it to break."""

import json
import shutil

import duckdb
import pytest

TICKETS = 500


@pytest.fixture(scope="session")
def made_demo(deskhouse, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "desk"
    done = deskhouse("demo", "--tickets", TICKETS, "--dir", folder, "--json")
    (folder.parent / "report.json").write_text(done.stdout)
    return folder


@pytest.fixture
def demo(made_demo, tmp_path):
    """A loaded demo of one's own."""
    folder = tmp_path / "desk"
    shutil.copytree(made_demo, folder)
    return folder


@pytest.fixture
def fresh(demo):
    """The files of the demo, not yet loaded."""
    for name in ("deskhouse.duckdb", "deskhouse.duckdb.wal"):
        (demo / name).unlink(missing_ok=True)
    return demo


@pytest.fixture
def json_of(deskhouse):
    """The parsed output of a command with --json."""

    def run(*arguments, **options):
        return json.loads(deskhouse(*arguments, "--json", **options).stdout)

    return run


@pytest.fixture
def warehouse():
    """Opens a demo's warehouse with the Python package; closes it at the end."""
    opened = []

    def connect(folder, read_only=True):
        opened.append(duckdb.connect(str(folder / "deskhouse.duckdb"), read_only=read_only))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def replace(path, old, new):
    text = path.read_text()
    assert old in text, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new))
