"""Real receivers, on loopback: an HTTP server that keeps what is posted, and an SMTP server with TLS and a login."""

import base64
import contextlib
import dataclasses
import http.server
import json
import socket
import ssl
import subprocess
import threading


@dataclasses.dataclass
class Post:
    path: str
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class Hook:
    """Answers each post with the next of `answers` (a status, or a status and headers), then with 200."""

    def __init__(self, context=None):
        self.posts, self.answers = [], []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.posts.append(Post(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                answer = outer.answers.pop(0) if outer.answers else 200
                status, headers = answer if isinstance(answer, tuple) else (answer, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Mailbox:
    """SMTP of RFC 5321 as far as a client needs it. `tls`: starttls, implicit or none."""

    def __init__(self, context, tls="starttls", user="desk", password="s3cret-of-mail"):
        self.context, self.tls, self.user, self.password = context, tls, user, password
        self.mails, self.refuse = [], []  # mails: sender, recipients, text, whether it came by TLS
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self.listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError, ssl.SSLError):
            connection.settimeout(10)
            secure = self.tls == "implicit"
            if secure:
                connection = self.context.wrap_socket(connection, server_side=True)
            self._talk(connection, secure)
        connection.close()

    def _talk(self, connection, secure):
        lines = connection.makefile("rb")
        say = lambda text: connection.sendall(text.encode() + b"\r\n")
        sender, recipients, known = None, [], False
        say("220 mail.test ESMTP")
        while line := lines.readline():
            command = line.decode(errors="replace").strip()
            verb = command.split(" ")[0].upper()
            if verb == "EHLO":
                offers = ["250-mail.test"] + (["250-STARTTLS"] if self.tls == "starttls" and not secure else [])
                say("\r\n".join(offers + ["250 AUTH PLAIN"]))
            elif verb == "STARTTLS":
                say("220 go")
                connection, secure = self.context.wrap_socket(connection, server_side=True), True
                lines = connection.makefile("rb")
                say = lambda text, c=connection: c.sendall(text.encode() + b"\r\n")
            elif verb == "AUTH":
                given = command.split(" ")[2] if command.count(" ") > 1 else None
                if given is None:
                    say("334 ")
                    given = lines.readline().decode().strip()
                known = base64.b64decode(given).split(b"\0")[1:] == [self.user.encode(), self.password.encode()]
                say("235 ok" if known else "535 no")
            elif verb == "MAIL":
                sender = command
                say("250 ok" if known or self.tls == "none" else "530 log in first")
            elif verb == "RCPT":
                recipients.append(command)
                say("250 ok")
            elif verb == "DATA":
                say("354 go")
                text = b""
                while (part := lines.readline()) not in (b".\r\n", b""):
                    text += part[1:] if part.startswith(b".") else part
                if self.refuse:
                    say(self.refuse.pop(0))
                else:
                    self.mails.append((sender, recipients, text, secure))
                    say("250 taken")
                recipients = []
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("502 what?")


def make_certificates(folder):
    """A CA of this test's own, and a certificate of it for localhost and 127.0.0.1."""
    run = lambda *a: subprocess.run(["openssl", *map(str, a)], check=True, capture_output=True)
    ca, key, request, certificate = (folder / name for name in ("ca.pem", "key.pem", "request.pem", "certificate.pem"))
    run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "ca.key", "-out", ca, "-days", 30, "-subj", "/CN=Test CA")
    run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", "/CN=localhost")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    run("x509", "-req", "-in", request, "-CA", ca, "-CAkey", folder / "ca.key", "-CAcreateserial", "-out", certificate, "-days", 30,
        "-extfile", folder / "names")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return ca, context
