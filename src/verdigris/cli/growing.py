"""A log that grows and is rotated under us: what was written to it since the last look, in whole lines."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["Growing"]

READ_MOST = 1 << 20


class Growing:
    """One log, from its present end on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.stem
        self.inode, self.offset = place(path)
        self.rest = b""

    def fresh(self) -> list[str]:
        """The lines that were completed since the last look. A new file in its place is read from its start."""
        inode, size = place(self.path)
        if inode != self.inode or size < self.offset:
            self.inode, self.offset, self.rest = inode, 0, b""
        if size <= self.offset:
            return []
        with self.path.open("rb") as file:
            file.seek(self.offset)
            found = file.read(READ_MOST)
        self.offset += len(found)
        *lines, self.rest = (self.rest + found).split(b"\n")
        return [line.decode(errors="replace") for line in lines]


def place(path: Path) -> tuple[int, int]:
    """Inode and size; a file that is not there has neither."""
    try:
        seen = os.stat(path)
    except FileNotFoundError:
        return 0, 0
    return seen.st_ino, seen.st_size
