"""The router's log lines, read fast and strictly: octet-counted frames, and what one line says of a request.

A line says its format first and ends with a dot of its own, so that a cut one is recognised. What begins like a
line and is none is an error, never a guess. Nothing here knows a clock or a socket.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verdigris.core.world import Slot

__all__ = ["ASKED_KEPT", "FRAME_MOST", "BadLine", "Frames", "Line", "dropped", "read"]

FRAME_MOST = 4096
DIGITS_MOST = 5
WALL_MOST = 10**15
"""Milliseconds since 1970 that a line can name: those of 31,000 years."""
RETRIES_MOST = 100
WAIT_MOST = 10**10
"""Milliseconds that a request can last: those of four months."""
ASKED_KEPT = 160
"""Bytes of method and path that are kept; a longer one is cut there."""
FORMAT, BEFORE = b"r2 ", b"r1 "
"""A router may go on with the configuration of the release before: its lines say less, and count all the same."""

FIELDS, FIELDS_BEFORE = 15, 14
"""The last one is the name of the request with method and path."""

FRONT = b"front"
OUTCOMES = {b"-": None, b"g": True, b"b": False}
SLOTS = {b"blue": Slot.BLUE, b"green": Slot.GREEN}


class BadLine(ValueError):
    """What arrived is not what the router's configuration writes."""


@dataclass(slots=True)
class Line:
    """How one request ended.

    `wall` is when, in seconds since 1970. `chosen` is the slot that it was meant for, `slot` the one whose member
    it reached at last; None where there is none. `state` tells who ended it and when, "--" an ordinary end.
    `latency` is milliseconds to the answer, or to the end where there was none. `retries` came before it.
    `preview`: it was sent to a slot by name. Our probe through the front door was not, and counts like any request;
    `own` says that it is one. `good` is what it came to for the user, as the application says; None where it does
    not. `asked` is the method and the path without its query.
    """

    app: bytes
    wall: float
    chosen: Slot | None
    slot: Slot | None
    status: int
    state: bytes
    latency: int
    retries: int
    preview: bool
    own: bool = False
    good: bool | None = None
    asked: bytes = b""


class Frames:
    """Cuts a stream into frames: each is its length in digits, a space, and that many bytes."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The frames that are whole now. `BadLine` when the stream cannot be one; it is of no use from then on."""
        data, at = self._rest + data, 0
        while (space := data.find(b" ", at, at + DIGITS_MOST + 1)) >= 0:
            digits = data[at:space]
            if not digits.isdigit() or int(digits) > FRAME_MOST:
                raise BadLine(f"no frame begins with {data[at : at + 20]!r}")
            end = space + 1 + int(digits)
            if end > len(data):
                break
            yield data[space + 1 : end]
            at = end
        else:
            if len(data) - at > DIGITS_MOST:
                raise BadLine(f"no frame begins with {data[at : at + 20]!r}")
        self._rest = data[at:]


def dropped(frame: bytes) -> bool:
    """Whether this is the router's notice that it had no room for lines."""
    return not frame.startswith((FORMAT, BEFORE)) and frame.rstrip().endswith(b" dropped")


def read(frame: bytes) -> Line | None:
    """The request that a frame tells of; None for what the router says besides. `BadLine` for a broken one."""
    if not frame.startswith(FORMAT):
        if not frame.startswith(BEFORE):
            return None
        frame = in_our_words(frame)
    fields = frame.split(b" ", FIELDS - 1)
    if len(fields) != FIELDS or not frame.endswith(b" ."):
        raise BadLine(f"not a whole line: {frame[:200]!r}")
    _, app, wall, chosen, server, code, wait, connect, answer, total, state, retries, preview, said, asked = (
        fields
    )
    try:
        moment, status, again, replied = int(wall), int(code), int(retries), int(answer)
        # What was lost on members before the one that answered is not its own.
        latency = replied if again else replied + int(wait) + int(connect)
        latency = max(0, latency if replied >= 0 else int(total))
        good = OUTCOMES[said]
    except ValueError as error:
        raise BadLine(f"not a number where one belongs: {frame[:200]!r}") from error
    except KeyError as error:
        raise BadLine(f"no outcome where one belongs: {frame[:200]!r}") from error
    # One absurd number would count for more than all the requests that there are.
    if not (0 <= moment < WALL_MOST and status < 1000 and 0 <= again <= RETRIES_MOST and latency < WAIT_MOST):
        raise BadLine(f"a number that cannot be: {frame[:200]!r}")
    return Line(
        app,
        moment / 1000,
        SLOTS.get(chosen),
        SLOTS.get(server.partition(b"-")[0]),
        status,
        state,
        latency,
        again,
        preview in SLOTS,
        preview == FRONT,
        good,
        asked[asked.find(b" ") + 1 : -2][:ASKED_KEPT],
    )


def in_our_words(frame: bytes) -> bytes:
    """A line of the format before, as this one has it. It had the query behind the path."""
    fields = frame.split(b" ", FIELDS_BEFORE - 1)
    if len(fields) != FIELDS_BEFORE or not frame.endswith(b" ."):
        raise BadLine(f"not a whole line: {frame[:200]!r}")
    _, *head, request = fields
    return b" ".join((FORMAT.rstrip(), *head, b"-", request[:-2].partition(b"?")[0], b"."))
