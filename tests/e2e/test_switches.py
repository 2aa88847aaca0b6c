"""Twenty releases in a row under a thousand requests a second, and nobody notices: counted by those who ask."""

import pytest

from tests.e2e.project import MIX
from tests.e2e.switches import percentile, switches_in, took

RATE = 1000.0
SWITCHES = 10
"""In each of the two manners of connecting: twenty altogether."""

pytestmark = pytest.mark.timeout(180)


@pytest.mark.parametrize("keep_alive", [True, False], ids=["kept alive", "a connection a request"])
def test_releases_under_load_cost_not_one_request(project, keep_alive, record_property, capsys):
    """Short GETs, POSTs of 64 KiB and a handler of 400 ms; two instances a slot; every switch moves all traffic."""
    project.deploy("1.0.0")
    load = project.load(RATE, MIX, keep_alive=keep_alive)
    load.start()
    for number in range(2, SWITCHES + 2):
        project.deploy(f"{number}.0.0")
    result = load.stop()

    switches = switches_in(project.events())[-SWITCHES:]
    times = took(switches, result)
    p50, p99 = percentile(times, 0.5), percentile(times, 0.99)
    record_property("switch", (p50, p99))
    with capsys.disabled():
        print(f"\n{SWITCHES} switches, {result}\nswitch p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms; unsent {result.unsent}")

    assert {} == dict(result.by_error)
    assert {call: True for call in map(str, ())} == {}
    assert {f"{number}.0.0" for number in range(1, SWITCHES + 2)} == set(result.by_version)
    assert ["blue", "green"] * (SWITCHES // 2) == [switch.old for switch in switches]
    assert all(seconds < 60.0 for seconds in times)
