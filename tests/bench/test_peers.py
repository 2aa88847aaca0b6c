"""Releases under load, by us and as people do it today: the same application, the same clients, the same machine."""

import shutil
import statistics
import sys
import time
from bisect import bisect_left
from dataclasses import dataclass, field

import pytest

from tests.bench.loads import load
from tests.bench.peers import APP, Nginx, Restart, own_start
from tests.bench.results import Figure, show
from tests.e2e.project import CONFIG, Project, merged, project_in
from tests.e2e.switches import percentile, switches_in, took
from tests.waiting import eventually_sync

pytestmark = pytest.mark.timeout(300)

RATES = (1000.0, 5000.0)
RELEASES = {"ours": 5, "nginx": 15, "restart": 15}
"""Those of today are over sooner: more of them, so that all see some seconds of load."""
APART = 1.0
"""A release begins no sooner after the one before: callers have come back to their pace by then."""
NAMES = {"ours": "verdigris", "nginx": "nginx -s reload", "restart": "plain restart"}
PASSES = "two passes, bake 1 s"


class Quick(Project):
    """The smallest API, one instance of it, as the peers run it."""

    source = APP.parent
    defaults = merged(
        CONFIG,
        {
            "run": {"command": [sys.executable, "-I", "-S", "app.py", "{port}"], "instances": 1, "surge": 1},
            "health": {"unhealthy": 6},
        },
    )

    def release(self) -> None:
        self.ship()


@dataclass
class Found:
    """What one way of releasing cost at one rate: seconds of each release, and what the clients saw."""

    walls: list[float] = field(default_factory=list)
    until: list[float] = field(default_factory=list)
    failed: int = 0
    sent: int = 0
    reached: float = 0.0
    switches: list[float] = field(default_factory=list)


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    with project_in(tmp_path_factory.mktemp("ours"), kind=Quick) as project:
        project.release()
        yield project


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    if not shutil.which("nginx"):
        pytest.skip("needs the Debian package nginx")
    peers = {
        "nginx": Nginx(tmp_path_factory.mktemp("nginx")),
        "restart": Restart(tmp_path_factory.mktemp("r")),
    }
    for peer in peers.values():
        peer.release()
    yield peers
    for peer in peers.values():
        peer.close()


@pytest.mark.parametrize("rate", RATES, ids=lambda rate: f"{rate:g}")
def test_releases_under_load_beside_what_people_do_today(ours, others, rate):
    found = {name: released(peer, rate, RELEASES[name]) for name, peer in {"ours": ours, **others}.items()}
    start = statistics.median(own_start() for _ in range(5))
    show(f"Releases under {rate:,.0f} requests/s", figures(found, rate, start))


def released(peer, rate, releases):
    """Release again and again under load."""
    found, moments = Found(), []
    seen = peer.events()[-1].number if isinstance(peer, Quick) else 0
    with load(peer.port, rate) as loaded:
        for _ in range(releases):
            moments.append(time.monotonic())
            peer.release()
            found.walls.append(time.monotonic() - moments[-1])
            eventually_sync(lambda: time.monotonic() > moments[-1] + APART, "the next one to be due")
    result = loaded.result
    found.failed, found.sent, found.reached = result.failed, result.requests, loaded.reached
    answered = sorted((record.sent, record.version) for record in result.answered)
    spans = zip(moments, [*moments[1:], float("inf")], strict=True)
    found.until = [last_of_old(answered, *span) for span in spans]
    if isinstance(peer, Quick):
        found.switches = took(switches_in(peer.events(after=seen)), result)
    return found


def last_of_old(answered, began, ended):
    """Seconds from the command to the last request sent that the version answered which served before it."""
    first, last = (bisect_left(answered, (moment,)) for moment in (began, ended))
    old = answered[first - 1][1]
    return next(sent for sent, version in reversed(answered[:last]) if version == old) - began


def figures(found, rate, start):
    """The rows: ours beside nginx, then the plain restart."""
    at = f"at {rate:,.0f}/s"
    reached = ", ".join(f"{NAMES[name]} {one.reached:,.0f}/s" for name, one in found.items())
    times = ", ".join(f"{len(one.walls)} of {NAMES[name]}" for name, one in found.items())
    how = (
        f"releases of the smallest API: {times}; {APART:g} s apart or more; open loop, {rate:,.0f} requests/s asked "
        f"for, sent in fact: {reached}; {PASSES}; own start {start * 1e3:.0f} ms"
    )
    for name, one in found.items():
        said = f"{at}, {NAMES[name]}"
        yield Figure(f"requests sent {said}", one.sent, how=how)
        per = one.failed / len(one.walls)
        yield Figure(f"failed requests of a release {said}", per, bar="0" if name == "ours" else "", how=how)
        beyond = statistics.median(one.until) - start
        yield Figure(f"command → old release answers no more, beyond own start, {said}", beyond, "s", how=how)
        wall = statistics.median(one.walls) - start
        yield Figure(f"a whole release beyond the application's own start, {said}", wall, "s", how=how)
    switches = found["ours"].switches
    yield Figure(f"switch {at}, p50", percentile(switches, 0.5) * 1e3, "ms", bar="≤ 25 ms", how=how)
    yield Figure(f"switch {at}, p99", percentile(switches, 0.99) * 1e3, "ms", bar="≤ 100 ms", how=how)
