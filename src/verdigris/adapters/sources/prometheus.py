"""Counters that Prometheus has, by two queries for each slot.

All queries of one reading are asked for the same moment, a little ago: a scrape between two of them would show the
good of one time and the bad of another. Each series is followed by itself, so that an instance which is missing from
one scrape does not come back with all of its past.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from verdigris import __version__
from verdigris.adapters.sources.answers import counters_in, moment_in, said_in
from verdigris.adapters.sources.sums import Sums
from verdigris.core.errors import ObservationError
from verdigris.core.world import PerSlot, Slot, Unknown
from verdigris.keeper.environment import resolve
from verdigris.keeper.protocol import KeeperError

if TYPE_CHECKING:
    from aiohttp import ClientSession

__all__ = ["BODY_MOST", "Prometheus", "Queries"]

BODY_MOST = 1 << 20
"""Bytes of one answer."""
SETTLED = 2.0
"""Seconds ago for which is asked: what was scraped then has been written down by now."""
ANSWERED = (200, 400, 422)
"""Statuses with an answer about the query itself; any other is about whoever answered."""


@dataclass(frozen=True, slots=True)
class Queries:
    """What is asked of which Prometheus. `token` is a reference to a bearer token, looked up for every reading."""

    url: str
    good: str
    bad: str
    token: str | None = None


class Prometheus:
    """A reader of two queries, `{slot}` in them standing for blue and green."""

    def __init__(self, queries: Queries, environment: Mapping[str, str] = os.environ) -> None:
        self._queries = queries
        self._environment = environment
        self._place = urlsplit(queries.url).netloc
        self._session: ClientSession | None = None

    async def read(self) -> PerSlot[Sums | Unknown]:
        moment = await self.now() - SETTLED
        return PerSlot(await self.of(Slot.BLUE, moment), await self.of(Slot.GREEN, moment))

    async def now(self) -> float:
        """Prometheus' own time: ours may be another."""
        status, body = await self.ask("time()", None)
        try:
            return moment_in(body)
        except ObservationError as error:
            raise ObservationError(f"{self._place} answered {status}: {error}") from None

    async def of(self, slot: Slot, moment: float) -> Sums | Unknown:
        try:
            good = await self.counters("good", self._queries.good, slot, moment)
            return Sums(good, await self.counters("bad", self._queries.bad, slot, moment))
        except Refusal as error:
            return Unknown(str(error))

    async def counters(self, name: str, query: str, slot: Slot, moment: float) -> dict[str, int]:
        asked = query.replace("{slot}", slot)
        _, body = await self.ask(asked, moment)
        asked = " ".join(asked.split())  # on one line of a sentence
        try:
            found = counters_in(body)
        except ObservationError as error:
            raise Refusal(f"signals.prometheus.{name} for {slot}: {error}. It was asked {asked}") from None
        if not found:
            raise Refusal(
                f"signals.prometheus.{name} returned nothing for {slot}. Run it on Prometheus' own page, and have "
                f"the counter show 0 from the start: {asked}"
            )
        return found

    async def ask(self, query: str, moment: float | None) -> tuple[int, bytes]:
        """One answer about a query. `ObservationError` without the address where there is none."""
        import aiohttp

        asked = {"query": query} | ({} if moment is None else {"time": f"{moment:.3f}"})
        try:
            async with self.session().get(
                f"{self._queries.url.rstrip('/')}/api/v1/query",
                params=asked,
                headers=self.headers(),
                allow_redirects=False,
            ) as response:
                body = await bounded(response.content)
                status = response.status
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ObservationError(f"{self._place} cannot be asked: {cause(error)}") from None
        if status not in ANSWERED:
            raise ObservationError(f"{self._place} answered {status}{explained(status, body)}")
        return status, body

    def headers(self) -> dict[str, str]:
        if self._queries.token is None:
            return {}
        try:
            found = resolve("signals.prometheus.token", self._queries.token, 0, {}, self._environment)
        except KeeperError as error:
            raise ObservationError(error.sentence) from None
        token = found.strip()
        if not (token.isascii() and token.isprintable()):
            raise ObservationError(
                "signals.prometheus.token holds more than one line of plain text. Correct it"
            )
        return {"Authorization": f"Bearer {token}"}

    def session(self) -> ClientSession:
        if self._session is None:
            import aiohttp

            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={
                    "User-Agent": f"verdigris/{__version__}",
                    "Accept": "application/json",
                    "Accept-Encoding": "identity",
                },
                auto_decompress=False,  # a few bytes could be a gigabyte
                trust_env=False,
            )
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


class Refusal(ObservationError):
    """What is wrong is about one query, and the other slot may well be seen."""


def cause(error: Exception) -> str:
    """The system's own word for it, or at least its kind: texts of errors may repeat what was asked."""
    number = getattr(getattr(error, "os_error", error), "errno", None)
    return os.strerror(number) if isinstance(number, int) and number > 0 else type(error).__name__


async def bounded(content: object) -> bytes:
    """The whole body, if it is not too long."""
    from aiohttp import StreamReader

    assert isinstance(content, StreamReader)
    found = b""
    async for part in content.iter_chunked(1 << 16):
        found += part
        if len(found) > BODY_MOST:
            raise ObservationError(f"an answer of more than {BODY_MOST >> 20} MiB is not read")
    return found


def explained(status: int, body: bytes) -> str:
    if 300 <= status < 400:
        return "; redirects are not followed: write the final address in signals.prometheus.url"
    if status in (401, 403):
        return ": look at signals.prometheus.token"
    said = said_in(body)
    return f": {said}" if said else ""
