"""A keeper of real processes in a directory of its own, and the little programs that it runs in tests."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

from tests.waiting import eventually
from verdigris.keeper.client import KeeperClient, ask, start_keeper
from verdigris.keeper.digest import tree_digest
from verdigris.keeper.observed import InstanceSeen, Observed, SlotSeen
from verdigris.keeper.protocol import RouterRequest, Shutdown, Spec, Start, StopRequest

QUICK = (
    "--backoff-first=0.02",
    "--backoff-most=0.2",
    "--settled-after=0.5",
    "--starting-within=30",
    "--housekeeping=0.1",
)

STARTED_WITHIN = 60.0
"""Until a keeper answers, or has said why it does not: on busy cores a Python alone takes seconds to begin."""

APP = """
    import json, os, socket, sys
    with socket.create_server(("127.0.0.1", int(os.environ["PORT"]))) as door:
        print("up", flush=True)
        while True:
            with door.accept()[0] as one:
                one.sendall(json.dumps({"argv": sys.argv, "cwd": os.getcwd(), "env": dict(os.environ)}).encode())
"""

ROUTER = """
    import os, signal, socket, sys
    door = socket.socket(fileno=int(os.environ["VERDIGRIS_FD_0"]))
    over = []
    signal.signal(signal.SIGUSR1, lambda *_: (over.append(1), door.close(), os._exit(0)))
    if sys.argv[1:2] == ["bad"]:
        sys.exit("this configuration is bad")
    if "-sf" in sys.argv:
        os.kill(int(sys.argv[sys.argv.index("-sf") + 1]), signal.SIGUSR1)
    while True:
        with door.accept()[0] as one:
            one.sendall(str(os.getpid()).encode())
"""


class House:
    """A state directory, its keeper, and what a test says to it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state = root / "state"
        self.client = KeeperClient(self.state)
        self.generation = 1

    def open(self, *more: str) -> None:
        start_keeper(self.state, (*QUICK, *more), STARTED_WITHIN)

    def close(self) -> None:
        """Nothing that this house started is alive afterwards."""
        if (self.state / "keeper.json").exists():
            self.open()
            ask(self.state, Shutdown(everything=True), 30)

    def release(self, app: str = APP, name: str = "v1") -> Spec:
        """An immutable directory with app.py, as a spec that runs it."""
        directory = self.root / "releases" / name
        directory.mkdir(parents=True)
        (directory / "app.py").write_text(textwrap.dedent(app))
        command = (sys.executable, "-S", "-E", "app.py", "{port}")
        return Spec(name, tree_digest(directory), str(directory), command, grace=5.0, api_version="3")

    async def start(
        self, spec: Spec, count: int = 1, key: str = "k1", slot: str = "blue", **more
    ) -> Observed:
        return await self.client.start(Start(slot, key, self.generation, count, spec, **more))

    async def stop(self, slot: str = "blue", *only: str) -> Observed:
        return await self.client.stop(StopRequest(slot, "stop", self.generation, only))

    async def slot(self, name: str = "blue") -> SlotSeen | None:
        return (await self.client.observe()).slots.get(name)

    async def until(self, state: str, count: int = 1, slot: str = "blue") -> list[InstanceSeen]:
        """All instances of the slot, once there are `count` and all are in this state."""

        async def look() -> list[InstanceSeen] | None:
            seen = await self.slot(slot)
            found = list(seen.instances) if seen else []
            return found if len(found) == count and all(i.state == state for i in found) else None

        return await eventually(look, f"{count} instances of {slot} {state}")

    async def until_gone(self, slot: str = "blue") -> Observed:
        async def look() -> Observed | None:
            seen = await self.client.observe()
            return seen if slot not in seen.slots else None

        return await eventually(look, f"{slot} empty")

    async def kill_keeper(self) -> int:
        """kill -9, and not before it is dead does this return."""
        pid = (await self.client.observe()).keeper.pid
        os.kill(pid, signal.SIGKILL)
        await eventually(lambda: ends(pid), "the keeper dead")
        return pid

    def router(self, listen: str, *argv: str, program: str = ROUTER) -> RouterRequest:
        path = self.root / "router.py"
        path.write_text(textwrap.dedent(program))
        command = (sys.executable, "-S", "-E", str(path), *argv)
        return RouterRequest(command, str(self.root), (listen,), self.generation, grace=2.0)


def talk(port: int) -> str:
    """What the program behind this port says."""
    with socket.create_connection(("127.0.0.1", port), 30) as one:
        return b"".join(iter(lambda: one.recv(65536), b"")).decode()


def ends(pid: int) -> bool:
    """Whether the process is dead; a zombie is."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def keeper_in_foreground(state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A keeper that is expected to end by itself at once."""
    command = [sys.executable, "-m", "verdigris.keeper", "--state", str(state), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=STARTED_WITHIN, check=False)


def with_env(spec: Spec, **env: str) -> Spec:
    return replace(spec, env=env)
