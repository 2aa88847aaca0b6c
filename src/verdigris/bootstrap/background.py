"""What runs in the background of a house: its keeper and its controller, found, started, and started anew.

Whoever stops a controller here stops nothing else: traffic does not depend on it.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from verdigris.bootstrap.house import CONTROLLER_LOG, DATABASE, WIRING, Say
from verdigris.core.errors import ObservationError, Refused, StoreUnavailable, VerdigrisError
from verdigris.keeper.names import realm_of

if TYPE_CHECKING:
    from verdigris.bootstrap.house import House

__all__ = [
    "have_controller",
    "refuse_to_forget",
    "said_since",
    "served",
    "start",
    "start_keeper",
    "stop_controller",
    "wait_for",
    "wired_alike",
    "wiring",
]

STOPPED_WITHIN = 5.0
STARTED_WITHIN = 20.0
ANSWERED_WITHIN = 10.0
"""Seconds for the keeper of a machine that has too much to do: a way back must not be refused for that."""


def start(house: House, say: Say) -> None:
    """Have a keeper and a controller: the ones that run, or new ones in the background."""
    start_keeper(house, say)
    refuse_to_forget(house)
    if served(house) and not wired_alike(house):
        stop_controller(house, say)
    if house.controller() is not None:
        await_controller(house)
    else:
        start_controller(house, say)


def have_controller(house: House, say: Say) -> None:
    """One that goes on with what is left, if one can be had: nobody may be worse off than before."""
    try:
        if house.controller() is None:
            start_controller(house, say)
    except VerdigrisError as error:
        say(f"{error}")


def start_keeper(house: House, say: Say) -> None:
    """Have a keeper: one that runs, or another, which finds what runs."""
    from verdigris.keeper import client

    if house.keeper() is None:
        try:
            client.start_keeper(house.state)
        except client.KeeperError as error:
            raise VerdigrisError(error.sentence) from error
        say("the keeper was started in the background: it owns the router and the instances")


def refuse_to_forget(house: House) -> None:
    """`Refused` when an app runs here that the file does not have: a router wired by it would refuse its requests."""
    from verdigris.keeper import client

    try:
        seen = client.observe(house.state, ANSWERED_WITHIN)
    except client.KeeperError as error:
        raise ObservationError(error.sentence) from error
    running = {realm_of(name) for name, slot in seen.slots.items() if slot.count} - {""}
    if forgotten := sorted(running - house.apps.keys()):
        ending = " or ".join(f"`verdigris teardown --app {app}`" for app in forgotten)
        raise Refused(
            f"{', '.join(forgotten)} still runs in {house.state}, and {house.config.name} does not have it any more."
            f" Traffic stays where it is, and nothing new is begun: put it back, or end it with {ending}"
        )


# --- the controller ---------------------------------------------------------------------------------------------


def start_controller(house: House, say: Say) -> None:
    """A controller in a session of its own, its words in controller.log. Returns when it listens."""
    places = ("--config", str(house.config), "--state", str(house.state))
    descriptor = os.open(house.state / CONTROLLER_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with open(descriptor, "ab") as output:
        before = output.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", "verdigris", *places, "up"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    wait_for(lambda: served(house) or process.poll() is not None, STARTED_WITHIN)
    if process.poll() is not None and house.controller() is None:
        raise VerdigrisError(
            f"the controller did not start: {said_since(house.state / CONTROLLER_LOG, before)}"
        )
    await_controller(house)  # ours, or that of one which was started at the same moment
    say("the controller was started in the background: `verdigris status` shows what it does")


def await_controller(house: House) -> None:
    """One has the lease: it listens as soon as router and store are ready, or ends. Raises what keeps it."""
    wait_for(lambda: house.poke() or house.controller() is None, STARTED_WITHIN)
    if served(house):
        return
    if not house.poke():
        raise VerdigrisError(f"the controller does not get ready. See {house.state / CONTROLLER_LOG}")
    if not (house.state / DATABASE).exists():
        raise StoreUnavailable(
            f"{house.state / DATABASE} is gone. Traffic stays where it is: run `verdigris recover`"
        )
    house.desk().newest()


def stop_controller(house: House, say: Say) -> None:
    """End a controller that was wired by an earlier configuration. Traffic does not notice."""
    from verdigris.adapters.stores.lease import Lease

    lease = Lease(house.state)
    lease.take_over(STOPPED_WITHIN)
    lease.release()
    say("the controller starts anew, for the configuration has changed")


def served(house: House) -> bool:
    """Whether a controller is in charge, listens, and has its store ready."""
    return house.controller() is not None and house.poke() and house.desk().ready()


def wired_alike(house: House) -> bool:
    """Whether the controller that is in charge was wired by this configuration."""
    try:
        return (house.state / WIRING).read_text() == wiring(house)
    except FileNotFoundError:
        return False


def wiring(house: House) -> str:
    """A hash of everything that a controller is wired by, and that no deployment carries with it: of all apps."""
    parts = [
        (
            s.app,
            s.route,
            s.health,
            s.router,
            s.environment,
            s.alerts,
            s.policy.healthy,
            s.policy.unhealthy,
            s.signals,
            s.policy.outcomes_within,
            s.routes,
        )
        for s in house.apps.values()
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


# --- waiting ----------------------------------------------------------------------------------------------------


def wait_for(holds: Callable[[], bool], seconds: float) -> None:
    """Look until something is so, or for so long at most."""
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)


def said_since(path: Path, offset: int) -> str:
    """What was written to a log since then, in one line."""
    with path.open("rb") as file:
        file.seek(offset)
        said = file.read(4096).decode(errors="replace")
    return " ".join(said.split()).removeprefix("✖ ") or f"see {path}"
