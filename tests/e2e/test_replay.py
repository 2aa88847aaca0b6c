"""Requests replayed at both slots of a real project, while all of its users are in one of them."""

from __future__ import annotations

from typing import Any

from load import Call
from tests.waiting import eventually_sync
from verdigris.bootstrap.house import House
from verdigris.core.tallies import total
from verdigris.core.world import Known, PerSlot, Second, Slot, Tally

READ = (Call("GET", "/", share=3), Call("GET", "/nowhere"))


def controls(house: House) -> list[Second]:
    """What was replayed in the seconds of the last look, as seconds of their own."""
    seen = house.board().read("orders")
    signals: Any = seen.world.signals if seen else None
    if not isinstance(signals, Known):
        return []
    return [Second(second.at, second.control) for second in signals.value if second.control]


def sums(house: House) -> PerSlot[Tally]:
    return PerSlot(*(total(controls(house), slot) for slot in Slot))


def test_a_healthy_release_is_compared_with_the_old_one_after_all_has_moved(projects, figure):
    project = projects(bake={"for": "8s", "replay": 20}, judge={"grace": "0s"})
    house = House(project.place / "verdigris.yaml", project.state)
    project.ship()
    assert [] == controls(house)
    with project.load(100.0, READ) as load:
        process = project.begin_ship()
        eventually_sync(lambda: sums(house).blue.requests >= 20, "twenty pairs", 120.0)
        assert 0 == process.wait(120.0)
    assert {"status"} == set(load.result.by_error)  # the 404 of /nowhere, and nothing else

    told = [event.sentence for event in house.desk().events() if event.kind == "replay"]
    began, ended = told[:2]
    assert [began, ended] * (len(told) // 2) == told  # where a look sees nothing it is left off for that long
    assert began.startswith("at most 20 safe requests of users a second are replayed at blue and green")
    assert "no request is replayed any more" == ended
    found = sums(house)
    assert (found.blue.requests, 0, 0) == (found.green.requests, found.blue.failures, found.green.failures)
    saved = house.desk().newest("orders")
    assert saved is not None
    assert saved.deployment.trial is not None
    assert any(saved.deployment.trial.sent)  # the judge has taken them
    figure(f"replay of 20/s in a bake of 8 s: {found.blue.requests} pairs were compared")
