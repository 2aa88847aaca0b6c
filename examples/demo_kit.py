"""What verdigris-kit did in each slot: what its instances say at `/.verdigris/state`, and the lines of their job.

Only the controller may ask for the state: the token follows from the slot's secret, which this user can read as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from verdigris_kit.secret import token

__all__ = ["ask", "sentences"]

WITHIN = 5.0
LISTENS = re.compile(r"running on (http://\S+)")
JOB_LINE = "orders: job in "


def ask(url: str, document: object = None, bearer: str | None = None) -> Any:
    """GET, or POST of a document; the answer's."""
    body = None if document is None else json.dumps(document).encode()
    request = Request(url, body, {"Authorization": f"Bearer {bearer}"} if bearer else {})  # noqa: S310 - see below
    with urlopen(request, timeout=WITHIN) as answer:  # noqa: S310 - the URLs are this machine's
        return json.load(answer)


def sentences(state: Path) -> Iterator[str]:
    """A sentence for each slot with somebody in it. `state` is the state directory."""
    for secret in sorted(state.glob("told/orders.*/*/secret")):
        slot = secret.parts[-3].partition(".")[2]
        logs = [file.read_text(errors="replace") for file in state.glob(f"logs/orders.{slot}-*.log")]
        told = token("control", {"VERDIGRIS_SECRET_FILE": str(secret)})
        states = [ask(f"{LISTENS.findall(log)[-1]}/.verdigris/state", bearer=told) for log in logs]
        yield _sentence(slot, states, sum(log.count(JOB_LINE) for log in logs))


def _sentence(slot: str, states: list[Any], lines: int) -> str:
    hits, misses = (sum(one["counts"].get(f"cache.{what}", 0) for one in states) for what in ("hit", "miss"))
    roles = " and ".join(sorted({one["role"] for one in states}))
    return f"{slot:5} is {roles:8} · its job wrote {lines:2} lines · {hits} of {hits + misses} orders were in the cache"
