"""Twenty releases in a row under a thousand requests a second, and nobody notices: counted by those who ask."""

import pytest

from tests.e2e.project import MIX
from tests.e2e.switches import percentile, switches_in, took

RATE = 1000.0
SWITCHES = 10
"""In each of the two manners of connecting: twenty altogether."""

pytestmark = [pytest.mark.timeout(180), pytest.mark.alone]


@pytest.mark.parametrize("keep_alive", [True, False], ids=["kept alive", "a connection a request"])
def test_releases_under_load_cost_not_one_request(project, keep_alive, figure):
    """Short GETs, POSTs of 64 KiB and a handler of 400 ms; two instances a slot; every switch moves all traffic."""
    project.ship()
    with project.load(RATE, MIX, keep_alive=keep_alive) as load:
        versions = {project.ship() for _ in range(SWITCHES)}
    result = load.result
    switches = switches_in(project.events())[-SWITCHES:]
    times = took(switches, result)
    p50, p99 = percentile(times, 0.5) * 1000, percentile(times, 0.99) * 1000
    figure(f"{len(switches)} switches, keep-alive {keep_alive}: {result}; {result.unsent} unsent")
    figure(f"from the durable decision to the old slot's last request: p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    assert {} == dict(result.by_error)
    assert {f"{call.method} {call.target}" for call in MIX} == {record.call for record in result.records}
    assert versions < set(result.by_version)
    assert ["blue", "green"] * (SWITCHES // 2) == [switch.old for switch in switches]
    assert SWITCHES == len(times)
