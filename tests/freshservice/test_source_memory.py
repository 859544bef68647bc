"""Memory stays flat while any number of records pass: tickets slice by slice, lists that are read whole by some 50 bytes a record,
which is what it takes to know that none was passed over."""

import shutil

import pytest

from tests.freshservice.clock import Clock
from tests.freshservice.endless import EndlessList, EndlessTickets
from tests.freshservice.invent import END, invent

MIB = 1024 * 1024
# Up to 256 MB the warehouse itself takes what it may have.
COUNTS = (1_000_000, 3_000_000)


def peak(project, run_measured):
    for made in project.folder.glob("deskhouse.duckdb*"):
        shutil.rmtree(made) if made.is_dir() else made.unlink()
    code, said, bytes = run_measured(*project.command("run", "-q"), env=project.environment())
    assert code == 0, said
    return bytes / MIB


@pytest.mark.soak
def test_tickets(project_of, run_measured):
    desk = invent(20, 1, Clock(END))
    project = project_of(desk, 'entities = ["tickets"]')
    peaks = []
    for count in COUNTS:
        desk.endless = EndlessTickets(desk, count)
        peaks.append(peak(project, run_measured))
        assert project.query("select count(*) from operational.tickets") == [(count,)]
    print(f"tickets: {peaks[0]:.0f} MiB for {COUNTS[0]:,}, {peaks[1]:.0f} MiB for {COUNTS[1]:,}")
    assert peaks[1] < 1.2 * peaks[0] + 20 and peaks[1] < 512, peaks


@pytest.mark.soak
def test_people(project_of, run_measured):
    desk = invent(20, 1, Clock(END))
    project = project_of(desk, 'entities = ["requesters"]')
    peaks = []
    for count in COUNTS:
        desk.verbatim["requesters"] = EndlessList(next(iter(desk.tables["requesters"].values())), count)
        peaks.append(peak(project, run_measured))
        assert project.query("select count(*) from operational.requesters") == [(count,)]
    print(f"requesters: {peaks[0]:.0f} MiB for {COUNTS[0]:,}, {peaks[1]:.0f} MiB for {COUNTS[1]:,}")
    assert peaks[1] < 1.2 * peaks[0] + 50 * COUNTS[1] / MIB + 20 and peaks[1] < 512, peaks
