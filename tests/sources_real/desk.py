"""A project whose source is a table of tickets on a real server, whatever the server."""

import contextlib
import itertools
import json
import shutil
import socket
import subprocess
import tempfile

import duckdb

numbers = itertools.count(1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fields(**others):
    """A fields table of [sources.desk.tickets] with the columns of the same names, but for `others`."""
    names = {name: f'"{name}"' for name in ("id", "subject", "status", "requester_id", "created_at", "updated_at")} | others
    return "[sources.desk.tickets.fields]\n" + "\n".join(f"{field} = {value}" for field, value in names.items())


class Desk:
    """A database `name` and a project folder that reads its tickets. A subclass knows the server: it makes the database,
    sets `environment` (of the client), and has sql(), session(), reader(), grant(), revoke(), theirs(), utc(), later(),
    retype(), readers(), cut() and kill_server()."""

    type, user, table = "", "admin", ""  # of source; who reads; `table` as deskhouse.toml names it
    environment: dict
    # SQL: tickets from one number to another; what makes their date-times local; some milliseconds; the type of a moment,
    # whatever the zone; what to drop so that ids are no key; a function reach(n) that fails for a number of the table `poison`;
    # what makes a table's rows stand in a new file, its columns as they are.
    add, local_times, pause, instant, primary_key, reach, rewrite = None, "", "", "", "", "", ""
    # What a reader has who may not read, what lets it read all but two columns, and what lets it read.
    no_grants, grant_columns, grant_select = [], "", ""
    # n days ago; in a day; what begins a transaction's time, and that time later in it.
    days_ago, tomorrow, remember_now, remembered = "", "", "", ""
    names = {}  # what the server calls the types "instant", "integer" and "text"

    def __init__(self, server, folder, deskhouse, binary):
        self.server, self.folder, self.run_deskhouse, self.binary = server, folder, deskhouse, binary
        self.name = f"desk{next(numbers)}"

    @property
    def login(self):
        """Of those who may read what a test grants them."""
        return f"r_{self.name}"

    def connection(self, **changes) -> str:
        keys = {"host": "127.0.0.1", "port": self.server.port, "dbname": self.name, "user": self.user,
                "password_env": "DESK_PASSWORD", **changes}
        return "\n".join(f"{key} = {json.dumps(value)}" for key, value in keys.items() if value is not None)

    def configure(self, entity="", source="", load="batch_size = 100\nbulk_batch_size = 100", connection=None):
        (self.folder / "deskhouse.toml").write_text(
            f'[project]\nthreads = 2\n[load]\n{load}\n[sources.desk]\ntype = "{self.type}"\n'
            f'{connection or self.connection()}\n{source}\n[sources.desk.tickets]\n'
            f'{entity or f"table = {json.dumps(self.table)}"}\n')

    def command(self, *arguments) -> list:
        return [self.binary, "-C", self.folder, *arguments]

    def deskhouse(self, *arguments, code=0, **environment):
        return self.run_deskhouse("-C", self.folder, *arguments, code=code, env={**self.environment, **environment})

    def failure(self, *arguments):
        """What a command that fails says, whatever its exit code."""
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, env=self.environment)
        assert done.returncode in (1, 2), done
        return done.stderr

    def run(self, *arguments, code=0, **environment):
        return self.deskhouse("run", "-q", *arguments, code=code, **environment)

    def start(self, **options):
        return subprocess.Popen(self.command("run", "-q"), env=self.environment, text=True, **options)

    def peak_of_a_run(self, run_measured):
        """MiB."""
        code, error, peak = run_measured(*self.command("run", "-q"), env=self.environment)
        assert code == 0, error
        return peak / 1024 / 1024

    def doctor(self, state=None):
        """What it says of the input; of one state only."""
        done = subprocess.run(self.command("doctor", "--json"), capture_output=True, text=True, env=self.environment)
        return [line for line in json.loads(done.stdout)
                if line["what"] == "input desk.tickets" and state in (None, line["state"])]

    def while_others_work(self, look):
        """What look() gives while somebody else is connected to the database, with a statement that can be seen."""
        other = self.session()
        other.sql("begin; select count(*) from tickets")
        try:
            return look()
        finally:
            other.close()

    def balance(self):
        """Of the latest run: extracted, loaded, unchanged, superseded, quarantined."""
        return self.query("select extracted, loaded, unchanged, superseded, quarantined from meta.balances where "
                          "run_id = (select max(run_id) from meta.runs)")[0]

    @contextlib.contextmanager
    def kept(self):
        """What the project's runs have left so far; the function that it gives brings that back."""
        with tempfile.TemporaryDirectory() as kept:
            def files():
                return list(self.folder.glob("deskhouse.duckdb*"))

            for file in files():
                shutil.copy(file, kept)

            def restore():
                for file in files():
                    shutil.rmtree(file) if file.is_dir() else file.unlink()
                shutil.copytree(kept, self.folder, dirs_exist_ok=True)

            yield restore

    def query(self, sql):
        with duckdb.connect(str(self.folder / "deskhouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def watermark(self):
        return self.query("select watermark from meta.watermarks where entity = 'tickets'")[0][0]

    def reasons(self):
        return dict(self.query("select record_id, reasons from staging.quarantine"))

    def ids(self):
        return [id for id, in self.query("select id::bigint from operational.tickets order by 1")]

    def is_whole(self):
        """The warehouse has what the table has, and increments equal a rebuild."""
        ours = [list(row) for row in self.query("select id, subject, status from operational.tickets order by id")]
        assert ours == self.theirs()
        self.deskhouse("verify")
