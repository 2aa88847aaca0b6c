"""Which route a request belongs to, told by method and path: as the configuration names it, else as it looks.

A path is what strangers send. Whatever they ask for, no more than so many routes are told by name and no more than
so many are remembered; the rest is one route together. Nothing here knows a clock or a socket.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["NAMED", "OTHER", "Route", "Routes", "derived", "matches"]

NAMED = 50
"""Routes that are told by name."""

OTHER = "other"
"""All the rest together, and what has no route."""

REMEMBERED = 500
PATHS = 4000
"""Paths whose route need not be found again."""

SEGMENTS = 6
WORD = re.compile(r"(?=.{1,40}$)[A-Za-z._~:-]+[0-9]{0,3}[A-Za-z._~:-]*", re.ASCII)
TOKEN = re.compile(r"[A-Za-z0-9]{16,}", re.ASCII)
METHOD = re.compile(rb"[A-Z]{1,10}")
CAPITALS, LONG = 0.3, 16
ID = "{id}"
DIGITS = rb"[0-9]+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
NUMBERS = re.compile(rb"/(?:%b)(?=/|$)" % DIGITS)
"""What most paths differ by: one route is remembered for all of them, and found three times as fast."""


@dataclass(slots=True, eq=False)
class Route:
    """A route while it is counted. `weight` is its requests of late; `named` whether it is told by its name."""

    name: str
    weight: int = 0
    named: bool = False


class Routes:
    """The routes of one app. `patterns` are those that the configuration names, the first that fits counts."""

    def __init__(self, patterns: tuple[str, ...] = ()) -> None:
        self._patterns = patterns
        # Whoever names a route by a number wants that one.
        self._alike = not any(NUMBERS.search(pattern.encode()) for pattern in patterns)
        self._of: dict[bytes, Route] = {}
        self._routes: dict[str, Route] = {}
        self._free = NAMED

    def of(self, asked: bytes) -> str:
        """Count one request, and say under which name."""
        route = self._of.get(asked) or self._find(asked)
        route.weight += 1
        return route.name if route.named else OTHER

    def settle(self) -> None:
        """Name whoever has by far more requests than one of the named: names are to stay from second to second."""
        if self._free:
            return
        ascending = sorted(self._routes.values(), key=lambda route: route.weight)
        waiting = [route for route in reversed(ascending) if not route.named]
        for lesser, greater in zip([route for route in ascending if route.named], waiting, strict=False):
            if greater.weight <= 2 * lesser.weight + NAMED:
                break
            lesser.named, greater.named = False, True

    def fade(self) -> None:
        """Let what was count half as much as what comes. Who has no requests any more loses its name."""
        for route in self._routes.values():
            route.weight //= 2
        self._keep([route for route in self._routes.values() if route.weight])

    def _find(self, asked: bytes) -> Route:
        if self._alike:
            head, _, last = asked.rpartition(b"/")
            if last.isdigit() and (found := self._of.get(head + b"/0")):
                return found
            asked = NUMBERS.sub(b"/0", asked)
            if found := self._of.get(asked):
                return found
        if len(self._of) >= PATHS:
            self._of.clear()
        name = named_by(self._patterns, asked)
        route = self._routes.get(name) or self._begin(name)
        self._of[asked] = route
        return route

    def _begin(self, name: str) -> Route:
        if len(self._routes) >= REMEMBERED:
            heavy = sorted(self._routes.values(), key=lambda route: (route.named, route.weight))
            self._keep(heavy[-REMEMBERED // 2 :])
        route = self._routes[name] = Route(name, named=name != OTHER and self._free > 0)
        self._free -= route.named
        return route

    def _keep(self, routes: list[Route]) -> None:
        self._of.clear()
        self._routes = {route.name: route for route in routes}
        self._free = NAMED - sum(route.named for route in routes)


def named_by(patterns: tuple[str, ...], asked: bytes) -> str:
    """The name of a route, of a method and a path with a space between: a pattern, or what is derived."""
    method, _, path = asked.partition(b" ")
    if not METHOD.fullmatch(method) or not path.startswith(b"/"):
        return OTHER
    verb, segments = method.decode(), [part for part in path.decode("latin-1").split("/") if part]
    found = next((pattern for pattern in patterns if matches(pattern, verb, segments)), None)
    return found or f"{verb} {derived(segments)}"


def matches(pattern: str, method: str, segments: list[str]) -> bool:
    """Whether `GET /orders/{id}` or `/static/*` fits: a name in braces is one segment, `*` at the end any number."""
    wanted, _, path = pattern.rpartition(" ")
    parts = [part for part in path.split("/") if part]
    if wanted not in ("", method):
        return False
    if parts and parts[-1] == "*":
        parts, segments = parts[:-1], segments[: len(parts) - 1]
    return len(parts) == len(segments) and all(
        part == segment or part.startswith("{") for part, segment in zip(parts, segments, strict=True)
    )


def derived(segments: list[str]) -> str:
    """A path with `{id}` for whatever looks like the name of one thing among many, and … for what is deep below."""
    parts = [segment if is_word(segment) else ID for segment in segments[:SEGMENTS]]
    return "/" + "/".join(parts + ["…"] * (len(segments) > SEGMENTS))


def is_word(segment: str) -> bool:
    """Whether it could be a word of the application: no number, digest, address or token."""
    if not WORD.fullmatch(segment):
        return False
    # No long token is nearly all in one case, as a word in camelCase is, and no digest is without digits.
    if len(segment) >= LONG and sum(map(str.isupper, segment)) >= CAPITALS * len(segment):
        return False
    return segment.isalpha() or not TOKEN.fullmatch(segment)
