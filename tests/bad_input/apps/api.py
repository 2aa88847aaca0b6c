"""An API of a few lines that answers well, or as badly as the file `is` beside it says. Usage: api.py PORT.

Standard library only and quick to start: what is tested is what becomes of bad ones, many times over.
"""

import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

IS = (Path(__file__).parent / "is").read_text().strip()


class Answer(BaseHTTPRequestHandler):
    """Every path is answered alike but /health, which is what `is` says."""

    def do_GET(self) -> None:
        health = {
            "hangs": self.hang,
            "redirects": self.redirect,
            "streams": self.stream,
            "html": lambda: self.say(b"<h1>All is well</h1>", kind="text/html"),
            "degraded": lambda: self.tell(status="degraded"),
            "false-check": lambda: self.tell(checks={"database": False, "cache": True}),
            "other-release": lambda: self.tell(release="0.0.1"),
            "broken-json": lambda: self.say(b'{"status": ', kind="application/json"),
            "server-error": lambda: self.say(b"no database", status=500),
        }
        if self.path == "/environment":
            return self.tell(**os.environ)
        answer = health.get(IS) if self.path == "/health" else None
        (answer or self.tell)()

    def tell(self, **said: object) -> None:
        identity = {"status": "healthy", "release": os.environ["VERDIGRIS_RELEASE"]}
        self.say(json.dumps(identity | said).encode(), kind="application/json")

    def say(self, body: bytes, kind: str = "text/plain", status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def hang(self) -> None:
        threading.Event().wait()

    def redirect(self) -> None:
        self.send_response(302)
        self.send_header("Location", "/login")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def stream(self) -> None:
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(b"and on " * 1000)

    def log_message(self, *words: object) -> None:
        """It has nothing to say of a request."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *whom: object) -> None:
        """A client that goes away is no news."""


def main() -> None:
    print(f"starting, this one is {IS}", flush=True)
    if IS == "crashes":
        sys.exit("api.py: cannot reach the database at db.internal:5432")
    if IS == "never-listens":
        threading.Event().wait()
    if IS == "ignores-sigterm":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Server(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()


if __name__ == "__main__":
    main()
