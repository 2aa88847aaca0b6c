"""Requests of our own through the front door: what a client gets, and which release really gave it.

The router's word for who answered is not proof: the application's own is, or else the environment's evidence for
the member that answered. Fresh connection, total deadline, no redirects, no proxy, bounded body. A hanging
application holds up nobody: a look takes what has come by then.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verdigris.adapters.routers.haproxy.fronts import PROBE_FROM
from verdigris.adapters.routers.haproxy.settings import Door, Site, split_address
from verdigris.core.words import shown
from verdigris.core.world import Answer, Known, Member, Seen, Slot, Unknown

if TYPE_CHECKING:
    import aiohttp

    from verdigris.ports import Clock

__all__ = ["FRONT", "Complaint", "Probes", "Proof", "only_200"]

FRONT = "front"
"""The name of the probe that goes where any request goes."""

BODY_MOST = 64 << 10
GRPC = {"Content-Type": "application/grpc", "TE": "trailers"}
"""What makes a POST a call. The router carries it on in HTTP/2."""

VERSION_MOST = 200
AGAIN_AFTER = 1.0
PATIENCE = 0.5

Complaint = Callable[[int, bytes], str]
"""What is wrong with an answer of this status and body, as a sentence; empty when nothing is."""

Proof = Callable[[Slot, Member], str | None]
"""The version that the environment has evidence for behind this member; None when it has none."""


def only_200(status: int, body: bytes) -> str:
    return "" if status == 200 else f"it answered {status}"


@dataclass(slots=True)
class _Probe:
    """One request, from its beginning on."""

    began: float
    task: asyncio.Task[Seen[Answer]]


class Probes:
    """At most one request a second to each target, at most one at a time; what came back stays until the next."""

    def __init__(
        self, door: Door, site: Site, clock: Clock, secret: str, complaint: Complaint, proves: Proof
    ) -> None:
        self.within = door.probe_within
        self.site = site
        self.clock = clock
        self._secret = secret
        self._complaint = complaint
        self._proves = proves
        self._running: dict[str, _Probe] = {}
        self._seen: dict[str, Seen[Answer]] = {}
        self._began: dict[str, float] = {}
        self._session: aiohttp.ClientSession | None = None

    async def look(
        self, targets: Iterable[str], members: Callable[[str], tuple[Slot, Member] | None]
    ) -> None:
        """Ask every target that is due; `members` says who sits on the server that a header names."""
        fresh = [self._start(target, members) for target in targets if self._due(target)]
        if fresh:
            await asyncio.wait(fresh, timeout=PATIENCE)
        for target, probe in list(self._running.items()):
            if probe.task.done():
                del self._running[target]
                self._seen[target] = probe.task.result()

    def answer(self, target: str) -> Seen[Answer]:
        """What came back last."""
        return self._seen.get(target, Unknown("it has not come yet"))

    def forget(self) -> None:
        """Routing changed: nothing that was asked before says anything now."""
        for probe in self._running.values():
            probe.task.cancel()
        self._running.clear()
        self._seen.clear()
        self._began.clear()

    async def close(self) -> None:
        tasks = [probe.task for probe in self._running.values()]
        self.forget()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def _due(self, target: str) -> bool:
        began = self._began.get(target)
        return target not in self._running and (began is None or self.clock.now() - began >= AGAIN_AFTER)

    def _start(
        self, target: str, members: Callable[[str], tuple[Slot, Member] | None]
    ) -> asyncio.Task[Seen[Answer]]:
        began = self._began[target] = self.clock.now()
        task = asyncio.create_task(self._ask(target, began, members))
        self._running[target] = _Probe(began, task)
        return task

    async def _ask(
        self, target: str, began: float, members: Callable[[str], tuple[Slot, Member] | None]
    ) -> Seen[Answer]:
        import aiohttp

        try:
            async with asyncio.timeout(self.within):
                status, headers, body = await self._get(target)
        except TimeoutError:
            return Unknown(f"no answer within {self.within:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Unknown(f"no answer: {shown(' '.join(str(error).split())) or type(error).__name__}")
        if kind := headers.get("X-Verdigris-Error"):
            return Known(
                Answer(None, None, False, f"the router itself answered {status} ({shown(kind, 80)})"), began
            )
        return Known(self._answer(status, body, members(headers.get("X-Verdigris-Server", ""))), began)

    def _answer(self, status: int, body: bytes, seat: tuple[Slot, Member] | None) -> Answer:
        complaint = self._complaint(status, body)
        if len(body) > BODY_MOST:
            complaint = f"its answer is longer than {BODY_MOST} bytes"
        slot, version = _own_words(body)
        if version is None and seat is not None:
            slot, version = seat[0], self._proves(*seat)
        sentence = complaint or (
            f"{version} in {slot} answered {status}" if version else "nothing tells the release"
        )
        return Answer(slot if version else None, version, not complaint, sentence)

    async def _get(self, target: str) -> tuple[int, Any, bytes]:
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=True, limit_per_host=4, local_addr=self._source()),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=self.within),
            )
        host, port = split_address(self.site.listen)
        place = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
        path = self.site.probe_path or self.site.health_path
        preview = f"{self._secret};{self.site.app}/{target}"
        headers = {"X-Verdigris-Preview": preview, "Accept-Encoding": "identity"}
        call = self.site.health_call
        headers |= GRPC if call else {}
        if named := [name for name in self.site.hosts if not name.startswith("*")]:
            headers["Host"] = named[0]
        async with self._session.request(
            "POST" if call else "GET",
            f"http://{place}:{port}{path}",
            data=call.message if call else None,
            headers=headers,
            allow_redirects=False,
        ) as got:
            return got.status, got.headers, await _read(got.content)

    def _source(self) -> tuple[str, int] | None:
        """An address that no proxy has, so that nobody expects a PROXY header of us."""
        host, _ = split_address(self.site.listen)
        return (PROBE_FROM, 0) if self.site.proxy_protocol and ":" not in host else None


async def _read(content: aiohttp.StreamReader) -> bytes:
    """The body, and at most one byte more than is allowed."""
    body = bytearray()
    while len(body) <= BODY_MOST:
        chunk = await content.read(BODY_MOST + 1 - len(body))
        if not chunk:
            break
        body += chunk
    return bytes(body)


def _own_words(body: bytes) -> tuple[Slot | None, str | None]:
    """Slot and release as the application says them in its health document; a half of it is none of it."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None, None
    if not isinstance(document, dict):
        return None, None
    slot = next((document[key] for key in ("slot", "environment") if document.get(key) in list(Slot)), None)
    version = document.get("release")
    if slot is None or not isinstance(version, str) or not 0 < len(version) <= VERSION_MOST:
        return None, None
    return (Slot(slot), version) if version.isprintable() else (None, None)  # no release of ours is called so
