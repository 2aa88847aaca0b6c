"""How a version of this API misbehaves, so that verdigris has something to find. Real ones need none of it.

The variable `BEHAVIOUR` or, without it, the file `behaviour.json` of the release says which: one word, or an
object with the word as `is` and the numbers below. `traffic` is every request but health.

    good            nothing
    fails           `share` of the requests are answered 500, `seconds` after `requests` of traffic have come
    declines        `share` of the orders are declined, and answered 200, from the same moment on
    slow            every request takes `milliseconds` longer
    never-healthy   the deep health check says that the database is not there
    dies            the process exits `seconds` after `requests` of traffic have come
    hangs           the process stops, as it is, `seconds` after `requests` of traffic have come
    ignores-sigterm the process does not go when it is told to
    slow-start      the process listens only after `seconds`
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Behaviour", "Misbehaving"]

NAMES = (
    "good",
    "fails",
    "declines",
    "slow",
    "never-healthy",
    "dies",
    "hangs",
    "ignores-sigterm",
    "slow-start",
)


@dataclass(frozen=True)
class Behaviour:
    """A word of the table above, and its numbers. A few requests, the smoke ones, come before any traffic."""

    name: str = "good"
    requests: int = 20
    seconds: float = 1.0
    share: float = 0.2
    milliseconds: float = 300.0

    @classmethod
    def of(cls, environ: Mapping[str, str], release: Path) -> Behaviour:
        """Read the variable or the release's file; raise `ValueError` for a word that is not in the table."""
        file = release / "behaviour.json"
        text = environ.get("BEHAVIOUR") or (file.read_text() if file.exists() else '"good"')
        document = json.loads(text) if text.lstrip()[:1] in '{"' else text.strip()
        numbers: dict[str, Any] = dict(document) if isinstance(document, dict) else {"is": document}
        behaviour = cls(numbers.pop("is"), **numbers)
        if behaviour.name not in NAMES:
            raise ValueError(f"behaviour {behaviour.name!r}: one of {', '.join(NAMES)}")
        return behaviour


class Misbehaving:
    """Carries out a behaviour in this process."""

    def __init__(self, behaviour: Behaviour) -> None:
        """Nothing happens before `start`."""
        self.behaviour = behaviour
        self._seen = 0
        self._failing = False
        self._dice = random.Random()

    async def start(self) -> None:
        """Before the process listens."""
        if self.behaviour.name == "ignores-sigterm":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if self.behaviour.name == "slow-start":
            await asyncio.sleep(self.behaviour.seconds)

    async def on_traffic(self) -> bool:
        """Before a request is answered; true when the answer has to be a 500."""
        self._seen += 1
        if self._seen == self.behaviour.requests:
            asyncio.get_running_loop().call_later(self.behaviour.seconds, self._turn_bad)
        if self.behaviour.name == "slow":
            await asyncio.sleep(self.behaviour.milliseconds / 1000)
        return self.behaviour.name == "fails" and self._turns_up()

    def declines(self) -> bool:
        """Whether an order that could be taken is not."""
        return self.behaviour.name == "declines" and self._turns_up()

    def healthy(self) -> bool:
        """What the deep health check is to believe."""
        return self.behaviour.name != "never-healthy"

    def _turns_up(self) -> bool:
        return self._failing and self._dice.random() < self.behaviour.share

    def _turn_bad(self) -> None:
        if self.behaviour.name in ("fails", "declines"):
            self._failing = True
        elif self.behaviour.name == "dies":
            print("orders: dying, as version told to", file=sys.stderr, flush=True)
            os._exit(70)
        elif self.behaviour.name == "hangs":
            os.kill(os.getpid(), signal.SIGSTOP)
