"""The deeds that break a promise are seen to: each is broken here by hand."""

from dataclasses import replace

from tests.unit.engine.engines import BLUE, GREEN
from tests.unit.testing.witnesses import a_witness, promise, routing
from verdigris.core.replays import Replay
from verdigris.core.world import Member, PerSlot, Weights
from verdigris.testing.host import Cut


async def test_an_effect_that_was_not_written_down():
    house, witness = await a_witness()
    with promise("I11 audit"):
        witness.deeds.applied(house.host.routing, house.d.generation + 1)


async def test_members_taken_from_a_serving_slot():
    house, witness = await a_witness()
    with promise("I1 serving: green has weight and loses its members"):
        witness.deeds.applied(routing(house, members=PerSlot((), ())), house.d.generation)


async def test_one_instance_too_many():
    house, witness = await a_witness()
    with promise("I8 bounded: 2 instances asked for"):
        witness.deeds.provisioned(GREEN, house.d.release, 2, house.d.generation)


async def test_a_slot_that_is_torn_down_while_it_serves():
    house, witness = await a_witness()
    with promise("I5 no destruction: green has weight"):
        witness.deeds.torn_down(GREEN, house.d.generation)


async def test_the_way_back_torn_down():
    house, witness = await a_witness()
    house.host.routing = routing(house, members=house.host.routing.members.put(BLUE, ()))
    house.host.advance(20.0)
    with promise("I4 way back: blue is torn down in bake"):
        witness.deeds.torn_down(BLUE, house.d.generation)


async def test_a_contract_that_was_not_written_down():
    house, witness = await a_witness()
    with promise("I11 audit"):
        witness.deeds.contracting(replace(house.d, generation=house.d.generation + 1), 0)


async def test_long_lived_connections_that_are_ended_before_their_time():
    house, witness = await a_witness(drain_long_lived=60.0)
    witness.deeds.cut(Cut(house.host.now, BLUE, 3, "closed", 60.0))
    with promise("I5 no destruction: 3 streams of blue torn down 20 s after its last weight, they have 60 s"):
        witness.deeds.cut(Cut(house.host.now, BLUE, 3, "torn down", 20.0))


def a_replay(house, **changes):
    """What is replayed at the instances that there are."""
    bodies = {slot: house.host.places[slot].bodies for slot in (BLUE, GREEN)}
    members = {slot: tuple(Member(b.name, b.address) for b in found) for slot, found in bodies.items()}
    return Replay(5, BLUE, PerSlot(*(changes.get(slot, members[slot]) for slot in (BLUE, GREEN))))


async def test_requests_that_are_replayed_while_users_are_elsewhere():
    house, witness = await a_witness()
    witness.truth.before()
    witness.deeds.replayed(a_replay(house))
    house.host.routing = routing(house, weights=Weights(50, 50))
    witness.truth.before()
    with promise("I9 evidence: requests are replayed while the router says blue 50 % green 50 %"):
        witness.deeds.replayed(a_replay(house))


async def test_requests_that_are_replayed_at_who_is_not_well():
    house, witness = await a_witness()
    witness.truth.before()
    with promise("I9 evidence: requests are replayed at 0 of blue"):
        witness.deeds.replayed(a_replay(house, blue=()))
    house.host.die(house.host.places[BLUE].bodies[0])
    with promise("I9 evidence: requests are replayed at 1 of blue"):
        witness.deeds.replayed(a_replay(house))
