"""A job: its order on standard input, its URLs in its environment, what it came to in its papers."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from time import time

from verdigris.schema.jobs.carrying import Carrying
from verdigris.schema.jobs.failing import TOLD, failed
from verdigris.schema.jobs.order import DATABASE_URL, ORDER_MOST, SHADOW_URL, TOOL, Deed, Order, order_of
from verdigris.schema.jobs.papers import Desk, Papers
from verdigris.schema.jobs.proving import Proving

__all__ = ["handed", "main", "work"]


def main() -> int:
    order = order_of(sys.stdin.read(ORDER_MOST + 1))
    urls = {name: os.environ.pop(name, "") for name in (DATABASE_URL, SHADOW_URL)}
    environ = handed()
    with order.desk().at_work() as lock:
        order = replace(order, plan=replace(order.plan, environ=environ, lock=lock))
        return work(order, order.desk(), urls) if lock else 0


def handed() -> tuple[tuple[str, str], ...]:
    """What is for the user's tool alone, taken out of our own environment."""
    names = [name for name in os.environ if name.startswith(TOOL)]
    return tuple((name.removeprefix(TOOL), os.environ.pop(name)) for name in names)


def work(order: Order, desk: Desk, urls: Mapping[str, str]) -> int:
    """Do it, and write down what came of it; `TOLD` where it failed and may be tried again."""

    def tell(sentence: str) -> None:
        desk.write(replace(desk.read(), doing=sentence))

    try:
        desk.write(replace(done(order, desk.read(), urls, tell), failures=0))
    except Exception as error:
        # Whatever it was: a job has nobody else to say it to.
        desk.write(failed(order, desk.read(), error, time()))
        return TOLD
    return 0


def done(order: Order, papers: Papers, urls: Mapping[str, str], tell: Callable[[str], None]) -> Papers:
    url = urls[DATABASE_URL]
    carrying = Carrying(order, url, tell)
    carrying.settle()
    if order.deed is Deed.PROVE:
        return Proving(order, url, urls[SHADOW_URL], tell).answered(papers)
    deeds = {Deed.EXPAND: carrying.expanded, Deed.CONTRACT: carrying.contracted, Deed.DROP: carrying.dropped}
    return deeds[order.deed](papers)


if __name__ == "__main__":
    raise SystemExit(main())
