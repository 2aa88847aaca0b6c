"""A bounded sample of the safe requests of the last minute, to be sent once more: method and path, nothing else.

It is empty until somebody wants it. A request is safe by its method alone; one that needed long would be costly, and
one that failed is taken like one that went well, since it may tell two releases apart. What the router could not
write down whole is no request. The newest are drawn as often as they came.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from verdigris.adapters.signals.lines import Line

__all__ = ["MOST", "QUICK", "Sample", "safe"]

MOST = 200
"""Requests that are kept of each half minute."""

HALF = 30.0
QUICK = 1000
"""Milliseconds within which a request was answered, to be worth another one."""

ASKED_MOST = 150
"""Bytes of method and path. They are cut off a little later, and a cut one is another request."""

ASKED = re.compile(rb"(?:GET|HEAD) /[A-Za-z0-9._~%!$&'()*+,;=:@/-]*")
OK, REDIRECTED, FAILED = 200, 400, 500


def safe(line: Line) -> bool:
    """Whether a user's request may be sent again: it only read, and the application's answer was whole."""
    if line.own or line.preview or line.slot is None or line.state != b"--" or line.latency > QUICK:
        return False
    answered = OK <= line.status < REDIRECTED or line.status >= FAILED
    return answered and len(line.asked) <= ASKED_MOST and ASKED.fullmatch(line.asked) is not None


@dataclass(slots=True)
class _Half:
    """A reservoir: of all that came in half a minute each is in it with the same chance."""

    began: float
    seen: int = 0
    kept: list[bytes] = field(default_factory=list)


class Sample:
    """The sample of one app. `want` says whether anybody draws from it; else it takes nothing and has nothing."""

    def __init__(self, dice: random.Random | None = None) -> None:
        self.wanted = False
        self._dice = dice or random.Random()  # noqa: S311 - which requests are drawn is no secret
        self._halves: list[_Half] = []

    def want(self, wanted: bool) -> None:
        self.wanted = wanted
        if not wanted:
            self._halves = []

    def offer(self, line: Line, now: float) -> None:
        """Take a request in, or not, when its line has come."""
        if not (self.wanted and safe(line)):
            return
        half = self._half(now)
        half.seen += 1
        if len(half.kept) < MOST:
            half.kept.append(line.asked)
        elif (place := self._dice.randrange(half.seen)) < MOST:
            half.kept[place] = line.asked

    def draw(self, now: float) -> bytes | None:
        """One request of the last minute, `GET /path`; None when nothing came that is worth it. It stays in."""
        self._forget(now)
        if not self._halves:
            return None
        half = self._dice.choices(self._halves, [half.seen for half in self._halves])[0]
        return self._dice.choice(half.kept)

    def _half(self, now: float) -> _Half:
        self._forget(now)
        if not self._halves or now - self._halves[-1].began >= HALF:
            self._halves.append(_Half(now))
        return self._halves[-1]

    def _forget(self, now: float) -> None:
        self._halves = [half for half in self._halves if now - half.began < 2 * HALF]
