"""The loop over the fakes: what is saved, what is done, what is told, and what happens when that cannot be."""

from dataclasses import dataclass, replace

import pytest

from tests.unit.engine.engines import APP, BLUE, GREEN, POLICY, House, a_house
from verdigris.core.conditions import unweighted
from verdigris.core.errors import ActionError, ObservationError, StoreUnavailable
from verdigris.core.intake import Direct
from verdigris.core.safety import Kind
from verdigris.core.world import Known, Pause, Verb, Weights
from verdigris.ports import Alert
from verdigris.testing.chaos import Crash


async def test_a_release_is_brought_to_its_end():
    house = await a_house()
    house.ship("2.0")
    await house.until(lambda: house.d.id == "d-2" and house.d.phase == "succeeded")
    assert Weights(0, 100) == house.host.routing.weights
    assert ([], "2.0") == (house.host.places[BLUE].bodies, house.host.places[GREEN].release.version)


async def test_what_is_done_was_saved_before_and_bears_its_generation():
    house = await a_house()
    house.ship("2.0")
    await house.until(lambda: house.d.id == "d-2" and house.d.phase == "succeeded")
    assert {"provision", "route", "tear"} == {effect.split()[0] for effect in house.told}
    for effect in house.told:
        generation, stored = effect.rpartition(" with ")[2].split(", stored ")
        assert generation == stored, effect


async def test_schema_and_rehearsal_are_driven_as_well():
    house = await a_house("gate", expand=True, contract=True, rehearse=20, gate=True)
    assert house.host.schema_expanded
    house.ask(Verb.PROMOTE)
    await house.walk("succeeded")
    assert house.host.schema_contracted


async def test_a_part_that_is_configured_and_not_there_stops_the_app_and_leaves_traffic_alone():
    house = await a_house()
    house.ship("2.0")
    await house.tick()
    index = len(house.memory.rows[APP]) - 1
    saved = house.memory.rows[APP][index]
    house.memory.rows[APP][index] = replace(
        saved,
        deployment=replace(saved.deployment, phase="rehearse"),
        policy=replace(saved.policy, rehearse=20),
    )
    house.engine, before = house.new_engine(rehearser=None), house.host.routing.weights
    with pytest.raises(AssertionError, match="no part of api can rehearse: the wiring lacks one"):
        for _ in range(10):
            await house.tick()
    assert before == house.host.routing.weights


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
    assert "somebody else wrote" in house.engine.trouble
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


async def test_a_frozen_controller_does_not_begin_a_deployment_over_one_it_does_not_know():
    """Seed 183."""
    house = await a_house()
    frozen = house.engine
    house.ship("2.0")
    house.engine = house.new_engine()
    await house.until(lambda: house.d.id == "d-2" and house.d.phase == "succeeded")
    house.ship("3.0")
    house.told.clear()
    await frozen.tick()
    assert house.d.id in ("d-2", "d-3")
    assert house.d.id == "d-2" or house.d.previous.version == "2.0"


async def test_a_frozen_controller_does_not_refuse_what_another_has_begun():
    """Seed 14000052: the other one died after it had begun the deployment and before it could say so."""
    house = await a_house("validate")
    frozen, house.engine = house.engine, house.new_engine()
    house.ask(Verb.ABORT)
    await house.walk("aborted")
    filed = house.ship("3.0")

    def dies(call: str, moment: str) -> None:
        if (call, moment) == ("settle", "before"):
            raise Crash("before the answer")

    house.memory.fault = dies
    with pytest.raises(Crash):
        await house.tick()
    house.memory.fault = lambda call, moment: None
    await frozen.tick()
    assert ("d-3", None) == (house.d.id, house.memory.admission(filed))
    await frozen.tick()
    assert (True, "d-3 is under way", "d-3") == house.memory.admission(filed)


async def test_a_frozen_controller_does_not_clear_the_record_of_a_direct_rollback():
    """Seed 394390573."""
    house = await a_house("validate")
    frozen, house.engine = house.engine, house.new_engine()
    await house.walk("bake")
    generation = house.d.generation + 1
    house.host.route(replace(house.host.routing, weights=Weights(100, 0), fallback=None), generation)
    house.directs.record = Direct(BLUE, generation, "ada", 0.0)
    await frozen.tick()
    assert None is not house.directs.record
    await house.walk("rolled_back")


# --- the store cannot be used ---------------------------------------------------------------------------------


async def test_with_a_full_store_nothing_is_done():
    house = await a_house("validate")
    house.store.full = True
    house.host.places[GREEN].bodies.clear()
    stored = house.d
    for _ in range(10):
        await house.tick()
    assert ([], stored) == (house.told, house.d)
    assert "nothing can be written down" in house.engine.trouble


