"""What Python tests share: the checkout, the binary, the real data."""

import os
import pathlib
import subprocess
import sys

import pytest

REPO = pathlib.Path(__file__).resolve().parent.parent

_failed: dict[str, None] = {}


def pytest_runtest_logreport(report):
    if report.failed:
        _failed[report.nodeid] = None


def pytest_sessionfinish(session):
    """scripts/test.sh runs what is named in this file once more. Workers tell the first process of their failures."""
    path = os.environ.get("DESKHOUSE_FAILED_TESTS")
    if path and not hasattr(session.config, "workerinput"):
        pathlib.Path(path).write_text("".join(f"{name}\n" for name in _failed))


@pytest.fixture(scope="session")
def repo() -> pathlib.Path:
    return REPO


@pytest.fixture(scope="session")
def data() -> pathlib.Path:
    """The folder of real service-desk data; tests that need it are skipped where it is absent."""
    folder = pathlib.Path(os.environ.get("DESKHOUSE_DATA", REPO.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder} (DESKHOUSE_DATA names another folder)")
    return folder


@pytest.fixture(scope="session")
def binary() -> pathlib.Path:
    """The deskhouse binary under test: DESKHOUSE_BIN, or the release build."""
    path = pathlib.Path(os.environ.get("DESKHOUSE_BIN", REPO / "build" / "release" / "deskhouse"))
    assert path.is_file(), f"{path} is missing: run make build"
    return path


@pytest.fixture(scope="session")
def deskhouse(binary):
    """Runs deskhouse with arguments; fails the test with both outputs unless the exit code is the one wanted."""

    def run(*arguments, code=0, **options) -> subprocess.CompletedProcess:
        done = subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True, timeout=600, **options)
        shown = " ".join(map(str, arguments))
        assert done.returncode == code, f"deskhouse {shown}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run


@pytest.fixture(scope="session")
def postgresql():
    """A PostgreSQL of the tests' own; each test makes a database in it."""
    sys.path.append(str(REPO / "tests"))
    from sources_real import postgresql_server

    server = postgresql_server.Server()
    yield server
    server.remove()


# A child's peak begins with that of the process which starts it, and pytest's grows with what it has read: so a small
# process starts the command. Its last words are the peak in KiB.
MEASURE = """
import os, sys
child = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
"""


@pytest.fixture(scope="session")
def run_measured():
    """Runs a command without its output: exit code, standard error, peak memory in bytes."""

    def run(*command, **options):
        done = subprocess.run([sys.executable, "-c", MEASURE, *map(str, command)], capture_output=True, text=True, timeout=600, **options)
        return done.returncode, done.stderr, int(done.stdout.split()[-1]) * 1024

    return run
