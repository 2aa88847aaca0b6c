"""The picture of a report: a service made by dice, whose release fails four times as often and takes a third longer.

Drawn by what draws `verdigris report --html`, from lines as they are stored with a deployment.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from verdigris.cli.retelling import retold
from verdigris.cli.show.plots import pictures
from verdigris.cli.show.series import curves
from verdigris.cli.show.svg import HEIGHT, STYLE, WIDTH
from verdigris.core.judging.counts import Arm, Counts
from verdigris.core.judging.lines import Heading, heading_line, second_line
from verdigris.core.judging.settings import Settings
from verdigris.core.tallies import BINS, bin_of, trimmed
from verdigris.core.trials import arm as met
from verdigris.core.world import Tally

__all__ = ["picture"]

SETTINGS = Settings(grace=30, window=600)
EDGES = tuple(map(float, BINS))
RATE, BEFORE, STAGES = 250, 60, ((120, 0.1), (120, 0.5))
GAP = 12


def picture() -> str:
    """One SVG with all three, one above the other."""
    lines = [heading_line(Heading(SETTINGS, EDGES, "green", "blue")), *map(second_line, seconds())]
    ticks = [one for one in retold(lines, "d-7") if one.before.decided is None]
    found = curves(ticks)
    if found is None:
        raise SystemExit("the picture's release never had traffic")
    made = pictures(found, ticks[-1].after, ticks[-1].heading)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {len(made) * (HEIGHT + GAP)}" role="img"'
    words = " ".join(one.said for one in made)
    inner = [
        one.svg.replace("<svg ", f'<svg y="{n * (HEIGHT + GAP)}" width="{WIDTH}" height="{HEIGHT}" ', 1)
        for n, one in enumerate(made)
    ]
    return "\n".join([f'{head} aria-label="{words}">', f"<style>{STYLE}</style>", *inner, "</svg>", ""])


def seconds() -> Iterator[Counts]:
    """Both slots second by second; where the verdict falls the picture ends, as the counts of a deployment do."""
    dice = random.Random(7)  # noqa: S311 - a picture, no secret
    for t in range(BEFORE):
        yield Counts(t, arm(dice, RATE, 0.002, 1.0), Arm(), EDGES)
    t = BEFORE
    for lasts, share in STAGES:
        for _ in range(lasts):
            late = t >= BEFORE + 100
            green = arm(dice, RATE * share, 0.008 if late else 0.002, 1.33 if late else 1.0)
            yield Counts(t, arm(dice, RATE * (1 - share), 0.002, 1.0), green, EDGES, share)
            t += 1


def arm(dice: random.Random, mean: float, failing: float, stretched: float) -> Arm:
    requests = max(round(dice.gauss(mean, mean**0.5)), 0)
    histogram = [0] * (len(EDGES) + 1)
    for _ in range(requests):
        histogram[bin_of(stretched * dice.lognormvariate(3.2, 0.45))] += 1
    return met(
        Tally(requests, sum(dice.random() < failing for _ in range(requests)), latency=trimmed(histogram))
    )
