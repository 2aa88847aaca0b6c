"""Who collects the money in the demo: is told of each order by a signed webhook, and tells of a payment by another."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from verdigris_kit.webhooks import Signatures

__all__ = ["Provider"]

WITHIN = 10.0


class Provider:
    """A server on loopback. `told` is what came, signed rightly, the latest; `strange` counts what was not."""

    def __init__(self, told_by: str, tells_by: str) -> None:
        """The secrets of the two directions, `whsec_…`."""
        self._told_by, self._tells_by = Signatures(told_by), Signatures(tells_by)
        self.told: dict[str, Any] = {}
        self.strange = 0
        provider = self

        class Hooks(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                provider._take(
                    list(self.headers.items()), self.rfile.read(int(self.headers["Content-Length"]))
                )
                self.send_response(204)
                self.end_headers()

            def log_message(self, *words: object) -> None:
                """What came is told at the end."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Hooks)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where orders are to be told."""
        return f"http://127.0.0.1:{self._server.server_port}/orders"

    def stop(self) -> None:
        """Take nothing any more."""
        self._server.shutdown()
        self._server.server_close()

    def pay(self, times: int) -> list[int]:
        """Tell of one payment for the order that came last, `times` times where that order said; the statuses."""
        paid = {"type": "payment.received", "data": {"order": self.told["id"], "amount": 5}}
        body = json.dumps(paid).encode()
        return [self._tell(self.told["callback"], f"payment_{self.told['id']}", body) for _ in range(times)]

    def _tell(self, url: str, id: str, body: bytes) -> int:
        try:
            # The URL came in a webhook whose signature was right.
            request = Request(url, body, self._tells_by.headers(id, body))  # noqa: S310
            with urlopen(request, timeout=WITHIN) as answer:  # noqa: S310
                return int(answer.status)
        except HTTPError as refused:
            return refused.code

    def _take(self, headers: list[tuple[str, str]], body: bytes) -> None:
        if self._told_by.verify(headers, body):
            self.told = json.loads(body)["data"]
        else:
            self.strange += 1
