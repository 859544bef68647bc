"""What Python tests share: the checkout, the binary, the real data."""

import os
import pathlib
import subprocess

import pytest

REPO = pathlib.Path(__file__).resolve().parent.parent


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
