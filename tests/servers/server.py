"""One server process: started on its port, stopped, frozen and thawed, and started again on the same one.

It stays in the group of the test's process, so that whoever ends a part of `make test` ends its servers as well.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port
from tests.waiting import eventually_sync

__all__ = ["Server", "free_port"]

LEAVES_WITHIN = 10.0
"""What a server gets to end when it is asked to, before it is killed."""


@dataclass(eq=False)
class Server:
    """A server for tests. `answers` says whether it serves; `user` is whom the process runs as, None for our own."""

    name: str
    command: Sequence[str]
    port: int
    url: str
    answers: Callable[[int], bool]
    log: Path
    ends_by: signal.Signals = signal.SIGTERM
    user: str | None = None
    environ: dict[str, str] | None = None
    process: subprocess.Popen[bytes] | None = None
    frozen: bool = False

    @property
    def pid(self) -> int:
        """The process that runs now."""
        assert self.process is not None, f"{self.name} is not running"
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Run, on the same port as ever, and return when it answers. One that runs is thawed and left alone."""
        self.thaw()
        if self.running:
            return
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self.user,
                env=self.environ,
                cwd="/",
            )
        eventually_sync(lambda: self.answers(self.port) or not self.running, f"{self.name} to answer")
        assert self.running, f"{self.name} ended while it started:\n{self.log.read_text()[-2000:]}"

    def stop(self) -> None:
        """End, as the server's own manual asks it to; the port refuses from then on."""
        if not self.running:
            return
        assert self.process is not None
        self.thaw()
        self.process.send_signal(self.ends_by)
        try:
            self.process.wait(LEAVES_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def freeze(self) -> None:
        """Stand still: connections are taken by the kernel, and nothing is answered."""
        self.frozen = True
        # The first one makes the others: once it stands still, none is missed.
        os.kill(self.pid, signal.SIGSTOP)
        eventually_sync(lambda: _state(self.pid) == "T", f"{self.name} to stand still")
        for child in _children(self.pid):
            _tell(child, signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on where it stood still. One that was not frozen is left alone."""
        if not self.frozen or not self.running:
            self.frozen = False
            return
        self.frozen = False
        for pid in (*_children(self.pid), self.pid):
            _tell(pid, signal.SIGCONT)


def _tell(pid: int, what: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # a child may end by itself at any moment
        os.kill(pid, what)


def _children(pid: int) -> list[int]:
    others = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [other for other in others if _parent(other) == pid]


def _parent(pid: int) -> int:
    return int((_stat(pid) or "? 0").split()[1])


def _state(pid: int) -> str:
    return (_stat(pid) or "?").split()[0]


def _stat(pid: int) -> str:
    """State, parent and so on: what follows the name, which may hold spaces itself."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
    except OSError:
        return ""
