"""Amounts as people read them: durations, shares, counts, moments. The texts of verdigris.yaml are `config.units`."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

__all__ = ["ago", "bar", "count", "duration", "moment", "per_second", "percent", "plural", "sparkline"]

BARS = "▁▂▃▄▅▆▇█"
DAY = 86_400


def duration(seconds: float) -> str:
    """ "0.2 s", "41 s", "4:10", "1:02:03", "2 d 3 h": never more exact than anybody wants to know."""
    if not math.isfinite(seconds):
        return "?"
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02}"
    hours, minutes = divmod(minutes, 60)
    if not minutes and not rest and hours < 48:
        return f"{hours} h"
    if hours < 48:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{hours // 24} d {hours % 24} h" if hours < 240 else f"{count(hours // 24)} d"


def percent(part: float, whole: float) -> str:
    """A share with as many digits as tell it from nothing: "0 %", "0.02 %", "12 %", "100 %"."""
    if not whole:
        return "none"
    share = 100 * part / whole
    if share in (0.0, 100.0):
        return f"{share:.0f} %"
    return (
        f"{share:.2f} %" if share < 1 else f"{share:.1f} %" if share < 10 or share > 99 else f"{share:.0f} %"
    )


def count(number: float) -> str:
    """ "61,204"."""
    return f"{number:,.0f}"


def plural(number: int, thing: str, things: str = "") -> str:
    """ "1 request", "2 requests"."""
    return f"{count(number)} {thing if number == 1 else things or thing + 's'}"


def per_second(rate: float) -> str:
    """ "0/s", "0.3/s", "60/s"."""
    return f"{rate:.1f}/s" if 0 < rate < 9.95 else f"{count(rate)}/s"


def moment(wall: float, now: float, seconds: bool = True) -> str:
    """The local time of day, with the date unless it is within half a day of `now`."""
    clock = "%H:%M:%S" if seconds else "%H:%M"
    near = abs(wall - now) < DAY / 2
    try:
        return time.strftime(clock if near else f"%Y-%m-%d {clock}", time.localtime(wall))
    except (OverflowError, ValueError, OSError):  # no calendar has such a day
        return "?"


def ago(wall: float, now: float) -> str:
    """How long something is past."""
    return f"{duration(now - wall)} ago" if now - wall >= 1 else "just now"


def bar(share: float, width: int) -> str:
    """A bar of `width` columns, filled to `share` of one; what is not nothing shows, what is not all does not fill."""
    filled = min(max(round(share * width), share > 0), width - (share < 1))
    return "█" * filled + "░" * (width - filled)


def sparkline(values: Sequence[float | None], width: int, most: float | None = None) -> str:
    """The last `width` values, each a column; what is unknown is a dot, and zero the lowest bar."""
    shown = list(values)[-width:]
    top = most if most is not None else max((v for v in shown if v is not None), default=0.0)
    return "".join("·" if v is None else column(v, top) for v in shown).rjust(width)


def column(value: float, top: float) -> str:
    if value <= 0 or top <= 0:
        return BARS[0]
    return BARS[min(max(round(value / top * (len(BARS) - 1)), 1), len(BARS) - 1)]
