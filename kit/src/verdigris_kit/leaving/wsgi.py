"""Leaving well under WSGI: requests are counted, and readiness says 503 while the process leaves.

WSGI has no streams to end and forbids an application to set `Connection`; that is the server's.
"""

import json
import os
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any, Callable, Optional

from verdigris_kit.wsgi import Environ, StartResponse, WSGIApp

from .bounds import in_bounds, within_grace
from .signals import Sigterm

__all__ = ["LeavingWSGI"]

MOMENT = 0.05
"""Seconds between two looks at whether a request is still in flight."""


class LeavingWSGI:
    """WSGI middleware around `app`. A server of processes has one of these in each of them.

    `ready` is the path that says 503 while leaving; otherwise the application answers it, or 200 where it has no such
    page. After `listen` SIGTERM is kept from the server for `keep_serving` seconds; from one that would end on the
    spot, for as long as a request is in flight. Where `VERDIGRIS_GRACE` says when SIGKILL comes, never until then.
    """

    def __init__(self, app: WSGIApp, keep_serving: float = 5.0, ready: str = "/ready") -> None:
        """Raise `ValueError` for a time that is not between 0 and a day."""
        self._app, self._ready = app, ready
        self._within_grace = within_grace()
        self._keeps_serving = min(in_bounds("keep_serving", keep_serving), self._within_grace)
        self._requests = 0
        self._lock = threading.Lock()
        self._leaving = self._terminated = False
        self._sigterm = Sigterm(self._heard)

    @property
    def leaving(self) -> bool:
        """Whether the process asks to be left alone by new clients."""
        return self._leaving

    def in_flight(self) -> "dict[str, int]":
        """Return how many requests are being served now. The other kinds are there, and are none."""
        return {"http": self._requests, "websocket": 0, "events": 0}

    def drain(self, seconds: Optional[float] = None) -> None:
        """Leave without an end: not ready any more. `seconds` are for streams, of which there are none here."""
        if seconds is not None:
            in_bounds("seconds", seconds)
        self._leaving = True

    def resume(self) -> bool:
        """Serve as before. False after SIGTERM: from there no way leads back."""
        self._leaving = self._terminated
        return not self._leaving

    def listen(self) -> bool:
        """Hear SIGTERM before the server does. Call it in the main thread, after the server has its own handler.

        gunicorn: in `post_worker_init`. False where that cannot be.
        """
        return self._sigterm.install()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        if self._ready and environ.get("PATH_INFO") == self._ready:
            return self._say_whether_ready(environ, start_response)
        self._count(1)
        try:
            body = self._app(environ, start_response)
        except BaseException:
            self._count(-1)
            raise
        return _counted(environ, body, lambda: self._count(-1))

    def _say_whether_ready(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        head = environ.get("REQUEST_METHOD") == "HEAD"
        if self._leaving:
            return _answer_ready(start_response, "503 Service Unavailable", head)
        begun: list[tuple[Any, ...]] = []

        def start_later(*given: Any) -> Callable[[bytes], None]:
            begun.append(given)
            return _no_write

        body = self._app(environ, start_later)
        parts = list(body)
        close = getattr(body, "close", None)
        if close is not None:
            close()
        if begun[-1][0].startswith("404"):
            return _answer_ready(start_response, "200 OK", head)
        start_response(*begun[-1])
        return parts

    def _count(self, by: int) -> None:
        with self._lock:
            self._requests += by

    def _heard(self) -> None:
        self._leaving = self._terminated = True
        timer = threading.Timer(self._keeps_serving, self._let_it_hear)
        timer.daemon = True
        timer.start()

    def _let_it_hear(self) -> None:
        until = time.monotonic() + self._within_grace - self._keeps_serving
        while self._sigterm.alone and self._requests and time.monotonic() < until:
            time.sleep(MOMENT)
        # Handlers run in the main thread only; the signal that gets us there ends whatever the server waits for.
        self._sigterm.next_goes_on()
        os.kill(os.getpid(), signal.SIGTERM)


def _no_write(data: bytes) -> None:
    raise RuntimeError("write() of WSGI is not for a readiness page: return the body")


def _answer_ready(start_response: StartResponse, status: str, head: bool) -> "list[bytes]":
    body = json.dumps({"ready": status.startswith("200")}).encode()
    start_response(
        status,
        [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
        ],
    )
    return [] if head else [body]


def _counted(environ: Environ, body: Iterable[bytes], done: Callable[[], None]) -> Iterable[bytes]:
    wrapper = environ.get("wsgi.file_wrapper")
    if isinstance(wrapper, type) and isinstance(body, wrapper):
        # A file stays one, so that the server may send it by itself; only its end is heard of.
        body.close = _both(getattr(body, "close", None), done)  # type: ignore[attr-defined]
        return body
    if isinstance(body, (list, tuple)):
        parts = _Parts(body)  # stays a list: servers ask one for its length
        parts.close = _both(None, done)
        return parts
    return _Body(body, done)


def _both(first: Optional[Callable[[], Any]], second: Callable[[], None]) -> Callable[[], None]:
    left = [second]  # a server may close twice

    def close() -> None:
        try:
            if first is not None:
                first()
        finally:
            if left:
                left.pop()()

    return close


class _Parts(list):  # type: ignore[type-arg]
    """A list of parts that tells when the server is done with it."""

    close: Callable[[], None]


class _Body:
    """A response body that does the same."""

    __slots__ = ("_body", "close")

    def __init__(self, body: Iterable[bytes], done: Callable[[], None]) -> None:
        self._body = body
        self.close = _both(getattr(body, "close", None), done)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)
