"""What a release of a real API costs callers, how long its steps take, and what our processes spend."""

import itertools
import json
import re
import time
from pathlib import Path

import pytest

from load import Call
from tests.bench.cpu import spent_by
from tests.e2e.fates import FATES, freeze
from tests.e2e.project import CONFIG, MIX
from tests.e2e.switches import percentile, switches_in, took
from tests.waiting import eventually_sync

SWITCHES = 5
IDLE = 6.0
INSTANCES = CONFIG["run"]["instances"]
HELD = "after some deployments, one app"

pytestmark = pytest.mark.timeout(300)


def test_switches_of_a_real_api(serving, say):
    """Under 1,000 requests a second: short ones, uploads of 64 KiB, a handler of 400 ms."""
    with serving.load(1000.0, MIX) as load:
        for _ in range(SWITCHES):
            serving.ship()
    times = took(switches_in(serving.events())[-SWITCHES:], load.result)
    how = f"{SWITCHES} deployments of the orders API, {load.result.requests:,} requests"
    say("orders: failed requests", load.result.failed, "", "0", how=how)
    say("orders: decision → last request sent that the old slot answered, p50", percentile(times, 0.5) * 1e3, "ms",
        "≤ 25 ms", how=how)  # fmt: skip
    say("orders: the same, p99", percentile(times, 0.99) * 1e3, "ms", "≤ 100 ms", how=how)


def test_one_deployment(serving, say):
    """The gate: from the moment at which the last instance listens to the cutover."""
    seen, began = serving.events()[-1].number, time.time()
    with spent_by(serving.controller) as spent:
        serving.ship()
    ended, events = time.time(), serving.events(after=seen)
    how = (
        f"one deployment of the orders API, {INSTANCES} instances, {ended - began:.0f} s in all, nobody calls"
    )
    at = next(e.wall for e in events if e.sentence == "cutover")
    gate = (at - clock_behind() - last_listened(serving)) * 1e3
    say("gate: from listening to the cutover, two passes included", gate, "ms", "≤ 250 ms + passes", how=how)
    said = [e.wall for e in events if began <= e.wall <= ended]
    own = (ended - began) - (said[-1] - said[0])
    say(
        "deploy: what the command line takes beside the deployment",
        own,
        "s",
        how="its start, sealing, its end",
    )
    say("controller, CPU of one deployment", spent.seconds, "s", how=how)


def clock_behind():
    """Seconds from the clock of the keeper's log to that of the events."""
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)


def last_listened(project):
    """When the last instance was seen to listen."""
    news = [json.loads(line) for line in (project.state / "keeper.log").read_text().splitlines()]
    return [event["at"] for event in news if event["event"] == "running"][-1]


def test_what_our_processes_hold_and_spend_at_rest(serving, say):
    until = time.monotonic() + IDLE
    with spent_by(serving.controller) as at_rest:
        eventually_sync(lambda: time.monotonic() > until, "some rest")
    how = f"{IDLE:g} s, one app, nobody calls"
    say("controller at rest", at_rest.seconds / IDLE * 100, "% of a core", how=how)
    for name in ("controller", "keeper", "haproxy"):
        resident, share = memory(getattr(serving, name))
        say(f"{name}, resident", resident, "MiB", how=HELD)
        say(f"{name}, its share of what is shared", share, "MiB", how=HELD)


def memory(pid):
    """RSS and PSS in MiB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return [int(re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)[1]) / 1024 for name in ("Rss", "Pss")]


@pytest.mark.parametrize(("fate", "alive"), list(itertools.product(FATES, (True, False))))
def test_the_way_back(serving, say, fate, alive):
    """A second after the switch, and nobody watches; with the controller dead the router has nobody to ask."""
    calls = (Call("GET", "/", share=3), Call("POST", "/attachments", b"x" * 1024))
    old = serving.serves
    with (
        serving.configured(bake={"for": "10m"}),
        serving.load(100.0, calls, timeout=4.0, connections=1000) as load,
    ):
        serving.begin_ship("hangs" if fate is freeze else "good", "--queue", requests=20, seconds=1.0)
        serving.until("bake")
        if not alive:
            serving.kill_controller()
        died = fate(serving)
        eventually_sync(lambda: serving.answers() and serving.serves == old, "the old release to serve")
        if not alive:
            serving.begin("up")
        serving.until("rolled_back")
    failures = [r.sent if fate is freeze else r.received for r in load.result.failures]
    whose = f"green {FATES[fate]}, controller {'alive' if alive else 'dead'}"
    how = f"100 requests/s, given up after 4 s; all {INSTANCES} instances at once, a second after the switch"
    say(f"{whose}: until the last failed request", max([*failures, died]) - died, "s", "≤ 3 s", how=how)
    say(f"{whose}: failed requests", len(failures), how=how)
