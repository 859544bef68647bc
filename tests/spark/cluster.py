"""A standalone Spark cluster on loopback, of the pip distribution: a master and some workers, each a process of ours."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

REPO = pathlib.Path(__file__).resolve().parents[2]
PYTHON = REPO / ".deps" / "spark" / "bin" / "python"
READY_SECONDS = 90
# Starting is most of what these processes do here.
QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


def what_is_missing() -> str:
    """Why no cluster can be started here; empty: it can."""
    if shutil.which("java") is None:
        return "there is no java"
    return "" if spark_home() else f"pyspark is not in {PYTHON.parent.parent} (scripts/bootstrap.sh test), and SPARK_HOME is not set"


def spark_home() -> str:
    if "SPARK_HOME" in os.environ:
        return os.environ["SPARK_HOME"]
    found = sorted(PYTHON.parent.parent.glob("lib/python3*/site-packages/pyspark"))
    return str(found[0]) if found else ""


def kafka_jars() -> str:
    """Spark's connector for Kafka, as `spark.jars` wants it."""
    return ",".join(map(str, sorted((REPO / ".deps" / "spark-kafka" / "libs").glob("*.jar"))))


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Cluster:
    def __init__(self, folder: pathlib.Path, workers: int = 2, cores: int = 1) -> None:
        self.folder, self.cores = folder, cores
        self.environment = {**os.environ, "SPARK_HOME": spark_home(), "SPARK_LOCAL_IP": "127.0.0.1",
                            "PYSPARK_PYTHON": os.environ.get("PYSPARK_PYTHON", str(PYTHON)),
                            "SPARK_DAEMON_JAVA_OPTS": QUICK_JAVA, "SPARK_DAEMON_MEMORY": "256m"}
        self._workers: list[subprocess.Popen] = []
        # It finds ports that are free, and its log says which: one that we looked for could be taken meanwhile.
        self._master = self._start("master", "master.Master", "--host", "127.0.0.1", "--port", 0, "--webui-port", 0)
        self._until(lambda: self._said("started at"), "the master to start")
        self.master = self._said(r"Starting Spark master at (spark://\S+)")
        self._web_port = self._said(r"service 'MasterUI' on port (\d+)")
        self._until(lambda: self._state() is not None, "the master to answer")
        for _ in range(workers):
            self.add_worker()
        self.wait_for_workers(workers)

    def add_worker(self) -> subprocess.Popen:
        name = f"worker{len(self._workers)}"
        worker = self._start(name, "worker.Worker", self.master, "--host", "127.0.0.1", "--webui-port", 0,
                             "--cores", self.cores, "--memory", "1g", "--work-dir", self.folder / name)
        self._workers.append(worker)
        return worker

    def wait_for_workers(self, count: int) -> None:
        self._until(lambda: (self._state() or {}).get("aliveworkers") == count, f"{count} workers")

    def settings(self) -> list[str]:
        """For `deskhouse run --spark-conf`: a small driver and executors."""
        values = ["spark.executor.memory=512m", "spark.driver.memory=512m", "spark.ui.enabled=false",
                  f"spark.driver.extraJavaOptions={QUICK_JAVA}", f"spark.executor.extraJavaOptions={QUICK_JAVA}"]
        return [word for value in values for word in ("--spark-conf", value)]

    def executors(self) -> list[int]:
        """Process ids of this cluster's executors."""
        return [pid for pid in self._processes("CoarseGrainedExecutorBackend") if self._is_below(pid)]

    def kill_a_worker(self) -> None:
        """One that has an executor. Another takes its place afterwards: wait_for_workers."""
        busy = {os.readlink(f"/proc/{pid}/cwd") for pid in self.executors()}
        for number, worker in enumerate(self._workers):
            if worker.poll() is None and any(str(self.folder / f"worker{number}") in folder for folder in busy):
                worker.kill()
                worker.wait()
                return
        raise AssertionError("no worker has an executor")

    def stop(self) -> None:
        for process in [*self._workers, self._master]:
            if process.poll() is None:
                process.terminate()
        for process in [*self._workers, self._master]:
            process.wait(timeout=30)
        for pid in self.executors():
            os.kill(pid, signal.SIGKILL)

    def _start(self, name: str, main: str, *arguments: object) -> subprocess.Popen:
        log = open(self.folder / f"{name}.log", "ab")
        return subprocess.Popen([f"{self.environment['SPARK_HOME']}/bin/spark-class", f"org.apache.spark.deploy.{main}", *map(str, arguments)],
                                env=self.environment, stdout=log, stderr=log, cwd=self.folder)

    def _state(self) -> dict | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._web_port}/json/", timeout=5) as answer:
                return json.load(answer)
        except (OSError, ValueError):
            return None

    def _said(self, pattern: str) -> str:
        """What the master's log says; empty: nothing yet."""
        found = re.search(pattern, (self.folder / "master.log").read_text())
        return found.group(found.lastindex or 0) if found else ""

    def _until(self, condition, what: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not condition():
            logs = "".join(p.read_text()[-2000:] for p in self.folder.glob("*.log"))
            assert time.monotonic() < deadline, f"waited {READY_SECONDS} s for {what}\n{logs}"
            time.sleep(0.1)

    def _is_below(self, pid: int) -> bool:
        try:
            return os.readlink(f"/proc/{pid}/cwd").startswith(str(self.folder))
        except OSError:
            return False

    @staticmethod
    def _processes(word: str) -> list[int]:
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and word in (entry / "cmdline").read_bytes().decode(errors="replace"):
                    found.append(int(entry.name))
            except OSError:
                pass  # it has ended meanwhile
        return found
