"""How a fault is planted for a while: functions are exchanged wherever they are held.

For tests of tests only. Nothing that serves may import this.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, fields, replace
from types import ModuleType
from typing import Any

from verdigris.core import lifecycle
from verdigris.core.lifecycle import Row

__all__ = ["Fault", "all_of", "attribute", "in_rows", "instead", "listed"]

ROOMS = "verdigris."


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: its name, the sentence that it makes untrue, and how it is planted."""

    name: str
    breaks: str
    plant: Callable[[], AbstractContextManager[None]]


Plant = Callable[[], AbstractContextManager[None]]


def listed(faults: list[Fault]) -> Callable[[str], Callable[[Plant], Plant]]:
    """A decorator that puts a fault on this list, under the function's name and with what it makes untrue."""

    def fault(breaks: str) -> Callable[[Plant], Plant]:
        def enlist(plant: Plant) -> Plant:
            faults.append(Fault(plant.__name__.replace("_", " "), breaks, plant))
            return plant

        return enlist

    return fault


@contextmanager
def all_of(*plants: AbstractContextManager[None]) -> Iterator[None]:
    """Several exchanges that make one fault."""
    with ExitStack() as stack:
        for plant in plants:
            stack.enter_context(plant)
        yield


@contextmanager
def instead(original: Callable[..., Any], replacement: Callable[..., Any]) -> Iterator[None]:
    """Every module that knows `original` by name, and every row that holds it, has `replacement` for a while."""
    held = [(m, name) for m in modules() for name, value in vars(m).items() if value is original]
    if not held:
        raise LookupError(f"nobody holds {original}: the fault has lost its ground")
    with all_of(in_rows(lambda row: exchanged(row, original, replacement))):
        for module, name in held:
            setattr(module, name, replacement)
        try:
            yield
        finally:
            for module, name in held:
                setattr(module, name, original)


def modules() -> list[ModuleType]:
    return [module for name, module in sys.modules.items() if name.startswith(ROOMS)]


def exchanged(row: Row, original: Callable[..., Any], replacement: Callable[..., Any]) -> Row:
    held: dict[str, Any] = {f.name: replacement for f in fields(row) if getattr(row, f.name) is original}
    return replace(row, **held) if held else row


@contextmanager
def in_rows(change: Callable[[Row], Row]) -> Iterator[None]:
    """The table of phases has its rows changed for a while."""
    forward, backward = lifecycle.FORWARD, lifecycle.BACKWARD
    set_table(tuple(map(change, forward)), tuple(map(change, backward)))
    try:
        yield
    finally:
        set_table(forward, backward)


def set_table(forward: tuple[Row, ...], backward: tuple[Row, ...]) -> None:
    vars(lifecycle).update(FORWARD=forward, BACKWARD=backward)
    lifecycle.ROWS.update({row.name: row for row in (*forward, *backward)})


@contextmanager
def attribute(owner: type | ModuleType, name: str, value: Any) -> Iterator[None]:
    """A class has another method for a while, or a module another bound."""
    original = vars(owner)[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, original)
