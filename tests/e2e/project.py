"""A whole project in a directory of its own: the orders API with its verdigris.yaml, driven as a person drives it.

Everything goes through the command line, run as a process. What runs is found out from the keeper, the lease and the
event log, never from what a test believes to have started. `destroy` removes it all and proves that nothing is left.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple

from load import Call, LoadProcess, Plan, Result
from tests.waiting import eventually_sync
from verdigris.adapters.stores.desk import SqliteDesk
from verdigris.adapters.stores.lease import Lease
from verdigris.adapters.stores.pokes import poke
from verdigris.core.errors import Conflict, ObservationError
from verdigris.core.world import Slot
from verdigris.keeper.client import KeeperClient, KeeperError
from verdigris.keeper.observed import Observed
from verdigris.ports import Event

__all__ = ["MIX", "Document", "Project", "alive", "state_of"]

Document = dict[str, Any]

ORDERS = Path(__file__).parents[2] / "examples" / "orders"
VERDIGRIS = (sys.executable, "-m", "verdigris")
UVICORN = Path(sys.executable).parent / "uvicorn"
WITHIN = 60.0
"""Seconds that one command may take."""
GONE_WITHIN = 2.0
"""Seconds from the keeper's last answer to the end of its process."""
TAIL = 6000
"""Bytes of each log that are shown when a test fails."""

MIX = (Call("GET", "/", share=15), Call("POST", "/attachments", b"x" * 65536, 3), Call("GET", "/slow?ms=400"))
"""What callers of a real API ask for: short requests, uploads of 64 KiB, and now and then something slow."""

CONFIG: Document = {
    "app": "orders",
    "run": {
        "source": ".",
        "command": [
            *(str(UVICORN), "--factory", "app:make", "--host", "127.0.0.1", "--port", "{port}"),
            *("--no-access-log", "--timeout-keep-alive", "75", "--timeout-graceful-shutdown", "5"),
        ],
        "instances": 2,
        "surge": 2,
        "grace": "2s",
    },
    "health": {
        **{"path": "/health", "timeout": "500ms", "interval": "500ms", "healthy": 2, "unhealthy": 2},
        "body": {"status": "healthy"},
    },
    "cutover": {"ramp": ["100%"], "drain": "5s"},
    "bake": {"for": "1s"},
    "stabilize": "10m",
}


class Answer(NamedTuple):
    """One answer of the API."""

    status: int
    headers: Message
    body: Document


@dataclass
class Loaded:
    """What became of a load, once it is over."""

    result: Result = Result(())


