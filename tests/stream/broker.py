"""A Kafka broker of one's own (KRaft, one node), in a temporary folder on a free port of the loopback."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
CONFIG = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder}/data
num.network.threads=2
num.io.threads=2
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
log.retention.ms=-1
"""


def kafka_home(repo):
    return pathlib.Path(os.environ.get("KAFKA_HOME", repo / ".deps" / "kafka"))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Broker:
    def __init__(self, home, folder):
        self.folder = folder
        self.port, controller = free_port(), free_port()
        self.brokers = f"127.0.0.1:{self.port}"
        self.java = ["java", "-XX:TieredStopAtLevel=1", f"-Dlog4j2.configurationFile={HERE}/kafka/log4j2.xml",
                     "-cp", f"{home}/libs/*"]
        self.properties = folder / "server.properties"
        self.properties.write_text(CONFIG.format(port=self.port, controller=controller, folder=folder))
        identity = subprocess.run([*self.java, "-Dkafka.log.level=ERROR", "kafka.tools.StorageTool", "random-uuid"],
                                  check=True, capture_output=True, text=True).stdout.strip()
        subprocess.run([*self.java, "-Dkafka.log.level=ERROR", "kafka.tools.StorageTool", "format", "-t", identity,
                        "-c", self.properties], check=True, capture_output=True)
        self.process = None
        self.start()

    def start(self):
        self.log = self.folder / f"server-{time.monotonic_ns()}.log"
        with self.log.open("w") as out:
            self.process = subprocess.Popen([self.java[0], "-Xmx512m", *self.java[1:], "kafka.Kafka", self.properties],
                                            stdout=out, stderr=subprocess.STDOUT)
        until = time.monotonic() + 90
        while "Kafka Server started" not in self.log.read_text():
            assert self.process.poll() is None and time.monotonic() < until, self.log.read_text()[-3000:]
            time.sleep(0.05)

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(30)

    def wipe(self):
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)
