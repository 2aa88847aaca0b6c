"""A real Redis for tests, in memory only: `with redis_server(tmp_path) as redis: redis.url`."""

import contextlib
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.server import Server, free_port
from tests.waiting import eventually_sync

__all__ = ["emptied", "redis_server"]

HASTE = 1.0
"""Seconds for one word of ours: a server that needs longer is asked again."""


@contextlib.contextmanager
def redis_server(tmp_path: Path) -> Iterator[Server]:
    """One that runs for as long as the block lasts, and forgets everything when it is stopped."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("needs the Debian package redis-server")
    port = free_port()
    options = {"port": str(port), "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": str(tmp_path)}
    command = [binary, *(word for name, value in options.items() for word in (f"--{name}", value))]
    server = Server(
        "redis", command, port, f"redis://127.0.0.1:{port}/0", _answers, tmp_path / f"redis-{port}.log"
    )
    try:
        server.start()
        yield server
    finally:
        server.stop()


def emptied(server: Server) -> Server:
    """The same, running and with nothing in it."""
    server.start()
    eventually_sync(lambda: _says(server.port, b"FLUSHALL", b"+OK"), "Redis to forget everything")
    return server


def _answers(port: int) -> bool:
    return _says(port, b"PING", b"+PONG")


def _says(port: int, word: bytes, wanted: bytes) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=HASTE) as sock:
            sock.sendall(word + b"\r\n")
            return wanted == sock.recv(64).strip()
    except OSError:
        return False
