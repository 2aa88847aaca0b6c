"""Load on any port of this machine, and how much of what was asked for was reached."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from load import LoadProcess, Plan, Result

__all__ = ["Loaded", "load"]

CONNECTIONS = 128
"""As many as most pools have. With more, the load opens connections and little else after a release that closes all."""


@dataclass
class Loaded:
    """What became of it, once it is over."""

    result: Result = field(default_factory=lambda: Result(()))

    @property
    def reached(self) -> float:
        """Requests a second that were sent."""
        sent = [record.sent for record in self.result.records]
        return len(sent) / (max(sent) - min(sent))


@contextlib.contextmanager
def load(port: int, rate: float, **plan: Any) -> Iterator[Loaded]:
    """Load for as long as the block lasts, from one process: it sends more than two cores answer."""
    whole = Plan(url=f"http://127.0.0.1:{port}", rate=rate, **{"connections": CONNECTIONS, **plan})
    process, found = LoadProcess(whole), Loaded()
    process.start()
    try:
        yield found
    finally:
        found.result = process.stop()
