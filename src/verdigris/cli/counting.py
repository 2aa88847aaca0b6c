"""Lines of counts, one second each, as what the judge is given. A line that cannot be true is an error with its number.

{"t": 17, "live": {"requests": 900, "errors": 1, "slow": {"50": 90, "100": 9}}, "candidate": {...}, "share": 0.1}
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import isfinite
from typing import Any, NoReturn, TextIO

from verdigris.core.errors import ConfigError
from verdigris.core.judging.counts import Arm, Counts
from verdigris.core.words import shown

__all__ = ["seconds"]

LONGEST = 65_536
"""Characters of a line."""
EDGES_MOST = 256
LARGEST = 10**12
SECOND = {"t", "live", "candidate", "share"}
SLOT = {"requests", "errors", "slow", "good", "bad"}


def seconds(stream: TextIO, name: str) -> Iterator[Counts]:
    """The seconds of a file in their order. A second that is there twice must be the same twice."""
    last: Counts | None = None
    # A line is never read further than it may be long: what has no end would fill the memory.
    lines = iter(lambda: stream.readline(LONGEST + 1), "")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            counts = second(line)
            follow(last, counts)
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"{name}, line {number}: {shown(str(error))}") from None
        yield counts
        last = counts


def follow(last: Counts | None, counts: Counts) -> None:
    if last is None or counts.at > last.at or counts == last:
        return
    if counts.at == last.at:
        raise ValueError(f"t {counts.at} was there already, with other counts")
    raise ValueError(f"t goes back from {last.at} to {counts.at}; lines must be in the order of time")


def second(line: str) -> Counts:
    if len(line) > LONGEST:
        raise ValueError(f"longer than {LONGEST} characters")
    row = json.loads(line, parse_constant=no_number, object_pairs_hook=once)
    known(row, SECOND, "a second")
    live, candidate = (slot(row, name) for name in ("live", "candidate"))
    if live[1] and candidate[1] and live[1] != candidate[1]:
        raise ValueError("live and candidate have other edges in slow; they must have the same")
    edges = live[1] or candidate[1]
    return Counts(whole(row, "t", "t"), live[0], candidate[0], edges, share(row.get("share")))


def slot(row: dict[str, Any], name: str) -> tuple[Arm, tuple[float, ...]]:
    """A slot's second and its edges."""
    given = row.get(name)
    if given is None:
        raise ValueError(f"{name} is missing; a slot without requests has 'requests': 0")
    known(given, SLOT, name)
    slow = given.get("slow", {})
    if not isinstance(slow, dict) or len(slow) > EDGES_MOST:
        raise ValueError(f"{name}.slow must be at most {EDGES_MOST} edges in ms with a count each")
    edges = sorted((edge(key, name), key) for key in slow)
    arm = Arm(
        whole(given, "requests", f"{name}.requests"),
        whole(given, "errors", f"{name}.errors", 0),
        tuple(whole(slow, key, f"{name}.slow.{key}") for _, key in edges),
        whole(given, "good", f"{name}.good") if "good" in given else None,
        whole(given, "bad", f"{name}.bad") if "bad" in given else None,
    )
    return arm, tuple(value for value, _ in edges)


def known(row: Any, names: set[str], what: str) -> None:
    if not isinstance(row, dict):
        raise ValueError(f"{what} must be an object, got {shown(json.dumps(row), 40)}")
    if strange := sorted(set(row) - names):
        raise ValueError(f"{what} has {', '.join(sorted(names))}; nobody knows {strange[0]!r}")


def whole(row: dict[str, Any], key: str, name: str, otherwise: int | None = None) -> int:
    """A count. A boolean is none, nor is 3.0."""
    value = row.get(key, otherwise)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name} must be a whole number, got {shown(json.dumps(value), 40)}")
    if not 0 <= value <= LARGEST:
        raise ValueError(f"{name} must be between 0 and {LARGEST:.0e}, got {value}")
    return value


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


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are there once each."""
    row = dict(pairs)
    if len(row) < len(pairs):
        raise ValueError("a key is there twice")
    return row
