"""A PostgreSQL server of the tests' own: in a temporary folder, on a free port of the loopback, stopped by its process."""

import glob
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from .desk import free_port
from .fake_clock import FakeClock

PASSWORD = "right'horse \"battery"


def program(name: str) -> str:
    """The newest server program of Debian's packages, or one on the path."""
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))
    path = found[-1] if found else shutil.which(name)
    assert path, f"{name} is missing: run scripts/bootstrap.sh test"
    return path


def as_server(*command: str) -> list[str]:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return list(command)
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]


class Server:
    """With `fake_time` its clock can be set."""

    def __init__(self, fake_time=False):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="deskhouse_pg_"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self.port = free_port()
        self.clock = FakeClock(self.folder) if fake_time else None
        secret = self.folder / "password"
        secret.write_text(PASSWORD + "\n")
        secret.chmod(0o644)
        self.data = self.folder / "data"
        subprocess.run(
            as_server(program("initdb"), "-D", str(self.data), "-U", "admin", "--pwfile", str(secret), "-N", "-E", "UTF8",
                      "--locale=C", "--auth-host=scram-sha-256", "--auth-local=reject"),
            check=True, capture_output=True, cwd=self.folder)
        self.certificate = self.data / "server.crt"
        self.other_certificate = self.data / "other.crt"
        for name in ("server", "other"):
            subprocess.run(
                as_server("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                          "-subj", "/CN=desk", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                          str(self.data / f"{name}.key"), "-out", str(self.data / f"{name}.crt")),
                check=True, capture_output=True, cwd=self.folder)
        self.process = None
        self.start()

    def start(self):
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(
            as_server("env", *(self.clock.environment() if self.clock else []), program("postgres"), "-D", str(self.data), "-p", str(self.port), "-k", str(self.folder),
                      "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "shared_buffers=256MB",
                      "-c", "ssl=on", "-c", "max_prepared_transactions=5", "-c", "autovacuum=off", "-c", "max_wal_size=4GB"),
            stdout=log, stderr=log, cwd=self.folder)
        for _ in range(200):
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
            if self.try_sql("select 1").returncode == 0:
                return
            time.sleep(0.05)
        raise AssertionError("the server does not answer: " + (self.folder / "log").read_text()[-2000:])

    def stop(self, how=signal.SIGINT):
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=60)
            self.process = None

    def leap(self, transaction: int):
        """The next transaction has about this number, as after years of work."""
        self.sql("update pg_database set datallowconn = true")
        for database in self.sql("select datname from pg_database").split():
            self.sql("vacuum freeze", database)
        self.sql("checkpoint")
        self.stop()
        per_file = 1 << 20
        number = transaction - transaction % per_file + 5
        statuses = self.data / "pg_xact" / f"{number // per_file:04X}"
        statuses.write_bytes(bytes(1 << 18))
        if os.geteuid() == 0:
            shutil.chown(statuses, "postgres", "postgres")
        subprocess.run(as_server(program("pg_resetwal"), "-f", "-x", str(number), "-D", str(self.data)), check=True,
                       capture_output=True, cwd=self.folder)
        self.start()

    def remove(self):
        self.stop(signal.SIGQUIT)  # nothing is kept: no checkpoint
        shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self, database="postgres", user="admin", password=PASSWORD) -> dict:
        return {**os.environ, "PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": user, "PGDATABASE": database,
                "PGPASSWORD": password}

    def try_sql(self, sql: str, database="postgres") -> subprocess.CompletedProcess:
        return subprocess.run([program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-"], input=sql,
                              capture_output=True, text=True, env=self.environment(database))

    def sql(self, sql: str, database="postgres") -> str:
        done = self.try_sql(sql, database)
        assert done.returncode == 0, done.stderr + sql[:2000]
        return done.stdout.strip()


class Session:
    """A psql that stays: a transaction can be open while other things happen."""

    def __init__(self, server: Server, database: str):
        self.process = subprocess.Popen([program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=server.environment(database))

    def sql(self, text: str):
        """Runs statements and waits until they are done."""
        self.process.stdin.write(text + ";\n\\echo done\n")
        self.process.stdin.flush()
        while (line := self.process.stdout.readline()) != "done\n":
            assert line, "psql ended"

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=20)
