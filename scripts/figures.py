"""Writes the most telling figures of `make bench` into the README, between two marks, with how they were measured.

build/bench.json has what the last runs found, docs/figures.json what the README shows. Nothing is measured here, and
a figure that is missing is named: a table with holes is not written.
Usage: python scripts/figures.py [--print]      ("--print" shows the table and writes nothing)
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verdigris.adapters.routers.haproxy.binary import bundled

ROOT = Path(__file__).resolve().parent.parent
FOUND = ROOT / "build" / "bench.json"
KEPT = ROOT / "docs" / "figures.json"
README = ROOT / "README.md"
MARKS = ("<!-- figures: written by `make figures` -->", "<!-- end of figures -->")

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """A line of the table: figures by their names in bench.json. `beside` is a label and a figure, or its peer."""

    what: str
    values: tuple[str, ...]
    beside: tuple[tuple[str, str], ...] = ()
    bar: str = ""
    peer: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All figures that it needs."""
        return (*self.values, *(name for _, name in self.beside))

    def cells(self, figures: Mapping[str, Document]) -> list[str]:
        """As they stand in the table; KeyError for a figure that nobody measured."""
        own = [figures[name] for name in self.values]
        beside = [f"{label} {told(figures[name])}" for label, name in self.beside]
        beside += [
            f"{self.peer} {told({**one, 'value': one['peer']})} {times(one)}" for one in own if self.peer
        ]
        return [self.what, together(own), ", ".join(beside), self.bar]


def peers(name: str) -> tuple[tuple[str, str], ...]:
    return tuple((label, f"{name}, {label}") for label in ("nginx -s reload", "plain restart"))


def compared(what: str, name: str, bar: str = "") -> Row:
    """A row in which the two ways of today stand beside us."""
    return Row(what, (f"{name}, verdigris",), peers(name), bar)


GONE = "command → old release answers no more, beyond own start, at 1,000/s"
WHOLE = "a whole release beyond the application's own start, at 1,000/s"
ROWS = (
    compared("failed requests of a release, at 1,000/s", "failed requests of a release at 1,000/s", "0"),
    compared("the same, at 5,000/s asked for", "failed requests of a release at 5,000/s", "0"),
    *(
        Row(
            f"switch: decision → last request sent that the old slot answered, p50 / p99, at {rate}/s",
            (f"switch at {rate}/s, p50", f"switch at {rate}/s, p99"),
            bar="≤ 25 / 100 ms",
        )
        for rate in ("1,000", "5,000")
    ),
    Row("command → the old release answers no more, beyond the application's own start",
        (f"{GONE}, verdigris",), peers(GONE)[:1]),
    compared("the whole release beyond it, our passes and bake included", WHOLE),
    *(
        Row(
            f"new release {fate} after the switch → last failed request, controller alive / dead",
            tuple(f"green {fate}, controller {who}: until the last failed request" for who in ("alive", "dead")),
            bar="≤ 3 s",
        )
        for fate in ("killed", "hung")
    ),
    Row("gate: listening → cutover, two passes included", ("gate: from listening to the cutover, two passes included",),
        bar="≤ 250 ms + passes"),
    Row("router: CPU of a request, with share, headers, id and full log",
        ("CPU of a request: share, headers, id and full log",), bar="≤ 1.3 ×", peer="bare HAProxy"),
    Row("router: requests a second at most", ("throughput of the router",), peer="bare HAProxy"),
    Row("controller at rest", ("controller at rest",)),
    Row("controller: CPU of one deployment", ("controller, CPU of one deployment",)),
    Row("memory of controller / keeper / HAProxy",
        ("controller, resident", "keeper, resident", "haproxy, resident")),
    Row("request lines read and counted", ("lines of the router, read and counted",)),
    Row("decisions, each with its guard", ("decisions in bake",)),
    Row("events of one deployment among 1,000,000", ("store: the events of a deployment",),
        peer="among 1,000:", bar="flat"),
)  # fmt: skip
WORSE = "judge, 10 % of 1,000/s, 0.1 → 1 %"
JUDGED = (
    Row("judge: 0.1 → 1 % errors at 10 % of 1,000/s → found, median / 95 %", (f"{WORSE}: median", f"{WORSE}: 95 %"),
        bar="≤ 25 / 40 s"),
    Row("judge: requests that failed until then because of it", (f"{WORSE}: failed requests more",), bar="≤ 30"),
    Row("judge: healthy releases rolled back, errors / latency",
        tuple(f"judge, {what}: healthy releases rolled back" for what in ("errors", "latency")), bar="≤ 1 %"),
)  # fmt: skip
"""Of `make bench-judge`, which takes hours: shown once they were found, and kept until they are found anew."""


