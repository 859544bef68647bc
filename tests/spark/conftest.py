"""A cluster for all tests of the folder, a small demo, and its project over a lake of its own."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

import cluster as spark_cluster

TICKETS = 500


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    if missing := spark_cluster.what_is_missing():
        pytest.skip(f"Spark cannot be started: {missing}")
    started = spark_cluster.Cluster(tmp_path_factory.mktemp("spark"))
    yield started
    started.stop()


@pytest.fixture(scope="session")
def files(deskhouse, tmp_path_factory):
    """Two deliveries, and what the embedded engine makes of the first and of both: first.duckdb, both.duckdb."""
    folder = tmp_path_factory.mktemp("desk") / "desk"
    deskhouse("demo", "--tickets", TICKETS, "--dir", folder, "--delta", "-q")
    shutil.move(folder / "deskhouse.duckdb", folder / "both.duckdb")
    deskhouse("-C", folder, "run", "--now", "2026-01-01", "-q")
    shutil.move(folder / "deskhouse.duckdb", folder / "first.duckdb")
    shutil.rmtree(folder / "deskhouse.duckdb.places", ignore_errors=True)
    return folder


class Desk:
    """A project over a warehouse of its own, loaded by Spark; `delta` is the same with the second delivery."""

    def __init__(self, folder: pathlib.Path, warehouse: str, cluster, binary, deskhouse) -> None:
        self.folder, self.delta, self.cluster = folder, folder / "delta", cluster
        self._binary, self._deskhouse = binary, deskhouse
        for project in (self.folder, self.delta):
            file = project / "deskhouse.toml"
            lines = [f'warehouse = "{warehouse}"\nlake_data = "{folder / "lake"}"' if line.startswith("warehouse = ") else line
                     for line in file.read_text().splitlines()]
            file.write_text("\n".join(lines) + "\n")

    def __call__(self, *arguments, **options):
        return self._deskhouse("-C", self.folder, *arguments, env=self.cluster.environment, **options)

    def spark(self, *arguments, day="2026-01-01", project=None):
        """The arguments of a run on the cluster."""
        return [self._binary, "-C", str(project or self.folder), "run", "--now", day, "-q", "--engine", "spark",
                "--master", self.cluster.master, *self.cluster.settings(), *map(str, arguments)]

    def load(self, *arguments, code=0, **options):
        done = subprocess.run(self.spark(*arguments, **options), env=self.cluster.environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def start(self, *arguments):
        """The same, under way: its lines of progress come on standard error."""
        return subprocess.Popen(self.spark("--json-progress", *arguments), env=self.cluster.environment,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def rows(self, sql):
        return self("query", "--csv", sql).stdout.splitlines()[1:]

    def orphans(self):
        (line,) = (line for line in json.loads(self("doctor", "--json").stdout) if line["what"] == "orphans")
        return line["found"]

    def equals(self, file):
        self("verify", "--against", file)

    def has_left_nothing(self):
        assert not list(self.folder.glob("*.prepared"))


@pytest.fixture
def lake(files, cluster, binary, deskhouse, tmp_path):
    shutil.copytree(files, tmp_path / "desk", ignore=shutil.ignore_patterns("*.duckdb"))
    return Desk(tmp_path / "desk", f"ducklake:sqlite:{tmp_path / 'desk' / 'catalogue.sqlite'}", cluster, binary, deskhouse)


@pytest.fixture
def desk(files, cluster, binary, deskhouse, tmp_path):
    """The same with one file: what a cluster prepares does not depend on where it goes, and a file is quicker."""
    shutil.copytree(files, tmp_path / "desk", ignore=shutil.ignore_patterns("*.duckdb"))
    return Desk(tmp_path / "desk", str(tmp_path / "desk" / "spark.duckdb"), cluster, binary, deskhouse)


def until_done(process, tasks: int) -> None:
    """Reads progress until so many tasks are done. REQUIRES that it comes so far."""
    lines = []
    for line in process.stderr:
        lines.append(line)
        stage = json.loads(line).get("stage", "") if line.startswith("{") else ""
        if stage.startswith("Spark: ") and int(stage.split()[1]) >= tasks:
            return
    raise AssertionError("".join(lines))
