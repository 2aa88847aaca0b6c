"""Amounts as they stand in the file, "300s", "0.5%" or "10MiB", and as they are counted: seconds, parts of one, bytes.

A bare number is never an amount: seconds here, milliseconds there and percent elsewhere is how wrong values are
born. Nothing here knows of a key; whoever calls puts the key before the sentence.
"""

from __future__ import annotations

import re

from verdigris.config.document import shown

__all__ = ["UnitError", "duration_text", "fraction", "percent_text", "seconds", "size", "weight"]

SECONDS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|[dhms])", re.ASCII)
DURATIONS = re.compile(rf"(?:{DURATION.pattern})+", re.ASCII)
SIZES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
SIZE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?) ?([KMG]i?B|B)", re.ASCII)
PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) ?%", re.ASCII)


class UnitError(ValueError):
    """The text is not an amount; the message is the end of a sentence that begins with the key."""


def seconds(amount: object) -> float:
    """Seconds of "300s", "15m", "24h", "500ms", "7d" or "2m30s", largest unit first and none twice."""
    if _bare(amount):
        raise UnitError(f"needs a unit: write {amount}s instead of {amount}")
    text = str(amount)
    if not isinstance(amount, str) or not DURATIONS.fullmatch(text):
        raise UnitError(f"must be a duration like 300s, 15m, 24h or 500ms, got {shown(amount)}")
    parts = DURATION.findall(text)
    order = [list(SECONDS).index(unit) for _, unit in parts]
    if order != sorted(set(order)):
        raise UnitError(f"must name each unit once and the largest first, like 2m30s, got {shown(amount)}")
    return round(sum(float(number) * SECONDS[unit] for number, unit in parts), 6)


def fraction(amount: object) -> float:
    """A part of one: 0.005 of "0.5%"."""
    return round(_percent(amount) / 100, 10)


def weight(amount: object) -> int:
    """Whole percent: 10 of "10%". A router cannot be asked for half a percent."""
    percent = _percent(amount)
    if percent != int(percent):
        raise UnitError(f"must be whole percent, got {amount!r}")
    return int(percent)


def size(amount: object) -> int:
    """Whole bytes of "10MiB", "512KB" or "4096B"."""
    if _bare(amount):
        raise UnitError(f"needs a unit: write {amount}B instead of {amount}")
    found = SIZE.fullmatch(amount) if isinstance(amount, str) else None
    if found is None:
        raise UnitError(f"must be a size like 10MiB, 512KB or 4096B, got {shown(amount)}")
    return int(float(found[1]) * SIZES[found[2]])


def duration_text(amount: float) -> str:
    """The shortest text that `seconds` reads back as the same amount: "2m30s" of 150.0."""
    milliseconds = round(amount * 1000)
    if milliseconds == 0:
        return "0s"
    parts = []
    for unit, each in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        whole, milliseconds = divmod(milliseconds, each)
        parts += [f"{whole}{unit}"] if whole else []
    return "".join(parts)


def percent_text(part: float) -> str:
    """The text that `fraction` reads back as the same part: "0.5%" of 0.005."""
    return f"{round(part * 100, 6):g}%"


def _percent(amount: object) -> float:
    if _bare(amount):
        raise UnitError(f"needs a unit: write {amount}% instead of {amount}")
    found = PERCENT.fullmatch(amount) if isinstance(amount, str) else None
    if found is None:
        raise UnitError(f"must be a percentage like 10%, got {shown(amount)}")
    if float(found[1]) > 100:
        raise UnitError(f"must be at most 100%, got {amount}")
    return float(found[1])


def _bare(amount: object) -> bool:
    """Whether it is a number without a unit, written as a number or, in quotes, as a text."""
    if isinstance(amount, str):
        return re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", amount, re.ASCII) is not None
    return isinstance(amount, int | float) and not isinstance(amount, bool)
