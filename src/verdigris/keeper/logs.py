"""Log files that processes write to directly, kept within a bound.

There is no pipe: it would break the application when the keeper dies. So a file that has grown too long is
copied to `.1` and cut; the lines of that moment may be lost, and they are all that may.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

__all__ = ["bound", "open_log", "size", "tail"]

READ_MOST = 64 << 10
LINE_MOST = 2000


def open_log(path: Path) -> int:
    """A descriptor that appends to the log."""
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def bound(path: Path, most: int) -> None:
    """Move what a log holds to `.1` once it is longer than `most` bytes; only the last `most` of them are kept."""
    if size(path) <= most:
        return
    older = path.with_name(f"{path.name}.1")
    with (
        open(path, "r+b") as log,
        open(os.open(older, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as kept,
    ):
        try:
            log.seek(-most, os.SEEK_END)
            _copy(log, kept, most)
            kept.flush()  # before the cut: whoever dies between the two has lost nothing
        finally:
            log.truncate(0)  # on a full disk the copy fails, and the room is needed all the more


def _copy(log: BinaryIO, kept: BinaryIO, most: int) -> None:
    """No more than `most` bytes: whoever writes to the log goes on meanwhile."""
    while part := log.read(min(most, READ_MOST)):
        kept.write(part)
        most -= len(part)


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def tail(path: Path, lines: int = 20, since: int = 0) -> list[str]:
    """The last lines written after byte `since` (from the beginning when the log was cut meanwhile), safe to print."""
    end = size(path)
    if not end:
        return []
    begin = max(since if since <= end else 0, end - READ_MOST)
    with open(path, "rb") as log:
        log.seek(begin)
        text = log.read(READ_MOST).decode(errors="replace")
    return [_printable(line) for line in text.splitlines()[-lines:]]


def _printable(line: str) -> str:
    return "".join(
        c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in line[:LINE_MOST]
    )
