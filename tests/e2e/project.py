"""A whole project in a directory of its own: the orders API with its verdigris.yaml, driven as a person drives it.

Everything goes through the command line, run as a process. `destroy` removes it all and proves that nothing is left.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from load import Call, LoadProcess, Plan, Result
from tests.e2e.routers import WANTED
from tests.e2e.sight import WITHIN, Document, Sight, alive
from tests.ports import free_port
from tests.waiting import eventually_sync

__all__ = ["LIVING", "MIX", "Project", "project_in"]

P = TypeVar("P", bound="Project")

ORDERS = Path(__file__).parents[2] / "examples" / "orders"
VERDIGRIS = (sys.executable, "-m", "verdigris")
UVICORN = Path(sys.executable).parent / "uvicorn"
GONE_WITHIN = 10.0
"""Seconds from the keeper's last answer to the end of its process."""

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
        "path": "/health",
        "timeout": "500ms",
        "interval": "500ms",
        "healthy": 2,
        "unhealthy": 2,
        "body": {"status": "healthy"},
    },
    "cutover": {"ramp": ["100%"], "drain": "5s"},
    "bake": {"for": "1s"},
    "stabilize": "10m",
}


@dataclass
class Loaded:
    """What became of a load, once it is over."""

    result: Result


class Project(Sight):
    """One API, one state directory, one front door. Keywords are further keys of verdigris.yaml, section by section."""

    source, defaults = ORDERS, CONFIG

    def __init__(self, place: Path, **sections: Any) -> None:
        self.place = place / "orders"
        self.state = self.place / ".verdigris"
        shutil.copytree(
            self.source, self.place, ignore=shutil.ignore_patterns("__pycache__", "*.md", "*.yaml")
        )
        self.port = free_port()
        self.environ = {**os.environ, "NO_COLOR": "1"}
        self.config = merged(self.defaults, {"route": {"listen": f"127.0.0.1:{self.port}"}})
        self.configure(run={"env": {"ORDERS_DB": str(place / "orders.db")}}, router={"bin": WANTED})
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

    def weight(self, slot: str) -> int:
        """The share of new requests that the router gives a slot, as `status` shows it."""
        return int(self.json("status")["slots"][slot]["weight"])

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
        loaded = Loaded(Result(()))
        process.start()
        try:
            yield loaded
        finally:
            loaded.result = process.stop()

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


LIVING: list[Project] = []


@contextlib.contextmanager
def project_in(place: Path, kind: type[P] = Project, **sections: Any) -> Iterator[P]:  # type: ignore[assignment]
    """A project until the block ends; meanwhile it is in `LIVING`."""
    project = kind(place, **sections)
    LIVING.append(project)
    try:
        yield project
    finally:
        LIVING.remove(project)
        project.destroy()


def merged(base: Document, more: Mapping[str, Any]) -> Document:
    """`base` with `more` in it, section by section."""
    found = dict(base)
    for key, value in more.items():
        inner = found.get(key)
        found[key] = merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return found


def said(done: subprocess.CompletedProcess[str]) -> str:
    return f"{done.stdout}\n{done.stderr}"
