"""Values of a JSON line as what they have to be, or a `ValueError` whose sentence names the thing and the value."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import isfinite
from typing import Any, TypeVar

from verdigris.core.words import shown

__all__ = ["boolean", "known", "listed", "named", "number", "numbers", "whole", "wholes"]

T = TypeVar("T")

NAME_MOST = 200
LARGEST = 10**12
LARGEST_NUMBER = 1e24


def known(row: Any, names: set[str], what: str) -> None:
    if not isinstance(row, dict):
        raise ValueError(f"{what} must be an object, got {shown(json.dumps(row), 40)}")
    if strange := sorted(set(row) - names):
        raise ValueError(f"nobody knows {strange[0]!r}; {what} has {', '.join(sorted(names))}")


def whole(row: dict[str, Any], key: str, name: str, otherwise: int | None = None) -> int:
    """A count. A boolean is none, nor is 3.0."""
    value = row.get(key, otherwise)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name} must be a whole number, got {shown(json.dumps(value), 40)}")
    if not 0 <= value <= LARGEST:
        raise ValueError(f"{name} must be between 0 and {LARGEST:.0e}, got {value}")
    return value


def number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError(f"{what} must be a number, got {shown(json.dumps(value), 40)}")
    if not 0 <= value <= LARGEST_NUMBER:
        raise ValueError(f"{what} must be between 0 and {LARGEST_NUMBER:.0e}, got {value:g}")
    return value


def numbers(values: Any, what: str, most: int) -> tuple[float, ...]:
    return each(number, values, what, most)


def wholes(values: Any, what: str, most: int) -> tuple[int, ...]:
    return each(lambda value, what: whole({what: value}, what, what), values, what, most)


def each(read: Callable[[Any, str], T], values: Any, what: str, most: int) -> tuple[T, ...]:
    return tuple([read(value, what) for value in listed(values, what, most)])


def listed(values: Any, what: str, most: int) -> list[Any]:
    if not isinstance(values, list) or len(values) > most:
        raise ValueError(f"{what} must be a list of at most {most}")
    return values


def boolean(value: Any, what: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{what} must be true or false, got {shown(json.dumps(value), 40)}")
    return value


def named(value: Any, what: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= NAME_MOST:
        raise ValueError(f"{what} must be a name of at most {NAME_MOST} characters")
    return value
