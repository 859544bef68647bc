"""HTTP/1.1 on a socket: one thread a connection, kept alive; and the faults that break it."""

import gzip
import http.server
import json
import socket
import ssl
import struct
import time
import traceback
from typing import Any

from tests.freshservice.api import Api, Response
from tests.freshservice.control import PREFIX, control

RESET_AT_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, no seconds


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, api: Api, port: int, tls: tuple[str, str] | None = None) -> None:
        """`tls`: files of certificate and key."""
        self.api, self.scheme = api, "https" if tls else "http"
        self._open: set[socket.socket] = set()
        self._context: ssl.SSLContext | None = None
        if tls:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*tls)
        super().__init__(("127.0.0.1", port), Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the connection's thread, so that a slow handshake stops nobody."""
        connection = self._context.wrap_socket(request, server_side=True) if self._context else request
        self._open.add(connection)
        try:
            super().finish_request(connection, client_address)
        finally:
            self._open.discard(connection)
            if self._context:
                connection.close()  # the one accepted gave its descriptor away

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are no news; what the server itself does wrong is in Api.mistakes."""

    def close_connections(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # already gone


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "freshservice-test", ""
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Listener

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith(PREFIX):
            status, answer = control(self.server.api, self.command, self.path, body)
            self._send(Response(status, {"Content-Type": "application/json"}, json.dumps(answer).encode()))
            return
        api = self.server.api
        api.begin()
        try:
            host = self.headers.get("Host") or f"127.0.0.1:{self.server.server_port}"
            response = api.handle(self.command, self.path, self.headers, f"{self.server.scheme}://{host}")
        except Exception:  # a mistake of this server or of a schedule: nothing that a client should have to explain
            api.mistakes.append(traceback.format_exc())
            response = Response(500, {"Content-Type": "text/plain"}, api.mistakes[-1].encode())
        try:
            self._send(response)
        finally:
            api.end()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _send(self, response: Response) -> None:
        kind = None
        if response.fault:
            kind = response.fault.kind
            time.sleep(response.fault.delay_s)
        if kind == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
            self.close_connection = True
            self.connection.close()
            return
        switches, body = self.server.api.desk.switches, response.body
        if switches.gzip and "gzip" in self.headers.get("Accept-Encoding", ""):
            response.headers["Content-Encoding"], body = "gzip", gzip.compress(body, 1)
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if kind == "truncate":
            self.close_connection = True
        if switches.chunked:
            self._send_chunked(body, cut=kind == "truncate")
        else:
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body[: len(body) // 2] if kind == "truncate" else body)
        self.wfile.flush()

    def _send_chunked(self, body: bytes, cut: bool) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        middle = len(body) // 2
        for part in (body[:middle], b"" if cut else body[middle:]):
            if part:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        if not cut:
            self.wfile.write(b"0\r\n\r\n")

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The header Date tells the server's own time."""
        return super().date_time_string(
            self.server.api.desk.clock.now().timestamp() if timestamp is None else timestamp
        )

    def log_message(self, format: str, *arguments: Any) -> None:
        """The request log is Api.log."""
