"""What is written down before anything is done, and what happens when somebody else wrote or nobody can."""

from dataclasses import replace

from tests.unit.engine.engines import APP, BLUE, GREEN, a_house
from verdigris.core.conditions import unweighted
from verdigris.core.errors import StoreUnavailable
from verdigris.core.world import Pause, Verb, Weights


async def test_nothing_is_done_when_somebody_else_wrote_and_the_next_round_reads_again():
    house = await a_house("validate")
    stored = house.d
    index = len(house.memory.rows[APP]) - 1
    theirs = replace(
        house.memory.rows[APP][index], deployment=replace(stored, generation=stored.generation + 5)
    )
    house.memory.rows[APP][index] = theirs
    house.ask(Verb.HOLD)
    await house.tick()
    assert ([], theirs.deployment) == (house.told, house.d)
    assert "somebody else wrote" in house.engine.ledger.trouble
    await house.tick()
    assert ("ada asked for it", stored.generation + 6) == (house.d.held, house.d.generation)


async def test_of_two_controllers_one_writes():
    house = await a_house("validate")
    other = house.new_engine()
    house.host.advance(1.0)
    await other.tick()
    house.ask(Verb.HOLD)
    await other.tick()
    generation = house.d.generation
    await house.tick()
    assert generation == house.d.generation


# --- the store cannot be used ---------------------------------------------------------------------------------


async def test_with_a_full_store_nothing_is_done():
    house = await a_house("validate")
    house.store.full = True
    house.host.places[GREEN].bodies.clear()
    stored = house.d
    for _ in range(10):
        await house.tick()
    assert ([], stored) == (house.told, house.d)
    assert "nothing can be written down" in house.engine.ledger.trouble


async def test_when_there_is_room_again_it_goes_on():
    house = await a_house("validate")
    house.store.full = True
    for _ in range(10):
        await house.tick()
    house.store.full = False
    await house.walk("succeeded")
    assert "" == house.engine.ledger.trouble


async def test_with_a_full_store_traffic_is_taken_back_all_the_same_and_written_down_later():
    house = await a_house("bake")
    house.store.full = True
    house.host.natures["2.0"] = replace(house.host.natures["2.0"], error_rate=0.5)
    await house.until(lambda: house.host.routing.weights == Weights(100, 0), within=5)
    assert "bake" == house.d.phase
    assert {effect.split(" with ")[0] for effect in house.told} == {"route blue 100 % green 0 %"}
    assert "without having written it down" in house.engine.ledger.trouble
    house.store.full = False
    await house.walk("rolled_back")
    assert any("restore: green fails" in event.sentence for event in house.memory.log)


async def test_with_a_full_store_nothing_but_traffic_moves_on_the_way_back():
    house = await a_house("bake")
    house.store.full = True
    house.host.natures["2.0"] = replace(house.host.natures["2.0"], error_rate=0.5)
    for _ in range(60):
        await house.tick()
    assert {"route"} == {effect.split()[0] for effect in house.told}
    assert 1 == len(house.host.places[GREEN].bodies)


async def test_a_pause_that_cannot_be_written_down_does_not_ride_on_the_way_back():
    house = await a_house("bake")
    house.store.full = True
    back, paused = house.ask(Verb.ROLLBACK), house.ask(Verb.PAUSE_ALL)
    for _ in range(3):
        await house.tick()
    assert (Weights(100, 0), Pause.NONE) == (house.host.routing.weights, house.host.routing.pause)
    assert (None, None) == (house.memory.answer(back), house.memory.answer(paused))
    house.store.full = False
    await house.walk("rolled_back")
    assert (True, "pause-all accepted") == house.memory.answer(paused)
    assert Pause.ALL is house.host.routing.pause


async def test_what_was_seen_while_nothing_could_be_written_stays_seen():
    """A slot that got weight for one look has not been without it all the while, whatever became of that look."""
    house = await a_house("bake")
    idle = unweighted(BLUE)
    for _ in range(3):
        await house.tick()
    assert 2 < house.engine.ledger.saved.deployment.lasted(idle)

    house.store.full = True
    routing, house.host.routing = house.host.routing, replace(house.host.routing, weights=Weights(100, 0))
    await house.tick()
    house.host.routing = routing
    await house.tick()

    house.store.full = False
    await house.tick()
    assert house.engine.ledger.saved.deployment.lasted(idle) <= 2


