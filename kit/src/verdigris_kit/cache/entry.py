"""One entry as it lies in the store: a line that says what it is, and the encoded value below it.

    verdigris/1 5f0e8c21 2 1763971234567 1200
    {"name": "Ada"}

That is a checksum of all that follows it, the version of the value, when it ends (ms since 1970), and how long it
took to make (µs). What does not look like this was written by somebody else, and nothing of it is decoded.
"""

import re
import zlib
from dataclasses import dataclass
from typing import Any, Optional

__all__ = ["Entry", "Sealed", "seal", "unseal"]

_HEAD = re.compile(rb"verdigris/1 ([0-9a-f]{8}) (\d{1,9}) (\d{1,15}) (\d{1,12})\n")
_SUMMED_FROM = len(b"verdigris/1 5f0e8c21 ")
_TOOK_MAX = 999_999_999_999


@dataclass(frozen=True)
class Entry:
    """A value that was found. `ends` is in seconds since 1970, `took` in seconds."""

    value: Any
    ends: float
    took: float


@dataclass(frozen=True)
class Sealed:
    """An entry whose line was read and whose value was not. `whole` is false where bytes were changed or lost."""

    version: int
    ends: float
    took: float
    body: bytes
    whole: bool


def seal(body: bytes, version: int, ends: float, took: float) -> bytes:
    """Put the line above an encoded value."""
    rest = b"%d %d %d\n%b" % (version, ends * 1000, min(took * 1e6, _TOOK_MAX), body)
    return b"verdigris/1 %08x %b" % (zlib.crc32(rest), rest)


def unseal(raw: bytes) -> Optional[Sealed]:
    """Read the line; None where there is none of ours."""
    head = _HEAD.match(raw)
    if head is None:
        return None
    summed, version, ends, took = head.groups()
    whole = zlib.crc32(raw[_SUMMED_FROM:]) == int(summed, 16)
    return Sealed(int(version), int(ends) / 1000, int(took) / 1e6, raw[head.end() :], whole)
