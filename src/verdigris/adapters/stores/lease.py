"""One controller for a state directory: a lock that the kernel gives back when its holder dies, however it dies.

Who holds it is known by pid, start time and boot, so that nobody else is ever taken for it, or killed in its place.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from verdigris.core.errors import Conflict, Refused
from verdigris.keeper.children import Child, Identity, identity_of
from verdigris.keeper.codec import build
from verdigris.keeper.directory import open_directory
from verdigris.keeper.protocol import KeeperError

__all__ = ["CONTROLLER", "LOCK", "Holder", "Lease"]

LOCK = "controller.lock"
CONTROLLER = "controller"
LENGTH = 256
GLANCE = 0.02
KILLED_WITHIN = 5.0
"""Seconds that the kernel may take to end a killed process: one in a broken disk wait may take for ever."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that has the lease, and what it does with it: `controller`, or `rollback` for a while."""

    identity: Identity
    role: str

    def __str__(self) -> str:
        return f"{self.role} with pid {self.identity.pid}"


class Lease:
    """The lease of one state directory, which is made if it is missing.

    `Refused` when the directory is not ours alone, or on a network file system, where such a lock holds nobody.
    """

    def __init__(self, state: Path) -> None:
        try:
            self.state = open_directory(state)
        except KeeperError as error:
            raise Refused(error.sentence) from error
        self._fd: int | None = None

    def acquire(self, role: str = CONTROLLER) -> None:
        """Take the lease, at once or not at all: `Conflict` names the holder. It ends with the process."""
        if not self._take(role):
            holder = self.holder()
            raise Conflict(
                f"{holder or 'another process'} is in charge of {self.state}. Follow it: `verdigris watch`"
            )

    def holder(self) -> Holder | None:
        """The living process that has the lease, or None."""
        said = self._said()
        holder = signed(said) or (self._by_the_kernel() if said.strip() else None)
        if holder is None:  # never taken, given back, or just being taken
            return None
        child = Child.adopt(holder.identity)
        if child is None:
            return None
        child.collect()
        return holder

    def release(self) -> None:
        """Give the lease back; nothing happens when it is not held."""
        if self._fd is not None:
            write(self._fd, "")
            os.close(self._fd)
            self._fd = None

    def take_over(self, within: float, role: str = "rollback") -> Holder | None:
        """Take the lease from whoever has it, and return who that was.

        A controller is asked to go (SIGTERM), and killed when it has not gone after `within` seconds: one that
        hangs must not stand in the way back. `Conflict` when it cannot be told who it is, or does not die.
        """
        if self._take(role):
            return None
        holder = self.holder()
        child = Child.adopt(holder.identity) if holder else None
        if child is None:
            return self._taken_within(within, role, None)
        try:
            if holder and holder.role == CONTROLLER:  # another rollback is let finish
                child.send(signal.SIGTERM)
            if self._wait(within, role):
                return holder
            child.send(signal.SIGKILL)
            return self._taken_within(KILLED_WITHIN, role, holder)
        finally:
            child.collect()

    def _taken_within(self, seconds: float, role: str, holder: Holder | None) -> Holder | None:
        if self._wait(seconds, role):
            return holder
        who = (
            holder
            or self._by_the_kernel()
            or "A process that cannot be identified from here, in another container perhaps,"
        )
        raise Conflict(
            f"{who} keeps {self.state / LOCK} for more than {seconds:g} s. End it yourself and try again"
        )

    def _wait(self, seconds: float, role: str) -> bool:
        until = time.monotonic() + seconds
        while not self._take(role):
            if time.monotonic() > until:
                return False
            time.sleep(GLANCE)
        return True

    def _said(self) -> str:
        try:
            return (self.state / LOCK).read_text(errors="replace")
        except OSError:
            return ""

    def _by_the_kernel(self) -> Holder | None:
        """Who holds a lock in which no name can be read: a full disk took it, or somebody wrote over it."""
        try:
            seen = (self.state / LOCK).stat()
            pid = holder_in(Path("/proc/locks").read_text(), seen.st_dev, seen.st_ino)
            return Holder(identity_of(pid), CONTROLLER) if pid else None
        except (OSError, ValueError):
            return None

    def _take(self, role: str) -> bool:
        if self._fd is not None:
            return True
        fd = os.open(self.state / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self._fd = fd
        sign(fd, role)
        return True


def signed(text: str) -> Holder | None:
    """Who wrote its name into the lock."""
    try:
        said = json.loads(text)
        holder = Holder(build(Identity, said, LOCK), str(said["role"]))
    except (ValueError, KeyError, RecursionError):
        return None
    return holder if holder.identity.pid > 0 else None


def holder_in(locks: str, device: int, inode: int) -> int:
    """The pid that `/proc/locks` names for a flock of this file; 0 for none, or one of another container."""
    place = f"{os.major(device):02x}:{os.minor(device):02x}:{inode}"
    rows = (line.split() for line in locks.splitlines())
    return next((int(row[4]) for row in rows if row[1] == "FLOCK" and row[5] == place), 0)


def sign(fd: int, role: str) -> None:
    me = identity_of(os.getpid())
    write(fd, json.dumps({"pid": me.pid, "start_time": me.start_time, "boot_id": me.boot_id, "role": role}))


def write(fd: int, text: str) -> None:
    """Always the same length, in place: that needs no room once the file is there, and the way back needs none."""
    with contextlib.suppress(
        OSError
    ):  # a full disk: the lock holds all the same, only its holder stays unnamed
        os.pwrite(fd, text.ljust(LENGTH).encode(), 0)
