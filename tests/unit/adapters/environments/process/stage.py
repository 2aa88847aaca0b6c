"""A workshop with a real keeper and the environment over it, and the little API that it runs."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.unit.adapters.environments.process.workshop import Workshop
from tests.waiting import eventually
from verdigris.adapters.environments.process.adapter import ProcessEnvironment
from verdigris.adapters.environments.response import HealthCheck
from verdigris.core.world import Known, Release, Slot, SlotWorld
from verdigris.keeper.client import KeeperClient, ask, start_keeper
from verdigris.keeper.protocol import Shutdown

QUICK = (
    "--backoff-first=0.02",
    "--backoff-most=0.2",
    "--settled-after=0.5",
    "--starting-within=2.0",
    "--housekeeping=0.1",
)

API = """
import http.server, json, os, signal, sys
SAYS = "first"
class Api(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = {"status": "healthy", "release": os.environ["VERDIGRIS_RELEASE"], "slot": os.environ["VERDIGRIS_SLOT"]}
        body |= {"says": SAYS, "pid": os.getpid(), "key": os.environ.get("KEY")}
        raw = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)
    def log_message(self, *words): pass
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Api).serve_forever()
"""

CHECK = HealthCheck(timeout=5.0, interval=0.2, body=((("status",), "healthy"),))


class BootClock:
    """The keeper's clock."""

    def now(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def base(self) -> str:
        return "this boot"

    def wall(self) -> float:
        return time.time()


class Stage:
    """Everything between the engine and the processes, real."""

    app = "api"

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.state = workshop.state
        self.generation = 0
        self.environment = self.controller()

    def open(self) -> None:
        start_keeper(self.state, QUICK)

    def controller(self, check: HealthCheck = CHECK, app: str = app) -> ProcessEnvironment:
        """The environment as a controller that has just started has it."""
        return ProcessEnvironment(KeeperClient(self.state), app, check, BootClock())

    async def close(self) -> None:
        await self.environment.close()
        if (self.state / "keeper.json").exists():
            self.open()
            ask(self.state, Shutdown(everything=True), 30)

    def release(self, version: str = "v1", says: str = "first", api: str = API, **more: object) -> Release:
        self.workshop.write("app.py", api.replace('"first"', f'"{says}"'))
        recipe = {"command": (sys.executable, "-S", "-E", "app.py"), "grace": 5.0, **more}
        return self.workshop.make(version=version, source=Path("."), **recipe).release

    async def provision(self, release: Release, count: int = 1, slot: Slot = Slot.BLUE) -> None:
        self.generation += 1
        await self.environment.provision(slot, release, count, 2, self.generation)

    async def tear_down(self, slot: Slot = Slot.BLUE) -> None:
        self.generation += 1
        await self.environment.tear_down(slot, self.generation)

    async def seen(self, slot: Slot = Slot.BLUE) -> SlotWorld:
        found = (await self.environment.observe())[slot]
        assert isinstance(found, Known)
        return found.value

    async def until(
        self, true: Callable[[SlotWorld], object], what: str, slot: Slot = Slot.BLUE
    ) -> SlotWorld:
        async def look() -> SlotWorld | None:
            world = await self.seen(slot)
            return world if true(world) else None

        return await eventually(look, what)

    async def until_healthy(self, count: int = 1, slot: Slot = Slot.BLUE) -> SlotWorld:
        def healthy(world: SlotWorld) -> bool:
            passed = [
                i for i in world.instances if isinstance(i.health, Known) and i.health.value.passes >= 3
            ]
            return count == len(passed) == len(world.instances)

        return await self.until(healthy, f"{count} healthy instances in {slot}", slot)

    async def pid(self, slot: Slot = Slot.BLUE) -> int:
        return (await self.environment.keeper.observe()).slots[f"{self.app}.{slot}"].instances[0].pid or 0