class Project:
    """One API, one state directory, one front door. Keywords are further keys of verdigris.yaml, section by section."""

    def __init__(self, place: Path, **sections: Any) -> None:
        self.place = place / "orders"
        self.state = self.place / ".verdigris"
        shutil.copytree(ORDERS, self.place, ignore=shutil.ignore_patterns("__pycache__", "*.md", "*.yaml"))
        self.port = free_port()
        self.environ = {**os.environ, "NO_COLOR": "1"}
        self.config = merged(CONFIG, {"route": {"listen": f"127.0.0.1:{self.port}"}})
        self.configure(run={"env": {"ORDERS_DB": str(place / "orders.db")}})
        self.configure(**sections)
        self.version = "0.0.0"
        self.begun_log = place / "begun.log"
        self._begun: list[subprocess.Popen[str]] = []

    # --- what a person does -------------------------------------------------------------------------------

    def configure(self, **sections: Any) -> None:
        """Change verdigris.yaml as of the next version."""
        self.config = merged(self.config, sections)

    @contextlib.contextmanager
    def configured(self, **sections: Any) -> Iterator[None]:
        """The same for as long as the block lasts."""
        before = self.config
        self.configure(**sections)
        try:
            yield
        finally:
            self.config = before

    def write(self, version: str, behaviour: str = "good", **numbers: float) -> None:
        """Change the source: the version that it says, and how it behaves."""
        document = merged(self.config, {"run": {"api_version": version}})
        (self.place / "verdigris.yaml").write_text(json.dumps(document, indent=1))
        (self.place / "behaviour.json").write_text(json.dumps({"is": behaviour, **numbers}))

    def ship(self, behaviour: str = "good", *words: str, code: int = 0, **numbers: float) -> str:
        """Deploy the next version, which has to end with this exit code; the version."""
        self.change(behaviour, **numbers)
        done = self.verdigris("deploy", "--version", self.version, *words)
        assert code == done.returncode, f"deploy of {self.version} ended with {done.returncode}\n{said(done)}"
        return self.version

    def begin_ship(self, behaviour: str = "good", *words: str, **numbers: float) -> subprocess.Popen[str]:
        """The same in the background; returns when the deployment was taken up, or waits its turn."""
        seen, queued = self.asked(), "--queue" in words
        self.change(behaviour, **numbers)
        process = self.begin("deploy", "--version", self.version, *words)
        eventually_sync(lambda: self.asked(queued) > seen, "the deployment to be taken up")
        return process

    def change(self, behaviour: str = "good", **numbers: float) -> None:
        """Change the source as for the next version."""
        self.version = f"{int(self.version.partition('.')[0]) + 1}.0.0"
        self.write(self.version, behaviour, **numbers)

    def verdigris(self, *words: str, within: float = WITHIN) -> subprocess.CompletedProcess[str]:
        """Run the command line where a person would."""
        return subprocess.run(
            [*VERDIGRIS, *words],
            cwd=self.place, env=self.environ, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=within, check=False,
        )  # fmt: skip

    def json(self, *words: str) -> Document:
        """The result that a command gives to a program."""
        done = self.verdigris(*words, "--json")
        lines = done.stdout.strip().splitlines()
        assert lines, f"verdigris {' '.join(words)} said nothing\n{said(done)}"
        document: Document = json.loads(lines[-1])
        return document

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """The same in the background: whoever began it may kill it or wait for it."""
        with self.begun_log.open("a") as log:
            process = subprocess.Popen(
                [*VERDIGRIS, *words], cwd=self.place, env=self.environ, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, text=True,
            )  # fmt: skip
        self._begun.append(process)
        return process

    # --- what callers do ----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def load(self, rate: float = 200.0, calls: tuple[Call, ...] = (Call(),), **plan: Any) -> Iterator[Loaded]:
        """Load on the front door for as long as the block lasts, counted by whoever sends it."""
        url = f"http://127.0.0.1:{self.port}"
        process = LoadProcess(Plan(url=url, rate=rate, calls=calls, **{"connections": 128, **plan}))
        loaded = Loaded()
        process.start()
        try:
            yield loaded
        finally:
            loaded.result = process.stop()

    # --- what there is to see -----------------------------------------------------------------------------

    @property
    def desk(self) -> SqliteDesk:
        return SqliteDesk(self.state / "verdigris.db")

    def events(self, after: int = 0) -> tuple[Event, ...]:
        """The event log; empty while there is none."""
        try:
            return self.desk.events(after=after, limit=10_000)
        except (ObservationError, Conflict):
            return ()

    def asked(self, queued: bool = True) -> int:
        """How many deployments were asked for, with or without those that were not answered yet."""
        question = f"SELECT count(*) FROM filed WHERE {int(queued)} OR accepted IS NOT NULL"
        try:
            with contextlib.closing(
                sqlite3.connect(f"{self.desk.path.as_uri()}?mode=ro", uri=True)
            ) as database:
                return int(database.execute(question).fetchone()[0])
        except sqlite3.Error:
            return 0

    def phase(self) -> str:
        """Where the newest deployment stands; empty while there is none."""
        try:
            newest = self.desk.newest()
        except (ObservationError, Conflict):
            return ""
        return newest.deployment.phase if newest else ""

    @property
    def candidate(self) -> str:
        """The slot of the newest deployment."""
        newest = self.desk.newest()
        assert newest is not None
        return str(newest.deployment.candidate)

    def until(self, phase: str, within: float = WITHIN) -> None:
        """Wait until the newest deployment stands in `phase`."""
        eventually_sync(lambda: self.phase() == phase, f"the phase {phase}", within)

    def seen(self) -> Observed:
        """What the keeper sees."""
        return asyncio.run(KeeperClient(self.state).observe())

    @property
    def keeper(self) -> int:
        return self.seen().keeper.pid

    @property
    def haproxy(self) -> int:
        router = self.seen().router
        assert router is not None and router.pid is not None
        return router.pid

    def haproxy_by_name(self) -> int:
        """The same when no keeper could say it."""
        return next(pid for pid, command in self.left().items() if "haproxy" in command.split()[0])

    @property
    def controller(self) -> int | None:
        """The pid of whoever has the lease."""
        holder = Lease(self.state).holder()
        return holder.identity.pid if holder else None

    def at_work(self) -> bool:
        """Whether a controller is in charge and listens, and a keeper answers."""
        try:
            return self.controller is not None and poke(self.state) and self.keeper > 0
        except KeeperError:
            return False

    def instances(self, slot: str | None = None) -> dict[str, int]:
        """Names and pids of the instances that live."""
        slots = self.seen().slots
        found = (i for name in slots if slot in (None, name) for i in slots[name].instances)
        return {i.name: i.pid for i in found if i.alive and i.pid}

    def weight(self, slot: str) -> int:
        """The share of new requests that the router gives a slot, as `status` shows it."""
        return int(self.json("status")["slots"][slot]["weight"])

    @property
    def serves(self) -> str:
        """The version that answers at the front door."""
        return self.ask().headers["X-API-Version"] or ""

    def answers(self) -> bool:
        """Whether the front door answers, and well."""
        try:
            return self.ask().status == 200
        except (OSError, ValueError):
            return False

    def ask(self, target: str = "/", port: int | None = None) -> Answer:
        """One request through the front door, or past it: the answer, whatever its status."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=10)
        try:
            connection.request("GET", target)
            response = connection.getresponse()
            return Answer(response.status, response.headers, json.loads(response.read()))
        finally:
            connection.close()

    def ask_instance(self, name: str) -> Document | None:
        """What an instance says when it is asked directly; None while it does not answer."""
        found = {i.name: i.port for slot in self.seen().slots.values() for i in slot.instances}
        try:
            return self.ask("/", found[name]).body
        except OSError:
            return None

    # --- what goes wrong ----------------------------------------------------------------------------------

    def kill(self, *pids: int | None) -> None:
        """kill -9, and wait until each is gone."""
        for pid in filter(None, pids):
            os.kill(pid, signal.SIGKILL)
        eventually_sync(lambda: not any(alive(pid) for pid in filter(None, pids)), "the killed to be gone")

    def kill_controller(self) -> None:
        self.kill(self.controller)

    # --- the end ------------------------------------------------------------------------------------------

    def end(self) -> None:
        """End who was begun, then `teardown --all --yes`."""
        for process in self._begun:
            if process.poll() is None:
                process.kill()
            process.wait()
        done = self.verdigris("teardown", "--all", "--yes", within=150)
        assert 0 == done.returncode, said(done)

    def destroy(self) -> None:
        """The end; then nothing may be left of it."""
        try:
            self.end()
            eventually_sync(lambda: not self.left(), f"an end of {self.left()}", GONE_WITHIN)
        finally:
            for pid in self.left():  # whatever became of it, the machine is left clean
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def left(self) -> dict[int, str]:
        """Processes that have the state directory in their command line or work in it."""
        return dict(processes_of(self.state))

    def logs(self) -> str:
        """The ends of everything that was written down, for whoever has to find out why a test failed."""
        files = [self.state / name for name in ("controller.log", "keeper.log", "router/haproxy.log")]
        files.append(self.begun_log)
        parts = [
            f"--- {file.name}\n{tail(file)}" for file in (*files, *sorted(self.state.glob("logs/*.log")))
        ]
        events = "\n".join(
            f"{e.wall:.3f} {e.deployment} g{e.generation} {e.phase} {e.kind}: {e.sentence} {e.evidence}"
            for e in self.events()[-120:]
        )
        return "\n".join([*parts, "--- events", events])


def merged(base: Document, more: Mapping[str, Any]) -> Document:
    """`base` with `more` in it, section by section."""
    found = dict(base)
    for key, value in more.items():
        inner = found.get(key)
        found[key] = merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return found


def processes_of(state: Path) -> Iterator[tuple[int, str]]:
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if command and (str(state) in command or os.readlink(entry / "cwd").startswith(str(state))):
                yield int(entry.name), command


def alive(pid: int) -> bool:
    """Whether there is such a process that has not ended; one that nobody collected has."""
    return state_of(pid) not in "ZX"


def state_of(pid: int) -> str:
    """The letter that the kernel has for it, T when it was stopped; X when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def said(done: subprocess.CompletedProcess[str]) -> str:
    return f"{done.stdout}\n{done.stderr}"


def tail(path: Path) -> str:
    try:
        return path.read_bytes()[-TAIL:].decode(errors="replace")
    except OSError as error:
        return f"({error.strerror})"
