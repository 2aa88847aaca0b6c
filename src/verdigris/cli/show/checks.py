"""A checklist as lines: what was found, and where it is wrong what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verdigris.cli.show.amounts import plural
from verdigris.cli.show.ink import Ink, Line, line, wrapped
from verdigris.core.world import Check

__all__ = ["check_lines", "checks_document"]


def check_lines(checks: Sequence[Check], width: int) -> list[Line]:
    """One ✔ or ✖ for each check, and a last line that counts."""
    longest = max((len(check.name) for check in checks), default=0)
    lines: list[Line] = []
    for check in checks:
        mark, ink = ("✔", Ink.GOOD) if check.passed else ("✖", Ink.BAD)
        head = line((f" {mark} ", ink), check.name.ljust(longest + 2))
        rows = wrapped(check.sentence, max(width - longest - 5, 16), Ink.PLAIN if check.passed else Ink.BAD)
        blank = line(" " * (longest + 5))
        lines += [(*(head if index == 0 else blank), *row) for index, row in enumerate(rows)]
    return [*lines, summary(checks)]


def summary(checks: Sequence[Check]) -> Line:
    wrong = sum(not check.passed for check in checks)
    if not wrong:
        return line(("all is well", Ink.GOOD))
    return line((f"{plural(wrong, 'thing')} to mend", Ink.BAD))


def checks_document(checks: Sequence[Check]) -> list[dict[str, Any]]:
    return [{"name": c.name, "passed": c.passed, "sentence": c.sentence} for c in checks]
