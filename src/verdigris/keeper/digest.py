"""What a release directory is, as one hash: names, kinds, the executable bit, link targets, contents.

Byte code that interpreters write (`__pycache__`, `*.pyc`) is passed over, nothing else.
Only what a stat call shows as changed is read again, so a restart does not read 500 MB.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["Memory", "tree_digest"]

Stamp = tuple[int, int, int, int, int]
Listing = dict[bytes, tuple[Stamp, bytes]]

FRESH_NS = 100_000_000
"""A file that changed this lately may change again within the same tick of the clock: not remembered."""

TREES_MOST = 32
NAMED_MOST = 3


def tree_digest(path: Path, memory: Memory | None = None) -> str:
    """ "sha256:..." of everything below `path`. OSError when it cannot be read."""
    return (memory or Memory()).digest(path)


class Memory:
    """What was read before: the same stat means the same content. What is gone from the disk is forgotten."""

    def __init__(self) -> None:
        self._trees: dict[bytes, Listing] = {}
        self._good: dict[bytes, Listing] = {}
        self._lock = threading.Lock()

    def digest(self, path: Path) -> str:
        root = os.fsencode(path)
        listing = _listing(
            root, self._trees.get(root, {})
        )  # without the lock: one may be huge, and others wait
        self._put(self._trees, root, listing)
        total = hashlib.sha256()
        for name, (_, entry) in listing.items():
            total.update(b"%d:%s%d:%s" % (len(name), name, len(entry), entry))
        return f"sha256:{total.hexdigest()}"

    def trust(self, path: Path) -> None:
        """The tree as last read is the recorded one: later differences are named against it."""
        root = os.fsencode(path)
        if read := self._trees.get(root):
            self._put(self._good, root, read)

    def difference(self, path: Path) -> str:
        """The first names that differ from the trusted tree, "" when there was none."""
        root = os.fsencode(path)
        before, now = (
            {name: entry for name, (_, entry) in tree.get(root, {}).items()}
            for tree in (self._good, self._trees)
        )
        names = sorted({name for name, _ in before.items() ^ now.items()}) if before else []
        return ", ".join(os.fsdecode(name) for name in names[:NAMED_MOST])

    def _put(self, trees: dict[bytes, Listing], root: bytes, listing: Listing) -> None:
        with self._lock:
            trees.pop(root, None)
            for gone in [other for other in trees if not os.path.isdir(other)]:
                del trees[gone]  # a release with a virtual environment is megabytes of names
            trees[root] = listing
            if len(trees) > TREES_MOST:
                del trees[next(iter(trees))]


def _listing(root: bytes, known: Listing) -> Listing:
    return {name: _entry(root + b"/" + name, seen, known.get(name)) for name, seen in _walk(root, b"")}


def _walk(root: bytes, below: bytes) -> Iterator[tuple[bytes, os.stat_result]]:
    with os.scandir(root + b"/" + below) as entries:
        names = sorted((e.name, e.stat(follow_symlinks=False)) for e in entries if not _ignored(e.name))
    for name, seen in names:
        yield below + name, seen
        if stat.S_ISDIR(seen.st_mode):
            yield from _walk(root, below + name + b"/")


def _ignored(name: bytes) -> bool:
    return name == b"__pycache__" or name.endswith(b".pyc")


def _entry(path: bytes, seen: os.stat_result, known: tuple[Stamp, bytes] | None) -> tuple[Stamp, bytes]:
    stamp = (seen.st_ino, seen.st_mode, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
    if known and known[0] == stamp:
        return known
    entry = _describe(path, seen.st_mode)
    if time.time_ns() - seen.st_ctime_ns < FRESH_NS:
        stamp = (0, 0, 0, 0, 0)
    return stamp, entry


def _describe(path: bytes, mode: int) -> bytes:
    if stat.S_ISREG(mode):
        return (b"x" if mode & stat.S_IXUSR else b"-") + _content(path)
    if stat.S_ISLNK(mode):
        return b"l" + os.readlink(path)
    return b"d" if stat.S_ISDIR(mode) else b"s"  # a pipe or a device is never opened


def _content(path: bytes) -> bytes:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
