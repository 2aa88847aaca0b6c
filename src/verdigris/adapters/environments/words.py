"""Words from outside, made fit for a terminal and a log line: escaped, and never longer than a bound."""

from __future__ import annotations

from verdigris.core.words import shown

__all__ = ["joined", "shown"]


def joined(names: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1] if names else "") if part)
