"""What this process is to the traffic: `live`, `candidate` or `retained`, so that jobs run in exactly one slot.

The controller writes one word into the file that `VERDIGRIS_ROLE_FILE` names, and replaces the file in one step.
Without the variable there is no controller, and the process is live. With it, whatever cannot be read makes a
candidate: a job is rather late than done twice.
"""

import functools
import inspect
import logging
import os
import stat
import threading
from collections.abc import Mapping
from typing import Any, Callable, Optional, TypeVar

from . import counts
from .contract import ROLE_FILE_VARIABLE, Role

__all__ = ["LOOKS_EVERY", "Role", "on_change", "only_live", "role"]

LOOKS_EVERY = 0.25
"""Seconds between two looks at the file on behalf of `on_change`."""

LARGEST = 64
"""Bytes. What is larger holds no role."""

log = logging.getLogger(__name__)
F = TypeVar("F", bound=Callable[..., Any])

_ROLES: "dict[str, Role]" = {"live": "live", "candidate": "candidate", "retained": "retained"}
_read: "dict[str, tuple[tuple[int, int], Role]]" = {}
_told: "set[tuple[str, str]]" = set()


def role(environ: Optional[Mapping[str, str]] = None) -> Role:
    """Say what this process is now. It costs one look at the file's inode, and is never an exception.

    A file that is named and cannot be used is counted as `role.unreadable`, and told once.
    """
    path = (os.environ if environ is None else environ).get(ROLE_FILE_VARIABLE, "")
    if not path:
        return "live"
    try:
        seen = os.stat(path)
        looks = (seen.st_ino, seen.st_mtime_ns)
        found = _read.get(path)
        if found is None or found[0] != looks:
            _read.clear()  # one file a process; the bound is for whoever hands over other environments
            found = _read[path] = (looks, _open(path, seen))
        return found[1]
    except OSError as error:
        return _unusable(path, error.strerror or str(error))


def only_live(function: F) -> F:
    """Return `function` as one that does nothing and returns None where this process is not live.

    For jobs, plain or coroutines. It is asked when the job begins; one that runs is not interrupted.
    """
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def job_async(*args: Any, **kwargs: Any) -> Any:
            return await function(*args, **kwargs) if role() == "live" else None

        return job_async  # type: ignore[return-value]

    @functools.wraps(function)
    def job(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs) if role() == "live" else None

    return job  # type: ignore[return-value]


def on_change(callback: Callable[[Role], object], *, at_once: bool = False) -> Callable[[], None]:
    """Call `callback` with the new role whenever it changes, and `at_once` with today's; return what ends that.

    It is called in a thread that all callbacks share and that never keeps a process alive. What it raises is logged.
    """
    return _watcher.add(callback, None if at_once else role())


class _Watcher:
    """One thread that looks at the file for everybody who wants to know. It ends when there is nobody."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        """Begin anew; in a forked child there is neither the thread nor anybody who would release the lock."""
        self._lock = threading.Lock()
        self._known: dict[object, tuple[Callable[[Role], object], Optional[Role]]] = {}
        self._stop: Optional[threading.Event] = None

    def add(self, callback: Callable[[Role], object], known: Optional[Role]) -> Callable[[], None]:
        key = object()
        with self._lock:
            self._known[key] = (callback, known)
            if self._stop is None:
                self._start()
        return functools.partial(self._remove, key)

    def in_child(self) -> None:
        """Go on in a forked process for those who asked before the fork."""
        known = self._known
        self._forget()
        self._known = known
        if known:
            self._start()

    def _start(self) -> None:
        self._stop = threading.Event()
        thread = threading.Thread(target=self._watch, args=(self._stop,), name="verdigris-role", daemon=True)
        thread.start()

    def _remove(self, key: object) -> None:
        with self._lock:
            self._known.pop(key, None)
            if not self._known and self._stop is not None:
                self._stop.set()
                self._stop = None

    def _watch(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._look(role())
            stop.wait(LOOKS_EVERY)

    def _look(self, now: Role) -> None:
        with self._lock:
            news = [(key, callback) for key, (callback, known) in self._known.items() if known != now]
            self._known.update({key: (callback, now) for key, callback in news})
        for _, callback in news:
            try:
                callback(now)
            except Exception:
                log.exception("a callback failed when the role became %s", now)


_watcher = _Watcher()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_watcher.in_child)


def _open(path: str, seen: os.stat_result) -> Role:
    if not stat.S_ISREG(seen.st_mode):  # opening a pipe would wait for whoever writes into it
        return _unusable(path, "it is not a plain file")
    with open(path, "rb") as file:
        word = file.read(LARGEST).strip().decode("utf-8", "replace")
    return _ROLES.get(word) or _unusable(path, f"it says {word!r}, not live, candidate or retained")


def _unusable(path: str, why: str) -> Role:
    counts.add("role.unreadable")
    if (path, why) not in _told and len(_told) < LARGEST:
        _told.add((path, why))
        log.warning("%s %s cannot be used: %s. Jobs wait as in a candidate.", ROLE_FILE_VARIABLE, path, why)
    return "candidate"
