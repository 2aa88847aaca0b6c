"""What the machine says of itself and of running processes, as numbers; None where it does not say."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Room", "environment_of", "memory_free", "memory_of", "open_files_most", "room", "sessions"]

PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Room:
    """What a disk has left for us. `entries` is None where the file system does not count them."""

    free: int
    entries: int | None


def memory_free() -> int | None:
    """Bytes that new processes can have without swapping."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def memory_of(pids: Iterable[int]) -> int:
    """Resident bytes of these processes. What they share is counted for each: rather too much than too little."""
    return sum(_resident(pid) for pid in pids)


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except OSError:  # it is gone
        return 0


def sessions() -> dict[int, list[int]]:
    """All processes, by the session that they belong to."""
    found: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                found.setdefault(os.getsid(int(name)), []).append(int(name))
            except OSError:  # it is gone
                continue
    return found


def open_files_most(pid: int) -> int | None:
    """How many files a child of this process may have open; None when we may not ask."""
    try:
        return resource.prlimit(pid, resource.RLIMIT_NOFILE)[0]
    except OSError:
        return None


def room(path: Path) -> Room:
    """What is left of the disk that `path` is on."""
    found = os.statvfs(path)
    return Room(found.f_bavail * found.f_frsize, found.f_favail if found.f_files else None)


def environment_of(pid: int) -> dict[str, str]:
    """The variables that a process was started with; nothing when we may not look."""
    try:
        raw = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return {}
    pairs = (pair.decode(errors="surrogateescape").partition("=") for pair in raw.split(b"\0"))
    return {name: value for name, _, value in pairs if name}
