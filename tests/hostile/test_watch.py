"""The live screen, whatever was seen and told, in a terminal of any size: drawn, inside of it, and harmless."""

from __future__ import annotations

import io
import json
import re
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.hostile.strategies import CONTROLS, WORDS, documents, part, poisoned
from tests.unit.cli.house import FakeHouse, Nature
from verdigris.adapters.stores.board import FileBoard
from verdigris.adapters.stores.records import dump, load
from verdigris.cli.drawing import console, live, text
from verdigris.cli.follow import Look
from verdigris.cli.session import Session
from verdigris.cli.show.story import told
from verdigris.cli.show.watch import NARROW
from verdigris.cli.voice import Voice
from verdigris.cli.watch import Screen as Watched
from verdigris.ports import Event, Snapshot

OURS = re.compile(r"\x1b\[(\?1049[hl]|\?25[hl]|H|[0-9;]*m)")
"""What takes the other screen, hides the cursor, goes to the corner and paints; nothing else is ours."""

BAD = Nature(error_rate=0.3, turns_bad_after=9.0)
PHASES = ("provision", "validate", "cutover", "bake", "stabilize", "rolled_back")
NUMBERS = st.floats() | st.sampled_from((0.0, 1.7e9, -1.0, 1e18, 1e300))
TEXTS = WORDS | st.text(
    st.sampled_from("a ⚡️🇩🇪👨‍👩‍👧é漢字ｶﾞ\u0301\u20dd\ufe0f\u200d\u1160\u3099\u0e33"), max_size=40
)
SIZES = st.tuples(st.integers(1, 200), st.integers(1, 80))
NOW = 1.7e9 + 1000
CPU_MOST = 10.0
"""Seconds of a busy machine for one drawing; the longest sentence of wide letters took thirty once."""
WORST = f"{CONTROLS}\x1b]0;owned\x07\x1b[2J\r\n" + "漢" * 300
EVENTS = st.lists(
    st.builds(
        Event,
        number=st.integers(1),
        wall=NUMBERS,
        app=st.just("orders"),
        deployment=st.just("d-2"),
        generation=st.integers(),
        phase=st.sampled_from(PHASES) | TEXTS,
        kind=st.sampled_from(("phase", "step", "alert", "note")) | TEXTS,
        sentence=st.sampled_from(PHASES) | TEXTS,
        evidence=TEXTS,
    ),
    max_size=12,
)


@cache
def picture(phase: str) -> Snapshot:
    """What a controller pins on the way, forward and backward."""
    house = FakeHouse()
    house.ship("1.0")
    return house.ship("2.0", BAD if phase == "rolled_back" else None, phase)


@cache
def pages() -> tuple[Any, ...]:
    return tuple(json.loads(dump(picture(phase))) for phase in PHASES)


class Terminal(io.StringIO):
    """A stream that says of itself that it is a terminal."""

    def isatty(self) -> bool:
        return True


def drawn(look: Look, columns: int, rows: int, now: float = NOW) -> str:
    """All that a terminal of that size is sent for one look. Nothing in it is too wide, too high, or can act."""
    stream, house = Terminal(), FakeHouse()
    session = Session(pause=house.pause, clock=house.clock, voice=Voice(err=stream, wall=lambda: now))
    session.house = house
    began = time.process_time()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TERM", "xterm-256color")
        patched.setenv("COLUMNS", str(columns))
        patched.setenv("LINES", str(rows))
        with live(console(stream, color=True), screen=True) as display:
            lines = Watched(session).lines(look)
            display.update(text(lines), refresh=True)
    assert time.process_time() - began < CPU_MOST
    assert [] == [one for one in lines if cell_len("".join(span.text for span in one)) > max(columns, NARROW)]
    said = OURS.sub("", stream.getvalue())
    assert [] == sorted({character for character in said if not character.isprintable()} - {"\n"})
    assert [] == [one for one in said.split("\n") if cell_len(one) > columns]
    assert said.count("\n") <= rows
    return said


def look_at(s: Snapshot, events: Sequence[Event] = ()) -> Look:
    return Look(s.deployment, tuple(events), told("d-2", "orders", events).see(s))


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("columns", [1, 20, 39, 60, 61, 100, 300])
def test_no_size_is_too_small(phase: str, columns: int):
    for rows in (1, 2, 5, 12, 24, 60):
        drawn(look_at(picture(phase)), columns, rows)


@given(st.sampled_from(PHASES), TEXTS, EVENTS, SIZES)
@part(0.5)
@example("provision", WORST, [], (100, 30))
@example("bake", "漢" * 16_000, [], (40, 30))
def test_no_words_leave_their_line_or_act(phase: str, words: str, events: list[Event], size: tuple[int, int]):
    drawn(look_at(poisoned(picture(phase), words), poisoned(tuple(events), words)), *size)


@given(documents(*pages()), EVENTS, SIZES)
@part(0.5)
def test_any_picture_that_can_be_read_can_be_drawn(data: bytes, events: list[Event], size: tuple[int, int]):
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "seen-orders.json").write_bytes(data)
        s = FileBoard(Path(place)).read("orders")
    if s is not None:
        drawn(look_at(s, events), *size)


def test_seconds_that_were_counted_in_other_bins_are_drawn():
    page = json.dumps(pages()[PHASES.index("bake")])
    torn = page.replace('"latency": [0, ', '"latency": [', 1)
    assert page != torn
    drawn(look_at(load(Snapshot, torn)), 100, 30)
