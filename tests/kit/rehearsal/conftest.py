"""A payment provider that counts what arrives, and a slot whose secret marks rehearsals."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from verdigris_kit.rehearsal import Rehearsal
from verdigris_kit.secret import token


@dataclass
class Provider:
    """A server on loopback; `arrived` is every request that it got, as method and path."""

    port: int
    arrived: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def provider() -> Iterator[Provider]:
    class Counting(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found.arrived.append(f"{self.command} {self.path}")
            moved = {"Location": f"http://localhost:{found.port}/charges"}
            status, headers = (307, moved) if self.path == "/moved" else (200, {})
            self.send_response(status)
            for name, value in {"Content-Length": "4", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"made" if self.command != "HEAD" else b"")

        do_POST = do_HEAD = do_GET

        def log_message(self, *args):
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request, client_address):
            """A client that hangs up is part of what is tested."""

    server = Server(("127.0.0.1", 0), Counting)
    found = Provider(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The token of this slot, as its router would send it."""
    path = tmp_path / "slot.secret"
    path.touch(0o600)
    path.write_text("8f14e45fceea167a5a36dedd4bea2543")
    monkeypatch.setenv("VERDIGRIS_SECRET_FILE", str(path))
    found = token("rehearsal")
    assert found
    return found


@pytest.fixture
def during(mark):
    """Runs a coroutine function as the handler of a rehearsal, or of an ordinary request."""

    async def run(work, rehearsed=True):
        found = []

        async def app(scope, receive, send):
            found.append(await work())

        headers = [(b"x-verdigris-rehearsal", mark.encode())] if rehearsed else []
        await Rehearsal(app)({"type": "http", "headers": headers}, None, None)
        return found[0]

    return run
