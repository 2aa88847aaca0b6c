"""The fault matrix: what can go wrong, what holds, and how it is tried, read from the table beside its tests.

The table is tests/faults/matrix.txt; the tests hold it to what they try, and the docs show it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CAPABILITIES", "TABLE", "WAYS", "Row", "page", "rows"]

TABLE = Path(__file__).resolve().parent.parent / "tests" / "faults" / "matrix.txt"

WAYS = {
    "application": "verdigris-kit in both versions of an application, with a real Redis",
    "clock": "another process under other clocks: faketime, a time namespace, other zones",
    "core": "the decision alone",
    "loop": "the production loop over the simulated host",
    "network": "another machine in a network namespace, where the kernel drops, refuses and loses packets",
    "probes": "the prober against servers that behave badly, and through a faulty network",
    "processes": "a real keeper with real processes",
    "router": "a real HAProxy, with real clients before it",
    "store": "the store on real files, full disks and failing ones",
    "text": "the very function that reads or writes the text",
}
"""How a failure is brought about: the modules of tests/faults/scenarios."""

CAPABILITIES = (
    "AWS behind an ALB",
    "Terraform",
    "fleets of Envoy",
    "mirroring",
    "several controllers on PostgreSQL",
    "warming",
    "web dashboard and API",
)
"""What is still to come, and brings the tests of its rows with it."""

LINE = re.compile(r"(F-\d{2,3})( !)? \| (.+?) \| (.+?) \| (.+)")
LATER = "later: "


@dataclass(frozen=True, slots=True)
class Row:
    """One failure. It has `ways`, or the capability that will bring them. `twin`: it is shown to find its fault."""

    number: str
    chapter: str
    twin: bool
    failure: str
    holds: str
    ways: tuple[str, ...] = ()
    later: str = ""


def rows(text: str) -> list[Row]:
    """Every line of the table. One that cannot be read is a `ValueError` with the line."""
    found, chapter = [], ""
    for line in text.splitlines():
        if line.startswith("## "):
            chapter = line.removeprefix("## ")
        elif line and not line.startswith("#"):
            found.append(_row(line, chapter))
    return found


def _row(line: str, chapter: str) -> Row:
    parts = LINE.fullmatch(line)
    if parts is None:
        raise ValueError(f"not a row of the fault matrix: {line}")
    number, twin, failure, holds, tried = parts.groups()
    if tried.startswith(LATER):
        return Row(number, chapter, bool(twin), failure, holds, later=tried.removeprefix(LATER))
    return Row(number, chapter, bool(twin), failure, holds, ways=tuple(tried.split(", ")))


def page() -> str:
    """The page of the docs."""
    return "\n".join(_lines(rows(TABLE.read_text("utf-8")))) + "\n"


def _lines(found: list[Row]) -> Iterator[str]:
    yield from ("# What can go wrong", "", _beginning(found), "", "How a failure is brought about:", "")
    yield from (f"- *{way}*: {words}" for way, words in WAYS.items())
    for chapter in dict.fromkeys(row.chapter for row in found):
        yield from (
            "",
            f"## {chapter}",
            "",
            "| | what goes wrong | what holds | tried |",
            "|---|---|---|---|",
        )
        yield from (_line(row) for row in found if row.chapter == chapter)


def _beginning(found: list[Row]) -> str:
    tried = [row for row in found if row.ways]
    one = f'pytest "tests/faults/test_faults.py::test_fault[{tried[0].number}]"'
    return (
        f"{len(found)} failures, and what holds in each. {len(tried)} are tried by `make test`, each under its own "
        f"number: `{one}`. {sum(row.twin for row in tried)} of them have a twin: the guard is taken out of the code, "
        "and the same test has to fail. The others belong to what is still to come, which is named. This page is "
        "generated from the table beside the tests; what is promised as a whole is in "
        "[what is never done](../concepts/safety.md)."
    )


def _line(row: Row) -> str:
    tried = ", ".join(row.ways) + (", twin" if row.twin else "") if row.ways else f"comes with {row.later}"
    return f"| {row.number} | {row.failure} | {row.holds} | {tried} |"
