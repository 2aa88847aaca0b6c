"""A real uvicorn with what can be in flight."""

import os
import sys
from pathlib import Path

import httpx
import pytest

from tests.servers.server import Server, free_port

HERE = Path(__file__).parent


@pytest.fixture
def serving(tmp_path):
    started = []

    def start(keep_serving: float, spread: float, site: str = "serve.py") -> Server:
        port = free_port()
        server = Server(
            name="uvicorn",
            command=[sys.executable, str(HERE / site), str(port), str(keep_serving), str(spread)],
            port=port,
            url=f"http://127.0.0.1:{port}",
            answers=answers,
            log=tmp_path / "log",
            environ=dict(os.environ),
        )
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        if server.running:
            server.process.kill()
            server.process.wait()


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ready").status_code == 200
    except httpx.TransportError:
        return False
