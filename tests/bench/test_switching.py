"""What a release costs callers, how long its steps take, and what the controller spends."""

import json
import time
from pathlib import Path

import pytest

from load import Call
from tests.bench.cpu import spent_by
from tests.e2e.fates import FATES, freeze
from tests.e2e.project import MIX
from tests.e2e.switches import percentile, switches_in, took
from tests.waiting import eventually_sync

SWITCHES = 8
IDLE = 10.0

pytestmark = pytest.mark.timeout(300)


def test_switches(serving, say):
    """Under 1,000 requests a second: short ones, uploads of 64 KiB, a handler of 400 ms."""
    with serving.load(1000.0, MIX) as load:
        for _ in range(SWITCHES):
            serving.ship()
    times = took(switches_in(serving.events())[-SWITCHES:], load.result)
    say(f"failed of {load.result.requests} requests in {SWITCHES} switches", load.result.failed, "", "0")
    say(
        "switch: decision → last request sent that the old slot answered, p50",
        percentile(times, 0.5) * 1e3,
        "ms",
        "≤ 25",
    )
    say("the same, p99", percentile(times, 0.99) * 1e3, "ms", "≤ 100")


def test_the_gate_is_quick(serving, say):
    """From the moment at which the last instance listens to the cutover: passes and a look through the router."""
    seen = serving.events()[-1].number
    serving.ship()
    began = next(e.wall for e in serving.events(after=seen) if e.sentence == "cutover")
    news = [json.loads(line) for line in (serving.state / "keeper.log").read_text().splitlines()]
    listened = [event["at"] for event in news if event["event"] == "running"][-1]
    behind = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    say(
        "gate: from listening to the cutover, two passes included",
        (began - behind - listened) * 1e3,
        "ms",
        "≤ 250 + passes",
    )


def test_the_controller_at_rest_and_at_work(serving, say):
    controller = serving.controller
    until = time.monotonic() + IDLE
    with spent_by(controller) as at_rest:
        eventually_sync(lambda: time.monotonic() > until, "some rest")
    say("controller at rest", at_rest.seconds / IDLE * 100, "% of a core")
    status = Path(f"/proc/{controller}/status").read_text().splitlines()
    say(
        "controller, resident", int(next(line for line in status if "VmRSS" in line).split()[1]) / 1024, "MiB"
    )
    with spent_by(controller) as at_work:
        serving.ship()
    say("controller, CPU of one deployment", at_work.seconds, "s")


def test_the_way_back_from_a_dead_and_from_a_hung_release(serving, say):
    """With the controller alive and nobody watching, a second after the switch."""
    calls = (Call("GET", "/", share=3), Call("POST", "/attachments", b"x" * 1024))
    for fate, name in FATES.items():
        with (
            serving.configured(bake={"for": "10m"}),
            serving.load(100.0, calls, timeout=4.0, connections=1000) as load,
        ):
            serving.begin_ship("hangs" if fate is freeze else "good", "--queue", requests=20, seconds=1.0)
            serving.until("bake")
            died = fate(serving)
            serving.until("rolled_back")
        failures = [r.sent if fate is freeze else r.received for r in load.result.failures]
        say(
            f"green {name} → last failed request ({len(failures)} failed)",
            max([*failures, died]) - died,
            "s",
            "≤ 3",
        )
