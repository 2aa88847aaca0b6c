"""The picture of the life cycle, drawn from the phase table: forward on the left, the ways back on the right.

Plain SVG, readable on light and dark pages: colours are classes, and the dark ones a media query.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from scripts.life_cycle import BACKWARD, FORWARD, Facts, facts

__all__ = ["picture"]

WIDTH, TOP, PITCH, HEIGHT = 1010, 92, 54, 38
LEFT, BOX = 28, 150
RIGHT, NOTE = 690, 12
BRACKET = 600

STYLE = """\
text { font: 13px system-ui, "DejaVu Sans", sans-serif; fill: #1f2933 }
.name { font-weight: 600 } .small { font-size: 11.5px; fill: #52606d } .title { font-size: 15px; font-weight: 600 }
.page { fill: #ffffff; stroke: #d5dbe1 }
.box { fill: #eef4fb; stroke: #6f8fb3 } .watched { fill: #e6f6ec; stroke: #4f9a6c }
.back { fill: #fdf1e4; stroke: #c98a3c } .stuck { fill: #fbe9ea; stroke: #c05b63 } .optional { stroke-dasharray: 5 3 }
.way { fill: none; stroke: #7b8794; stroke-width: 1.4 } .return { fill: none; stroke: #c98a3c; stroke-width: 1.6 }
.head { fill: #7b8794 } .returnhead { fill: #c98a3c }
@media (prefers-color-scheme: dark) {
text { fill: #e4e7eb } .small { fill: #a9b4bf }
.page { fill: #161b22; stroke: #30363d }
.box { fill: #1d2a3a; stroke: #5b7ea6 } .watched { fill: #173225; stroke: #4f9a6c }
.back { fill: #38291a; stroke: #c98a3c } .stuck { fill: #3a2023; stroke: #c05b63 }
.way { stroke: #8b949e } .head { fill: #8b949e }
}"""

HEADS = ("head", "returnhead")

BACK_AT = {
    "abort": 1,
    "restore": 7,
    "settle": 8,
    "discard": 9.5,
    "rolled_back": 11,
    "aborted": 12,
    "stuck": 4,
}
"""On which line of the forward lane a phase of the way back is drawn."""


BACK_NOTES = {
    "restore": ("traffic goes back,", "confirmed"),
    "settle": ("the candidate", "falls quiet"),
    "abort": ("nothing to restore", ""),
    "discard": ("candidate torn down", ""),
    "rolled_back": ("traffic had moved", ""),
    "aborted": ("none had moved", ""),
    "stuck": ("traffic is held where", "it is, you are called"),
}


def picture() -> str:
    """The whole SVG."""
    forward, backward = [facts(row) for row in FORWARD], [facts(row) for row in BACKWARD]
    height = TOP + len(forward) * PITCH + 46
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"',
        '  role="img" aria-label="The life cycle of a deployment: the phases forward, and the ways back">',
        f"<style>\n{STYLE}\n</style>",
        heads(),
        f'<rect class="page" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="10"/>',
        *titles(),
        *lane(forward),
        *brackets(forward),
        *way_back(backward),
        legend(height),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def heads() -> str:
    size = 'viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"'
    both = (f'<marker id="{name}" {size}><path class="{name}" d="M0 0 8 4 0 8z"/></marker>' for name in HEADS)
    return f"<defs>{''.join(both)}</defs>"


def titles() -> Iterator[str]:
    yield text(LEFT, 34, "Forward", "title")
    yield text(LEFT, 54, "each phase waits for evidence, never for elapsed time", "small")
    yield text(RIGHT, 34, "Back", "title")
    yield text(RIGHT, 54, "one way only: back never turns forward", "small")


def lane(phases: list[Facts]) -> Iterator[str]:
    """The phases forward, one below the other, each with what it waits for."""
    for index, phase in enumerate(phases):
        y = TOP + index * PITCH
        yield box(LEFT, y, phase, "watched" if phase.watched else "box")
        yield text(LEFT + BOX + NOTE, y + 16, phase.waits_for.replace("`", ""), "")
        yield text(LEFT + BOX + NOTE, y + 32, phase.world, "small")
        if index:
            yield path(f"M{LEFT + BOX / 2} {y - PITCH + HEIGHT}V{y - 1}")


def brackets(phases: list[Facts]) -> Iterator[str]:
    """From where a way leads back, and to which phase."""
    moved = [index for index, phase in enumerate(phases) if phase.reversible]
    before = list(range(moved[0]))
    yield from bracket(before, "abort", "no traffic has moved")
    yield from bracket(moved, "restore", "watched: a bad verdict or rollback")


def bracket(rows: list[int], to: str, why: str) -> Iterator[str]:
    first, last = TOP + rows[0] * PITCH + 4, TOP + rows[-1] * PITCH + HEIGHT - 4
    y = centre(to)
    yield f'<path class="return" d="M{BRACKET} {first}h8v{last - first}h-8"/>'
    yield path(f"M{BRACKET + 8} {y}H{RIGHT - 2}", "return")
    yield text(RIGHT, TOP + BACK_AT[to] * PITCH - 8, why, "small")


def way_back(phases: list[Facts]) -> Iterator[str]:
    """The phases backward, and how they follow each other."""
    for phase in phases:
        y = TOP + BACK_AT[phase.name] * PITCH
        yield box(RIGHT, y, phase, "stuck" if phase.name == "stuck" else "back")
        yield from notes(RIGHT + BOX + NOTE, y, BACK_NOTES[phase.name])
    yield text(RIGHT, top("stuck") - 8, "the way back overdue, or bad and no way back", "small")
    middle = RIGHT + BOX / 2
    for start, end in (("restore", "settle"), ("settle", "discard"), ("discard", "rolled_back")):
        yield path(f"M{middle} {top(start) + HEIGHT}V{top(end) - 1}")
    yield path(f"M{RIGHT + BOX} {top('abort') + 28}H{WIDTH - 18}V{top('discard') + 28}H{RIGHT + BOX + 2}")
    yield path(f"M{RIGHT} {centre('discard')}H{RIGHT - 20}V{centre('aborted')}H{RIGHT - 2}")


def notes(x: float, y: float, lines: tuple[str, ...]) -> Iterator[str]:
    for index, words in enumerate(filter(None, lines)):
        yield text(x, y + 16 + 16 * index, words, "small")


def box(x: float, y: float, phase: Facts, kind: str) -> str:
    kinds = f"{kind} optional" if phase.optional else kind
    shape = f'<rect class="{kinds}" x="{x}" y="{y}" width="{BOX}" height="{HEIGHT}" rx="6"/>'
    return shape + text(x + 12, y + 24, phase.name, "name")


def legend(height: float) -> str:
    y = height - 22
    return "".join(
        (
            f'<rect class="watched" x="{LEFT}" y="{y - 12}" width="22" height="14" rx="3"/>',
            text(LEFT + 30, y, "watched and reversible", "small"),
            f'<rect class="box optional" x="{LEFT + 190}" y="{y - 12}" width="22" height="14" rx="3"/>',
            text(LEFT + 220, y, "passed over where not configured", "small"),
        )
    )


def top(name: str) -> float:
    return TOP + BACK_AT[name] * PITCH


def centre(name: str) -> float:
    return top(name) + HEIGHT / 2


def path(way: str, kind: str = "way") -> str:
    """A line with a head at its end."""
    head = "returnhead" if kind == "return" else "head"
    return f'<path class="{kind}" d="{way}" marker-end="url(#{head})"/>'


def text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y}">{escape(words)}</text>'
