"""What is shipped for operators."""

import pathlib
import shutil
import subprocess

import pytest

UNIT = "packaging/systemd/deskhouse@.service"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_the_unit_is_one_that_systemd_takes(repo, binary, tmp_path):
    """An instance of it, with the binary that was built: no warning, and little that it may do."""
    text = (repo / UNIT).read_text()
    assert "ExecStart=/usr/local/bin/deskhouse " in text
    unit = tmp_path / "deskhouse@desk.service"
    unit.write_text(text.replace("/usr/local/bin/deskhouse", str(binary)))
    done = subprocess.run(["systemd-analyze", "verify", "--recursive-errors=no", unit], capture_output=True, text=True, timeout=60)
    mine = [line for line in done.stderr.splitlines() if "deskhouse@" in line]
    assert done.returncode == 0 and not mine, done.stderr
    security = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=30", unit], capture_output=True, text=True, timeout=60)
    assert security.returncode == 0, security.stdout[-2000:]


def test_its_command_line_is_known(repo, deskhouse):
    line = next(line for line in (repo / UNIT).read_text().splitlines() if line.startswith("ExecStart="))
    assert "serve --listen" in line and "--log-format json" in line
    assert "--listen" in deskhouse("serve", "--help").stdout
