"""What a load is asked to send, and what came of it: values, and the questions that are asked of them.

Nothing here sends anything; `load.py` does.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

__all__ = ["Call", "Plan", "Record", "Result"]


@dataclass(frozen=True, slots=True)
class Call:
    """One kind of request, and its `share` beside the others."""

    method: str = "GET"
    target: str = "/"
    body: bytes = b""
    share: int = 1

    @classmethod
    def parse(cls, text: str) -> Call:
        """Read `"3 GET /orders"`, `"1 POST /attachments 65536"` (bytes) or `"1 POST /orders {…}"` (body)."""
        share, method, target, *rest = text.split(None, 3)
        body = rest[0] if rest else ""
        return cls(method, target, b"x" * int(body) if body.isdigit() else body.encode(), int(share))

    def __str__(self) -> str:
        """What `parse` reads."""
        body = str(len(self.body)) if self.body == b"x" * len(self.body) else self.body.decode()
        return f"{self.share} {self.method} {self.target} {body if self.body else ''}".rstrip()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to send where. `rate` is requests a second, `timeout` seconds from sending to the last byte."""

    url: str
    rate: float = 200.0
    calls: tuple[Call, ...] = (Call(),)
    connections: int = 50
    keep_alive: bool = True
    timeout: float = 10.0
    host: str = ""


class Record(NamedTuple):
    """What became of one request. Times are those of `time.monotonic`; `error` is empty when it went well.

    The kinds of error: connect, closed (in flight), timeout, malformed, status (anything but 2xx).
    """

    call: str
    sent: float
    received: float
    status: int = 0
    slot: str = ""
    version: str = ""
    error: str = ""


@dataclass(frozen=True)
class Result:
    """Every request that was sent. `unsent` ones were due and found no free connection before the end."""

    records: tuple[Record, ...]
    unsent: int = 0

    @property
    def requests(self) -> int:
        """How many were sent."""
        return len(self.records)

    @property
    def failed(self) -> int:
        """How many went wrong."""
        return len(self.failures)

    @cached_property
    def failures(self) -> tuple[Record, ...]:
        """Those that went wrong, whole."""
        return tuple(record for record in self.records if record.error)

    @cached_property
    def answered(self) -> tuple[Record, ...]:
        """Those that got a whole response, whatever its status."""
        return tuple(record for record in self.records if record.status)

    @cached_property
    def by_version(self) -> Counter[str]:
        """Answered requests by their `X-API-Version`."""
        return Counter(record.version for record in self.answered)

    @cached_property
    def by_slot(self) -> Counter[str]:
        """Answered requests by their `X-Environment`."""
        return Counter(record.slot for record in self.answered)

    @cached_property
    def by_error(self) -> Counter[str]:
        """Failures by their kind."""
        return Counter(record.error for record in self.failures)

    def percentile(self, share: float) -> float:
        """The seconds that `share` of the answered requests did not exceed; 0 where none was answered."""
        latencies = sorted(record.received - record.sent for record in self.answered)
        return latencies[min(len(latencies) - 1, int(len(latencies) * share))] if latencies else 0.0

    def last_sent_to(self, slot: str, after: float) -> float | None:
        """When the last request was *sent* that `slot` answered, of those sent later than `after`."""
        sent = (r.sent for r in self.answered if r.slot == slot and r.sent > after)
        return max(sent, default=None)

    def __str__(self) -> str:
        """One line for a person."""
        kinds = ", ".join(f"{number} {kind}" for kind, number in self.by_error.items())
        versions = ", ".join(f"{version or 'unnamed'} {n}" for version, n in self.by_version.items())
        p50, p99 = self.percentile(0.5) * 1000, self.percentile(0.99) * 1000
        failed = f"{self.failed} failed" + (f" ({kinds})" if kinds else "")
        return f"{self.requests} requests, {failed}; p50 {p50:.1f} ms, p99 {p99:.1f} ms; versions: {versions}"

    def to_json(self) -> str:
        """The whole result as one line."""
        return json.dumps({"unsent": self.unsent, "records": self.records})

    @classmethod
    def from_json(cls, text: str | bytes) -> Result:
        """The inverse of `to_json`."""
        document = json.loads(text)
        return cls(tuple(Record(*row) for row in document["records"]), document["unsent"])
