"""The version headers as WSGI middleware: who answered stands on every response.

It adds two headers and nothing else: it never reads a body, never swallows an error, and costs a few
microseconds.
"""

import sys
from collections.abc import Iterable, Iterator
from typing import Any, Callable, Optional

from .contract import API_VERSION_HEADER, ENVIRONMENT_HEADER, Identity

__all__ = ["Environ", "StartResponse", "VersionHeaders", "WSGIApp"]

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WSGIApp = Callable[[Environ, StartResponse], Iterable[bytes]]


class VersionHeaders:
    """Set `X-API-Version` and `X-Environment` on every response of `app`, in place of what it set itself.

    An exception before the first byte of the response is answered with a plain 500 that bears the headers too. The
    server meets it right behind that answer, and logs it as it logs any other.
    """

    def __init__(self, app: WSGIApp, identity: Optional[Identity] = None) -> None:
        """Raise `ValueError` when a value could not stand in a header."""
        identity = identity or Identity.of()
        self._app = app
        self._headers = [
            (API_VERSION_HEADER, identity.api_version),
            (ENVIRONMENT_HEADER, identity.environment),
        ]
        self._names = frozenset(name.lower() for name, _ in self._headers)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        names, headers = self._names, self._headers

        def start_marked(status: str, given: list[tuple[str, str]], exc_info: Any = None) -> Any:
            marked = [header for header in given if header[0].lower() not in names] + headers
            return start_response(status, marked, exc_info) if exc_info else start_response(status, marked)

        try:
            body = self._app(environ, start_marked)
        except Exception:
            return _answer_500(environ, start_marked)
        # In these nothing runs any more that could fail, and a server sends them faster as they are.
        if isinstance(body, (list, tuple, _file_wrapper(environ))):
            return body
        return _Body(environ, start_marked, body)


class _Body:
    """The body of an application that still runs: it may fail, or even start its response, with the first bytes."""

    __slots__ = ("_body", "_environ", "_start_marked", "close")

    def __init__(self, environ: Environ, start_marked: StartResponse, body: Iterable[bytes]) -> None:
        self._environ, self._start_marked, self._body = environ, start_marked, body
        # A server closes what was never begun as well; the body's own `close` has to hear of it.
        self.close: Callable[[], Any] = getattr(body, "close", _nothing_to_close)

    def __iter__(self) -> Iterator[bytes]:
        sent = False
        try:
            for part in self._body:
                yield part
                if part:
                    sent = True
        except Exception:
            if sent:
                raise
            yield from _answer_500(self._environ, self._start_marked)


def _answer_500(environ: Environ, start_marked: StartResponse) -> Iterator[bytes]:
    """Start at once, and give an answer that ends in the exception which is being handled.

    Where the server has sent the head of the response already, it raises the exception itself, as WSGI asks it to.
    """
    exc_info: Any = sys.exc_info()
    body = b"Internal Server Error"
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
    start_marked("500 Internal Server Error", headers, exc_info)
    return _then_raise(b"" if environ.get("REQUEST_METHOD") == "HEAD" else body, exc_info[1])


def _then_raise(body: bytes, error: BaseException) -> Iterator[bytes]:
    yield body
    raise error


def _file_wrapper(environ: Environ) -> Any:
    """The class of files that the server sends by itself, or no class."""
    wrapper = environ.get("wsgi.file_wrapper")
    return wrapper if isinstance(wrapper, type) else ()  # `isinstance` takes that for none


def _nothing_to_close() -> None:
    """Stand in for the `close` of a body that has none."""
