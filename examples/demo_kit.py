"""What verdigris-kit did in each slot: what its instances say at `/.verdigris/state`, and the lines of their job.

Only the controller may ask for the state: the token follows from the slot's secret, which this user can read as well.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from verdigris_kit.secret import token

__all__ = ["Slot", "ask", "rehearsed", "sentences", "slots"]

WITHIN = 5.0
LISTENS = re.compile(r"running on (http://\S+)")
JOB_LINE = "orders: job in "


@dataclass(frozen=True)
class Slot:
    """One slot with somebody in it: where its instances listen, and the file of its secret."""

    name: str
    urls: list[str]
    logs: list[str]
    secret: str

    def token(self, purpose: str) -> str:
        """What the secret gives for `control` or `rehearsal`."""
        return token(purpose, {"VERDIGRIS_SECRET_FILE": self.secret}) or ""

    def states(self) -> list[Any]:
        """What each instance says of itself."""
        return [ask(f"{url}/.verdigris/state", bearer=self.token("control")) for url in self.urls]


def ask(url: str, document: object = None, bearer: str | None = None, rehearsal: str | None = None) -> Any:
    """GET, or POST of a document; the answer's."""
    body = None if document is None else json.dumps(document).encode()
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    headers |= {"X-Verdigris-Rehearsal": rehearsal} if rehearsal else {}
    request = Request(url, body, headers)  # noqa: S310 - see below
    with urlopen(request, timeout=WITHIN) as answer:  # noqa: S310 - the URLs are this machine's
        return json.load(answer)


def slots(state: Path) -> Iterator[Slot]:
    """Every slot with somebody in it. `state` is the state directory."""
    for secret in sorted(state.glob("told/orders.*/*/secret")):
        name = secret.parts[-3].partition(".")[2]
        logs = [file.read_text(errors="replace") for file in state.glob(f"logs/orders.{name}-*.log")]
        yield Slot(name, [LISTENS.findall(log)[-1] for log in logs], logs, str(secret))


def sentences(state: Path) -> Iterator[str]:
    """A sentence for each slot: what it is, and what its job and its cache did."""
    for slot in slots(state):
        yield _sentence(slot.name, slot.states(), sum(log.count(JOB_LINE) for log in slot.logs))


def rehearsed(state: Path, order: object) -> tuple[bool, str]:
    """Have the live slot rehearse `order`; whether nothing came of it, and a sentence. Nobody else orders meanwhile."""
    (live,) = (slot for slot in slots(state) if slot.states()[0]["role"] == "live")
    before = _held(live)
    number = ask(f"{live.urls[0]}/orders", order, rehearsal=live.token("rehearsal"))["id"]
    until = time.monotonic() + WITHIN
    while (held := _held(live) - before) == 0 and time.monotonic() < until:
        time.sleep(0.05)  # it is told in a thread, after the answer
    kept = [one for one in ask(f"{live.urls[0]}/orders")["orders"] if one["id"] == number]
    became = "STAYED" if kept else "was taken back"
    said = f"an order was rehearsed in {live.name}: {held} webhook was held back, and the order {became}"
    return held == 1 and not kept, said


def _held(slot: Slot) -> int:
    return sum(state["counts"].get("guard.held", 0) for state in slot.states())


def _sentence(slot: str, states: list[Any], lines: int) -> str:
    hits, misses = (sum(one["counts"].get(f"cache.{what}", 0) for one in states) for what in ("hit", "miss"))
    roles = " and ".join(sorted({one["role"] for one in states}))
    return f"{slot:5} is {roles:8} · its job wrote {lines:2} lines · {hits} of {hits + misses} orders were in the cache"
