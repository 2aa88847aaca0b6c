"""The page that shows what was measured: `python -m tests.schema.table` proves the whole corpus and writes it anew."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.schema.clinic import CLINIC
from tests.schema.orders import ORDERS
from tests.schema.proving import Found, based, found, squawk, squawk_version, tally
from tests.unit.schema.conftest import NEW, OLD, programs
from verdigris.schema.finding import Layer
from verdigris.schema.shadow.embedded import embedded

__all__ = ["PAGE", "counts", "rows"]

PAGE = Path(__file__).parents[2] / "docs" / "concepts" / "schema-proof-measured.md"
START = "<!-- measured: python -m tests.schema.table -->\n"
COLUMNS = (
    "application", "PostgreSQL", "breaks caught", "`PREPARE` alone", "first seen by", "harmless, called a break",
    "harmless, left unproven",
)  # fmt: skip
COUNTS = f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|\n"
ROWS = """| migration of the shop | what it does | the proof says | `PREPARE` alone | squawk {} |
|---|---|---|---|---|
"""


def counts(name: str, major: int, all_found: Sequence[Found]) -> str:
    """One line of the first table."""
    of = tally(all_found)
    first = Counter(each.layer for each in all_found if each.scenario.sqlstate and each.layer)
    layers = ", ".join(f"{layer} {first[layer]}" for layer in Layer if layer in first)
    return (
        f"| {name} | {major} | {of.caught} of {of.breaks} | {of.prepared} | {layers}"
        f" | {of.wrong} of {of.harmless} | {of.unproven} |\n"
    )


def rows(all_found: Sequence[Found], directory: Path) -> str:
    """The second table, without its head."""
    return "".join(row(each, squawk(each.scenario, directory)) for each in all_found)


def row(each: Found, rules: Sequence[str]) -> str:
    scenario = each.scenario
    does = (
        f"breaks, {scenario.sqlstate}"
        if scenario.sqlstate
        else "rows vanish"
        if scenario.disproven
        else "harmless"
    )
    where = f" ({each.layer.value})" if each.layer and each.disproven else ""
    prepared = "break" if each.layer is Layer.PARSE else "–"
    return f"| {scenario.name} | {does} | {each.outcome}{where} | {prepared} | {', '.join(rules) or '–'} |\n"


def flagged(all_found: Sequence[Found], directory: Path) -> str:
    """What squawk says of the shop's migrations, in numbers."""
    breaks = [bool(squawk(each.scenario, directory)) for each in all_found if each.scenario.sqlstate]
    rest = [bool(squawk(each.scenario, directory)) for each in all_found if not each.scenario.disproven]
    return (
        f"\nOf the shop's {len(breaks)} breaks squawk flags {sum(breaks)}, and {sum(rest)} of its {len(rest)} harmless"
        " migrations. Rules that nearly every file breaks (time-outs, `IF EXISTS`, taste in types) are not counted.\n\n"
    )


def main() -> int:
    """Write the page anew."""
    lines, shown = [], []
    with ExitStack() as stack, tempfile.TemporaryDirectory() as directory:
        for major in (OLD, NEW):
            server = stack.enter_context(embedded(programs(major)))
            for application in (ORDERS, CLINIC):
                with based(server, application) as base:
                    all_found = list(found(server, base, application, application.scenarios))
                lines.append(counts(application.name, server.major, all_found))
                shown = all_found if application is ORDERS else shown
        head = PAGE.read_text("utf-8").partition(START)[0]
        beside = (
            flagged(shown, Path(directory)) + ROWS.format(squawk_version()) + rows(shown, Path(directory))
        )
        PAGE.write_text(head + START + "\n" + COUNTS + "".join(lines) + beside, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
