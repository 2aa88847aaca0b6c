"""The directory of a shadow: made, held for as long as its process lives, and removed with the server that runs in it.

A process that is killed leaves its directory and its server behind. Who makes the next one finds the directory by its
name, sees by the lock that nobody holds it, and removes both. Of others nothing is touched.
"""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from verdigris.core.errors import ActionError
from verdigris.schema.shadow.owner import Owner, reachable

__all__ = ["DATA", "END_WITHIN", "PREFIX", "end", "made", "sweep"]

PREFIX = "verdigris-shadow-"
DATA = "data"
LOCK = "lock"
SOCKET_MOST = 107
"""Bytes in the path of a unix socket; Linux has room for 108 with the end."""
SOCKET_NAME = ".s.PGSQL.5432"
TRIES = 10
END_WITHIN = 10.0
"""Seconds that a server may take to end when it is told to end at once."""


@contextmanager
def made(who: Owner) -> Iterator[Path]:
    """A new directory that only that user can enter. At the end it is gone, whatever happened and runs there."""
    sweep(who)
    home, lock = _locked(place(who))
    try:
        os.chown(home, who.uid, who.gid)
        yield home
    finally:
        end(home, who)
        shutil.rmtree(home, ignore_errors=True)
        os.close(lock)


def places() -> tuple[Path, ...]:
    """Where a shadow may be: the machine's directory for such things, and /tmp, whose path is short."""
    return tuple(dict.fromkeys((Path(tempfile.gettempdir()), Path("/tmp"))))  # noqa: S108  # mkdtemp is safe there


def place(who: Owner, among: tuple[Path, ...] = ()) -> Path:
    """The first where there is room for the path of a socket and that the user can come to."""
    for directory in among or places():
        longest = directory / f"{PREFIX}12345678" / SOCKET_NAME
        if len(os.fsencode(longest)) <= SOCKET_MOST and reachable(directory, who):
            return directory
    raise ActionError(
        f"there is no place for the shadow: {' and '.join(map(str, among or places()))} are too long for a socket "
        "or closed to its user. Set TMPDIR to a short path that everybody may enter"
    )


def sweep(who: Owner) -> None:
    """Remove what killed processes left behind: ours by name and owner, and held by nobody."""
    for directory in places():
        for left in sorted(directory.glob(PREFIX + "*")):
            with suppress(OSError):
                _sweep(left, who)


def end(home: Path, who: Owner) -> None:
    """End the server that runs in it, if one does, at once: nothing in it is worth a checkpoint."""
    with suppress(OSError, OverflowError, ValueError):
        pid = int((home / DATA / "postmaster.pid").read_text().split("\n")[0])
        _end(pid, home / DATA, who)


def _locked(place: Path) -> tuple[Path, int]:
    """A new directory and our lock on it. Between making and locking somebody may have swept it: then another one."""
    for _ in range(TRIES):
        home = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        with suppress(OSError):
            lock = os.open(home / LOCK, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if os.path.exists(home / LOCK) and os.path.samestat(os.stat(home / LOCK), os.fstat(lock)):
                return home, lock
            os.close(lock)
    raise ActionError(f"no directory could be made for the shadow in {place}: is the disk full?")


def _sweep(left: Path, who: Owner) -> None:
    seen = left.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid not in (who.uid, os.geteuid()):
        return
    lock = os.open(left / LOCK, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        end(left, who)
        shutil.rmtree(left, ignore_errors=True)
    finally:
        os.close(lock)


def _end(pid: int, data: Path, who: Owner) -> None:
    """The process, when it is that user's and works in that directory: a number alone may be anybody's by now."""
    handle = os.pidfd_open(pid)
    try:
        if os.stat(f"/proc/{pid}").st_uid != who.uid or not os.path.samefile(f"/proc/{pid}/cwd", data):
            return
        for number in (signal.SIGQUIT, signal.SIGKILL):
            signal.pidfd_send_signal(handle, number)
            if select.select([handle], [], [], END_WITHIN)[0]:
                return
    finally:
        os.close(handle)
