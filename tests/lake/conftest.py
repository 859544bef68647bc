"""A small demo, its warehouse as a file, and its project with a lake instead: by SQLite, and by PostgreSQL."""

import json
import os
import shutil

import pytest

TICKETS = 500


@pytest.fixture(scope="session")
def files(deskhouse, tmp_path_factory):
    """Two deliveries, and the warehouses that loading the first and both gives: first.duckdb, both.duckdb."""
    folder = tmp_path_factory.mktemp("lake") / "desk"
    deskhouse("demo", "--tickets", TICKETS, "--dir", folder, "--delta", "-q")
    shutil.move(folder / "deskhouse.duckdb", folder / "both.duckdb")
    deskhouse("-C", folder, "run", "--now", "2026-01-01", "-q")
    shutil.move(folder / "deskhouse.duckdb", folder / "first.duckdb")
    shutil.rmtree(folder / "deskhouse.duckdb.places", ignore_errors=True)
    return folder


# What a run does to both catalogues, and how others read them meanwhile, is tested each time (test_lake, test_readers, test_maintain);
# what stands on that, by PostgreSQL each time and by SQLite as a soak.
BY_SQLITE_RARELY = {"test_migrate.py", "test_partitions.py", "test_time_travel.py"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent.name == "lake" and item.path.name in BY_SQLITE_RARELY and "[sqlite" in item.name:
            item.add_marker(pytest.mark.soak)


class Desk:
    """A project over a lake of its own; `delta` is the same with the second delivery."""

    def __init__(self, folder, catalogue, environment, deskhouse):
        self.folder, self.delta, self.catalogue, self.environment = folder, folder / "delta", catalogue, environment
        self._deskhouse = deskhouse
        for project in (self.folder, self.delta):
            file = project / "deskhouse.toml"
            lines = [f'warehouse = "ducklake:{catalogue}"\nlake_data = "{folder / "lake"}"' if line.startswith("warehouse = ") else line
                     for line in file.read_text().splitlines()]
            file.write_text("\n".join(lines) + "\n")

    def __call__(self, *arguments, project=None, crash_at=None, **options):
        extra = {"DESKHOUSE_CRASH_AT": crash_at} if crash_at else {}
        return self._deskhouse("-C", project or self.folder, *arguments, env={**self.environment, **extra}, **options)

    def load(self, **options):
        return self("run", "--now", "2026-01-01", "-q", **options)

    def load_delta(self, **options):
        return self("run", "--now", "2026-01-02", "-q", project=self.delta, **options)

    def rows(self, sql):
        return self("query", "--csv", sql).stdout.splitlines()[1:]

    def json(self, *arguments, **options):
        return json.loads(self("--json", *arguments, **options).stdout)

    def equals(self, file):
        self("verify", "--against", file)


CATALOGUES = ["sqlite", "postgresql"]


def make_desk(request, files, deskhouse, folder):
    shutil.copytree(files, folder, ignore=shutil.ignore_patterns("*.duckdb"))
    if request.param == "sqlite":
        return Desk(folder, f"sqlite:{folder / 'catalogue.sqlite'}", dict(os.environ), deskhouse)
    server = request.getfixturevalue("postgresql")
    database = f"lake_{os.path.basename(folder.parent)}".lower()[:60]
    server.sql(f'create database "{database}"')
    # Who connects comes from the environment, as an operator would have it: no password stands in deskhouse.toml.
    return Desk(folder, f"postgres:dbname={database}", server.environment(database), deskhouse)


@pytest.fixture(params=CATALOGUES)
def desk(request, files, deskhouse, tmp_path):
    return make_desk(request, files, deskhouse, tmp_path / "desk")


@pytest.fixture(params=CATALOGUES, scope="session")
def loaded(request, files, deskhouse, tmp_path_factory):
    """Both deliveries, as runs 1 and 2, for those who only read."""
    desk = make_desk(request, files, deskhouse, tmp_path_factory.mktemp(f"loaded_{request.param}") / "desk")
    desk.load()
    desk.load_delta()
    return desk
