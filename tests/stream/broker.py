"""A Kafka broker of one's own (KRaft, one node), in a temporary folder on a free port of the loopback."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
PASSWORD = "right'horse battery"
# Of deskhouse.toml below [stream], for who connects to `guarded` with KAFKA_PASSWORD in the environment.
SASL = """password_env = "KAFKA_PASSWORD"
[stream.properties]
"security.protocol" = "SASL_PLAINTEXT"
"sasl.mechanism" = "PLAIN"
"sasl.username" = "desk"
"""
CONFIG = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},SASL_PLAINTEXT://127.0.0.1:{guarded},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SASL_PLAINTEXT://127.0.0.1:{guarded}
listener.name.sasl_plaintext.sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_desk="{password}";
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT
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


# One of three, beside the same lines.
NODE = """
node.id={node}
controller.quorum.voters={voters}
offsets.topic.replication.factor=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
min.insync.replicas=2
broker.session.timeout.ms=6000
"""


def kafka_home(repo):
    return pathlib.Path(os.environ.get("KAFKA_HOME", repo / ".deps" / "kafka"))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Broker:
    def __init__(self, home, folder, identity=None, controller=None, node=""):
        """`node`: more properties, of one of several, which are started by who makes them."""
        self.folder = folder
        self.port, guarded, controller = free_port(), free_port(), controller or free_port()
        self.brokers = f"127.0.0.1:{self.port}"
        self.guarded = f"127.0.0.1:{guarded}"  # the same, for those who say who they are
        self.java = ["java", "-XX:TieredStopAtLevel=1", f"-Dlog4j2.configurationFile={HERE}/kafka/log4j2.xml",
                     "-cp", f"{home}/libs/*"]
        self.properties = folder / "server.properties"
        self.properties.write_text(CONFIG.format(port=self.port, guarded=guarded, password=PASSWORD, controller=controller, folder=folder) + node)
        identity = identity or subprocess.run([*self.java, "-Dkafka.log.level=ERROR", "kafka.tools.StorageTool", "random-uuid"],
                                  check=True, capture_output=True, text=True).stdout.strip()
        subprocess.run([*self.java, "-Dkafka.log.level=ERROR", "kafka.tools.StorageTool", "format", "-t", identity,
                        "-c", self.properties], check=True, capture_output=True)
        self.process = None
        if not node:
            self.start()

    def start(self):
        self.begin()
        self.wait()

    def begin(self):
        self.log = self.folder / f"server-{time.monotonic_ns()}.log"
        with self.log.open("w") as out:
            self.process = subprocess.Popen([self.java[0], "-Xmx320m", *self.java[1:], "kafka.Kafka", self.properties],
                                            stdout=out, stderr=subprocess.STDOUT)

    def wait(self):
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


class Cluster:
    """Three nodes, each broker and controller: any one may die."""

    def __init__(self, home, folder):
        self.folder, ports = folder, [free_port() for _ in range(3)]
        voters = ",".join(f"{i + 1}@127.0.0.1:{port}" for i, port in enumerate(ports))
        self.nodes = []
        for i, port in enumerate(ports):
            (folder / str(i + 1)).mkdir()
            self.nodes.append(Broker(home, folder / str(i + 1), "AAAAAAAAAAAAAAAAAAAAAA", port, NODE.format(node=i + 1, voters=voters)))
        for node in self.nodes:
            node.begin()
        for node in self.nodes:
            node.wait()
        self.brokers = ",".join(node.brokers for node in self.nodes)

    def move(self, topic, partition, nodes):
        """The partition is on these nodes from then on, and led by the first of them."""
        subprocess.run([*self.nodes[0].java, "-Dkafka.log.level=ERROR", HERE / "kafka" / "Move.java", self.brokers, topic, str(partition),
                        ",".join(map(str, nodes))], check=True, timeout=90)

    def wipe(self):
        for node in self.nodes:
            node.stop(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)
