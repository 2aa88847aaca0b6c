"""How requests went, from the router's log lines: it connects to a socket of ours and writes one for each, of all apps.

Every second is held against the router's own count of ended requests: where lines are missing it is marked lost for
every app, since nobody knows whose they were; where nobody listened it is absent. What the router gave up without a
line is found by its counters. Nothing is guessed, nothing grows without bound, and a slow reader never slows the
router: its ring buffer takes that.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from verdigris.adapters.signals.counts import KEPT, ROUTED, Counts, Seconds, seconds_of
from verdigris.adapters.signals.lines import BadLine, Frames, dropped, read
from verdigris.adapters.signals.routes import Routes
from verdigris.adapters.signals.sample import Sample
from verdigris.adapters.signals.silence import Silence
from verdigris.core.errors import ActionError
from verdigris.core.world import Known, Second, Seen, Unknown

if TYPE_CHECKING:
    from verdigris.core.counters import Counters
    from verdigris.ports import Clock

__all__ = ["SOCKET", "AppSignals", "RouterLines"]

SOCKET = "lines.sock"
SETTLE = 0.25
"""Seconds until a second is taken for complete, and until lines are held against a count."""

CHECK_EVERY = 1.0
SILENT_AFTER = 3.0
SLACK = 200
"""One line in so many may still be under way when the count is taken: those of 5 ms."""

Totals = Callable[[], "Awaitable[Seen[tuple[Counters, ...]]]"]


@dataclass(slots=True)
class _Check:
    """A count of the router's, taken at `wall`; `lines` is how many of ours were written by then."""

    wall: float
    taken: float
    total: int
    lines: int