async def test_what_was_seen_to_be_over_is_over_for_the_next_controller_too():
    """Seed 502034: a slot had weight for a while, and the controller died before that was written down."""
    house = await a_house("bake")
    idle = unweighted(BLUE)
    for _ in range(6):
        await house.tick()
    assert 2 < house.d.lasted(idle)

    house.store.full = True
    routing, house.host.routing = house.host.routing, replace(house.host.routing, weights=Weights(100, 0))
    await house.tick(0.1)
    house.host.routing, house.store.full = routing, False
    await house.tick(0.1)

    house.engine = house.new_engine()
    await house.tick(0.1)
    assert house.engine.ledger.saved.deployment.lasted(idle) <= 0.2


async def test_a_store_that_cannot_be_read_does_not_stop_the_looking():
    house = await a_house("bake")

    def unreadable(call: str, moment: str) -> None:
        if call in ("commands", "filed", "load"):
            raise StoreUnavailable("the file is gone")

    house.memory.fault = unreadable
    house.host.natures["2.0"] = replace(house.host.natures["2.0"], error_rate=0.5)
    await house.until(lambda: house.host.routing.weights == Weights(100, 0), within=5)


async def test_a_save_whose_answer_got_lost_is_not_done_twice():
    house = await a_house("validate")

    def lost(call: str, moment: str) -> None:
        if (call, moment) == ("save", "after"):
            raise StoreUnavailable("the answer got lost")

    house.memory.fault = lost
    house.ask(Verb.HOLD)
    await reaching(house)
    house.memory.fault = lambda call, moment: None
    await house.tick()
    await house.tick()
    assert ("ada asked for it", 1) == (
        house.d.held,
        sum("hold by ada" in e.sentence for e in house.memory.log),
    )


async def reaching(house):
    """One tick of an engine that talks to the inner store directly, so that its fault hook is heard."""
    house.engine = house.new_engine(store=house.memory)
    await house.tick()


# --- what is worth writing ------------------------------------------------------------------------------------


async def test_evidence_alone_is_saved_now_and_then():
    house = await a_house("bake", bake=60.0)
    before = house.d.generation
    for _ in range(20):
        await house.tick()
    assert 3 <= house.d.generation - before <= 5
    assert house.d.lasted("good") >= 10.0


async def test_an_ended_deployment_at_rest_writes_nothing():
    house = await a_house()
    before = house.d
    for _ in range(50):
        tick = await house.tick()
    assert (before, False, False) == (house.d, tick.moving, tick.busy)


async def test_how_long_an_ended_deployment_s_connections_have_had_is_written_down_as_well():
    house = await a_house("bake", drain_long_lived=60.0)
    house.host.streams[GREEN] = 4
    house.ask(Verb.ROLLBACK)
    await house.walk("rolled_back")
    before = house.d.lasted(unweighted(GREEN))
    for _ in range(12):
        await house.tick()
    assert before + 5.0 <= house.d.lasted(unweighted(GREEN))


async def test_what_was_seen_while_nobody_saved_is_not_remembered_as_evidence():
    house = await a_house("bake", bake=60.0)
    for _ in range(20):
        await house.tick()
    remembered = house.d.lasted("good")
    house.engine = house.new_engine()
    house.host.advance(500.0)
    await house.engine.tick()
    assert house.engine.ledger.saved.deployment.lasted("good") <= remembered + house.policy.fresh_within


async def test_a_phase_of_a_newer_version_is_neither_touched_nor_written():
    house = await a_house("bake")
    index = len(house.memory.rows[APP]) - 1
    saved = house.memory.rows[APP][index]
    house.memory.rows[APP][index] = replace(saved, deployment=replace(saved.deployment, phase="levitate"))
    house.engine = house.new_engine()
    house.host.routing = replace(house.host.routing, weights=Weights(100, 0))
    for _ in range(20):
        await house.tick()
    assert ([], "levitate", saved.deployment.generation) == (house.told, house.d.phase, house.d.generation)


# --- in mid-drill ---------------------------------------------------------------------------------------------