async def test_when_there_is_room_again_it_goes_on():
    house = await a_house("validate")
    house.store.full = True
    for _ in range(10):
        await house.tick()
    house.store.full = False
    await house.walk("succeeded")
    assert "" == house.engine.trouble


async def test_with_a_full_store_traffic_is_taken_back_all_the_same_and_written_down_later():
    house = await a_house("bake")
    house.store.full = True
    house.host.natures["2.0"] = replace(house.host.natures["2.0"], error_rate=0.5)
    await house.until(lambda: house.host.routing.weights == Weights(100, 0), within=5)
    assert "bake" == house.d.phase
    assert {effect.split(" with ")[0] for effect in house.told} == {"route blue 100 % green 0 %"}
    assert "without having written it down" in house.engine.trouble
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


async def test_what_was_seen_while_nothing_could_be_written_stays_seen():
    """A slot that got weight for one look has not been without it all the while, whatever became of that look."""
    house = await a_house("bake")
    idle = unweighted(BLUE)
    for _ in range(3):
        await house.tick()
    assert 2 < house.engine.saved.deployment.lasted(idle)

    house.store.full = True
    routing, house.host.routing = house.host.routing, replace(house.host.routing, weights=Weights(100, 0))
    await house.tick()
    house.host.routing = routing
    await house.tick()

    house.store.full = False
    await house.tick()
    assert house.engine.saved.deployment.lasted(idle) <= 2


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
    assert house.engine.saved.deployment.lasted(idle) <= 0.2


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


# --- commands and deployments ---------------------------------------------------------------------------------


async def test_a_command_is_answered_once_with_what_became_of_it():
    house = await a_house("bake")
    accepted, refused = house.ask(Verb.ROLLBACK), house.ask(Verb.PROMOTE)
    assert None is house.memory.answer(accepted)
    await house.tick()
    assert (True, "rollback accepted") == house.memory.answer(accepted)
    assert (False, "nothing waits for a yes in restore. See `verdigris status`") == house.memory.answer(
        refused
    )
    assert Weights(100, 0) == house.host.routing.weights


async def test_a_command_is_not_answered_before_it_is_written_down():
    house = await a_house("bake")
    house.store.full = True
    asked = house.ask(Verb.HOLD)
    await house.tick()
    assert None is house.memory.answer(asked)
    house.store.full = False
    await house.tick()
    assert (True, "hold accepted") == house.memory.answer(asked)


async def test_what_was_asked_for_before_there_was_any_deployment_is_refused_and_not_obeyed():
    house = House()
    held, paused = house.ask(Verb.HOLD), house.ask(Verb.PAUSE)
    house.ship("1.0")
    await house.tick()
    assert [(False, "there was no deployment yet")] * 2 == [house.memory.answer(n) for n in (held, paused)]
    assert ("", Pause.NONE) == (house.d.held, house.d.pause)


# --- a pause, and what lasts ----------------------------------------------------------------------------------


async def test_a_pause_is_written_down_before_it_is_done_and_outlives_controller_and_deployment():
    house = await a_house()
    house.ask(Verb.PAUSE_ALL)
    await house.tick()
    await house.tick()
    assert (Pause.ALL, Pause.ALL) == (house.d.pause, house.host.routing.pause)
    house.engine = house.new_engine()
    house.ship("2.0")
    await house.until(lambda: house.d.id == "d-2" and house.d.phase == "bake")
    assert (Pause.ALL, Pause.ALL) == (house.d.pause, house.host.routing.pause)
    house.ask(Verb.UNPAUSE)
    await house.until(lambda: house.d.phase == "succeeded")
    assert Pause.NONE is house.host.routing.pause


async def test_people_see_the_pause():
    house = await a_house("bake")
    house.ask(Verb.MAINTAIN)
    await house.tick()
    assert Pause.MAINTENANCE is house.board.read(APP).deployment.pause


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


async def test_long_lived_connections_are_ended_in_their_time_and_it_is_told_how_many():
    house = await a_house("stabilize", stabilize=60.0)
    house.host.streams[BLUE] = 3
    await house.until(lambda: any(event.kind == "cut" for event in house.memory.log), within=40)
    assert "stabilize" == house.d.phase
    said = [event.sentence for event in house.memory.log if event.kind in ("cut", "action")][-2:]
    assert [
        "close_streams: long-lived connections on blue have had 10 s since its last weight",
        "the router has 3 long-lived connections on blue ended that had 10 s",
    ] == said
    assert ["closed"] * 3 == [cut.why for cut in house.host.cuts]
    assert all(cut.idle >= 10.0 for cut in house.host.cuts)


