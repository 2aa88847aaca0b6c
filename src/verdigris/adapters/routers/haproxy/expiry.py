"""How long the router's certificates are good, for people: told from a note, so that `status` reads no certificate.

The note lies beside the certificates and holds no secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from verdigris.adapters.routers.haproxy.words import CERTIFICATES

__all__ = ["EXPIRIES", "Expiry", "noted", "told_by"]

EXPIRIES = f"{CERTIFICATES}/expiries.json"
SOON = timedelta(days=14)
URGENT = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Expiry:
    """The certificate that is served for an app, valid from `since` to `not_after`; both None when there is none.

    `trouble` is why newer files were not taken, `without` are hosts that the certificate has no name for.
    """

    app: str
    hosts: tuple[str, ...]
    since: datetime | None = None
    not_after: datetime | None = None
    trouble: str = ""
    without: tuple[str, ...] = ()

    def days(self, now: datetime) -> int:
        """Whole days that are left; below zero when it has expired."""
        return (self.not_after - now) // timedelta(days=1) if self.not_after else 0

    def complaint(self, now: datetime) -> str:
        """Everything that somebody has to do something about, the worst first; empty when all is well."""
        said = (self._newer(), self._time(now), self._names())
        return "; ".join(f"{self.app}: {sentence}" for sentence in said if sentence)

    def _newer(self) -> str:
        if not self.trouble or self.not_after is None:
            return self.trouble
        return f"{self.trouble}. The earlier certificate stays, it expires on {self.not_after:%Y-%m-%d}"

    def _time(self, now: datetime) -> str:
        """A certificate that lives only for days is not complained about all its life."""
        if self.since is None or self.not_after is None:
            return ""
        lives, left = self.not_after - self.since, self.not_after - now
        if now < self.since:
            return f"the certificate begins on {self.since:%Y-%m-%d %H:%M} UTC: clients refuse it. Check the clock"
        if left <= timedelta():
            return f"the certificate expired on {self.not_after:%Y-%m-%d}: clients refuse it. Renew it now"
        if left < min(URGENT, lives / 6):
            return f"the certificate EXPIRES in {_while(left)}, then clients refuse it: renew it now"
        if left < min(SOON, lives / 3):
            return f"the certificate expires in {_while(left)}: see whether its renewal still runs"
        return ""

    def _names(self) -> str:
        if not self.without:
            return ""
        return f"the certificate has no name for {', '.join(self.without)}: clients refuse it there. Issue one that has"


def _while(left: timedelta) -> str:
    hours = left // timedelta(hours=1)
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"


def noted(expiries: Iterable[Expiry]) -> str:
    """The note's text."""
    return json.dumps([asdict(expiry) for expiry in expiries], default=str, indent=1) + "\n"


def told_by(directory: Path) -> tuple[Expiry, ...]:
    """What the note in the router's directory says; nothing when there is none that can be read."""
    try:
        return tuple(_expiry(entry) for entry in json.loads((directory / EXPIRIES).read_text()))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return ()


def _expiry(entry: dict[str, object]) -> Expiry:
    since, until = (
        datetime.fromisoformat(str(entry[key])).astimezone(UTC) if entry[key] else None
        for key in ("since", "not_after")
    )
    hosts, without = (tuple(map(str, _list(entry[key]))) for key in ("hosts", "without"))
    return Expiry(str(entry["app"]), hosts, since, until, str(entry["trouble"]), without)


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"a list was expected, not {type(value).__name__}")
    return value
