"""How bytes and documents are spoilt: cut, torn, filled with what parsers have choked on before."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

__all__ = ["CONTROLS", "WORDS", "cut", "documents", "mutated", "part", "poisoned", "spoilt"]

CONTROLS = "\x00\x07\x08\x0b\x0c\x1b\x7f\x85\x9b\x9d\u200e\u202e\u2066\u2028\u2029\ufeff\ud800"
"""What a terminal acts on, what turns the direction of a line, what ends one, and half a character."""

CHUNKS = (
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\x1b[2J",
    "\u202e\u2028".encode(),
    b"\n",
    b"\r\n",
    b" ",
    b'"',
    b"9" * 400,
    b"9" * 5000,
    b"-1",
    b"1e999",
    b"NaN",
    b"[" * 2000,
    b"\\ud800",
    b"&a ",
    b"*a",
    b"!!python/none ",
    b"\n> ",
)
VALUES = (
    None,
    True,
    0,
    -1,
    2**63,
    10**400,
    float("nan"),
    float("inf"),
    "",
    "x" * 3000,
    "\x1b[2J\u202e\n",
    "\ud800",
    "\0",
    "env:",
    "../../etc/passwd",
    [],
    [[]],
    {},
    {"a": {"\x1b": [1]}},
)

WORDS = st.text(st.sampled_from(CONTROLS + "[2Jab0;:/%{}\\\"'\n\r\t") | st.characters(), max_size=24)
"""Words of somebody who hopes that they are printed as they are."""

KEPT = frozenset({"app", "id", "phase", "kind", "deployment", "base", "key", "verb", "salt"})
"""Fields that are never anybody else's words: they are checked where they come in, or made here."""


def part(share: float) -> settings:
    """For a property whose examples are dear: a share of as many as the others have."""
    return settings(max_examples=max(1, int(settings().max_examples * share)))


@st.composite
def mutated(draw: st.DrawFn, originals: Sequence[bytes], chunks: Sequence[bytes] = CHUNKS) -> bytes:
    """One of the originals with up to four places written over, and perhaps its end missing."""
    data = draw(st.sampled_from(originals))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        end = at + draw(st.integers(0, 12))
        data = data[:at] + draw(st.sampled_from(chunks) | st.binary(max_size=8)) + data[end:]
    return data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data


@st.composite
def spoilt(draw: st.DrawFn, document: Any, values: Sequence[Any] = VALUES) -> Any:
    """The document with up to three of its values, or of the names of its keys, replaced or taken away."""
    document = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(_paths(document)) or [()]))
        if not path:
            return copy.deepcopy(draw(st.sampled_from(values)))
        *before, last = path
        inside = document
        for key in before:
            inside = inside[key]
        match draw(st.sampled_from(("replace", "remove", "rename", "wrap"))):
            case "remove":
                del inside[last]
            case "rename" if isinstance(inside, dict):
                inside[draw(WORDS)] = inside.pop(last)
            case "wrap":
                inside[last] = [inside[last]]
            case _:
                inside[last] = copy.deepcopy(draw(st.sampled_from(values)))  # it may be spoilt in its turn
    return document


def documents(*originals: Any) -> st.SearchStrategy[bytes]:
    """JSON of spoilt documents, of documents as they should be, and both with bytes of theirs spoilt besides."""
    whole = st.sampled_from(originals).flatmap(spoilt).map(_json)
    return whole | mutated(tuple(map(_json, originals))) | whole.flatmap(lambda data: mutated((data,)))


def poisoned(value: Any, words: str, name: str = "") -> Any:
    """The value with these words at the end of every text of others in it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [field.name for field in dataclasses.fields(value) if field.init]
        return dataclasses.replace(value, **{f: poisoned(getattr(value, f), words, f) for f in fields})
    if isinstance(value, tuple):
        items = [poisoned(each, words, name) for each in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, str) and not isinstance(value, Enum) and name not in KEPT:
        return value + words
    return value


def cut(data: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    """The data in pieces of these sizes, again and again."""
    at, turn = 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        yield data[at : at + size]
        at, turn = at + size, turn + 1


def _json(document: Any) -> bytes:
    return json.dumps(document).encode()


def _paths(document: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    for key, value in inside:
        yield (*before, key)
        yield from _paths(value, (*before, key))
