"""What the road costs: a switch, the gate, a death after the switch, a controller at rest."""

import time
from pathlib import Path

import pytest

from tests.bench.test_parts import cpu
from tests.e2e.project import MIX, Project
from tests.e2e.switches import percentile, switches_in, took
from tests.waiting import eventually_sync

pytestmark = pytest.mark.timeout(300)

RATE = 1000.0
SWITCHES = 6
AT_REST = 10.0


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """One project for all of them: figures, not promises."""
    made = Project(tmp_path_factory.mktemp("bench"))
    made.ship()
    yield made
    made.destroy()


def test_switch_time_and_failed_requests(project, measured):
    with project.load(RATE, MIX) as load:
        for _ in range(SWITCHES):
            project.ship()
    switches = switches_in(project.events())[-SWITCHES:]
    times = [seconds * 1000 for seconds in took(switches, load.result)]
    failed = f"{load.result.failed} of {load.result.requests} requests"
    measured(
        f"failed in {len(switches)} switches at {RATE:.0f} requests/s, GET, 64 KiB POST, 400 ms handler",
        failed,
    )
    p50, p99 = percentile(times, 0.5), percentile(times, 0.99)
    measured("  durable decision to the old slot's last request", f"p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    assert SWITCHES == len(times)


def test_gate_beyond_the_application(project, measured):
    """From the last instance's listening to the decision that traffic moves; two passes are configured."""
    before = max(event.number for event in project.events())
    project.ship()
    events = [event for event in project.events() if event.number > before and event.kind == "phase"]
    entered = {event.sentence.partition(":")[0]: event.wall for event in events}
    measured(
        "gate: every instance up to the cutover, 2 passes",
        f"{(entered['cutover'] - entered['validate']) * 1000:.0f} ms",
    )
    assert entered["cutover"] > entered["validate"]


def test_controller_at_rest(project, measured):
    pid = project.controller_pid()
    used, began = cpu(pid), time.monotonic()
    eventually_sync(
        lambda: time.monotonic() - began > AT_REST, "the controller to have been at rest", 2 * AT_REST
    )
    share = (cpu(pid) - used) / (time.monotonic() - began)
    resident = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmRSS" in line)
    measured("controller at rest", f"{share:.1%} of a core, {int(resident.split()[1]) >> 10} MiB")
    assert share < 1
