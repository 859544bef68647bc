"""A MariaDB server of the tests' own: in a temporary folder, on a free port of the loopback, stopped by its process."""

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
OWNER = "nobody"  # the server refuses to run as root


def program(name: str) -> str:
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    assert path, f"{name} is missing: run scripts/bootstrap.sh test"
    return path


def as_server(*command: str) -> list[str]:
    if os.geteuid() != 0:
        return list(command)
    return ["setpriv", f"--reuid={OWNER}", "--regid=nogroup", "--clear-groups", *command]


class Server:
    """Its own time zone is Asia/Seoul, as good as any that is not UTC. With `fake_time` its clock can be set."""

    def __init__(self, *options, fake_time=False):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="deskhouse_my_"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, OWNER)
        self.port = free_port()
        self.data, self.socket, self.certificate = self.folder / "data", self.folder / "socket", self.folder / "server.crt"
        self.clock = FakeClock(self.folder) if fake_time else None
        subprocess.run(
            as_server(program("mariadb-install-db"), "--no-defaults", f"--datadir={self.data}", "--skip-test-db",
                      "--auth-root-authentication-method=normal", "--innodb-log-file-size=8M"),
            check=True, capture_output=True, cwd=self.folder)
        self.other_certificate = self.folder / "other.crt"
        for name in ("server", "other"):
            subprocess.run(
                as_server("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                          "30", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                          str(self.folder / f"{name}.key"), "-out", str(self.folder / f"{name}.crt")),
                check=True, capture_output=True, cwd=self.folder)
        (self.folder / "admin.cnf").write_text(f'[client]\nuser=admin\npassword="{PASSWORD.replace(chr(34), chr(92) + chr(34))}"\n')
        self.process = None
        self.start(*options, first=True)

    def start(self, *options, first=False):
        environment = ["env", "TZ=Asia/Seoul"]
        if self.clock is not None:
            environment += self.clock.environment()
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(
            as_server(*environment, program("mariadbd"), "--no-defaults", f"--datadir={self.data}", f"--port={self.port}",
                      f"--socket={self.socket}", "--bind-address=127.0.0.1", f"--pid-file={self.folder}/pid",
                      f"--ssl-cert={self.certificate}", f"--ssl-key={self.folder}/server.key", "--skip-name-resolve",
                      "--innodb-flush-log-at-trx-commit=2", "--innodb-log-file-size=8M", "--innodb-buffer-pool-size=128M",
                      "--sync-binlog=0", "--max-allowed-packet=64M", *options),
            stdout=log, stderr=log, cwd=self.folder)
        sql, login = "select 1", self.login()
        if first:
            sql = f"create user admin identified by '{PASSWORD.replace(chr(39), chr(39) * 2)}'; grant all on *.* to admin with grant option"
            login = ["--no-defaults", "-uroot"]
        for _ in range(400):
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
            if self.client(sql, login).returncode == 0:
                return
            time.sleep(0.05)
        raise AssertionError("the server does not answer: " + (self.folder / "log").read_text()[-2000:])

    def stop(self, how=signal.SIGTERM):
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=60)
            self.process = None

    def remove(self):
        self.stop(signal.SIGKILL)  # nothing is kept
        shutil.rmtree(self.folder, ignore_errors=True)

    def login(self) -> list[str]:
        return [f"--defaults-file={self.folder}/admin.cnf"]

    def client(self, sql: str, login: list[str], database="") -> subprocess.CompletedProcess:
        return subprocess.run(
            [program("mariadb"), *login, f"--socket={self.socket}", "--default-character-set=utf8mb4", "--batch",
             "--init-command=set time_zone = '+00:00'", "--skip-column-names", "--raw", database],
            input=sql, capture_output=True, text=True)

    def sql(self, sql: str, database="") -> str:
        done = self.client(sql, self.login(), database)
        assert done.returncode == 0, done.stderr + sql[:2000]
        return done.stdout.rstrip("\n")


class Session:
    """A client that stays: a transaction can be open while other things happen."""

    def __init__(self, server: Server, database: str):
        self.process = subprocess.Popen(
            [program("mariadb"), *server.login(), f"--socket={server.socket}", "--batch", "--skip-column-names", "--unbuffered",
             "--init-command=set time_zone = '+00:00'", database], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def sql(self, text: str):
        """Runs statements and waits until they are done."""
        self.process.stdin.write(text + ";\nselect 'done';\n")
        self.process.stdin.flush()
        while (line := self.process.stdout.readline()) != "done\n":
            assert line, "the client ended"

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=20)
