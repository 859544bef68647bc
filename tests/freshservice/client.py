"""A small client for the tests of the server."""

import base64
import http.client
import json
import urllib.parse
from dataclasses import dataclass
from typing import Any


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def next(self) -> str | None:
        """Path and query of the next page."""
        link = self.headers["Link"]
        if link is None:
            return None
        url, rel = link.split("; ")
        assert rel == 'rel="next"' and url[0] + url[-1] == "<>"
        split = urllib.parse.urlsplit(url[1:-1])
        return f"{split.path}?{split.query}"


class Client:
    """One connection, kept alive where the server lets it."""

    def __init__(self, address: str, key: str = "test-key") -> None:
        self._connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
        self.headers = {"Authorization": "Basic " + base64.b64encode(f"{key}:X".encode()).decode()}

    def send(self, method: str, target: str, body: str | None = None, **headers: str) -> Answer:
        self._connection.request(
            method, target, body, self.headers | {n.replace("_", "-"): v for n, v in headers.items()}
        )
        answer = self._connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read().decode())

    def get(self, path: str, **query: Any) -> Answer:
        """`path` behind /api/v2/."""
        return self.send("GET", f"/api/v2/{path}" + ("?" + urllib.parse.urlencode(query) if query else ""))

    def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """The records of all pages."""
        answer, records = self.get(path, **query), []
        while True:
            assert answer.status == 200, answer.text
            records += answer.json[path.split("/")[-1]]
            if answer.next is None:
                return records
            answer = self.send("GET", answer.next)

    def control(self, method: str, name: str, given: Any = None) -> Any:
        answer = self.send(method, f"/_control/{name}", None if given is None else json.dumps(given))
        assert answer.status == 200, answer.text
        return answer.json

    def close(self) -> None:
        self._connection.close()
