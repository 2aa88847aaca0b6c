"""What people do today to exchange a release: edit nginx's upstream and reload it, or stop the old one and start the
new one in its place. The same application and the same clients as for us.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from abc import ABC, abstractmethod
from pathlib import Path
from urllib.error import HTTPError, URLError

from tests.e2e.project import free_port
from tests.waiting import eventually_sync

__all__ = ["APP", "Nginx", "Restart", "own_start", "started"]

APP = Path(__file__).parent / "quick" / "app.py"
CONFIG = """\
daemon off;
worker_processes auto;
pid nginx.pid;
error_log error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_timeout 75s;
    keepalive_requests 1000000;
    upstream app {{ server 127.0.0.1:{app}; keepalive 64; }}
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location / {{
            proxy_pass http://app;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
}}
"""


def started(port: int, version: str) -> subprocess.Popen[bytes]:
    """The application, once it answers well."""
    command = [sys.executable, "-I", "-S", str(APP), str(port)]
    process = subprocess.Popen(command, env={**os.environ, "API_VERSION": version})
    eventually_sync(lambda: answers(port), "the application to answer")
    return process


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


class Peer(ABC):
    """A front door at `port`. `release` returns when the new version serves and the old one is told to go."""

    def __init__(self, place: Path) -> None:
        self.place, self.port, self.number = place, free_port(), 0
        self.app: subprocess.Popen[bytes] | None = None

    def release(self) -> None:
        self.number += 1
        self._exchange(f"{self.number}.0.0")

    @abstractmethod
    def _exchange(self, version: str) -> None:
        """Have this version serve instead of the one that did."""

    def close(self) -> None:
        for process in filter(None, self.processes()):
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()

    def processes(self) -> list[subprocess.Popen[bytes] | None]:
        return [self.app]


class Restart(Peer):
    """The old one ends, the new one begins, at the same port."""

    def _exchange(self, version: str) -> None:
        if self.app is not None:
            self.app.terminate()
            self.app.wait(10)
        self.app = started(self.port, version)


class Nginx(Peer):
    """The new one beside the old one, another upstream, `nginx -s reload`, then the old one may go."""

    nginx: subprocess.Popen[bytes] | None = None

    def _exchange(self, version: str) -> None:
        before, port = self.app, free_port()
        self.app = started(port, version)
        (self.place / "nginx.conf").write_text(CONFIG.format(app=port, port=self.port))
        if self.nginx is None:
            self.nginx = subprocess.Popen([*self.command()])
            eventually_sync(lambda: answers(self.port), "nginx to answer")
        else:
            subprocess.run([*self.command(), "-s", "reload"], check=True)
            eventually_sync(lambda: version == self.serves(), "nginx to serve the new one")
        if before is not None:
            before.terminate()
            before.wait(10)

    def command(self) -> tuple[str, ...]:
        return ("nginx", "-p", str(self.place), "-c", "nginx.conf", "-e", "error.log")

    def serves(self) -> str:
        """Nothing, while a worker of before answers, whose application is gone: callers see the same 502."""
        url = f"http://127.0.0.1:{self.port}/"
        with contextlib.suppress(HTTPError), urllib.request.urlopen(url, timeout=5) as answer:
            return str(answer.headers["X-API-Version"])
        return ""

    def processes(self) -> list[subprocess.Popen[bytes] | None]:
        return [self.nginx, self.app]


def own_start(version: str = "0") -> float:
    """Seconds until the application answers when nobody stands between."""
    began = time.monotonic()
    process = started(free_port(), version)
    took = time.monotonic() - began
    process.terminate()
    process.wait(10)
    return took
