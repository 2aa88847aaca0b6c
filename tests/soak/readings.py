"""What must not grow while verdigris runs for months: memory and descriptors of its processes, files of its state."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.project import Project

__all__ = ["Reading", "briefly", "grew", "read", "thirds"]

MIB = 1 << 20
PROCESSES = ("controller", "keeper", "haproxy")
RESIDENT = re.compile(r"^VmRSS:\s+(\d+) kB$", re.MULTILINE)

Reading = dict[str, float]
"""Names with their unit, and what was found."""


def read(project: Project) -> Reading:
    """Everything at this moment."""
    pids = {name: getattr(project, name) for name in PROCESSES}
    memory = {f"{name}, resident (MiB)": resident(pid) for name, pid in pids.items()}
    open_files = {f"{name}, open files": len(os.listdir(f"/proc/{pid}/fd")) for name, pid in pids.items()}
    return memory | open_files | on_disk(project.state)


def resident(pid: int) -> float:
    found = RESIDENT.search(Path(f"/proc/{pid}/status").read_text())
    assert found is not None, pid
    return int(found[1]) / 1024


def on_disk(state: Path) -> Reading:
    """Sizes in the state directory, and how many files there are."""
    files = [path for path in state.rglob("*") if path.is_file() and not path.is_symlink()]
    kinds = {
        "logs (MiB)": [path for path in files if ".log" in path.name],
        "database (MiB)": [path for path in files if path.name.startswith("verdigris.db")],
        "keeper's journal (MiB)": [path for path in files if path.name.startswith("keeper.json")],
        "all of the state directory (MiB)": files,
    }
    sizes = {name: sum(map(size, paths)) / MIB for name, paths in kinds.items()}
    return sizes | {"files of the state directory": len(files)}


def size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # replaced meanwhile
        return 0


def briefly(reading: Reading) -> str:
    """One line for whoever waits."""
    memory = " / ".join(f"{reading[f'{name}, resident (MiB)']:.1f}" for name in PROCESSES)
    files = " / ".join(f"{reading[f'{name}, open files']:g}" for name in PROCESSES)
    state = reading["all of the state directory (MiB)"]
    return f"{' / '.join(PROCESSES)}: {memory} MiB, {files} open files; state {state:.1f} MiB"


@dataclass(frozen=True, slots=True)
class Third:
    """One thing in the first and in the last third of the time."""

    name: str
    first: float
    last: float


def thirds(readings: list[Reading]) -> Iterable[Third]:
    """The least of each thing, early and late: what is pooled comes and goes, what leaks stays."""
    part = max(len(readings) // 3, 1)
    for name in readings[0]:
        first, last = ([one[name] for one in some] for some in (readings[:part], readings[-part:]))
        yield Third(name, min(first), min(last))


def grew(third: Third, share: float, slack: float) -> bool:
    """Whether it became more than that share larger, beyond a slack in its own unit.

    Memory needs the slack, for what is resident is not what is held. A keeper that had started and stopped 600, 1,200,
    2,400 and 4,800 instances held 19,953, 19,890, 19,837 and 19,861 objects then, 8.16 to 8.17 MB of Python's memory
    and 4.63 to 4.67 MB of malloc's, while 29.1, 29.3, 29.4 and 30.3 MiB were resident: malloc's heap grows by steps of
    up to a MiB, which stay in it and are free. What a keeper holds is counted in tests/unit/keeper/test_counting.py.
    """
    return third.last > third.first * (1 + share) + slack
