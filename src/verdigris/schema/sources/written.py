"""A recording as a file that `read` reads again.

Parameters are personal data: they are left out unless somebody asks for them, and the file is its owner's alone.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

from verdigris.schema.sources.private import put
from verdigris.schema.sources.recording import Recording
from verdigris.schema.statement import Parameter

__all__ = ["Keeping", "write"]

HASH_BYTES = 8


class Keeping(StrEnum):
    """What becomes of parameters in a file."""

    NOTHING = "nothing"
    HASHED = "hashed"
    """Which are equal can be told, within this file only: the key is thrown away with the last line."""
    VALUES = "values"


def write(path: Path, recording: Recording, keeping: Keeping = Keeping.NOTHING) -> None:
    """Put the recording there, in its order, as a whole or not at all; nobody but the owner may read it (0600)."""
    put(path, lines(recording, keeping))


def lines(recording: Recording, keeping: Keeping) -> Iterator[str]:
    """Without parameters the order is worth nothing: what was sent more than once is one line then."""
    key, told = secrets.token_bytes(16), set()
    for sent in recording.order:
        statement = recording.statements[sent.statement]
        row: dict[str, Any] = {"sql": statement.sql}
        if any(statement.types):
            row["types"] = list(statement.types)
        if sent.run is not None:
            row |= parameters(statement.runs[sent.run], keeping, key)
        if keeping is Keeping.VALUES and sent.connection:
            row["connection"] = sent.connection
        line = json.dumps(row, ensure_ascii=False)
        if keeping is Keeping.VALUES or line not in told:
            told.add(line)
            yield line + "\n"


def parameters(run: tuple[Parameter, ...], keeping: Keeping, key: bytes) -> dict[str, list[Parameter]]:
    if not run or keeping is Keeping.VALUES:
        return {"params": list(run)}
    if keeping is Keeping.NOTHING:
        return {}
    return {"hashed": [None if value is None else hashed(value, key) for value in run]}


def hashed(value: str, key: bytes) -> str:
    """With a key: a plain hash of a telephone number is found by trying them all."""
    return hashlib.blake2b(value.encode(), key=key, digest_size=HASH_BYTES).hexdigest()
