"""The clock of a server that the tests turn; the machine's own stays as it is."""

import glob
import pathlib


class FakeClock:
    """A server that is started with environment() tells the time with this offset, from then on, whenever it is set."""

    def __init__(self, folder: pathlib.Path):
        self.file = folder / "clock"
        self.set("+0")

    def set(self, offset: str):
        self.file.write_text(offset + "\n")
        self.file.chmod(0o644)

    def environment(self) -> list[str]:
        library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        assert library, "libfaketime is missing: run scripts/bootstrap.sh test"
        return [f"LD_PRELOAD={library[0]}", f"FAKETIME_TIMESTAMP_FILE={self.file}", "FAKETIME_NO_CACHE=1",
                "FAKETIME_DONT_FAKE_MONOTONIC=1"]
