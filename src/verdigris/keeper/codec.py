"""Frozen dataclasses to JSON and back, checked on the way in.

One reader for requests, for keeper.json and for answers, so that a field has one definition.
A complaint names the field and the type that was found, never the value: it could be a secret.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from enum import Enum
from functools import cache
from typing import Any, TypeVar

__all__ = ["build", "harmless", "plain"]

T = TypeVar("T")

WHOLE_MOST = (1 << 63) - 1
"""No count and no generation comes to it; longer ones would only be carried about."""


def plain(value: Any) -> Any:
    """The dataclass as dictionaries and lists that json can write."""
    return dataclasses.asdict(value)


def build(kind: type[T], value: object, where: str, *, strict: bool = False) -> T:
    """`value`, as read from JSON, as a `kind`. ValueError names the field that does not fit.

    With `strict` an unknown field is refused; without it, it is passed over (a newer writer).
    """
    return typing.cast(T, _read(kind, value, where, strict))


def _read(kind: Any, value: object, where: str, strict: bool) -> object:
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return None if value is None else _read(typing.get_args(kind)[0], value, where, strict)
    if origin is tuple:
        items = _expect(list, value, where)
        return tuple(_read(typing.get_args(kind)[0], v, f"{where}[{i}]", strict) for i, v in enumerate(items))
    if origin is dict:
        pairs = _expect(dict, value, where)
        return {
            k: _read(typing.get_args(kind)[1], v, f"{where}.{harmless(k)}", strict) for k, v in pairs.items()
        }
    if dataclasses.is_dataclass(kind):
        return _object(kind, _expect(dict, value, where), where, strict)
    if issubclass(kind, Enum):
        return _choice(kind, value, where)
    if kind is int:
        return _whole(value, where)
    return _number(value, where) if kind is float else _expect(kind, value, where)


def _choice(kind: type[Enum], value: object, where: str) -> Enum:
    found = next((member for member in kind if member.value == value), None)
    if found is None:
        raise ValueError(f"{where}: must be one of {', '.join(str(member.value) for member in kind)}")
    return found


def _number(value: object, where: str) -> float:
    """Finite: a time that is no number would never come."""
    if type(value) not in (int, float):
        raise ValueError(f"{where}: must be float, got {type(value).__name__}")
    try:
        number = float(typing.cast(float, value))
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{where}: must be a number that is not endless")
    return number


def _whole(value: object, where: str) -> int:
    number: int = _expect(int, value, where)
    if abs(number) > WHOLE_MOST:
        raise ValueError(f"{where}: must be a number of at most {WHOLE_MOST}")
    return number


def harmless(text: str) -> str:
    """A name of somebody else's in a sentence: short, and harmless on a terminal."""
    return text[:80] if text[:80].isprintable() else ascii(text[:80])


def _expect(kind: type[Any], value: object, where: str) -> Any:
    if type(value) is not kind:
        raise ValueError(f"{where}: must be {kind.__name__}, got {type(value).__name__}")
    return value


def _object(kind: Any, pairs: dict[str, object], where: str, strict: bool) -> object:
    hints, needed = _fields(kind)
    if missing := sorted(needed - pairs.keys()):
        raise ValueError(f"{where}: {missing[0]} is missing")
    if strict and (unknown := sorted(pairs.keys() - hints.keys())):
        raise ValueError(f"{where}: {harmless(unknown[0])} is not a field; known are {', '.join(hints)}")
    return kind(**{k: _read(hints[k], v, f"{where}.{k}", strict) for k, v in pairs.items() if k in hints})


@cache
def _fields(kind: Any) -> tuple[dict[str, Any], frozenset[str]]:
    """The types of all fields, and the names of those without a default."""
    hints = typing.get_type_hints(kind)
    fields = dataclasses.fields(kind)
    absent = dataclasses.MISSING
    needed = frozenset(f.name for f in fields if f.default is absent and f.default_factory is absent)
    return {f.name: hints[f.name] for f in fields}, needed
