"""A project that is shipped to hundreds of times: everything short, nothing by the command line that need not be.

One stage is kept for many points. Its controller is started for each: with labelled points, or as a person starts it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from load import Call
from tests.crash.points import Point, points_in
from tests.e2e.project import LIVING, Project
from tests.e2e.sight import Document, alive
from tests.waiting import eventually_sync
from verdigris.adapters.routers.haproxy.files import Files
from verdigris.adapters.routers.haproxy.pools import EMPTY
from verdigris.adapters.routers.haproxy.sight import Sight, look_at
from verdigris.adapters.routers.haproxy.socket import Conversation
from verdigris.bootstrap.house import House
from verdigris.core.errors import ObservationError
from verdigris.core.lifecycle import ENDINGS
from verdigris.core.world import Slot, Verb
from verdigris.ports import Saved

__all__ = ["CALLS", "ENDED_WITHIN", "RATE", "Stage", "Watched", "stage_in"]

ROOT = Path(__file__).parents[2]
RATE = 60.0
CALLS = (Call("GET", "/", share=8), Call("POST", "/", b"x" * 16384, 2), Call("GET", "/slow?ms=150"))
ENDED_WITHIN = 40.0
STOPPED_WITHIN = 15.0

CONFIG: Document = {
    "app": "orders",
    "run": {
        "source": ".",
        "command": [sys.executable, "-I", "-S", "app.py", "{port}"],
        "instances": 1,
        "surge": 1,
        "grace": "2s",
    },
    "health": {
        "path": "/health",
        "timeout": "500ms",
        "interval": "500ms",
        "healthy": 1,
        "unhealthy": 3,
        "body": {"status": "healthy"},
    },
    "gate": "person",
    "cutover": {"ramp": [{"to": "50%", "for": "0s"}, "100%"], "drain": "2s"},
    "bake": {"for": "0s"},
    "stabilize": "0s",
}


@dataclass
class Watched:
    """What was seen of the processes of each version while it was shipped: all there were, and the most at one time."""

    pids: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    most: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def look(self, found: dict[str, set[int]]) -> None:
        for version, pids in found.items():
            self.pids[version] |= pids
            self.most[version] = max(self.most[version], len(pids))


class Stage(Project):
    """One project, its load, and the process that controllers are forked from."""

    source, defaults = Path(__file__).parent / "app", CONFIG

    def __init__(self, place: Path, **sections: Any) -> None:
        super().__init__(place, **sections)
        self.point_log = place / "points.log"
        self._promoted: set[str] = set()
        self._nursery: subprocess.Popen[str] | None = None

    # --- its controllers --------------------------------------------------------------------------------------

    def labelled_controller(self, *fatal: str, victim: str = "controller") -> int:
        """Begin a controller with labelled points, at some of which somebody is struck; its pid."""
        if self._nursery is None:
            self._nursery = subprocess.Popen(
                [sys.executable, "-m", "tests.crash.controller"],
                cwd=ROOT, env=self.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
        assert self._nursery.stdin is not None and self._nursery.stdout is not None
        self.point_log.unlink(missing_ok=True)
        config, state = str(self.place / "verdigris.yaml"), str(self.state)
        order = {"config": config, "state": state, "log": str(self.point_log), "fatal": fatal}
        self._nursery.stdin.write(json.dumps(order | {"victim": victim}) + "\n")
        self._nursery.stdin.flush()
        return int(self._nursery.stdout.readline())

    def points(self) -> list[Point]:
        """What the last labelled controller reached."""
        return points_in(self.point_log)

    @property
    def wanted(self) -> int:
        """How many instances a slot is to have."""
        return int(self.config["run"]["instances"])

    def stop_controller(self) -> None:
        """As systemd stops it; traffic stays where it is."""
        pid = self.controller
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            eventually_sync(lambda: not alive(pid), "the controller to stop", STOPPED_WITHIN)

    # --- what is shipped --------------------------------------------------------------------------------------

    @property
    def house(self) -> House:
        return House(self.place / "verdigris.yaml", self.state)

    def file(self, behaviour: str) -> int:
        """Ask for the next version, as `deploy` does; the number of the request."""
        self.change(behaviour)
        house = self.house
        return house.file(house.make_release(self.version, lambda line: None), self.version, "crash")

    def newest(self) -> Saved:
        newest = self.desk.newest()
        assert newest is not None
        return newest

    def ended(self, number: int, ending: str) -> bool:
        """Whether the deployment that was asked for is over, or has come as far as it is meant to."""
        admission = self.desk.admission(number)
        if admission is None or not admission[2]:
            return False
        deployment = self.newest().deployment
        return deployment.id == admission[2] and deployment.phase in (*ENDINGS, ending)

    def open_the_gate(self) -> None:
        """Say yes as a person does, once, when somebody is asked."""
        deployment = self.newest().deployment
        if deployment.phase == "gate" and deployment.id not in self._promoted:
            self._promoted.add(deployment.id)
            self.house.command(Verb.PROMOTE, "crash", deployment=deployment.id)

    # --- what is seen -----------------------------------------------------------------------------------------

    def router(self) -> Sight:
        """What the router itself says, as soon as there is one: it may be the one that was struck."""
        return eventually_sync(self._answered, "an answer of the router")

    def _answered(self) -> Sight | None:
        try:
            return asyncio.run(asked(self.state / "router"))
        except ObservationError:
            return None

    @property
    def serving(self) -> str:
        """The version that all traffic goes to; empty while it is divided."""
        weights, slots = self.router().table.row.weights, self.seen().slots
        whole = [slot for slot in Slot if weights[slot] == 100]
        return slots[f"orders.{whole[0]}"].version if whole else ""

    def written_down(self) -> dict[str, str]:
        """What the router would come up from if it were started again."""
        return Files(self.state / "router", Path()).entries()

    def servers_written_down(self) -> set[str]:
        """The addresses that it would send to then."""
        written = (self.state / "router" / "haproxy.cfg").read_text()
        return {*re.findall(r"^ +server (?:blue|green)-\d+ (\S+)", written, re.MULTILINE)} - {EMPTY}

    def processes(self) -> dict[str, set[int]]:
        """The living processes that work in a release, by its version: what there is, whoever knows of it."""
        found: dict[str, set[int]] = defaultdict(set)
        releases = f"{self.state}/releases/orders/"
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                place = os.readlink(f"/proc/{name}/cwd")
                if place.startswith(releases) and alive(int(name)):
                    found[place.removeprefix(releases)].add(int(name))
        return found

    def destroy(self) -> None:
        if self._nursery is not None:
            assert self._nursery.stdin is not None and self._nursery.stdout is not None
            self._nursery.stdin.close()
            self._nursery.stdout.close()
            self._nursery.wait(STOPPED_WITHIN)
        super().destroy()


async def asked(directory: Path) -> Sight:
    conversation = await Conversation.open(directory)
    try:
        return await look_at(conversation, "orders")
    finally:
        conversation.close()


@contextlib.contextmanager
def stage_in(place: Path, **sections: Any) -> Iterator[Stage]:
    """A stage on which a first version serves already."""
    stage = Stage(place, **sections)
    LIVING.append(stage)
    try:
        stage.ship("good", "--detach")
        eventually_sync(lambda: stage.open_the_gate() or stage.ended(1, "succeeded"), "the first version")
        yield stage
    finally:
        LIVING.remove(stage)
        stage.destroy()
