"""Each clause of the promise about the schema is seen to: each is broken here by hand."""

import pytest

from tests.unit.engine.engines import BLUE
from tests.unit.testing.witnesses import a_witness, forge, promise
from verdigris.core.world import Proven
from verdigris.testing.changes import QUESTIONS, Change
from verdigris.testing.host import Place


async def a_scene(phase="bake", **told):
    """A house whose papers say what is `told`, and everything else is proven."""
    house, witness = await a_witness(phase)
    papers = house.host.production.asked(house.d.id, house.d.release.digest)
    papers.told = dict.fromkeys(QUESTIONS, Proven.PROVEN) | told
    return house, witness.widths


async def gone(phase="bake", **told):
    """The same, and the old slot is empty."""
    house, widths = await a_scene(phase, **told)
    house.host.places[BLUE] = Place()
    return house, widths


@pytest.mark.parametrize("answer", [Proven.OWED, Proven.UNPROVEN, Proven.DISPROVEN])
async def test_nothing_is_done_without_a_proof(answer):
    house, widths = await gone(keeps=answer, serves=answer, contracts=answer)
    with promise(f"I13 schema: the schema is expanded, and whether it keeps is {answer}"):
        widths.expanded(house.d)
    with promise(f"I13 schema: green gets weight, and whether it serves is {answer}"):
        widths.serves(house.d, "green gets weight")
    for told in (lambda: widths.contracting(house.d, 0), lambda: widths.contracted(house.d)):
        with promise(f"and whether it contracts is {answer}"):
            told()


async def test_no_traffic_before_the_schema_is_there():
    house, widths = await a_scene()
    house.host.production.changes[house.d.release.digest] = Change()
    with promise("I13 schema: green gets weight, and 1 steps of the schema before it"):
        widths.serves(house.d, "green gets weight")


async def test_a_contract_while_a_rollback_is_on_offer():
    house, widths = await a_scene()
    for told in (lambda: widths.contracting(house.d, 0), lambda: widths.contracted(house.d)):
        with promise("I13 schema: .* while 1 instances of blue are the way back"):
            told()


async def test_a_contract_in_another_phase():
    house, widths = await gone()
    with promise("I13 schema: a contract is asked for in bake"):
        widths.contracting(house.d, 0)
    forge(house, phase="contract")
    widths.contracting(house.d, 0)


async def test_a_contract_under_sessions_counted_or_not():
    house, widths = await gone()
    forge(house, phase="contract")
    with promise("I13 schema: a contract is asked for under 2 sessions of blue"):
        widths.contracting(house.d, 2)
    house.host.linger(BLUE, 6.0)
    with promise("I13 schema: the schema contracts under 1 sessions of blue"):
        widths.contracted(house.d)


async def test_a_drop_before_its_day_or_in_another_phase():
    house, widths = await gone()
    forge(house, phase="contract")
    with promise("I13 schema: a drop is asked for in contract"):
        widths.dropping(house.d)
    forge(house, phase="succeeded")
    with promise("I13 schema: a drop is asked for, and nothing is kept"):
        widths.dropping(house.d)
    papers = house.host.production.asked(house.d.id, house.d.release.digest)
    papers.due = house.host.now + 7.0
    with promise("I13 schema: a drop is asked for 7 s too early"):
        widths.dropping(house.d)
    with promise("I13 schema: what can be had back for 7 s more is dropped"):
        widths.dropped(Change(contracted=True, due=papers.due))
    papers.due = house.host.now
    widths.dropping(house.d)
    widths.dropped(Change(contracted=True, due=papers.due))


async def test_whoever_runs_on_what_a_later_release_took_away():
    house, widths = await a_scene()
    widths.step()
    house.host.production.changes = {
        house.d.previous.digest: Change(),
        house.d.release.digest: Change(contracted=True),
    }
    with promise("I13 schema: blue runs 1.0 on a contracted schema"):
        widths.step()
