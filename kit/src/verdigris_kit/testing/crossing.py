"""One user who crosses between two versions: logs in on one, goes on at the other, and back, as behind a router.

For tests. Either version is a base URL or a function that answers, so any framework's test client will do.
"""

import http.client
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import mktime_tz, parsedate_tz
from http.cookies import Morsel, SimpleCookie
from typing import Any, Callable, Optional, Union
from urllib.parse import urlencode, urlsplit

__all__ = ["Answer", "Ask", "Visitor", "back_and_forth"]

WITHIN = 10.0
"""Seconds for one answer."""


@dataclass(frozen=True)
class Answer:
    """What a version answered."""

    status: int
    headers: "tuple[tuple[str, str], ...]" = ()
    body: bytes = b""

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


Ask = Callable[[str, str, "Mapping[str, str]", bytes], Answer]
"""A version as a function: method, path, headers and body."""


@dataclass
class Visitor:
    """A browser with cookies, and with `headers` of its own such as `Authorization`. It visits where `at` leads."""

    at: Union[str, Ask]
    headers: "dict[str, str]" = field(default_factory=dict)
    cookies: "dict[str, str]" = field(default_factory=dict)

    def get(self, path: str) -> Answer:
        """Ask for a page."""
        return self.ask("GET", path)

    def post(self, path: str, form: "Optional[Mapping[str, str]]" = None, *, data: Any = None) -> Answer:
        """Send a form, or `data` as JSON."""
        if data is not None:
            return self.ask("POST", path, {"content-type": "application/json"}, json.dumps(data).encode())
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, kind, urlencode(form or {}).encode())

    def ask(
        self, method: str, path: str, headers: "Optional[Mapping[str, str]]" = None, body: bytes = b""
    ) -> Answer:
        """One request, with the cookies that were set so far."""
        sent = {**self.headers, **(headers or {})}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        ask = _over_http(self.at) if isinstance(self.at, str) else self.at
        answer = ask(method, path, sent, body)
        self._keep(value for name, value in answer.headers if name.lower() == "set-cookie")
        return answer

    def _keep(self, lines: "Iterable[str]") -> None:
        for line in lines:
            for name, morsel in SimpleCookie(line).items():
                if not morsel.value or _over(morsel):
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.coded_value


def back_and_forth(
    old: Union[str, Ask],
    new: Union[str, Ask],
    login: "Callable[[Visitor], object]",
    known: "Callable[[Visitor], object]",
    *,
    rounds: int = 2,
) -> "list[str]":
    """Log in on each version and be known on both, in turns; return the steps that were taken.

    `login(visitor)` logs in where the visitor is; `known(visitor)` says whether it is still known there, and may
    change the session. Raise `AssertionError` that names the first step at which it was not.
    """
    places = {"old": old, "new": new}
    steps = []
    for first, second in (("old", "new"), ("new", "old")):
        visitor = Visitor(places[first])
        login(visitor)
        steps.append(f"logged in on {first}")
        for place in (first, *(second, first) * rounds):
            visitor.at = places[place]
            answer = known(visitor)
            if not answer:
                raise AssertionError(f"{', '.join(steps)}, and was not known on {place}: {answer!r}")
            steps.append(f"known on {place}")
    return steps


def _over(morsel: "Morsel[str]") -> bool:
    ends = parsedate_tz(morsel["expires"])
    return morsel["max-age"] == "0" or (ends is not None and mktime_tz(ends) <= time.time())


def _over_http(base: str) -> Ask:
    url = urlsplit(base)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError(f"{base!r} is no base URL. Give one as http://127.0.0.1:8000, or a function.")
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    host, port, prefix = url.hostname, url.port, url.path.rstrip("/")

    def ask(method: str, path: str, headers: "Mapping[str, str]", body: bytes) -> Answer:
        connection = kind(host, port, timeout=WITHIN)
        try:
            connection.request(method, prefix + path, body or None, dict(headers))
            response = connection.getresponse()
            return Answer(response.status, tuple(response.getheaders()), response.read())
        finally:
            connection.close()

    return ask
