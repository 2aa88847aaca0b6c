"""Signatures of webhooks by the Standard Webhooks specification 1.0.0: HMAC-SHA256 over `id.timestamp.body`.

Works on the raw bytes of the body: JSON that was read and written again is another body. Says what is wrong in a
verdict, never in an exception, and neither shows a secret nor the signature that would have been right.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Callable, Optional, Union

from verdigris_kit import counts

__all__ = ["Delivery", "Headers", "Signatures", "Verdict", "new_secret"]

Headers = Union[Mapping[str, str], Iterable[tuple[Union[str, bytes], Union[str, bytes]]]]
"""Headers as frameworks have them: a mapping, or pairs of texts or bytes. Names in any case."""

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"

TOLERANCE = 300.0
"""Seconds that a timestamp may lie in the past or in the future."""

SIGNATURES_MAX = 16
"""How many signatures of one delivery are looked at; more than two or three keys are never valid together."""

# No full stop in it: the specification separates with it, and what was signed would be ambiguous.
GOOD_ID = re.compile(r"[\x21-\x2d\x2f-\x7e]{1,200}", re.ASCII)
GOOD_TIMESTAMP = re.compile(r"[0-9]{1,11}", re.ASCII)


@dataclass(frozen=True)
class Delivery:
    """One delivery whose signature was right. `timestamp` is the sender's, of this attempt, in seconds since 1970."""

    id: str
    timestamp: int
    body: bytes


@dataclass(frozen=True)
class Verdict:
    """True when the delivery may be trusted; `delivery` is there exactly then. `reason` is a sentence for the log."""

    delivery: Optional[Delivery]
    reason: str = ""

    def __bool__(self) -> bool:
        return self.delivery is not None


class Signatures:
    """Signs and verifies with one or several secrets, `whsec_…`; the first is the newest.

    While a secret is rotated both sign, and a delivery that either of them signed is good.
    """

    def __init__(
        self, *secrets: str, tolerance: float = TOLERANCE, clock: Callable[[], float] = time.time
    ) -> None:
        """Raise `ValueError` without a secret, or for one that is not 24 to 64 bytes in base64."""
        if not secrets:
            raise ValueError("secrets: none is given. Make one with new_secret(), or take the sender's.")
        self._keys = [_key(number, secret) for number, secret in enumerate(secrets, 1)]
        self._tolerance = tolerance
        self._clock = clock

    def headers(self, id: str, body: bytes, timestamp: Optional[int] = None) -> dict[str, str]:
        """Return the three headers to send with exactly these bytes. `id` stays the same when you try again.

        Raise `ValueError` for an id that could not be signed: 1 to 200 printable characters without a full stop.
        """
        if not GOOD_ID.fullmatch(id):
            raise ValueError(
                f"id: {id[:200]!r} has to be 1 to 200 printable ASCII characters without a full stop."
            )
        at = int(self._clock()) if timestamp is None else timestamp
        signatures = " ".join("v1," + _signed(key, id, at, body) for key in self._keys)
        return {ID: id, TIMESTAMP: str(at), SIGNATURE: signatures}

    def verify(self, headers: Headers, body: bytes) -> Verdict:
        """Judge a delivery. What is refused is counted as `webhooks.` and `malformed`, `old`, `early` or `forged`."""
        found = _ours(headers)
        id, timestamp, signature = (found.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
        if not (GOOD_ID.fullmatch(id) and GOOD_TIMESTAMP.fullmatch(timestamp) and signature):
            return _refused(
                "malformed", "webhook-id, -timestamp or -signature is missing, doubled or malformed"
            )
        age = self._clock() - int(timestamp)
        if age > self._tolerance:
            return _refused("old", f"it is {age:.0f} s old, more than {self._tolerance:.0f} s")
        if age < -self._tolerance:
            return _refused("early", f"it is {-age:.0f} s in the future, more than {self._tolerance:.0f} s")
        if not self._matches(id, int(timestamp), body, signature):
            return _refused("forged", "no signature of it is by a secret of ours")
        return Verdict(Delivery(id, int(timestamp), body))

    def _matches(self, id: str, timestamp: int, body: bytes, signature: str) -> bool:
        shown = [
            part[3:].encode("utf-8", "replace") for part in signature.split(" ") if part.startswith("v1,")
        ]
        right = [_signed(key, id, timestamp, body).encode() for key in self._keys]
        return any(hmac.compare_digest(one, other) for one in right for other in shown[:SIGNATURES_MAX])


def new_secret() -> str:
    """Return a fresh secret of 32 random bytes, as `whsec_…`. One for each endpoint."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _signed(key: bytes, id: str, timestamp: int, body: bytes) -> str:
    content = b"%s.%d." % (id.encode(), timestamp) + body
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def _key(number: int, secret: str) -> bytes:
    text = secret.strip().removeprefix("whsec_")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not 24 <= len(key) <= 64:
        raise ValueError(
            f"secrets: number {number} is not whsec_ and 24 to 64 bytes in base64. Copy it anew."
        )
    return key


def _ours(headers: Headers) -> dict[str, str]:
    """The three headers; one that came twice is empty, because two readers would choose differently."""
    found: dict[str, str] = {}
    for name, value in headers.items() if isinstance(headers, Mapping) else headers:
        lower = _text(name).lower()
        if lower in (ID, TIMESTAMP, SIGNATURE):
            found[lower] = "" if lower in found else _text(value)
    return found


def _text(value: Union[str, bytes]) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _refused(why: str, reason: str) -> Verdict:
    counts.add(f"webhooks.{why}")
    return Verdict(None, reason)
