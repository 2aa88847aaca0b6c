"""The witness sees a broken promise when it is shown one, and nothing where there is none."""

from tests.unit.engine.engines import GREEN
from tests.unit.testing.witnesses import a_witness, promise, routing


async def test_what_is_in_order_is_not_complained_about():
    house, witness = await a_witness()
    witness.orders.asked(house.host.routing)
    witness.deeds.applied(house.host.routing, house.d.generation)
    witness.deeds.provisioned(GREEN, house.d.release, 1, house.d.generation)


async def test_the_fakes_tell_whom_it_concerns():
    house, witness = await a_witness()
    hooks = witness.hooks()
    with promise("I4 way back"):
        hooks.asked(routing(house, fallback=None))
    hooks.applied(house.host.routing, house.d.generation)
    assert 1 == witness.deeds.effects
