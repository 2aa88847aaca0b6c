"""Deploy, deploy under load, roll back, for as long as VERDIGRIS_SOAK_MINUTES says: nothing fails, nothing grows."""

import os
import time

import pytest

from load import Call
from tests.bench.results import Figure, show
from tests.e2e.project import project_in
from tests.soak.readings import briefly, grew, read, thirds

pytestmark = pytest.mark.timeout(0)

MINUTES = float(os.environ.get("VERDIGRIS_SOAK_MINUTES", "30"))
WARM = 3
"""Rounds that are not read: imports, caches, pools and the router's ring of lines are filled in them."""
WARMING_RATE, RATE = 1000.0, 200.0
CALLS = (Call("GET", "/", share=8), Call("POST", "/attachments", b"x" * 4096, 2))
GROWS = {"logs (MiB)": 20.0, "database (MiB)": 20.0, "all of the state directory (MiB)": 40.0}
"""What may grow up to a bound of its own, which a soak does not reach: MiB that it may grow in one."""


def test_days_of_deploying_leave_nothing_behind(tmp_path):
    with project_in(tmp_path) as project:
        project.ship()
        readings, sent, failures, rounds = [], 0, [], 0
        until = time.monotonic() + MINUTES * 60
        while time.monotonic() < until or len(readings) < 3:
            result = one_round(project, RATE if rounds >= WARM else WARMING_RATE)
            sent, rounds = sent + result.requests, rounds + 1
            failures += result.failures
            if rounds > WARM:
                readings.append(read(project))
                print(
                    f"round {rounds}: {sent:,} requests, {len(failures)} failed; {briefly(readings[-1])}",
                    flush=True,
                )
    found = list(thirds(readings))
    how = f"{MINUTES:g} minutes, {rounds} rounds of two deployments and a rollback, {RATE:g} requests/s"
    show("Soak: the last third beside the first", [row(third, how) for third in found])
    print(f"{sent:,} requests, {len(failures)} failed")
    assert [] == failures[:10]
    assert [] == [third for third in found if grew(third, *allowed(third.name))]


def one_round(project, rate):
    """A release at rest, one under load, and the way back under load. What became of the load."""
    project.ship()
    with project.load(rate, CALLS, connections=64) as load:
        project.ship()
        assert 0 == project.verdigris("rollback", "soak").returncode
        project.until("rolled_back")
    return load.result


def row(third, how):
    name, _, unit = third.name.partition(" (")
    return Figure(f"soak: {name}", third.last, unit.rstrip(")"), third.first, bar="flat", how=how)


def allowed(name):
    """Share and slack that a thing may grow."""
    if name in GROWS:
        return 0.0, GROWS[name]
    return (0.1, 3.0) if "resident" in name else (0.0, 8.0)
