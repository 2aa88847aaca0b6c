"""How often the judge rolls back a healthy release, and after how long a bad one, with the others' rules beside it.

300 runs a cell, 100 where latencies are drawn: two hours of one core, shared by all that there are. Every
run has a seed, so the tables come out alike everywhere. `VERDIGRIS_JUDGE_RUNS=40` is the short way.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product

import pytest

from tests.bench.judge import latencies, traffic
from tests.bench.judge.trials import AS_DEPLOYED, OURS, RATES, SHARES, Cell, median, outcome, p95

pytestmark = pytest.mark.timeout(7200)

RUNS = int(os.environ.get("VERDIGRIS_JUDGE_RUNS", "300"))
OF_LATENCIES = 3
"""They take so many times as long, so there are fewer of them."""
NAMED = traffic.HEALTHY | traffic.WORSE | traffic.LATE | latencies.HEALTHY | latencies.SLOWER
BEFORE_EXPOSURE = 60
WIDE, FIRST = 22, 42
HOW = "seeded traffic, {:,} runs of 900 s, compared from the first second; phi0 from 900 s of A/A"


@pytest.fixture(scope="module")
def pool():
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        yield pool


def runs_of(pool, name, share, rate, runs):
    """Outcomes of a cell. What a scenario does cannot be sent to another process, its name can."""
    return list(pool.map(partial(one, name, share, rate), range(runs), chunksize=5))


def one(name, share, rate, seed):
    return outcome(Cell(NAMED[name], share, rate), seed)


def row(first, cells):
    """Shown at once: a table takes minutes."""
    print("| " + " | ".join([first.ljust(FIRST), *(cell.ljust(WIDE) for cell in cells)]) + " |", flush=True)


def head(first, rules):
    row(first, rules)
    row("-" * FIRST, ["-" * WIDE for _ in rules])


# --- healthy ------------------------------------------------------------------------------------------------------


def test_rollbacks_of_healthy_releases(pool, say):
    falsely(pool, say, "errors", traffic.HEALTHY, RUNS)


def test_rollbacks_of_releases_that_are_not_slower(pool, say):
    falsely(pool, say, "latency", latencies.HEALTHY, RUNS // OF_LATENCIES)


def falsely(pool, say, what, scenarios, runs):
    """The range over the nine settings of share and rate, in percent."""
    print(f"\nRolled back though healthy, % of {runs} runs, over 3 shares × 3 rates ({what})")
    worst, held, all_runs, ours = 0.0, 0, 0, 0
    for name in scenarios:
        cells = [runs_of(pool, name, share, rate, runs) for share, rate in product(SHARES, RATES)]
        rules = list(cells[0][0].after)
        if not all_runs:
            head("", rules)
        row(name, [spread([rolled_back(cell, rule) for cell in cells]) for rule in rules])
        worst = max(worst, *(rolled_back(cell, OURS) for cell in cells))
        held += sum(run.invalid for cell in cells for run in cell)
        ours += sum(run.after[OURS] is not None for cell in cells for run in cell)
        all_runs += sum(map(len, cells))
    how = HOW.format(all_runs)
    say(f"judge, {what}: healthy releases rolled back", 100 * ours / all_runs, "%", "≤ 1", how=how)
    say(f"judge, {what}: the same, in the worst setting", worst, "%", "≤ 1", how=how)
    say(f"judge, {what}: healthy ones held for their split", 100 * held / all_runs, "%", how=how)


def rolled_back(cell, rule):
    return 100 * sum(run.after[rule] is not None for run in cell) / len(cell)


def spread(rates):
    low, high = min(rates), max(rates)
    return f"{low:.3g}" if low == high else f"{low:.3g}–{high:.3g}"


def test_releases_as_a_deployment_has_them(pool, say):
    """With what it has to go by: a minute before exposure, and the grace. Ours alone."""
    runs = RUNS // OF_LATENCIES
    print(f"\nAs deployed, {BEFORE_EXPOSURE} s before exposure, 30 s of grace: {runs} runs")
    head("", [OURS])
    healthy = []
    for name in traffic.HEALTHY:
        cells = [deployed(pool, name, share, rate, runs) for share, rate in product(SHARES, RATES)]
        row(f"{name}: rolled back, %", [spread([rolled_back(cell, OURS) for cell in cells])])
        healthy += [run for cell in cells for run in cell]
    for share, name in ((0.1, "0.1 → 1 %"), (0.5, "0.1 → 1 %"), (0.5, "1 → 2 %"), (0.95, "0.1 → 1 %")):
        row(
            f"{Cell(NAMED[name], share, 1000)}: {name}",
            [told(deployed(pool, name, share, 1000, runs), OURS, 0)],
        )
    how = f"as deployed: {len(healthy):,} runs of 900 s, {BEFORE_EXPOSURE} s before exposure, 30 s of grace"
    say("judge, as deployed: healthy releases rolled back", rolled_back(healthy, OURS), "%", "≤ 1", how=how)


def deployed(pool, name, share, rate, runs):
    return list(pool.map(partial(as_deployed, name, share, rate), range(runs), chunksize=5))


def as_deployed(name, share, rate, seed):
    return outcome(Cell(NAMED[name], share, rate, BEFORE_EXPOSURE), seed, AS_DEPLOYED, alone=True)


# --- worse --------------------------------------------------------------------------------------------------------


def test_releases_that_fail_more_often(pool, say):
    cells = [cell for cell in product(SHARES, RATES, traffic.WORSE) if cell[1:] not in TRIVIAL]
    found(pool, say, "Errors from the first second", cells, RUNS)
    print("Where 1 % is healthy, the rules with 99 % roll back healthy releases as surely: see above.")


def test_releases_that_fail_more_often_after_450_seconds(pool, say):
    found(pool, say, "Errors from second 450 on", product(SHARES, [1000], traffic.LATE), RUNS, since=450)


def test_releases_that_are_slower(pool, say):
    cells = [cell for cell in product(SHARES, RATES, latencies.SLOWER) if cell[:2] != (0.95, 100)]
    found(pool, say, "Latencies from the first second", cells, RUNS // OF_LATENCIES)


def found(pool, say, title, cells, runs, since=0):
    print(f"\n{title}: median/95 % in s (failed requests more), {runs} runs")
    rules = []
    for share, rate, name in cells:
        outcomes = runs_of(pool, name, share, rate, runs)
        if not rules:
            head("", rules := list(outcomes[0].after))
        row(f"{Cell(NAMED[name], share, rate)}: {name}", [told(outcomes, rule, since) for rule in rules])
        kept(say, f"judge, {share * 100:g} % of {rate:,}/s, {name}", outcomes, since)


def told(outcomes, rule, since):
    """ "22/35 (21)", with the part that was found where some were not: "91 % 660/- (598)"."""
    delays = delays_of(outcomes, rule, since)
    part, early = found_of(delays), sum(run.after[rule] is not None for run in outcomes) / len(outcomes)
    words = [] if part == 1.0 else [f"{part * 100:.3g} %"]
    words += [f"{seconds(median(delays))}/{seconds(p95(delays))}"] if part else []
    words += [f"({more_failed(outcomes, rule):,.0f})"] if any(map(counts_failures, outcomes)) else []
    return " ".join([*words, f"{(early - part) * 100:.3g} % too early"] if early > part else words)


def delays_of(outcomes, rule, since):
    """Since the regression began; one that was rolled back before has not found it."""
    found = [run.after[rule] for run in outcomes]
    return [None if one is None or one <= since else one - since for one in found]


def found_of(delays):
    return sum(one is not None for one in delays) / len(delays)


def more_failed(outcomes, rule):
    return sum(run.excess[rule] for run in outcomes) / len(outcomes)


def counts_failures(run):
    return any(run.excess.values())


def seconds(delay):
    return "-" if delay == float("inf") else f"{delay:.0f}"


def kept(say, name, outcomes, since):
    """The figures that have a bar."""
    median_most, p95_most, excess_most = BARS.get(name, ("", "", ""))
    delays, how = delays_of(outcomes, OURS, since), HOW.format(len(outcomes))
    if median_most and found_of(delays) > 0.5:
        say(f"{name}: median", median(delays), "s", median_most, how=how)
    if p95_most and found_of(delays) > 0.95:
        say(f"{name}: 95 %", p95(delays), "s", p95_most, how=how)
    if excess_most:
        say(f"{name}: failed requests more", more_failed(outcomes, OURS), "", excess_most, how=how)


TRIVIAL = {(100, "0.1 → 10 %")}
BARS = {
    "judge, 10 % of 1,000/s, 0.1 → 1 %": ("≤ 25", "≤ 40", "≤ 30"),
    "judge, 10 % of 1,000/s, 0.1 → 0.5 %": ("≤ 80", "", ""),
    "judge, 10 % of 1,000/s, 0.1 → 10 %": ("≤ 9", "≤ 9", ""),
    "judge, 50 % of 1,000/s, 1 → 2 %": ("≤ 45", "≤ 75", ""),
    "judge, 95 % of 1,000/s, 0.1 → 0.5 %": ("≤ 30", "", ""),
    "judge, 95 % of 1,000/s, 0.1 → 1 %": ("≤ 12", "", ""),
    "judge, 50 % of 1,000/s, 0.1 → 1 %, after 450 s": ("≤ 22", "", ""),
    "judge, 50 % of 1,000/s, p99 +50 %": ("≤ 30", "", ""),
    "judge, 50 % of 1,000/s, p99 +20 %": ("≤ 200", "", ""),
    "judge, 50 % of 1,000/s, all +10 %": ("≤ 45", "", ""),
}
"""Most of the median, of the 95th percentile, and of the failed requests more."""
