"""libdeskhouse_core.so as a node of a cluster gets it."""

import re
import shutil
import subprocess

import pytest


@pytest.fixture
def library(binary):
    return binary.parent / "libdeskhouse_core.so"


@pytest.mark.skipif(shutil.which("nm") is None, reason="there is no nm")
def test_it_exports_what_its_header_promises(library, repo):
    """Nothing else: what a process has beside it, of the same names, is not mixed up with it."""
    listed = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    header = (repo / "src" / "capi" / "deskhouse_core.h").read_text()
    promised = re.findall(r"^DESKHOUSE_CORE_API .*?(deskhouse_core_\w+)\(", header, re.MULTILINE)
    assert sorted(line.split()[-1] for line in listed.splitlines()) == sorted(promised) and promised


@pytest.mark.skipif(shutil.which("readelf") is None, reason="there is no readelf")
def test_it_needs_no_client_of_a_server(library):
    listed = subprocess.run(["readelf", "-d", library], capture_output=True, text=True, check=True).stdout
    needed = re.findall(r"NEEDED.*\[(lib[\w+-]+)", listed)
    assert needed and not {"libpq", "libmariadb", "libcurl", "librdkafka", "libduckdb"} & set(needed), needed
