"""An example as a process, asked directly; and what every one of them has to refuse."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

__all__ = ["BAD_REQUESTS", "Answer", "Server", "serving"]

BAD_REQUESTS = [
    ("POST", "/orders", b"{", 400),
    ("POST", "/orders", b"[" * 100_000, 400),
    ("POST", "/orders", [], 422),
    ("POST", "/orders", {"item": ""}, 422),
    ("POST", "/orders", {"item": "tea", "quantity": True}, 422),
    ("POST", "/orders", {"item": "tea", "colour": "green"}, 422),
    ("GET", "/orders/1;DROP", None, 404),
    ("GET", f"/orders/{'9' * 40}", None, 404),
    ("DELETE", "/orders", None, 405),
    ("GET", "/slow?ms=soon", None, 400),
    ("GET", "/slow?ms=600001", None, 400),
    ("GET", f"/slow?ms={'9' * 5000}", None, 400),
    ("GET", "/nothing/at/all", None, 404),
]


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: dict[str, object]


class Server(NamedTuple):
    process: subprocess.Popen[bytes]
    port: int

    def ask(self, method: str, target: str, body: object = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            sent = body if isinstance(body, bytes) else json.dumps(body).encode()
            connection.request(method, target, sent, headers)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, json.loads(response.read() or b"null"))
        finally:
            connection.close()

    def listens(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def traffic(self, requests: int = 3) -> list[int]:
        return [self.ask("GET", "/").status for _ in range(requests)]


@contextmanager
def serving(
    command: Sequence[str], place: Path, environ: Mapping[str, str], port: int, log: Path
) -> Iterator[Server]:
    """The command as a process in `place` with these variables and no others; killed when the block ends."""
    with log.open("wb") as written:
        process = subprocess.Popen(command, cwd=place, env=dict(environ), stdout=written, stderr=written)
    try:
        yield Server(process, port)
    finally:
        process.kill()
        process.wait()
