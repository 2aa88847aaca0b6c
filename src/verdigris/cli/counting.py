"""Lines of counts, one second each, as what the judge is given. A line that cannot be true is an error with its number.

{"t": 17, "live": {"requests": 900, "errors": 1, "slow": {"50": 90, "100": 9}}, "candidate": {...}, "share": 0.1}
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import isfinite
from typing import Any, NoReturn, TextIO

from verdigris.cli.heading import heading_of
from verdigris.cli.strictly import known, named, whole, wholes
from verdigris.core.errors import ConfigError
from verdigris.core.judging.counts import Arm, Control, Counts, Route
from verdigris.core.judging.lines import Heading
from verdigris.core.words import shown

__all__ = ["seconds"]

LONGEST = 65_536
"""Characters of a line."""
DIGITS_MOST = 30
EDGES_MOST = 256
ROUTES_MOST = 100
SECOND = {"t", "live", "candidate", "share", "routes", "control"}
SLOT = {"requests", "errors", "slow", "good", "bad", "again"}


def seconds(stream: TextIO, name: str) -> Iterator[Counts | Heading]:
    """The seconds of a file in their order, and the headings above them.

    A second that is there twice must be the same twice.
    """
    last: Counts | None = None
    edges: tuple[float, ...] = ()
    # A line is never read further than it may be long: what has no end would fill the memory.
    lines = iter(lambda: stream.readline(LONGEST + 1), "")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found = entry(line, edges)
            if isinstance(found, Counts):
                follow(last, found)
        except json.JSONDecodeError as error:
            where = f"{shown(error.msg)}, character {error.pos + 1}"
            raise ConfigError(
                f"{name}, line {number}: is no JSON ({where}); one object per second is expected"
            ) from None
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"{name}, line {number}: {shown(str(error))}") from None
        yield found
        if isinstance(found, Heading):
            edges, last = found.edges, last if found.goes_on else None
        else:
            last = found


def follow(last: Counts | None, counts: Counts) -> None:
    if last is None or counts.at > last.at or counts == last:
        return
    if counts.at == last.at:
        raise ValueError(f"t {counts.at} was there already, with other counts")
    raise ValueError(f"t goes back from {last.at} to {counts.at}; lines must be in the order of time")


def entry(line: str, edges: tuple[float, ...]) -> Counts | Heading:
    if len(line) > LONGEST:
        raise ValueError(f"longer than {LONGEST} characters")
    row = json.loads(line, parse_constant=no_number, parse_int=integer, object_pairs_hook=once)
    return heading_of(row) if isinstance(row, dict) and "settings" in row else second(row, edges)


def second(row: Any, edges: tuple[float, ...]) -> Counts:
    """`edges` are the heading's, for what has none of its own."""
    known(row, SECOND, "a second")
    live, candidate = (slot(row, name, edges) for name in ("live", "candidate"))
    again = [slot(row["control"], name, edges) for name in ("live", "candidate")] if "control" in row else []
    found = {its for _, its in (live, candidate, *again) if its}
    if len(found) > 1:
        raise ValueError("live and candidate have other edges in slow; they must have the same")
    return Counts(
        whole(row, "t", "t"),
        live[0],
        candidate[0],
        next(iter(found), edges),
        share(row.get("share")),
        routes(row.get("routes", {})),
        Control(again[0][0], again[1][0]) if again else None,
    )


def slot(row: Any, name: str, edges: tuple[float, ...]) -> tuple[Arm, tuple[float, ...]]:
    """A slot's second and its edges."""
    if not isinstance(row, dict) or row.get(name) is None:
        raise ValueError(f"{name} is missing; a slot without requests has 'requests': 0")
    given = row[name]
    known(given, SLOT, name)
    slow, own = slower(given.get("slow", {}), name, edges)
    counted = (
        whole(given, "requests", f"{name}.requests"),
        whole(given, "errors", f"{name}.errors", 0),
        slow,
        whole(given, "good", f"{name}.good") if "good" in given else None,
        whole(given, "bad", f"{name}.bad") if "bad" in given else None,
        whole(given, "again", f"{name}.again", 0),
    )
    try:
        return Arm(*counted), own
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def slower(slow: Any, name: str, edges: tuple[float, ...]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Who was slower than each edge: by name, or as a list over the heading's edges up to the last that has any."""
    if isinstance(slow, list) and edges:
        found = wholes(slow, f"{name}.slow", len(edges))
        return (*found, *(0,) * (len(edges) - len(found))), edges
    if not isinstance(slow, dict) or len(slow) > EDGES_MOST:
        raise ValueError(f"{name}.slow must be at most {EDGES_MOST} edges in ms with a count each")
    pairs = sorted((edge(key, name), key) for key in slow)
    found = tuple([whole(slow, key, f"{name}.slow.{key}") for _, key in pairs])
    return found, tuple([value for value, _ in pairs])


def routes(rows: Any) -> tuple[Route, ...]:
    """The same requests by route: `{"GET /orders": {"live": {"requests": 9, "errors": 1}, "candidate": {…}}}`."""
    if not isinstance(rows, dict) or len(rows) > ROUTES_MOST:
        raise ValueError(f"routes must be at most {ROUTES_MOST} routes with counts of both slots each")
    return tuple([route(named(name, "a route"), row) for name, row in rows.items()])


def route(name: str, row: Any) -> Route:
    known(row, {"live", "candidate"}, f"routes.{name}")
    try:
        live, candidate = (slot(row, one, ())[0] for one in ("live", "candidate"))
    except ValueError as error:
        raise ValueError(f"routes.{name}: {error}") from None
    return Route(name, candidate.errors, live.errors, candidate.requests, live.requests)


def edge(key: str, name: str) -> float:
    try:
        value = float(key)
    except ValueError:
        value = -1.0
    if not (isfinite(value) and value > 0.0):
        raise ValueError(f"{name}.slow has edges in milliseconds, got {key!r}")
    return value


def share(value: Any) -> float | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ValueError(f"share must be a number from 0 to 1, got {shown(json.dumps(value), 40)}")
    return value


def no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no count")


def integer(digits: str) -> int:
    """Whatever is longer than any count is not worth its conversion."""
    if len(digits) > DIGITS_MOST:
        raise ValueError(f"a number of {len(digits)} digits is no count")
    return int(digits)


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are there once each."""
    row: dict[str, Any] = {}
    for key, value in pairs:
        if key in row:
            raise ValueError(f"{key!r} is there twice")
        row[key] = value
    return row