class RouterLines:
    """The one listener of all apps. `start` listens, `close` ends it; the router comes and goes as it likes.

    `totals` asks every router process for its counters, the one that serves first.
    """

    def __init__(self, directory: Path, clock: Clock, totals: Totals) -> None:
        self.directory = directory
        self.clock = clock
        self.trouble = ""
        self._totals = totals
        self._counts: dict[bytes, Counts] = {}
        self._samples: dict[bytes, Sample] = {}
        self._turn = asyncio.Lock()
        self._oldest = 0
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._away_since: float | None = clock.now()
        self._begin = int(clock.now()) + 1
        self._absent: set[int] = set()
        self._lost: set[int] = set()
        self._lines = 0
        self._silence = Silence()
        self._check: _Check | None = None
        self._last: _Check | None = None

    async def start(self) -> None:
        """Listen. A socket that an earlier controller left is replaced."""
        door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            os.fchmod(door.fileno(), 0o600)
            with contextlib.suppress(FileNotFoundError):
                (self.directory / SOCKET).unlink()
            descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                door.bind(f"/proc/self/fd/{descriptor}/{SOCKET}")
            finally:
                os.close(descriptor)
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(lambda: _Connection(self), sock=door)
        except OSError as error:
            door.close()
            raise ActionError(f"{self.directory / SOCKET}: cannot listen there ({error.strerror})") from error

    def of(self, app: str, routes: tuple[str, ...] = ()) -> AppSignals:
        """The signals of one app, counted from now on. `routes` are patterns of those with a name of their own."""
        return AppSignals(self, self._counts.setdefault(app.encode(), Counts(Routes(routes))))

    def sample(self, app: str) -> Sample:
        """Where its safe requests are drawn from, while they are wanted."""
        return self._samples.setdefault(app.encode(), Sample())

    async def seconds(self) -> Seen[Seconds]:
        """The last complete seconds. Unknown while the router has been away for more than three."""
        now = self.clock.now()
        if self._away_since is not None and now - self._away_since > SILENT_AFTER:
            why = f" ({self.trouble})" if self.trouble else ""
            return Unknown(
                f"the router has sent no lines for {now - self._away_since:.0f} s{why}; see `verdigris doctor`"
            )
        if not self._turn.locked():  # whoever looks at this moment as well goes by what is known
            async with self._turn:
                await self._verify(now)
        self._forget(now)
        end = self._complete_until(now)
        absent = self._absent | (
            set(seconds_of(self._away_since, now)) if self._away_since is not None else set()
        )
        told = (at for at in range(max(self._begin, end - KEPT), end) if at not in absent)
        return Known(Seconds(tuple(told), frozenset(self._lost)), now)

    async def close(self) -> None:
        """Stop listening. The router keeps its lines until somebody listens again, or they are too many."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close()

    def connected(self, connection: _Connection) -> None:
        if self._away_since is not None:
            self._absent.update(seconds_of(self._away_since, self.clock.now()))
            self._away_since = None
        self._connections.add(connection)
        self._check = self._last = None

    def disconnected(self, connection: _Connection) -> None:
        """What the router still had to send is gone with it, so this second is not known."""
        self._connections.discard(connection)
        self._check = self._last = None
        if self._connections:
            self._lost.update(seconds_of(self.clock.now(), self.clock.now()))
        else:
            self._away_since = self.clock.now()

    def take(self, frames: list[bytes]) -> None:
        """Count lines. They say when they were written by the wall clock, which is translated as it stands now."""
        now = self.clock.now()
        behind = now - self.clock.wall()
        check, counts_of = self._check, self._counts.get
        samples = {app: sample for app, sample in self._samples.items() if sample.wanted}
        for frame in frames:
            line = read(frame)
            if line is None:
                if dropped(frame):
                    self._lost.update(seconds_of(now - 1, now))
                continue
            self._lines += 1
            if check is not None and line.wall <= check.wall:
                check.lines += 1
            counts, moment = counts_of(line.app), min(line.wall + behind, now)
            if counts is not None and moment > now - KEPT:
                counts.add(line, int(moment))
                if samples and line.app in samples:
                    samples[line.app].offer(line, now)

    async def _verify(self, now: float) -> None:
        """Hold the lines against the router's count, as soon as those that were under way have come."""
        if self._check is not None and now - self._check.taken >= SETTLE:
            self._judge(self._check)
            self._last, self._check = self._check, None
        if self._check is None and (self._last is None or now - self._last.taken >= CHECK_EVERY):
            connections = set(self._connections)
            seen = await self._totals()
            if isinstance(seen, Known):
                self._listen(seen.value)
                if connections == self._connections:
                    ended = seen.value[0].requests
                    self._check = _Check(self.clock.wall(), self.clock.now(), ended, self._lines)

    def _listen(self, counters: tuple[Counters, ...]) -> None:
        """Count what was given up without a line."""
        now = self.clock.now()
        for loss in self._silence.take(counters, now):
            if counts := self._counts.get(loss.app.encode()):
                counts.lose(loss.slot, int(loss.at), loss.count)
        if self._silence.torn is not None:
            self._lost.update(seconds_of(self._silence.torn, now))

    def _judge(self, check: _Check) -> None:
        last = self._last
        if last is None:
            return
        ended, came = check.total - last.total, check.lines - last.lines
        if ended - came > 1 + ended // SLACK:
            self._lost.update(seconds_of(last.taken, check.taken))

    def _complete_until(self, now: float) -> int:
        """The second that is not complete yet: too fresh, or too long after the last count that could be taken."""
        checked = max((c.taken for c in (self._last, self._check) if c), default=None)
        return int(min(now - SETTLE, checked + SILENT_AFTER if checked is not None else now))

    def _forget(self, now: float) -> None:
        oldest = int(now) - KEPT - 2
        if oldest == self._oldest:
            return
        self._oldest = oldest
        for counts in self._counts.values():
            counts.forget_before(oldest)
        self._absent = {at for at in self._absent if at >= oldest}
        self._lost = {at for at in self._lost if at >= oldest}


@dataclass(frozen=True, slots=True)
class AppSignals:
    """The signals of one app, read from what the listener counted for it."""

    lines: RouterLines
    counts: Counts

    async def observe(self) -> Seen[tuple[Second, ...]]:
        """The last complete seconds of the app; a second with lines missing is lost for every app."""
        seen = await self.lines.seconds()
        if isinstance(seen, Unknown):
            return seen
        told, second = seen.value, self.counts.second
        routed = told.at[-1] - ROUTED if told.at else 0
        return Known(tuple(second(at, at in told.lost, at > routed) for at in told.at), seen.seen_at)


class _Connection(asyncio.Protocol):
    """One router process that writes lines."""

    def __init__(self, lines: RouterLines) -> None:
        self.lines = lines
        self.frames = Frames()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.lines.connected(self)

    def data_received(self, data: bytes) -> None:
        """What is not a line ends the connection: the router comes back at once, at the beginning of one."""
        try:
            self.lines.take(list(self.frames.feed(data)))
        except BadLine as error:
            self.lines.trouble = str(error)
            self.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.lines.disconnected(self)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.abort()
