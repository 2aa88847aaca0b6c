"""Processes, known by pid, start time and boot: started, found again, signalled, never mistaken.

A reused pid is never signalled: every signal goes through a pidfd whose start time was read after it was opened.
A zombie is dead. The exit code of a process that is not our child is unknown, and said to be.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = [
    "INSTALLATION",
    "MARK",
    "Child",
    "Identity",
    "Process",
    "become_subreaper",
    "boot_id",
    "identity_of",
    "kill_leftovers",
    "marked_sessions",
    "reap_strays",
]

MARK = "VERDIGRIS_START"
"""In the environment of everything the keeper starts: finds what was started but not yet written down."""

INSTALLATION = "VERDIGRIS_INSTALLATION"  # and which state directory that is in, wherever it works

PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True)
class Identity:
    """One process of one boot: the pid alone names another process later."""

    pid: int
    start_time: int
    boot_id: str


@dataclass(frozen=True, slots=True)
class Process:
    """What /proc/PID/stat says."""

    pid: int
    state: str
    group: int
    session: int
    start_time: int


@cache
def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def process(pid: int) -> Process | None:
    """The process as it is now, None when there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    rest = text.rpartition(")")[2].split()  # the name before it may hold blanks and brackets
    return Process(pid, rest[0], int(rest[2]), int(rest[3]), int(rest[19]))


def processes() -> Iterator[Process]:
    """All processes that live; zombies are dead."""
    for name in os.listdir("/proc"):
        if name.isdigit() and (found := process(int(name))) and found.state not in "ZX":
            yield found


def identity_of(pid: int) -> Identity:
    found = process(pid)
    if found is None:
        raise ProcessLookupError(f"no process {pid}")
    return Identity(pid, found.start_time, boot_id())


def marked_sessions() -> dict[str, Identity]:
    """Every living session leader that a keeper started, by its mark."""
    found = {}
    for leader in processes():
        if leader.pid == leader.session and (mark := _mark(leader.pid)):
            found[mark] = Identity(leader.pid, leader.start_time, boot_id())
    return found


def _mark(pid: int) -> str:
    start = f"{MARK}=".encode()
    return next((pair[len(start) :].decode() for pair in _environ(pid) if pair.startswith(start)), "")


def variables(pid: int) -> dict[str, str]:
    """The environment that a process was started with; empty when it is gone or not ours to read."""
    pairs = (pair.decode(errors="surrogateescape").partition("=") for pair in _environ(pid))
    return {name: value for name, found, value in pairs if found}


def _environ(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:  # gone, or not ours to read
        return []


def become_subreaper() -> None:
    """Grandchildren whose parent died come to this process, which reaps them and does nothing else with them."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def reap_strays(known: set[int]) -> None:
    """Take the exit codes of dead orphans that came to us; those of `known` children wait for their owner."""
    with contextlib.suppress(ChildProcessError):
        while seen := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if seen.si_pid in known:
                return
            os.waitpid(seen.si_pid, 0)


class Child:
    """A process that the keeper started, now or in an earlier life, held by its pidfd."""

    def __init__(self, identity: Identity, pidfd: int, popen: subprocess.Popen[bytes] | None = None) -> None:
        self.identity = identity
        self.pidfd = pidfd
        self.ended = False
        self._popen = popen

    @classmethod
    def spawn(
        cls,
        argv: Sequence[str],
        *,
        cwd: str,
        env: Mapping[str, str],
        output: int,
        umask: int = 0o022,
        keep: Sequence[int] = (),
    ) -> Child:
        """Started in a session of its own, without a stdin, writing to `output`. OSError when it cannot be run."""
        popen = subprocess.Popen(
            argv,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            umask=umask,
            pass_fds=keep,
        )
        try:
            return cls(identity_of(popen.pid), os.pidfd_open(popen.pid), popen)
        except OSError:  # without a descriptor for it, it could not be looked after
            popen.kill()
            popen.wait()
            raise

    @classmethod
    def adopt(cls, identity: Identity) -> Child | None:
        """The very same process again, None when it is gone: another boot, another start time, a zombie."""
        if identity.boot_id != boot_id():
            return None
        try:
            pidfd = os.pidfd_open(identity.pid)
        except OSError:  # it is gone
            return None
        found = process(identity.pid)
        if found is None or found.start_time != identity.start_time or found.state in "ZX":
            os.close(pidfd)
            return None
        return cls(identity, pidfd)

    def dead(self) -> bool:
        """Whether the process has ended, noticed or not."""
        if self.ended:
            return True
        poll = select.poll()
        poll.register(self.pidfd, select.POLLIN)
        return bool(poll.poll(0))

    def collect(self) -> int | None:
        """Take the exit code of the dead process (negative: the signal), None when it was not our child. Once."""
        self.ended = True
        os.close(self.pidfd)
        try:
            code = os.waitstatus_to_exitcode(os.waitpid(self.identity.pid, 0)[1]) if self._popen else None
        except ChildProcessError:
            code = None
        if self._popen:
            self._popen.returncode = 0 if code is None else code  # or Popen complains that nobody waited
        return code

    def terminate(self) -> None:
        """SIGTERM to the process group."""
        for found in self.session():
            if found.group == self.identity.pid:
                _signal(found, signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to everything in the session."""
        for found in self.session():
            _signal(found, signal.SIGKILL)

    def send(self, number: int) -> None:
        """One signal to the process itself."""
        if not self.ended:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, number)

    def session(self) -> list[Process]:
        """Everything alive in the session, the leader included."""
        return _session(self.identity)


def kill_leftovers(identity: Identity) -> None:
    """SIGKILL to what is left of the session of a process that is gone."""
    if identity.boot_id == boot_id():
        for found in _session(identity):
            _signal(found, signal.SIGKILL)


def _session(identity: Identity) -> list[Process]:
    """Nothing when the number names another session now: it cannot while one member of the old one lives."""
    leader = process(identity.pid)
    if leader is not None and leader.start_time != identity.start_time:
        return []
    return [found for found in processes() if found.session == identity.pid]


def _signal(found: Process, number: int) -> None:
    try:
        pidfd = os.pidfd_open(found.pid)
    except OSError:  # it is gone
        return
    now = process(found.pid)
    if now is not None and now.start_time == found.start_time:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(pidfd, number)
    os.close(pidfd)
