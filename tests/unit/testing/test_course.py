"""A deployment that leaves its course is seen to: each promise is broken here by hand."""

from dataclasses import replace

from tests.unit.testing.witnesses import a_witness, forge, promise, routing
from verdigris.core.world import Pause, Verb


async def test_evidence_that_nobody_saw():
    house, witness = await a_witness()
    forge(
        house,
        evidence=(*house.d.forget("good").evidence, replace(house.d.evidence[0], name="good", seconds=99.0)),
    )
    with promise("I9 evidence: 99.0 s counted in bake"):
        witness.course.step(clear=True)


async def test_a_bake_that_was_not_lasted():
    house, witness = await a_witness()
    forge(house, phase="stabilize")
    with promise("I9 evidence: baked on 0 s"):
        witness.course.step(clear=True)


async def test_a_way_back_that_turns_forward():
    house, witness = await a_witness()
    forge(house, phase="restore", cause="it was bad")
    witness.course.step(clear=True)
    forge(house, phase="bake")
    with promise("I6 convergence: d-2 went forward again to bake"):
        witness.course.step(clear=True)


async def test_a_turn_without_a_cause():
    house, witness = await a_witness()
    forge(house, phase="restore", cause="")
    with promise("I11 audit: restore without a cause"):
        witness.course.step(clear=True)


async def test_an_older_generation_over_a_newer_one():
    house, witness = await a_witness()
    forge(house, generation=house.d.generation - 1)
    with promise("I3 single writer"):
        witness.course.step(clear=True)


async def test_a_pause_that_is_forgotten():
    house, witness = await a_witness()
    number = house.ask(Verb.PAUSE_ALL)
    witness.truth.filed[number] = Verb.PAUSE_ALL
    await house.tick()
    witness.course.step(clear=True)
    forge(house, pause=Pause.NONE)
    with promise("I6 convergence: d-2 has pause none, all was asked for"):
        witness.course.step(clear=True)


async def test_time_in_which_the_app_was_paused_is_not_good():
    house, witness = await a_witness()
    house.host.routing = routing(house, pause=Pause.ALL)
    before = witness.course.good
    house.host.advance(3.0)
    witness.truth.before()
    witness.course.step(clear=True)
    assert before == witness.course.good