async def test_a_router_that_ends_connections_is_not_looked_at_every_few_milliseconds():
    house = await a_house("stabilize", stabilize=60.0)
    house.host.streams[BLUE] = 3
    ticks = [await house.tick() for _ in range(20)]
    found = [tick for tick in ticks if any(a.kind is Kind.CLOSE_STREAMS for a in tick.decision.actions)]
    assert [False] == [tick.moving for tick in found]


async def test_a_rollback_ends_with_connections_on_the_candidate_and_tears_it_down_after_their_time():
    house = await a_house("bake")
    house.host.streams[GREEN] = 4
    house.ask(Verb.ROLLBACK)
    await house.walk("rolled_back")
    assert (4, "2.0") == (house.host.streams[GREEN], house.host.places[GREEN].release.version)
    house.engine = house.new_engine()
    await house.until(lambda: not house.host.places[GREEN].bodies, within=40)
    assert ["closed"] * 4 == [cut.why for cut in house.host.cuts]


async def test_how_long_an_ended_deployment_s_connections_have_had_is_written_down_as_well():
    house = await a_house("bake", drain_long_lived=60.0)
    house.host.streams[GREEN] = 4
    house.ask(Verb.ROLLBACK)
    await house.walk("rolled_back")
    before = house.d.lasted(unweighted(GREEN))
    for _ in range(12):
        await house.tick()
    assert before + 5.0 <= house.d.lasted(unweighted(GREEN))


async def test_a_deployment_is_admitted_and_says_where_it_goes():
    house = await a_house()
    filed = house.ship("2.0")
    await house.tick()
    assert (True, "d-2 deploys 2.0 to green", "d-2") == house.memory.admission(filed)


async def test_a_deployment_while_another_moves_traffic_is_refused_and_leaves_it_alone():
    house = await a_house("bake")
    filed = house.ship("3.0")
    await house.tick()
    accepted, sentence, _ = house.memory.admission(filed)
    assert (False, "d-2", True) == (accepted, house.d.id, "d-2 (2.0) is in bake" in sentence)


async def test_a_queued_deployment_waits_its_turn():
    house = await a_house("bake")
    filed = house.ship("3.0", queue=True)
    await house.tick()
    assert (None, "d-2") == (house.memory.admission(filed), house.d.id)
    await house.until(lambda: house.d.id == "d-3")
    assert (True, "2.0") == (house.memory.admission(filed)[0], house.d.previous.version)


async def test_a_deployment_during_stabilize_supersedes():
    house = await a_house("stabilize")
    house.ship("3.0")
    await house.tick()
    earlier = house.memory.rows[APP][-2].deployment
    assert ("succeeded", "d-3", "2.0") == (earlier.phase, earlier.superseded_by, house.d.previous.version)
    assert earlier.generation < house.d.generation
    await house.until(lambda: house.d.id == "d-3" and house.d.phase == "succeeded")


async def test_a_drill_that_a_deployment_supersedes_is_said_to_be_broken_off():
    house = await a_house("stabilize", stabilize=600.0)
    house.ask(Verb.DRILL, share=10)
    await house.until(lambda: house.d.drill is not None)
    house.ship("3.0")
    await house.tick()
    told = [event.sentence for event in house.memory.events(deployment="d-2") if event.kind == "drill"]
    assert ("d-3", "broken off: superseded by d-3") == (house.d.id, told[-1])


async def test_a_deployment_is_admitted_once_when_the_controller_dies_before_the_answer():
    house = await a_house()
    filed = house.ship("2.0")

    def dies(call: str, moment: str) -> None:
        if (call, moment) == ("settle", "before"):
            raise Crash("before the answer")

    house.memory.fault = dies
    with pytest.raises(Crash):
        await house.tick()
    assert (None, "d-2") == (house.memory.admission(filed), house.d.id)
    house.memory.fault = lambda call, moment: None
    house.engine = house.new_engine()
    await house.tick()
    assert (True, "d-2 is under way", "d-2") == house.memory.admission(filed)
    assert 2 == len(house.memory.rows[APP])


async def test_the_same_key_filed_twice_is_one_deployment():
    house = await a_house()
    assert house.ship("2.0", key="ci-7") == house.ship("2.0", key="ci-7")


async def test_a_policy_that_is_applied_in_the_middle_is_saved_with_the_deployment():
    house = await a_house("bake")
    house.ask(Verb.APPLY, policy=replace(POLICY, bake=600.0))
    await house.tick()
    assert 600.0 == house.memory.newest(APP).policy.bake
    tick = await house.tick()
    assert "(of 10 min)" in tick.decision.waiting_for


# --- a controller that was away -------------------------------------------------------------------------------


async def test_another_controller_goes_on_where_the_first_stopped():
    house = await a_house("bake")
    house.engine = house.new_engine()
    await house.walk("succeeded")