async def a_drill(share=100, **changes):
    """The old slot answers, with so much of the traffic."""
    house = await a_house("stabilize", stabilize=600.0, **changes)
    house.ask(Verb.DRILL, share=share)
    await house.until(lambda: house.d.drill is not None and house.d.drill.there is not None)
    house.told.clear()
    return house


def at_home(house):
    return house.host.routing.weights == Weights(0, 100)


async def test_with_a_full_store_a_drill_whose_old_slot_fails_comes_home_and_is_written_down_later():
    house = await a_drill()
    stored = house.d
    house.store.full = True
    house.host.natures["1.0"] = replace(house.host.natures["1.0"], error_rate=1.0)
    await house.until(lambda: at_home(house), within=5)
    assert (stored, None) == (house.d, house.d.drilled)
    assert "taking traffic back without having written it down" in house.engine.ledger.trouble
    assert {effect.split(" with ")[0] for effect in house.told} == {"route blue 0 % green 100 %"}
    for _ in range(20):
        await house.tick()
    assert (stored, True) == (house.d, at_home(house))

    house.store.full = False
    await house.until(lambda: house.d.drill is None)
    assert ("stabilize", True) == (house.d.phase, house.d.drilled.trouble.startswith("the last"))
    alerts = [event.sentence for event in house.memory.log if event.kind == "alert"]
    assert 1 == sum("the way back does not work" in said for said in alerts)


async def test_with_a_full_store_a_drill_that_goes_well_comes_home_in_time_and_is_written_down_later():
    house = await a_drill(drill_for=3.0)
    house.store.full = True
    await house.until(lambda: at_home(house), within=15)
    for _ in range(20):
        await house.tick()
    house.store.full = False
    await house.until(lambda: house.d.drill is None)
    assert (100, "") == (house.d.drilled.share, house.d.drilled.trouble)


async def test_with_a_full_store_no_drill_begins():
    house = await a_house("stabilize", stabilize=600.0)
    house.store.full = True
    number = house.ask(Verb.DRILL, share=100)
    for _ in range(5):
        await house.tick()
    assert ([], None, True) == (house.told, house.memory.answer(number), at_home(house))


async def test_with_a_full_store_a_drill_that_is_asked_for_together_with_a_pause_does_nothing():
    """Seed 1050: begun and broken off in one look, it was taken for traffic on its way home."""
    house = await a_house("stabilize", stabilize=600.0)
    house.store.full = True
    house.ask(Verb.DRILL, share=100)
    house.ask(Verb.PAUSE_ALL)
    for _ in range(3):
        await house.tick()
    assert ([], None) == (house.told, house.engine.ledger.saved.deployment.drill)


async def test_a_controller_that_takes_over_in_mid_drill_brings_traffic_home_and_the_first_one_lets_it():
    house = await a_drill(drill_for=60.0)
    first, house.engine = house.engine, house.new_engine()
    await house.tick()
    assert (True, True) == (at_home(house), "the controller that tried it is gone" in house.d.drill.why)
    await first.tick()
    assert at_home(house)
    await house.until(lambda: house.d.drill is None)
    assert ("stabilize", None) == (house.d.phase, house.d.drilled)
    for _ in range(3):
        await first.tick()
    assert (True, None) == (at_home(house), house.d.drill)


async def test_a_controller_that_takes_over_while_the_store_is_full_brings_traffic_home_all_the_same():
    house = await a_drill(drill_for=60.0)
    house.store.full = True
    house.engine = house.new_engine()
    await house.until(lambda: at_home(house), within=5)
    house.store.full = False
    await house.until(lambda: house.d.drill is None)
    assert ("stabilize", None) == (house.d.phase, house.d.drilled)


async def test_who_takes_over_a_drill_that_failed_tells_so_and_finishes_the_record():
    house = await a_drill()
    house.host.natures["1.0"] = replace(house.host.natures["1.0"], error_rate=1.0)
    await house.until(lambda: house.d.drill.turned is not None)
    house.notifier.alerts.clear()
    house.engine = house.new_engine()
    await house.until(lambda: house.d.drill is None)
    assert 1 == sum("the way back does not work" in alert.sentence for alert in house.notifier.alerts)
    assert (True, True) == (house.d.drilled.trouble != "", house.d.drilled.back is not None)
