"""A Freshservice that runs here: for tests, and as a program.

    python -m tests.freshservice.server --port 0 --tickets 500 --plan pro

prints its address when it is ready and serves until it is interrupted.
"""

import argparse
import json
import pathlib
import threading
from typing import Any

from tests.freshservice import demo_csv, invent, switches
from tests.freshservice.api import Api, Entry
from tests.freshservice.clock import Clock, ManualClock, to_moment
from tests.freshservice.control import plan as plan_schedule
from tests.freshservice.limits import PLANS, Limiter
from tests.freshservice.model import HelpDesk, mutate
from tests.freshservice.schedule import Fault, Mutation, Trigger
from tests.freshservice.switches import Switches
from tests.freshservice.wire import Listener


class Server:
    """Serves a help desk from `with` to its end. Methods are thread-safe; hold `lock` to read or change `desk`."""

    def __init__(
        self,
        desk: HelpDesk,
        *,
        plan: str = "unlimited",
        api_key: str = "test-key",
        forbidden: set[str] | None = None,
        port: int = 0,
        tls: tuple[str, str] | None = None,
    ) -> None:
        self.desk, self.switches, self.clock = desk, desk.switches, desk.clock
        self.api = Api(
            desk, Limiter(PLANS[plan], desk.clock, desk.switches), api_key=api_key, forbidden=forbidden or set()
        )
        self.lock = self.api.lock
        self._listener = Listener(self.api, port, tls)
        self.address = f"{self._listener.scheme}://127.0.0.1:{self._listener.server_port}"
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> "Server":
        self._thread.start()
        return self

    def __exit__(self, error: object, *_: object) -> None:
        self._listener.shutdown()
        self._thread.join()
        self._listener.close_connections()
        self._listener.server_close()
        if self.api.mistakes and error is None:
            raise AssertionError("the test server, or its schedule, failed:\n" + "\n".join(self.api.mistakes))

    # For tests in the same process

    @property
    def log(self) -> list[Entry]:
        with self.lock:
            return list(self.api.log)

    def early(self) -> list[Entry]:
        """Requests that did not wait for a Retry-After."""
        return self.api.early()

    def mutate(self, do: str, **arguments: Any) -> None:
        """server.mutate("change_ticket", id=7, fields={"status": 4})"""
        with self.lock:
            mutate(self.desk, {"do": do} | arguments)

    def fail(
        self, kind: str, *, at: int = 0, every: int = 0, path: str = "", times: int | None = None, **details: Any
    ) -> None:
        """server.fail("status", status=503, path="assets", times=2)"""
        with self.lock:
            self.api.schedule.faults.append(Fault(kind, Trigger(at, every, path, times), **details))

    def change(
        self, *changes: dict[str, Any], at: int = 0, every: int = 0, path: str = "", times: int | None = None
    ) -> None:
        """server.change({"do": "delete_ticket", "id": 7}, path="tickets.*page=2")"""
        with self.lock:
            self.api.schedule.mutations.append(Mutation(list(changes), Trigger(at, every, path, times)))

    def forget(self) -> None:
        """Empties the log and the schedule."""
        with self.lock:
            self.api.log.clear()
            self.api.schedule.faults.clear()
            self.api.schedule.mutations.clear()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.freshservice.server", description="A Freshservice that runs here."
    )
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--data", type=pathlib.Path, help="the folder of a demo: its CSV files are what is served")
    parser.add_argument("--tickets", type=int, default=300, help="how many to invent, without --data")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plan", choices=PLANS, default="pro")
    parser.add_argument("--api-key", default="test-key")
    parser.add_argument(
        "--now", help="the time at which the server's clock begins: ISO 8601, or real; default: the end of the data"
    )
    parser.add_argument("--manual-clock", action="store_true", help="time stands still but for /_control/advance")
    parser.add_argument("--forbid", default="", help="resources that answer 403, comma-separated")
    parser.add_argument("--switch", action="append", default=[], metavar="NAME=VALUE", help="see README.md")
    parser.add_argument("--schedule", type=pathlib.Path, help="JSON: faults and mutations; see README.md")
    parser.add_argument("--tls", nargs=2, metavar=("CERTIFICATE", "KEY"), help="serve HTTPS")
    return parser.parse_args()


def _desk(chosen: argparse.Namespace) -> HelpDesk:
    wanted = Switches()
    for name, value in map(switches.parse, chosen.switch):
        wanted.set(name, value)
    end = demo_csv.end_of(chosen.data) if chosen.data else invent.END
    start = None if chosen.now == "real" else to_moment(chosen.now) if chosen.now else end
    clock = ManualClock(start or Clock().now()) if chosen.manual_clock else Clock(start)
    if chosen.data:
        return demo_csv.load(chosen.data, clock, wanted)
    return invent.invent(chosen.tickets, chosen.seed, clock, wanted)


def main() -> None:
    chosen = _arguments()
    forbidden = {name for name in chosen.forbid.split(",") if name}
    server = Server(
        _desk(chosen),
        plan=chosen.plan,
        api_key=chosen.api_key,
        forbidden=forbidden,
        port=chosen.port,
        tls=tuple(chosen.tls) if chosen.tls else None,
    )
    if chosen.schedule:
        plan_schedule(server.api, json.loads(chosen.schedule.read_text()))
    with server:
        print(server.address, flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