async def test_what_was_seen_while_nobody_saved_is_not_remembered_as_evidence():
    house = await a_house("bake", bake=60.0)
    for _ in range(20):
        await house.tick()
    remembered = house.d.lasted("good")
    house.engine = house.new_engine()
    house.host.advance(500.0)
    await house.engine.tick()
    assert house.engine.saved.deployment.lasted("good") <= remembered + house.policy.fresh_within


async def test_a_rollback_that_was_done_without_the_controller_is_adopted():
    house = await a_house("bake")
    generation = house.d.generation + 1
    routing = replace(house.host.routing, weights=Weights(100, 0), fallback=None)
    house.host.route(routing, generation)
    house.directs.record = Direct(BLUE, generation, "ada", 0.0, "orders are missing")
    house.engine = house.new_engine()
    await house.tick()
    assert ("restore", "ada rolled back without the controller: orders are missing") == (
        house.d.phase,
        house.d.cause,
    )
    assert (None, True) == (house.directs.record, house.d.generation > generation)
    await house.walk("rolled_back")


async def test_the_record_of_a_direct_rollback_is_kept_until_it_is_written_down():
    house = await a_house("bake")
    generation = house.d.generation + 1
    house.host.route(replace(house.host.routing, weights=Weights(100, 0), fallback=None), generation)
    house.directs.record = Direct(BLUE, generation, "ada", 0.0)
    house.engine, house.store.full = house.new_engine(), True
    await house.tick()
    assert None is not house.directs.record
    house.store.full = False
    await house.until(lambda: house.directs.record is None, within=3)
    assert "ada rolled back without the controller" == house.d.cause
    await house.walk("rolled_back")


async def test_a_direct_rollback_by_somebody_who_could_not_read_the_store_is_adopted_as_well():
    """They count from the stamp of the router, which is older than the deployment's generation."""
    house = await a_house("bake")
    generation = house.host.generation + 1
    assert generation < house.d.generation
    house.host.route(replace(house.host.routing, weights=Weights(100, 0), fallback=None), generation)
    house.directs.record = Direct(BLUE, generation, "ada", 0.0)
    house.engine = house.new_engine()
    await house.tick()
    assert ("restore", Weights(100, 0)) == (house.d.phase, house.host.routing.weights)
    await house.walk("rolled_back")


async def test_a_record_that_concerns_nobody_is_cleared():
    house = await a_house("validate")
    house.directs.record = Direct(BLUE, 99, "ada", 0.0)
    await house.tick()
    assert (None, "") == (house.directs.record, house.d.cause)


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


async def test_in_the_years_after_a_deployment_an_instance_that_was_given_up_on_is_started_once_more():
    house = await a_house()
    house.host.places[BLUE].bodies[0].broken = True
    house.host.die(house.host.places[BLUE].bodies[0])
    await house.until(lambda: any("provision blue" in effect for effect in house.told), within=60)


# --- effects that fail ----------------------------------------------------------------------------------------


@dataclass
class Unwilling:
    """A router that can be looked at and does nothing."""

    inner: object
    capabilities: object = None

    async def observe(self):
        return await self.inner.observe()

    async def apply(self, routing, generation):
        raise ActionError("the socket is gone")


async def test_an_effect_that_fails_is_told_once_and_tried_again():
    house = await a_house("validate")
    willing = house.engine
    house.engine = house.new_engine(router=Unwilling(house.parts.router))
    for _ in range(10):
        await house.tick()
    failures = [e.sentence for e in house.memory.log if e.kind == "failed"]
    assert ["route: the socket is gone"] == failures
    house.engine = willing
    house.engine.loaded = False
    await house.walk("succeeded")


async def test_what_cannot_be_seen_is_unknown_and_no_exception():
    house = await a_house("bake")

    class Blind:
        async def observe(self):
            raise ObservationError("permission denied")

    house.engine = house.new_engine(signals=Blind(), router=Blind(), environment=Blind())
    tick = await house.tick()
    assert "permission denied" in tick.decision.waiting_for
    assert ([], "bake") == (house.told, house.d.phase)


# --- what is told ---------------------------------------------------------------------------------------------


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
    assert (house.engine.saved.deployment, house.policy) == (snapshot.deployment, snapshot.policy)
    assert (tick.decision.waiting_for, tick.decision.verdict) == (snapshot.waiting_for, snapshot.verdict)
    assert isinstance(snapshot.world.signals, Known)
    assert (tick.world.signals.value[-30:], "") == (snapshot.world.signals.value, snapshot.trouble)


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
    assert "the board cannot be written" == house.engine.trouble
    await house.walk("succeeded")


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


async def test_an_app_without_a_deployment_is_left_alone():
    house = await a_house()
    house.memory.rows.clear()
    house.engine = house.new_engine()
    tick = await house.tick()
    assert (None, None, []) == (tick.decision, tick.world, house.told)
