"""The API that the guides talk about: it says back how it was asked, and has a stream of events at /events."""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TICK = threading.Event()


class Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/health":
            ours = {"release": os.environ["VERDIGRIS_RELEASE"], "slot": os.environ["VERDIGRIS_SLOT"]}
            self.answer(json.dumps({"status": "healthy", **ours}))
        elif self.path == "/events":
            self.stream()
        else:
            self.answer(f"{self.command} {self.path}\n{self.headers}")

    def answer(self, text: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        while True:
            self.wfile.write(b"data: tick\n\n")
            TICK.wait(0.2)

    def log_message(self, *words: object) -> None:
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Shop).serve_forever()
