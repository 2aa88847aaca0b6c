"""Files of the state directory: made private before anything is in them, replaced whole, and what their errors mean.

Standard library only: the command line comes through here.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

from verdigris.core.errors import Refused

__all__ = ["DATABASE", "REVISION", "made_private", "replace_with", "why"]

DATABASE = "verdigris.db"
REVISION = "0004"
"""The newest schema of the database that this version knows; there is a migration of the same name."""

MEANINGS = {
    "SQLITE_FULL": "the disk is full. Make room, nothing is done until then",
    "SQLITE_BUSY": "another process keeps it locked, a backup perhaps. It is tried again",
    "SQLITE_LOCKED": "another process keeps it locked, a backup perhaps. It is tried again",
    "SQLITE_READONLY": "it may not be written. Look at the owner, the mode and the mount of its directory",
    "SQLITE_CANTOPEN": "it cannot be opened. Look at the owner and the mode of its directory",
    "SQLITE_IOERR": "the disk answers with an error. Look at `dmesg`, then run `verdigris recover`",
    "SQLITE_CORRUPT": "it is damaged. Traffic stays where it is: run `verdigris recover`",
    "SQLITE_NOTADB": "it is damaged. Traffic stays where it is: run `verdigris recover`",
}


def why(path: Path, error: BaseException) -> str:
    """What an error of SQLite or the system means for this database, as a sentence with a next step."""
    name = getattr(error, "sqlite_errorname", "")
    for beginning, meaning in MEANINGS.items():
        if name.startswith(beginning):
            return f"{path}: {meaning} ({name})"
    if isinstance(error, FileNotFoundError):
        return f"{path}: it is gone. Traffic stays where it is: run `verdigris recover`"
    if isinstance(error, sqlite3.DatabaseError) and "no such table" in str(error):
        return f"{path}: it has no tables yet. Start the controller: `verdigris up`"
    return f"{path}: {error}. See `verdigris doctor`"


def made_private(path: Path) -> int:
    """Have `path` as a file that only we can read, empty if it was missing, before SQLite opens it; its inode.

    `Refused` for a link, something of another user, or a file that others may open.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(path, flags, 0o600)
    try:
        seen = os.fstat(fd)
    finally:
        os.close(fd)
    if not stat.S_ISREG(seen.st_mode) or seen.st_uid != os.geteuid():
        raise Refused(
            f"{path} is not a file of user {os.geteuid()}. Use --state with a directory of your own"
        )
    if mode := stat.S_IMODE(seen.st_mode) & 0o077:
        raise Refused(f"{path} is open to others (mode ..{mode:02o}). Run `chmod 600 {path}`")
    return seen.st_ino


def replace_with(path: Path, text: str) -> None:
    """Put `text` in the place of `path` at once, 0600. It may be lost with the power, it is never seen in half."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with open(fd, "w") as file:
            file.write(text)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