def told(figure: Document) -> str:
    return f"{number(figure['value'])} {figure['unit']}".strip()


def times(figure: Document) -> str:
    """How many times the peer it is: of the two numbers that stand there."""
    return f"({figure['value'] / figure['peer']:.2f} ×)"


def together(figures: list[Document]) -> str:
    return f"{' / '.join(number(one['value']) for one in figures)} {figures[0]['unit']}".strip()


def number(value: float) -> str:
    """Three digits that count, and no decimals where there are enough without."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def rendered(figures: Mapping[str, Document], rows: Iterable[Row] = (*ROWS, *JUDGED)) -> str:
    """Markdown: the rows that have their figures, and below them how each was measured."""
    rows = [row for row in rows if not missing(row, figures)]
    ways = [dict.fromkeys(how for name in row.names if (how := figures[name]["how"])) for row in rows]
    numbers = {how: n for n, how in enumerate(dict.fromkeys(how for row in ways for how in row), 1)}
    lines = ["| | verdigris | beside | bar | how |", "|---|---|---|---|---|"]
    for row, hows in zip(rows, ways, strict=True):
        told_how = ", ".join(str(numbers[how]) for how in hows)
        lines.append(f"| {' | '.join((*row.cells(figures), told_how))} |")
    return "\n".join((*lines, "", *(f"{number}. {how}" for how, number in numbers.items())))


def missing(row: Row, figures: Mapping[str, Document]) -> list[str]:
    """The figures of a row that nobody measured."""
    return [name for name in row.names if name not in figures]


def page(document: Document) -> str:
    """What stands between the marks, from what is kept."""
    machine = document["machine"]
    return (
        f"{rendered(by_name(document['figures']))}\n\n"
        f"Measured on {machine['date']} by `make bench`, everything on one machine: {machine['cores']} cores, load "
        f"{machine['load']} before the table was written, Linux {machine['kernel']}, Python {machine['python']}, "
        f"HAProxy {machine['haproxy']}. Clients, router and API share these cores; what stands beside was measured in "
        "the same run, with the same API and clients, and a ratio is that of the two numbers."
    )


def by_name(figures: Iterable[Document]) -> dict[str, Document]:
    return {one["name"]: one for one in figures}


def machine() -> dict[str, str]:
    """What the figures depend on."""
    said = subprocess.run([bundled(), "-v"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"version (\d+\.\d+\.\d+)", said)
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cores": str(os.cpu_count()),
        "load": f"{os.getloadavg()[2]:.1f}",
        "kernel": re.match(r"[\d.]*\d", platform.release())[0],  # type: ignore[index]
        "python": platform.python_version(),
        "haproxy": version[1] if version else "of an unknown version",
    }


def document_of(found: list[Document], kept: Iterable[Document] = ()) -> Document:
    """What the README needs of all that was found, and was `kept` of the judge; SystemExit names what is missing."""
    figures = by_name(found)
    if lacking := [name for row in ROWS for name in missing(row, figures)]:
        raise SystemExit(
            f"{FOUND.relative_to(ROOT)} has no {lacking[0]!r} ({len(lacking)} missing): run `make bench`"
        )
    figures = by_name(kept) | figures
    rows = (*ROWS, *(row for row in JUDGED if not missing(row, figures)))
    wanted = dict.fromkeys(name for row in rows for name in row.names)
    return {"machine": machine(), "figures": [figures[name] for name in wanted]}


def placed(text: str, between: str) -> str:
    """The README with this between its marks."""
    begin, end = MARKS
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    if not rest or not after:
        raise SystemExit(f"{README.name} lacks {begin!r} or {end!r}: put them where the table belongs")
    return f"{before}{begin}\n{between}\n{end}{after}"


def main(words: list[str]) -> int:
    """Print the table, or write it."""
    if not FOUND.exists():
        raise SystemExit(f"{FOUND.relative_to(ROOT)} is not there: run `make bench`")
    found = json.loads(FOUND.read_text())
    if "--print" in words:
        print(rendered(by_name(found)))
        return 0
    document = document_of(found, json.loads(KEPT.read_text())["figures"])
    KEPT.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    README.write_text(placed(README.read_text(), page(document)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
