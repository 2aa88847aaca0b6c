"""A small real API that starts in a tenth of a second, since it is started hundreds of times. Usage: app.py PORT.

The file `behaviour.json` beside it says which: `good`, `worse` (every request but health is answered 500), or `ill`
(its deep health says that the database is not there). Told to go, it finishes what is in flight.
"""

import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

IS = json.loads((Path(__file__).parent / "behaviour.json").read_text())["is"]


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 75
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        if asked.path == "/health":
            health = {
                "status": "ill" if IS == "ill" else "healthy",
                "release": os.environ["VERDIGRIS_RELEASE"],
            }
            return self.say(200, health)
        if asked.path == "/slow":
            threading.Event().wait(int(parse_qs(asked.query)["ms"][0]) / 1000)
        self.say(500 if IS == "worse" else 200, {"name": "crash"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def say(self, status: int, document: dict[str, str]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """It has nothing to say of a request."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *whom: object) -> None:
        """A client that goes away is no news."""


server = Server(("127.0.0.1", int(sys.argv[1])), Answer)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
