"""Which source of outcomes is which, and a look at it from the command line before anything is deployed."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from verdigris.adapters.sources.command import CountsCommand
from verdigris.adapters.sources.file import CountsFile
from verdigris.adapters.sources.polled import WITHIN, Reader, close, read_within
from verdigris.adapters.sources.prometheus import Prometheus, Queries
from verdigris.adapters.sources.sums import Sums
from verdigris.core.world import Check, PerSlot, Slot, Unknown

if TYPE_CHECKING:
    from verdigris.bootstrap.house import House
    from verdigris.config import Settings, SignalSettings

__all__ = ["outcomes", "reader_of"]

MOVED = frozenset({"succeeded", "stabilize", "decommission", "contract"})


def reader_of(signals: SignalSettings, directory: Path) -> Reader:
    """The one that is configured."""
    if signals.prometheus is not None:
        return Prometheus(Queries(**asdict(signals.prometheus)))
    if signals.file is not None:
        return CountsFile(signals.file)
    return CountsCommand(signals.command, directory)


def outcomes(house: House, settings: Settings) -> Check | None:
    """Whether what users get can be counted in the slot that serves; None where nobody is to count it.

    A slot without a release has nothing that could be counted, so of a first deployment nothing is claimed.
    """
    if settings.signals is None:
        return None
    live = serving(house, settings.app)
    if live is None:
        return Check("signals", True, f"{settings.app}: what users get is counted once a release serves")
    found = asyncio.run(read(reader_of(settings.signals, Path(settings.directory))))[live]
    if isinstance(found, Unknown):
        return Check("signals", False, f"{settings.app}: nobody counts what users get: {found.why}")
    good, bad = sum(found.good.values()), sum(found.bad.values())
    return Check("signals", True, f"{settings.app}: {good} good and {bad} bad in {live} so far")


async def read(reader: Reader) -> PerSlot[Sums | Unknown]:
    try:
        return await read_within(reader, WITHIN)
    finally:
        await close(reader)


def serving(house: House, app: str) -> Slot | None:
    """The slot whose release serves, as far as the store knows; None where there is none."""
    desk = house.desk()
    found = desk.newest(app) if desk.ready() else None
    if found is None:
        return None
    d = found.deployment
    slot = d.candidate if d.phase in MOVED else d.live
    return slot if d.release_in(slot) is not None else None
