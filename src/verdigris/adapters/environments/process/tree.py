"""Directory trees: copied, checked for links that lead out of them, sealed, removed.

No link is ever followed: what one points at outside of a tree is neither copied, nor changed, nor removed.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from verdigris.core.errors import Refused

__all__ = ["copy", "entries", "remove", "replace_file", "seal", "sync", "unfit"]

ENTRIES_MOST = 250_000
"""More than this is not an application: somebody gave the wrong path."""


def entries(root: Path) -> Iterator[os.DirEntry[str]]:
    """Everything below `root`, a directory before what is in it."""
    with os.scandir(root) as found:
        inside = sorted(found, key=lambda entry: entry.name)
    for entry in inside:
        yield entry
        if entry.is_dir(follow_symlinks=False):
            yield from entries(Path(entry.path))


def copy(source: Path, target: Path, without: Collection[str], but: Path) -> None:
    """Copy what is in `source` into the existing `target`, without entries of these names and without `but`."""
    left = ENTRIES_MOST
    pending = [(source, target)]
    while pending:
        here, there = pending.pop()
        with os.scandir(here) as found:
            kept = [e for e in found if e.name not in without and Path(e.path) != but]
        left -= len(kept)
        if left < 0:
            raise Refused(
                f"{source} has more than {ENTRIES_MOST} entries. Set `run.source` to the application alone"
            )
        pending += [(Path(e.path), there / e.name) for e in kept if _copy_one(e, there / e.name)]


def _copy_one(entry: os.DirEntry[str], target: Path) -> bool:
    """Copy one entry; whether it is a directory, whose content is still to come."""
    mode = entry.stat(follow_symlinks=False).st_mode
    if stat.S_ISLNK(mode):
        target.symlink_to(os.readlink(entry.path))
    elif stat.S_ISREG(mode):
        shutil.copyfile(entry.path, target)
        target.chmod(0o755 if mode & stat.S_IXUSR else 0o644)
    elif stat.S_ISDIR(mode):
        target.mkdir(mode=0o755)
    else:
        raise Refused(
            f"{entry.path} is neither file, directory nor link. Remove it, or set `run.source` to another path"
        )
    return stat.S_ISDIR(mode)


def unfit(root: Path) -> str:
    """The first link that leads out of the tree, as a sentence; "" when there is none."""
    inside = os.path.realpath(root)
    for entry in entries(root):
        if entry.is_symlink():
            end = os.path.realpath(entry.path)
            if end != inside and not end.startswith(f"{inside}/"):
                name = os.path.relpath(entry.path, root)
                return (
                    f"{name} is a link to {os.readlink(entry.path)}, outside of it. Put the file itself there"
                )
    return ""


def seal(root: Path) -> None:
    """Take away the right to write.

    A file with several names is left alone: its mode is also that of, say, a package cache. The interpreter's byte
    code is not written then, which it passes over in silence; root can write all the same, and the digest tells.
    """
    for entry in entries(root):
        found = entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(found.st_mode) or (stat.S_ISREG(found.st_mode) and found.st_nlink == 1):
            os.chmod(entry.path, stat.S_IMODE(found.st_mode) & 0o555)
    root.chmod(0o555)


def remove(root: Path) -> None:
    """Nothing is left of the tree, sealed or not; one that is not there is fine."""
    if not root.exists():
        return
    root.chmod(0o700)
    for here, names, _ in os.walk(root):
        for name in names:
            inner = os.path.join(here, name)
            if not os.path.islink(inner):
                os.chmod(inner, 0o700)
    shutil.rmtree(root)


def replace_file(path: Path, content: bytes) -> None:
    """The whole content, 0600 and on the disk, or what was there before."""
    fresh = path.with_name(f".{path.name}.next")
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    sync(path.parent)


def sync(directory: Path) -> None:
    """The names in a directory are on the disk."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
