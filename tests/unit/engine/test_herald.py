"""What is told, after it was written down and acted on, and what it costs when nobody listens."""

from dataclasses import replace

from tests.unit.engine.engines import APP, a_house
from verdigris.core.errors import ActionError
from verdigris.core.world import Known, Pause, Verb, Weights
from verdigris.ports import Alert


async def test_an_alert_reaches_the_notifier():
    house = await a_house("bake")
    house.host.natures["2.0"] = replace(house.host.natures["2.0"], error_rate=0.5)
    await house.walk("rolled_back")
    (alert,) = house.notifier.alerts
    assert isinstance(alert, Alert)
    assert (APP, "d-2", True) == (
        alert.app,
        alert.deployment,
        "2.0 is rolled back: green fails" in alert.sentence,
    )


async def test_an_alert_is_told_after_it_was_written_down():
    house = await a_house("bake")
    stored = []

    class Listening:
        async def notify(self, alert):
            stored.append(alert.sentence in [event.sentence for event in house.memory.log])

    house.engine = house.new_engine(notifier=Listening())
    house.host.natures["2.0"] = replace(house.host.natures["2.0"], error_rate=0.5)
    await house.walk("rolled_back")
    assert [True] == stored


async def test_a_controller_that_died_before_it_could_tell_tells_when_it_is_back():
    house = await a_house("bake")
    house.host.natures["2.0"] = replace(house.host.natures["2.0"], error_rate=0.5)
    await house.until(lambda: house.d.phase == "restore")
    house.notifier.alerts.clear()
    house.engine = house.new_engine()
    await house.tick()
    (alert,) = house.notifier.alerts
    assert alert.sentence.startswith("d-2 (2.0) is in restore: green fails")


async def test_a_notifier_that_raises_does_not_stop_the_way_back():
    house = await a_house("bake")

    class Broken:
        async def notify(self, alert):
            raise ValueError("whoever wrote this made a mistake")

    house.engine = house.new_engine(notifier=Broken())
    house.host.natures["2.0"] = replace(house.host.natures["2.0"], error_rate=0.5)
    await house.until(lambda: house.d.phase == "restore")
    assert Weights(100, 0) == house.host.routing.weights
    await house.walk("rolled_back")


async def test_the_last_look_is_pinned_for_people():
    house = await a_house("bake")
    tick = await house.tick()
    snapshot = house.board.read(APP)
    assert (house.engine.ledger.saved.deployment, house.policy) == (snapshot.deployment, snapshot.policy)
    assert (tick.decision.waiting_for, tick.decision.verdict) == (snapshot.waiting_for, snapshot.verdict)
    assert isinstance(snapshot.world.signals, Known)
    assert (tick.world.signals.value[-30:], "") == (snapshot.world.signals.value, snapshot.trouble)


async def test_people_see_the_pause():
    house = await a_house("bake")
    house.ask(Verb.MAINTAIN)
    await house.tick()
    assert Pause.MAINTENANCE is house.board.read(APP).deployment.pause


async def test_trouble_is_pinned_as_well():
    house = await a_house("bake")
    house.store.full = True
    house.ask(Verb.HOLD)
    await house.tick()
    assert "nothing can be written down" in house.board.read(APP).trouble


async def test_a_board_that_cannot_be_written_costs_nothing_else():
    house = await a_house("bake")

    class Rotten:
        def pin(self, snapshot):
            raise ActionError("the board cannot be written")

    house.engine = house.new_engine(board=Rotten())
    await house.tick()
    assert "the board cannot be written" == house.engine.ledger.trouble
    await house.walk("succeeded")
