"""How often something was refused or forgiven, by name: the kit never answers bad input with a traceback, it counts.

One table for the whole process, safe between threads. The number of names is bounded; it never grows with what
strangers send.
"""

import os
import threading

__all__ = ["NAMES_MAX", "OTHERS", "add", "read"]

NAMES_MAX = 256
"""How many names are kept apart. What comes after them is counted together, as `OTHERS`."""

OTHERS = "others"

_table: dict[str, int] = {}
_lock = threading.Lock()


def _in_child() -> None:
    global _lock  # noqa: PLW0603 - the thread that had it may have been left behind in the parent
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)


def add(name: str, times: int = 1) -> None:
    """Count `name` once more, or `times` more. Names are words of ours with dots: `cache.foreign`."""
    with _lock:
        if name not in _table and len(_table) >= NAMES_MAX:
            name = OTHERS
        _table[name] = _table.get(name, 0) + times


def read() -> dict[str, int]:
    """Everything that was counted since the process began. A copy."""
    with _lock:
        return dict(_table)
