"""Which instances are told what, for the whole book: `told` has the files. Nothing here keeps one from starting."""

from __future__ import annotations

from pathlib import Path

from verdigris.keeper import told
from verdigris.keeper.ground import Ground, now
from verdigris.keeper.journal import Slot
from verdigris.keeper.observed import Event, State
from verdigris.keeper.protocol import KeeperError, RoleRequest

__all__ = ["forget_roles", "prepare", "role_of", "sweep", "tell_role", "told_to"]


def told_to(ground: Ground, slot: Slot) -> Path:
    """Where the files are that the instances of the slot's release read."""
    return told.place(ground.state, slot.name, slot.spec.version, slot.spec.digest)


def role_of(ground: Ground, slot: Slot) -> str | None:
    return told.role(told_to(ground, slot))


def prepare(ground: Ground, *slots: Slot) -> None:
    """Make those files. Where that fails an instance starts all the same, and it is tried again."""
    for slot in slots:
        try:
            told.prepare(told_to(ground, slot))
            ground.untold.discard(slot.name)
        except OSError as error:
            _complain_once(ground, slot, error)


def tell_role(ground: Ground, request: RoleRequest) -> None:
    """KeeperError when nobody is there to be told, or the disk does not take it."""
    slot = ground.book.slots.get(request.slot)
    if slot is None:
        raise KeeperError("refused", f"{request.slot} is empty: nobody is there to be told a role")
    try:
        told.tell(told_to(ground, slot), request.role)
    except OSError as error:
        sentence = f"{request.slot} cannot be told that it is {request.role}: {error.strerror}; make room"
        raise KeeperError("full", sentence) from None


def forget_roles(ground: Ground, *slots: Slot) -> None:
    """Nobody in these slots is live before somebody says so: what an earlier run or boot left is void."""
    for slot in slots:
        try:
            told.reset(told_to(ground, slot))
        except OSError as error:
            raise KeeperError("failed", f"the role of {slot.name} cannot be taken back: {error}") from None


def sweep(ground: Ground) -> None:
    """Remove what is told to nobody any more. Who still ends in a slot may be of the release before."""
    slots = ground.book.slots.values()
    kept = {told_to(ground, slot) for slot in slots}
    kept |= {told_to(ground, s).parent for s in slots if any(i.state is State.STOPPING for i in s.instances)}
    told.sweep(ground.state, kept)


def _complain_once(ground: Ground, slot: Slot, error: OSError) -> None:
    why = f"{error.filename}: {error.strerror}; mend that, what runs goes on running"
    if slot.name not in ground.untold:
        ground.tell(Event("trouble", now(), slot.name, sentence=f"secret and role cannot be told: {why}"))
    ground.untold.add(slot.name)
