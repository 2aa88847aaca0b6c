"""One guarded question. What the other side does can cost neither time beyond the deadline nor memory beyond the cap.

No redirect is followed, and the session is a guarded one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from verdigris.adapters.environments.response import BODY_MOST
from verdigris.adapters.environments.words import shown
from verdigris.core.errors import ObservationError
from verdigris.traffic.guarded import guarded

if TYPE_CHECKING:
    from aiohttp import ClientSession

__all__ = ["Client", "Response", "Unanswered"]

HEADER_MOST = 8190
HEADERS_MOST = 128
CLIENT = "verdigris-probe"


class Unanswered(ObservationError):
    """No answer. `listening` is False when nothing accepts connections there."""

    def __init__(self, sentence: str, listening: bool = True) -> None:
        super().__init__(sentence)
        self.listening = listening


@dataclass(slots=True)
class Response:
    """What has come so far. `headers` by their names in small letters; `body` is at most one read beyond the cap."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0

    def __str__(self) -> str:
        if not self.status:
            return "nothing came back"
        return f"status {self.status} and {len(self.body)} bytes came back: {shown(self.body) or 'no body'}"


class Client:
    """Asks by GET, or by POST with a body. Used inside one event loop; `close` ends its connections."""

    def __init__(self) -> None:
        self._session: ClientSession | None = None

    async def get(self, url: str, within: float, host: str = "", bearer: str = "") -> Response:
        """The answer, as far as the cap. `Unanswered` says why there is none."""
        return await self._ask("GET", url, within, host, bearer)

    async def post(self, url: str, within: float, host: str, bearer: str, body: bytes) -> Response:
        """The same for what is sent with a body of JSON."""
        return await self._ask("POST", url, within, host, bearer, body)

    async def _ask(
        self, method: str, url: str, within: float, host: str, bearer: str, body: bytes | None = None
    ) -> Response:
        begun, so_far = time.monotonic(), Response()
        headers = {"Host": host} if host else {}
        headers |= {"Authorization": f"Bearer {bearer}"} if bearer else {}
        headers |= {"Content-Type": "application/json"} if body is not None else {}
        try:
            async with asyncio.timeout(within):
                await self._fetch(method, url, headers, body, so_far)
        except TimeoutError:
            raise Unanswered(f"{method} {url}: no complete answer within {within:g} s, {so_far}") from None
        except (OSError, ValueError) as error:
            raise _unanswered(f"{method} {url}", error) from error
        so_far.seconds = time.monotonic() - begun
        return so_far

    async def _fetch(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, so_far: Response
    ) -> None:
        from aiohttp import ClientError
        from yarl import URL

        try:
            async with self._opened().request(
                method, URL(url, encoded=True), headers=headers, data=body, allow_redirects=False
            ) as answer:
                so_far.status = answer.status
                so_far.headers = {name.lower(): value for name, value in answer.headers.items()}
                async for part in answer.content.iter_any():
                    so_far.body += part
                    if len(so_far.body) > BODY_MOST:
                        break
                answer.close()
        except ClientError as error:
            if isinstance(error, OSError):
                raise
            raise ValueError(_told(error, so_far)) from error

    def _opened(self) -> ClientSession:
        if self._session is None:
            self._session = guarded(CLIENT, HEADER_MOST, HEADERS_MOST, {})
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


def _told(error: Exception, so_far: Response) -> str:
    from aiohttp import ClientPayloadError, ServerDisconnectedError

    if isinstance(error, ServerDisconnectedError):
        return "it closed the connection without an answer"
    if isinstance(error, ClientPayloadError):
        return f"it broke off in mid-answer, {so_far}"
    return f"that is no HTTP answer: {shown(str(error))}"


def _unanswered(asked: str, error: Exception) -> Unanswered:
    cause = getattr(error, "os_error", error)
    if isinstance(cause, ConnectionRefusedError):
        return Unanswered(f"{asked}: nothing listens there", listening=False)
    return Unanswered(f"{asked}: {shown(str(cause) or type(cause).__name__)}")
