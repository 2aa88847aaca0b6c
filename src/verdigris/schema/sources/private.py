"""A file that is its owner's alone: put in place as a whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from verdigris.core.errors import ActionError
from verdigris.core.words import shown

__all__ = ["put"]


def put(path: Path, lines: Iterable[str]) -> None:
    """Write the lines there (0600). What was there, be it a link, is replaced. ActionError without what was written."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(lines)
            stream.flush()
            os.fsync(handle)
        os.replace(beside, path)
    except OSError as error:
        raise ActionError(f"{shown(str(path))}: cannot be written: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()
