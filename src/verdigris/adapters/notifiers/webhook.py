"""Alerts as JSON to one address of the operator's choice: Slack, Mattermost, an own receiver.

It must never hold up whoever notifies, and never show its address, which is a secret: the host is all that is said.
What could not be delivered is told to `on_failure`, once, as a sentence for the event log.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from verdigris import __version__
from verdigris.adapters.notifiers.addresses import Forbidden, checked_socket
from verdigris.core.errors import ActionError, ConfigError
from verdigris.keeper.environment import resolve
from verdigris.keeper.protocol import KeeperError
from verdigris.ports import Alert

if TYPE_CHECKING:
    from aiohttp import ClientSession

__all__ = ["Webhook"]

REFERENCES = ("env:", "file:", "credential:")
WAITING_MOST = 100
ANSWER_WITHIN = 5.0
"""Seconds for one try, from the look-up of the name to the head of the answer."""
PAUSES = (1.0, 5.0, 25.0)
"""Seconds before each further try."""
FLUSH_WITHIN = 3.0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one try failed, and whether another can succeed."""

    sentence: str
    again: bool


class Webhook:
    """`ports.Notifier`. `start` it in the loop it is to run in, `stop` it in the same.

    `reference` says where the address is (`env:NAME`, `file:/path`, `credential:NAME`); it is looked up for every
    alert, so that a changed secret needs no restart.
    """

    def __init__(
        self,
        reference: str,
        on_failure: Callable[[str], None],
        *,
        pauses: tuple[float, ...] = PAUSES,
        within: float = ANSWER_WITHIN,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        if not reference.startswith(REFERENCES):
            raise ConfigError(
                "webhook: its address is a secret. Write where it is: env:NAME, file:/path or credential:NAME"
            )
        self._reference = reference
        self._on_failure = on_failure
        self._pauses = pauses
        self._within = within
        self._environment = environment
        self._queue: asyncio.Queue[Alert] = asyncio.Queue(WAITING_MOST)
        self._task: asyncio.Task[None] | None = None

    async def notify(self, alert: Alert) -> None:
        """Queue the alert; returns at once. A full queue is a failure of this alert."""
        try:
            self._queue.put_nowait(alert)
        except asyncio.QueueFull:
            self._on_failure(
                f"webhook: {WAITING_MOST} alerts wait already, this one is not sent: {alert.sentence}"
            )

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="webhook")

    async def stop(self, within: float = FLUSH_WITHIN) -> None:
        """Give what is queued `within` seconds, then end."""
        if self._task is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._queue.join(), within)
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._task = None

    async def _run(self) -> None:
        while True:
            alert = await self._queue.get()
            try:
                await self._deliver(alert)
            except ActionError as error:
                self._on_failure(f"{error}. The alert was: {alert.sentence}")
            finally:
                self._queue.task_done()

    async def _deliver(self, alert: Alert) -> None:
        """Try a few times; `ActionError` says why none of them succeeded."""
        url, body = self._address(), message(alert)
        failure = Failure("", again=True)
        for pause in (0.0, *self._pauses):
            await asyncio.sleep(pause)
            found = await self._send(url, body)
            if found is None:
                return
            failure = found
            if not failure.again:
                break
        raise ActionError(f"webhook: {urlsplit(url).hostname} {failure.sentence}")

    def _address(self) -> str:
        try:
            url = resolve("webhook", self._reference, 0, {}, self._environment).strip()
            parts = urlsplit(url)
            valid = parts.scheme in ("http", "https") and parts.hostname
        except KeeperError as error:
            raise ActionError(error.sentence) from None
        except ValueError:  # its text would show the address
            valid = None
        if not valid:
            raise ActionError(f"webhook: {self._reference} holds no http or https address. Correct it")
        return url

    async def _send(self, url: str, body: dict[str, Any]) -> Failure | None:
        """One try on a fresh connection: None when it was taken."""
        import aiohttp

        try:
            async with (
                self._session() as session,
                session.post(url, json=body, allow_redirects=False) as response,
            ):
                return judged(response.status)
        except TimeoutError:
            return Failure(f"did not answer within {self._within:g} s", again=True)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return explained(error)

    def _session(self) -> ClientSession:
        import aiohttp

        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=checked_socket, force_close=True),
            timeout=aiohttp.ClientTimeout(total=self._within),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": f"verdigris/{__version__}"},
            trust_env=False,
        )


def message(alert: Alert) -> dict[str, Any]:
    """`text` is what chat programs show; `id` stays the same over all tries of one alert."""
    return {
        "id": str(uuid.uuid4()),
        "text": f"{alert.app} {alert.deployment}: {alert.sentence}",
        "app": alert.app,
        "deployment": alert.deployment,
        "kind": alert.kind,
        "sentence": alert.sentence,
        "at": datetime.fromtimestamp(alert.wall, UTC).isoformat(timespec="seconds"),
    }


def judged(status: int) -> Failure | None:
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return Failure(f"answered {status}; redirects are not followed, give the final address", again=False)
    return Failure(f"answered {status}", again=status >= 500 or status in (408, 425, 429))


def explained(error: Exception) -> Failure:
    """The failure without the address: the texts of some errors repeat it, so only their kind and cause are said."""
    cause = getattr(error, "os_error", error)
    if isinstance(cause, Forbidden):
        return Failure(f"is not connected to: {cause}", again=False)
    said = getattr(cause, "strerror", None) or type(error).__name__
    return Failure(f"cannot be reached: {said}", again=not isinstance(error, ValueError))
