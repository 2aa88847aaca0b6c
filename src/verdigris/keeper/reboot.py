"""What a book of an earlier boot means in this one: the same wishes, and nothing started yet. Pure."""

from __future__ import annotations

from dataclasses import replace

from verdigris.keeper.journal import Book, Instance, Router, Slot
from verdigris.keeper.observed import State

__all__ = ["after_reboot"]


def after_reboot(book: Book, moment: float) -> Book:
    """The same wishes, with nothing started yet: no process and no moment of an earlier boot means anything."""
    slots = {name: _slot_again(slot, moment) for name, slot in book.slots.items() if slot.count}
    router = book.router and _router_again(book.router, moment)
    return Book(generations=book.generations, router=router, slots=slots)


def _slot_again(slot: Slot, moment: float) -> Slot:
    kept = [i for i in slot.instances if i.state is not State.STOPPING or i.listed]
    return replace(slot, restarts=0, instances=tuple(_again(i, moment) for i in kept))


def _again(instance: Instance, moment: float) -> Instance:
    if instance.state in (State.EXITED, State.STOPPING):
        return replace(instance, state=State.EXITED, since=moment, process=None)
    return Instance(
        instance.name,
        instance.mark,
        since=moment,
        port=instance.port,
        sentence="started again after a reboot",
    )


def _router_again(router: Router, moment: float) -> Router | None:
    if router.state is State.STOPPING:
        return None
    return replace(router, state=State.STARTING, since=moment, process=None, leaving=(), restarts=0, streak=0)
