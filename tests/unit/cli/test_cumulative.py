"""`verdigris judge --cumulative`: counters as exporters show them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Type
from tests.unit.core.judging.seconds import before, seconds
from verdigris.core.judging.counts import Counts

Row = dict[str, object]


def row(t: int, live: object, candidate: object, **more: object) -> Row:
    return {"t": t, "live": live, "candidate": candidate, **more}


def slots(one: Counts) -> tuple[int, int, int, int]:
    return one.live.requests, one.live.errors, one.candidate.requests, one.candidate.errors


def growing(rows: Iterable[Counts], again_at: int = -1) -> Iterator[Row]:
    """The same seconds as counters; at `again_at` those of the candidate begin anew."""
    rows = list(rows)
    totals = list(accumulate(map(slots, rows), lambda a, b: tuple(x + y for x, y in zip(a, b, strict=True))))
    lost = next((total[2:] for total, one in zip(totals, rows, strict=True) if one.at == again_at), (0, 0))
    for total, one in zip(totals, rows, strict=True):
        off = lost if one.at > again_at >= 0 else (0, 0)
        live = {"requests": total[0], "errors": total[1]}
        yield row(one.at, live, {"requests": total[2] - off[0], "errors": total[3] - off[1]}, share=one.share)


def plain(rows: Iterable[Counts]) -> Iterator[Row]:
    for live, failed, candidate, failed_too, at, share in ((*slots(one), one.at, one.share) for one in rows):
        yield row(
            at,
            {"requests": live, "errors": failed},
            {"requests": candidate, "errors": failed_too},
            share=share,
        )


def told(type_: Type, path: Path, rows: Iterable[Row], *words: str) -> tuple[int, list[Row]]:
    path.write_text("\n".join(map(json.dumps, rows)))
    typed = type_("judge", str(path), *words)
    return typed.code, [json.loads(line) for line in typed.out.splitlines()]


@pytest.mark.parametrize("again_at", [-1, 70])
def test_counters_come_to_the_same_as_the_seconds_between_them(again_at: int, tmp_path: Path, type_: Type):
    counts = [
        *before(1, 60, live=0.001),
        *seconds(2, 120, begin_at=60, share=0.1, live=0.001, candidate=0.01),
    ]
    whole = told(type_, tmp_path / "a", list(plain(counts))[1:])
    assert 15 == whole[0]
    assert whole == told(type_, tmp_path / "b", growing(counts, again_at), "--cumulative")


ALIVE: Row = {"requests": 10, "errors": 0}
ONE_ROUTE: Row = {"GET /": {"live": ALIVE, "candidate": ALIVE}}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([row(5, ALIVE, ALIVE), row(4, ALIVE, ALIVE)], "t goes back from 5 to 4"),
        ([row(5, {"requests": -1}, ALIVE)], "live.requests must be between 0 and"),
        (
            [row(1, ALIVE, ALIVE), row(2, {"requests": 11, "errors": 3}, ALIVE)],
            "t 2, since t 1: live: errors must be at most the requests, got 3 of 1; are these counts since the start",
        ),
        (
            [row(1, ALIVE, ALIVE), row(2, ALIVE | {"good": 1, "bad": 1}, ALIVE)],
            "good and bad are there in one line and not in the other",
        ),
        (
            [row(1, ALIVE | {"slow": {"50": 1}}, ALIVE), row(2, ALIVE | {"slow": {"60": 1}}, ALIVE)],
            "other edges in slow than in the line before",
        ),
        ([row(1, ALIVE, ALIVE, routes=ONE_ROUTE)], "--cumulative takes plain seconds"),
        ([row(1, ALIVE, ALIVE)], "there are no counts in it; --cumulative needs two lines"),
    ],
)
def test_what_no_counter_shows_is_an_error(rows: list[Row], sentence: str, tmp_path: Path, type_: Type):
    path = tmp_path / "counts.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    typed = type_("judge", str(path), "--cumulative")
    assert 2 == typed.code
    assert sentence in " ".join(typed.err.split())
