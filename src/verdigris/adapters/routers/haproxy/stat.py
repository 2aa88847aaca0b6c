"""What HAProxy answers, read strictly: an answer that is not as expected is an `ObservationError`, never a zero."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from verdigris.adapters.routers.haproxy.seats import Seat
from verdigris.core.errors import ObservationError

__all__ = [
    "connections_in",
    "held_in",
    "insiders_in",
    "long_lived_in",
    "map_in",
    "requests_in",
    "seats_in",
    "sessions_in",
    "traffic_in",
]

MAINTENANCE = 1
KINDS = ("1xx", "2xx", "3xx", "4xx", "5xx", "other")
INSIDER = re.compile(r"(0x[0-9a-f]+): proto=\S+ .*?\bbe=(\S+) srv=(\S+) ")
STREAMS = re.compile(r"0x[0-9a-f]+: key=(\S+) .*\bconn_cur=(\S+)$")
COUNT = re.compile("[0-9]{1,19}", re.ASCII)


def map_in(text: str) -> dict[str, str]:
    """`show map`: key and value. Of a key that somebody added twice HAProxy goes by the first."""
    found: dict[str, str] = {}
    for line in _lines(text):
        pieces = line.split(" ", 2)
        if len(pieces) != 3 or not pieces[0].startswith("0x"):
            raise _strange("show map", line)
        found.setdefault(pieces[1], pieces[2])
    return found


def seats_in(text: str) -> dict[tuple[str, str], Seat]:
    """`show servers state`: every server with its address, and whether it is out of maintenance."""
    lines = _lines(text)
    if lines[:1] != ["1"] or len(lines) < 2 or not lines[1].startswith("# be_id be_name "):
        raise _strange("show servers state", text)
    names = lines[1].removeprefix("# ").split(" ")
    found = {}
    for line in lines[2:]:
        row = dict(zip(names, line.split(" "), strict=False))
        try:
            host = f"[{row['srv_addr']}]" if ":" in row["srv_addr"] else row["srv_addr"]
            seat = Seat(f"{host}:{row['srv_port']}", not int(row["srv_admin_state"]) & MAINTENANCE)
            found[row["be_name"], row["srv_name"]] = seat
        except (KeyError, ValueError):
            raise _strange("show servers state", line) from None
    return found


def sessions_in(text: str) -> dict[tuple[str, str], int]:
    """`show stat`: requests now inside each server, by proxy and server."""
    return {(row["pxname"], row["svname"]): _count(row, "scur") for row in _rows(text)}


def connections_in(text: str) -> int:
    """`show stat` of frontends: client connections, kept-alive ones with nothing on them included."""
    return sum(_count(row, "scur") for row in _rows(text))


def requests_in(text: str) -> int:
    """`show stat` of frontends: how many requests have ended since the process began, one log line for each."""
    return sum(map(_ended, _rows(text)))


def traffic_in(text: str) -> dict[str, tuple[int, int, int]]:
    """`show stat` of backends: requests that came in, those that ended with a status, and those that are inside now.

    A backend counts a request once, however often it is retried. Its servers do not: a retry begins there anew, an
    interim answer ends there, a body that breaks off never does.
    """
    return {row["pxname"]: (_count(row, "stot"), _ended(row), _count(row, "scur")) for row in _rows(text)}


def held_in(text: str) -> dict[str, int]:
    """`verdigris held`: how many requests of each app wait."""
    found = {}
    for line in _lines(text):
        app, _, count = line.partition(" ")
        found[app] = _number(count, "verdigris held", line)
    return found


def insiders_in(text: str) -> list[tuple[str, str, str]]:
    """`show sess`: the name of every stream, and the backend and server that it is inside of."""
    return [(match[1], match[2], match[3]) for match in map(INSIDER.match, _lines(text)) if match]


def long_lived_in(text: str) -> dict[str, int]:
    """`show table`: streams and upgraded connections by slot. A slot that never had one is not in it."""
    lines = _lines(text)
    if not lines or not lines[0].startswith("# table: "):
        raise _strange("show table", text)
    found = {}
    for line in lines[1:]:
        match = STREAMS.fullmatch(line)
        if not match:
            raise _strange("show table", line)
        found[match[1]] = _number(match[2], "show table", line)
    return found


def _rows(text: str) -> Iterator[dict[str, str]]:
    lines = _lines(text)
    if not lines or not lines[0].startswith("# pxname,svname,"):
        raise _strange("show stat", text)
    try:
        yield from csv.DictReader([lines[0].removeprefix("# "), *lines[1:]])
    except csv.Error as error:
        raise _strange("show stat", str(error)) from None


def _ended(row: dict[str, str]) -> int:
    return sum(_count(row, f"hrsp_{kind}") for kind in KINDS)


def _count(row: dict[str, str], name: str) -> int:
    value = row.get(name) or ""
    return _number(value, "show stat", f"{name}={value}")


def _number(text: str, command: str, where: str) -> int:
    if not COUNT.fullmatch(text):
        raise _strange(command, where)
    return int(text)


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _strange(command: str, what: str) -> ObservationError:
    return ObservationError(f"HAProxy answered `{command}` with something else: {what.strip()[:200]!r}")
