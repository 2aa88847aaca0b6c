"""A controller with labelled points, forked from a process that has everything imported: hundreds are started.

`python -m tests.crash.controller` reads one order in a line, answers with the pid of a controller that carries it out,
and ends when there is nothing more to read. What is forked runs what `verdigris up` runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from tests.crash.points import Points, kill, labelled, wires
from tests.e2e.sight import alive
from tests.waiting import eventually_sync
from verdigris.adapters.stores.desk import SqliteDesk
from verdigris.bootstrap.controller import run_controller
from verdigris.bootstrap.house import CONTROLLER_LOG, DATABASE, House
from verdigris.bootstrap.wiring import Wired, wired
from verdigris.cli.journal import write_log_to
from verdigris.keeper.client import observe

__all__ = ["VICTIMS", "main"]

ANSWERED_WITHIN = 5.0


def main() -> None:
    """Fork a controller for each order."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody has to collect them
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            carry_out(**json.loads(line))
        print(pid, flush=True)


def carry_out(config: str, state: str, log: str, fatal: list[str], victim: str) -> None:
    """Be the controller, until it is told to stop or reaches a fatal point."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    house = House(Path(config), Path(state))
    output = os.open(house.state / CONTROLLER_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number, descriptor in enumerate((os.open(os.devnull, os.O_RDONLY), output, output)):
        os.dup2(descriptor, number)
    write_log_to(sys.stderr)
    try:
        points = Points(Path(log), set(fatal), partial(VICTIMS[victim], house.state))
        with wires(points):
            asyncio.run(run_controller(house, labelling(points)))
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(0)


def itself(state: Path) -> int:
    return kill(os.getpid())


def itself_gently(state: Path) -> int:
    """As systemd does it."""
    os.kill(os.getpid(), signal.SIGTERM)
    return os.getpid()


def the_keeper(state: Path) -> int:
    return gone(observe(state, ANSWERED_WITHIN).keeper.pid)


def the_router(state: Path) -> int:
    router = observe(state, ANSWERED_WITHIN).router
    return gone(router.pid) if router and router.pid else 0


def an_instance(which: int, state: Path) -> int:
    """One instance of the live slot (0) or of the candidate (1), by where the newest deployment goes."""
    newest = SqliteDesk(state / DATABASE).newest()
    if newest is None:
        return 0
    slot = (newest.deployment.live, newest.deployment.candidate)[which]
    found = observe(state, ANSWERED_WITHIN).slots.get(f"{newest.deployment.app}.{slot}")
    pids = [i.pid for i in found.instances if i.alive and i.pid] if found else []
    # Struck again while another one is still on its way back, the slot would be empty: that is not the promise.
    return gone(pids[0]) if found and 0 < found.count <= len(pids) else 0


def gone(pid: int) -> int:
    """Kill somebody else, and return when nothing can be inside any more."""
    kill(pid)
    eventually_sync(lambda: not alive(pid), "whoever was struck to be gone")
    return pid


VICTIMS: dict[str, Callable[[Path], int]] = {
    "controller": itself,
    "controller, told to stop": itself_gently,
    "keeper": the_keeper,
    "router": the_router,
    "live instance": partial(an_instance, 0),
    "candidate instance": partial(an_instance, 1),
}
"""Who is struck at a fatal point, and how: each returns the pid, 0 when there was nobody."""


def labelling(points: Points) -> Any:
    """The wiring of the product, with points in it."""

    @contextlib.asynccontextmanager
    async def labelled_wiring(house: House) -> AsyncIterator[Wired]:
        async with wired(house) as shared:
            yield replace(shared, apps={app: labelled(parts, points) for app, parts in shared.apps.items()})

    return labelled_wiring


if __name__ == "__main__":
    main()
