"""A Request Tracker of the tests' own: Debian's package on a database server that a test started. No web server and no
mail; people work at it through RT's own code (rt_desk.pl)."""

import json
import os
import pathlib
import subprocess

SETUP = "/usr/sbin/rt-setup-database-5"
PROGRAM = pathlib.Path(__file__).with_name("rt_desk.pl")
CONFIGURATION = """
Set($rtname, 'desk.example');
Set($Organization, 'desk.example');
Set($WebDomain, 'localhost');
Set($DatabaseType, '{kind}');
Set($DatabaseHost, '127.0.0.1');
Set($DatabaseRTHost, '127.0.0.1');
Set($DatabasePort, '{port}');
Set($DatabaseName, 'rt5');
Set($DatabaseUser, 'rt_user');
Set($DatabasePassword, 'of no use elsewhere');
Set($Timezone, 'Asia/Seoul');
Set($MailCommand, 'testfile');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'error');
1;
"""


class RequestTracker:
    """`kind` is RT's word for the database: Pg or mysql. `folder` is for its files and is the caller's to remove."""

    def __init__(self, kind: str, port: int, administrator: str, password: str, folder: pathlib.Path):
        assert os.path.exists(SETUP), "Request Tracker is missing: run scripts/bootstrap.sh test"
        self.kind, self.port = kind, port
        site = folder / "RT_SiteConfig.pm"
        site.write_text(CONFIGURATION.format(kind=kind, port=port))
        more = folder / "site.d"  # none: the machine's own files are not read
        more.mkdir()
        self.environment = {**os.environ, "RT_SITE_CONFIG": str(site), "RT_SITE_CONFIG_DIR": str(more), "TMPDIR": str(folder)}
        done = subprocess.run([SETUP, "--action", "init", "--dba", administrator], capture_output=True, text=True,
                              env={**self.environment, "RT_DBA_PASSWORD": password})
        assert done.returncode == 0, done.stdout + done.stderr

    def worker(self) -> "Worker":
        return Worker(self.environment)


class Worker:
    """A process of RT with a connection of its own. One thread at a time."""

    def __init__(self, environment):
        self.process = subprocess.Popen(["perl", str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        encoding="utf-8", env=environment)

    def attempt(self, operation, **arguments):
        """What RT answers, which may be {"error": why it refused}."""
        self.process.stdin.write(json.dumps([operation, arguments]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"RT ended at {operation} {arguments}"
        return json.loads(line)

    def do(self, operation, **arguments):
        answer = self.attempt(operation, **arguments)
        assert not (isinstance(answer, dict) and "error" in answer), (operation, arguments, answer)
        return answer

    def rows(self, sql) -> list[tuple]:
        """A query of RT's own database, as texts; None for NULL."""
        return [tuple(None if value is None else str(value) for value in row) for row in self.do("rows", sql=sql)]

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=60) == 0
