"""Processes that a keeper of this state directory started and that none of its records knows any more.

They are found by the marks in their variables, wherever they work, named, and left alone: what may be killed is for
a person to say.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from verdigris.adapters.environments.process import host
from verdigris.adapters.environments.words import shown
from verdigris.keeper.children import INSTALLATION, MARK
from verdigris.keeper.observed import Observed

__all__ = ["Marked", "marked", "unknown"]


@dataclass(frozen=True, slots=True)
class Marked:
    """A process with the mark of the keeper's instance, or router, that it was started for."""

    pid: int
    mark: str
    name: str


def marked(state: Path, app: str) -> tuple[Marked, ...]:
    """Every process that any keeper started from this state directory for the app, or for all: the router's."""
    path = state / "installation"
    return tuple(_marked(path.read_text().strip(), app)) if path.exists() else ()


def _marked(installation: str, app: str) -> Iterator[Marked]:
    for name in os.listdir("/proc"):
        environ = host.environment_of(int(name)) if name.isdigit() else {}
        ours = MARK in environ and environ.get(INSTALLATION) == installation
        if ours and environ.get("VERDIGRIS_APP", app) == app:
            words = (environ.get("VERDIGRIS_INSTANCE", "router"), environ.get("VERDIGRIS_RELEASE", ""))
            yield Marked(int(name), environ[MARK], " of ".join(filter(None, words)))


def unknown(found: tuple[Marked, ...], keeper: Observed) -> tuple[str, ...]:
    """Those of `found` whose mark no process of the keeper bears. `keeper` has to be the later look of the two."""
    known = {host.environment_of(pid).get(MARK) for pid in _pids(keeper)}
    return tuple(
        f"process {one.pid} ({shown(one.name, 100)}) is not known to the keeper. Look at it, then `kill {one.pid}`"
        for one in found
        if one.mark not in known and os.path.exists(f"/proc/{one.pid}")
    )


def _pids(keeper: Observed) -> Iterator[int]:
    for slot in keeper.slots.values():
        yield from (i.pid for i in slot.instances if i.pid)
    if keeper.router is not None:
        yield from keeper.router.leaving
        if keeper.router.pid:
            yield keeper.router.pid
