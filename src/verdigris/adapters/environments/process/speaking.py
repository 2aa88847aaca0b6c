"""Speaks with applications that speak of themselves: `/.verdigris/` of the contract, at the instance's own port.

Whoever answers the state with 200 does; everybody else is left in peace for a while. The token goes only to a port
that belongs to the instance's own process, and the secret that it is made from never leaves its file.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from verdigris.adapters.environments.health_call import state_call
from verdigris.adapters.environments.probes import Target
from verdigris.adapters.environments.request import Client, Response, Unanswered
from verdigris.adapters.environments.words import shown
from verdigris.core.errors import ActionError
from verdigris.core.world import SILENT, Known, Said, Seen, Unknown
from verdigris.traffic.inside import Calls, Inside

__all__ = ["REHEARSAL", "Speaker", "read_calls", "read_said", "token"]

PURPOSE = b"verdigris control v1"
REHEARSAL = b"verdigris rehearsal v1"
SECRET_MOST = 4096
EVERY = 1.0
"""Seconds between two questions to who answers."""
AGAIN = 5.0
"""The same to who gave no answer that could be understood."""
SELDOM = 300.0
"""The same to who answered that there is nothing: most applications never speak."""
WITHIN = 2.0
COUNT_MOST = 1_000_000_000
PREFIX = 5
"""Before a message of gRPC stand a byte, 0 for uncompressed, and its length in four."""


def token(secret: Path, purpose: bytes = PURPOSE) -> str:
    """What opens the door that only we use, or says that a request is a rehearsal; empty where there is no secret."""
    try:
        with secret.open("rb") as file:
            key = file.read(SECRET_MOST).strip()
    except OSError:
        return ""
    return hmac.new(key, purpose, hashlib.sha256).hexdigest() if key else ""


def read_said(body: bytes) -> Said:
    """What a state says. ValueError names what cannot be."""
    state: Any = json.loads(body)
    inside = state.get("in_flight") if isinstance(state, dict) else None
    if not isinstance(inside, dict) or not isinstance(state.get("leaving"), bool):
        raise ValueError("`leaving` must be true or false, and `in_flight` an object")
    return Said(
        state["leaving"], _count(inside, "http"), _count(inside, "websocket") + _count(inside, "events")
    )


def read_calls(body: bytes) -> Calls | None:
    """How many calls of gRPC a state counts; None where it counts none. ValueError names what cannot be."""
    calls = json.loads(body).get("grpc_calls")
    if calls is None:
        return None
    if not isinstance(calls, dict):
        raise ValueError("`grpc_calls` must be an object")
    return Calls(_count(calls, "calls", "grpc_calls"), _count(calls, "failed", "grpc_calls"))


def message_in(answer: Response) -> Response:
    """The one message of a gRPC answer as the answer; what is none says that there is nothing."""
    length = int.from_bytes(answer.body[1:PREFIX], "big")
    whole = len(answer.body) == PREFIX + length and answer.body[:1] == b"\0"
    if answer.headers.get("grpc-status") != "0" or not whole:
        return Response(404, answer.headers)
    return Response(answer.status, answer.headers, answer.body[PREFIX:])


def pause(said: Seen[Said]) -> float:
    """Seconds until the next question."""
    return EVERY if isinstance(said, Known) else SELDOM if said is SILENT else AGAIN


def _count(inside: Mapping[str, Any], name: str, where: str = "in_flight") -> int:
    value = inside.get(name, 0)
    if type(value) is not int or not 0 <= value <= COUNT_MOST:
        raise ValueError(f"`{where}.{name}` must be a whole number from 0")
    return value


class Speaker:
    """The questions of one environment: each instance is asked beside whoever wants to know.

    `inside` is told what fails inside them. By `grpc` they are asked for that alone: they say nothing of themselves.
    """

    def __init__(
        self, now: Callable[[], float], host: str = "", inside: Inside | None = None, grpc: bool = False
    ) -> None:
        self._now = now
        self._host = host
        self._inside = inside or Inside(now)
        self._grpc = grpc
        self._client = Client()
        self._secrets: dict[Target, Path] = {}
        self._tasks: dict[Target, asyncio.Task[None]] = {}
        self._heard: dict[Target, Seen[Said]] = {}

    def follow(self, targets: Mapping[Target, Path]) -> None:
        """Ask exactly these from now on, each with the secret of its slot."""
        self._secrets = dict(targets)
        for target in self._tasks.keys() - targets.keys():
            self._heard.pop(target, None)
            self._inside.gone(target)
            self._tasks.pop(target).cancel()
        for target in targets.keys() - self._tasks.keys():
            self._tasks[target] = asyncio.create_task(self._listen(target), name=f"hear {target.name}")

    def said(self, target: Target) -> Seen[Said]:
        """What it last said of itself."""
        return SILENT if self._grpc else self._heard.get(target, SILENT)

    async def ask(self, targets: Iterable[Target], verb: str, **what: float) -> None:
        """Ask those that speak to `drain` or `resume`. ActionError says who did not do it."""
        speaking = [target for target in targets if isinstance(self.said(target), Known)]
        missed = await asyncio.gather(*(self._one(target, verb, what) for target in speaking))
        if said := "; ".join(filter(None, missed)):
            raise ActionError(said)

    async def close(self) -> None:
        """End all questions and their connections."""
        tasks = list(self._tasks.values())
        self.follow({})
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.close()

    async def _one(self, target: Target, verb: str, what: Mapping[str, float]) -> str:
        """What is to be complained of."""
        url = f"http://{target.address}/.verdigris/{verb}"
        try:
            body = json.dumps(what).encode()
            answer = await self._client.post(url, WITHIN, self._host, self._token(target), body)
        except Unanswered as error:
            return f"{target.name} was asked to {verb}: {error}"
        if answer.status == 202:
            await self._hear(target)  # what was seen before is over
            return ""
        return f"{target.name} was asked to {verb} and answered {answer.status}: {shown(answer.body)}"

    async def _listen(self, target: Target) -> None:
        while True:
            await self._hear(target)
            await asyncio.sleep(pause(self._heard.get(target, SILENT)))

    async def _hear(self, target: Target) -> None:
        calls = None
        try:
            answer = await self._state(target)
            heard = self._understood(answer)
            calls = read_calls(answer.body) if isinstance(heard, Known) else None
        except (Unanswered, ValueError, RecursionError) as error:
            heard = Unknown(shown(str(error)))
        if target in self._tasks:
            self._heard[target] = heard
            if calls is not None:
                self._inside.note(target, target.slot, calls)

    async def _state(self, target: Target) -> Response:
        bearer = self._token(target)
        if not bearer:
            raise ValueError("there is no secret to speak with")
        if self._grpc:
            return message_in(await state_call(target.address, WITHIN, self._host, bearer))
        return await self._client.get(f"http://{target.address}/.verdigris/state", WITHIN, self._host, bearer)

    def _understood(self, answer: Response) -> Seen[Said]:
        if answer.status != 200:
            return SILENT
        with contextlib.suppress(UnicodeDecodeError):
            return Known(read_said(answer.body), self._now())
        return SILENT

    def _token(self, target: Target) -> str:
        return token(self._secrets[target]) if target in self._secrets else ""
