"""The state directory: ours alone, on a local disk, with one keeper in it.

Nothing is repaired that belongs to somebody else: a directory with the wrong owner or mode is refused.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import stat
from pathlib import Path

from verdigris.keeper.children import identity_of
from verdigris.keeper.protocol import KeeperError

__all__ = ["REMOTE", "filesystem", "installation", "lock", "open_directory"]

REMOTE = (
    "nfs",
    "cifs",
    "smb",
    "9p",
    "ceph",
    "gluster",
    "lustre",
    "afs",
    "gpfs",
    "ocfs2",
    "gfs2",
    "beegfs",
    "fuse.",
)
"""Beginnings of file system types on which flock and rename cannot be relied on."""


def open_directory(path: Path, mountinfo: str = "") -> Path:
    """The checked absolute path of a state directory, made 0700 if missing. KeeperError `refused` says why not."""
    _make(path)
    path = path.resolve(strict=True)
    _check_owner(path, path.stat())
    kind = filesystem(path, mountinfo or Path("/proc/self/mountinfo").read_text())
    if kind.startswith(REMOTE):
        raise KeeperError(
            "refused", f"{path} is on a network file system ({kind}); use --state on a local disk"
        )
    for name in ("logs", "router"):
        _make(path / name)
    return path


def _make(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        why = "it is not a directory" if isinstance(error, FileExistsError) else error.strerror
        raise KeeperError("refused", f"{path} cannot be made: {why}; use --state with another one") from None


def _check_owner(path: Path, seen: os.stat_result) -> None:
    if seen.st_uid != os.geteuid():
        raise KeeperError(
            "refused",
            f"{path} belongs to user {seen.st_uid}, this is user {os.geteuid()}; use --state with one of your own",
        )
    if mode := stat.S_IMODE(seen.st_mode) & 0o077:
        raise KeeperError("refused", f"{path} is open to others (mode ..{mode:02o}); run `chmod 700 {path}`")


def filesystem(path: Path, mountinfo: str) -> str:
    """The type of the file system that `path` is on, by the longest mount point above it."""
    best, kind = "", "unknown"
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        point = left.split()[4].replace("\\040", " ")
        if len(point) >= len(best) and path.is_relative_to(point):
            best, kind = point, right.split()[0]
    return kind


def installation(state: Path) -> str:
    """The random id of a state directory, made by whoever needs it first: what is started from there bears it."""
    path = state / "installation"
    if not path.exists():
        fresh = state / f".installation.{secrets.token_hex(8)}"
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w") as file:
            file.write(secrets.token_hex(8))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # somebody else was first: theirs counts
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text().strip()


def lock(state: Path) -> int:
    """The descriptor that holds keeper.lock; KeeperError `conflict` while another keeper has it."""
    fd = os.open(state / "keeper.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(fd, 400).decode(errors="replace")
        os.close(fd)
        raise KeeperError(
            "conflict", f"another keeper has {state} ({holder.strip()}); use that one"
        ) from None
    me = identity_of(os.getpid())
    os.ftruncate(fd, 0)
    os.pwrite(fd, json.dumps({"pid": me.pid, "start_time": me.start_time, "boot_id": me.boot_id}).encode(), 0)
    return fd
