"""A trial from dice with latencies, as it is stored: what plots, pages and sparklines are made of in tests."""

import random

from tests.unit.core.judging.seconds import poisson
from verdigris.cli.retelling import retold
from verdigris.core.judging.counts import Arm, Counts
from verdigris.core.judging.lines import Heading, heading_line, second_line
from verdigris.core.judging.settings import Settings
from verdigris.core.tallies import BINS, bin_of, trimmed
from verdigris.core.trials import arm
from verdigris.core.world import Tally

EDGES = tuple(map(float, BINS))
SETTINGS = Settings(grace=5, window=600)


def an_arm(dice, mean, failing, stretched=1.0):
    requests = poisson(dice, mean)
    histogram = [0] * (len(EDGES) + 1)
    for _ in range(requests):
        histogram[bin_of(stretched * dice.lognormvariate(3.2, 0.5))] += 1
    return arm(Tally(requests, poisson(dice, requests * failing), latency=trimmed(histogram)))


def counted(seed=7, rate=200, stages=((30, 0.1), (40, 0.5)), failing=(0.002, 0.02), bad_from=40, slower=1.3):
    """Half a minute of live alone, then the stages (seconds, share), from a moment on with a worse candidate."""
    dice = random.Random(seed)
    rows = [Counts(1000 + t, an_arm(dice, rate, failing[0]), Arm(), EDGES) for t in range(30)]
    t = 0
    for lasts, share in stages:
        for _ in range(lasts):
            bad = failing[1] if t >= bad_from else failing[0]
            live = an_arm(dice, rate * (1 - share), failing[0])
            candidate = an_arm(dice, rate * share, bad, slower if t >= bad_from else 1.0)
            rows.append(Counts(1030 + t, live, candidate, EDGES, share))
            t += 1
    return rows


def lines(rows, settings=SETTINGS):
    return [heading_line(Heading(settings, EDGES, "green", "blue")), *map(second_line, rows)]


def ticks(rows, settings=SETTINGS):
    return retold(lines(rows, settings), "d-2")
