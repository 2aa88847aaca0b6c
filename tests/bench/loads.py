"""Load from as many processes as the rate wants: one of them cannot send 5,000 requests a second."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from load import LoadProcess, Plan, Result

__all__ = ["Loads", "loads"]

ONE_SENDS = 2500.0


@dataclass
class Loads:
    """What became of all of them, once they are over."""

    result: Result = field(default_factory=lambda: Result(()))

    @property
    def reached(self) -> float:
        """Requests a second that were sent."""
        sent = [record.sent for record in self.result.records]
        return len(sent) / (max(sent) - min(sent))


@contextlib.contextmanager
def loads(port: int, rate: float, **plan: Any) -> Iterator[Loads]:
    """Load on a port of this machine for as long as the block lasts."""
    many = math.ceil(rate / ONE_SENDS)
    whole = Plan(url=f"http://127.0.0.1:{port}", rate=rate / many, **{"connections": 128, **plan})
    processes, found = [LoadProcess(whole) for _ in range(many)], Loads()
    for process in processes:
        process.start()
    try:
        yield found
    finally:
        results = [process.stop() for process in processes]
        records = tuple(record for result in results for record in result.records)
        found.result = Result(records, sum(result.unsent for result in results))
