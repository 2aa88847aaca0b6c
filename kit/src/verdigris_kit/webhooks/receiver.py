"""A webhook endpoint for any framework: headers and raw body in, status and body out.

Strangers get a status and a sentence, never a traceback. Errors of the handler and of the store are the
application's, and go on to its framework, whose 500 makes the sender try again.
"""

import json
import logging
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Callable

from .inbox import AsyncInbox, Inbox, Outcome
from .signing import Delivery, Headers, Signatures, Verdict

__all__ = ["RETRY_AFTER", "Answer", "AsyncReceiver", "Receiver"]

RETRY_AFTER = 5
"""Seconds after which a sender may try again while somebody else handles the same delivery."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What to answer: 204 handled, now or before; 401 not trusted; 409 being handled at this moment."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Receiver:
    """Verifies with `signatures`, then hands each delivery once to a plain function."""

    def __init__(self, signatures: Signatures, inbox: Inbox) -> None:
        self._signatures = signatures
        self._inbox = inbox

    def receive(self, headers: Headers, body: bytes, handle: Callable[[Delivery], object]) -> Answer:
        """Answer one request. `body` is what came, byte for byte."""
        verdict = self._signatures.verify(headers, body)
        delivery = verdict.delivery
        if delivery is None:
            return _refusal(verdict)
        return _answer(self._inbox.receive(delivery.id, lambda: handle(delivery)))


class AsyncReceiver:
    """The same for coroutine functions."""

    def __init__(self, signatures: Signatures, inbox: AsyncInbox) -> None:
        self._signatures = signatures
        self._inbox = inbox

    async def receive(
        self, headers: Headers, body: bytes, handle: Callable[[Delivery], Awaitable[object]]
    ) -> Answer:
        """Answer one request. `body` is what came, byte for byte."""
        verdict = self._signatures.verify(headers, body)
        delivery = verdict.delivery
        if delivery is None:
            return _refusal(verdict)
        return _answer(await self._inbox.receive(delivery.id, lambda: handle(delivery)))


def _answer(outcome: Outcome) -> Answer:
    if outcome is Outcome.BUSY:
        return _told(409, "this delivery is being handled at this moment", {"Retry-After": str(RETRY_AFTER)})
    return Answer(204)


def _refusal(verdict: Verdict) -> Answer:
    log.info("webhook refused: %s", verdict.reason)
    return _told(401, verdict.reason, {})


def _told(status: int, why: str, headers: dict[str, str]) -> Answer:
    return Answer(
        status, json.dumps({"error": why}).encode(), {"Content-Type": "application/json", **headers}
    )
