"""The simulated jobs with loaded dice. What they are without is held by the conformance suite."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.unit.core.worlds import BLUE, NEW, OLD, a_deployment, a_first_deployment
from verdigris.core.world import Proven
from verdigris.testing.changes import Change
from verdigris.testing.chaos import KINDS, Chaos
from verdigris.testing.fake_schema import TRIES_MOST, FakeSchema
from verdigris.testing.host import Body, Host


def at(phase, **changes):
    return replace(a_deployment(phase), **changes)


@pytest.fixture
def host():
    found = Host(random.Random(1))
    found.production.changes[OLD.digest] = Change(expanded=True, contracted=True)
    found.production.changes[NEW.digest] = Change(seconds=2.0)
    return found


@pytest.fixture
def tool(host):
    return FakeSchema(host, Chaos(random.Random(1)))


async def state(tool, d):
    return (await tool.observe(d)).value


async def through(tool, verb, d):
    await getattr(tool, verb)(d)
    tool.host.advance(3.0)
    return await state(tool, d)


async def expanded(tool):
    await through(tool, "prove", at("preflight"))
    await through(tool, "expand", at("expand"))
    await through(tool, "prove", at("gate"))
    tool.host.production.asked("d-2", NEW.digest).truth["contracts"] = Proven.PROVEN
    return await through(tool, "prove", at("contract"))


async def test_a_job_dies_with_its_machine_and_leaves_no_answer(tool, host):
    await tool.prove(at("preflight"))
    assert (await state(tool, at("preflight"))).running
    host.reboot()
    host.advance(3.0)
    seen = await state(tool, at("preflight"))
    assert (Proven.OWED, False) == (seen.keeps, seen.running)
    tool.forget()
    assert Proven.OWED is not (await through(tool, "prove", at("preflight"))).keeps


async def test_a_job_that_dies_may_have_done_its_work_before_and_is_done_again_without_harm(tool, host):
    await through(tool, "prove", at("preflight"))
    tool.chaos = dying(lost_before=1.0, lost_after=1.0)
    tool.begin("expand", at("expand"), lambda: tool.widens(at("expand")), lambda: tool.widened(at("expand")))
    host.advance(3.0)
    assert host.production.changes[NEW.digest].expanded
    assert not tool.papers(at("expand")).expanded
    tool.chaos = Chaos(random.Random(1))
    assert (await through(tool, "expand", at("expand"))).expanded


def dying(**odds):
    chaos = Chaos(random.Random(1), on=True)
    chaos.odds = dict.fromkeys(KINDS, 0.0) | odds
    return chaos


async def test_a_contract_that_cannot_be_carried_out_is_given_up_and_says_so(tool, host):
    host.production.changes[NEW.digest].hopeless = True
    assert Proven.PROVEN is (await expanded(tool)).contracts
    seen = await through(tool, "contract", at("contract"))
    assert (Proven.DISPROVEN, False) == (seen.contracts, seen.contracted)


async def test_a_contract_that_fails_is_given_up_after_its_tries(tool, host):
    await expanded(tool)
    host.production.changes[NEW.digest].fails["contract"] = TRIES_MOST
    for _ in range(TRIES_MOST):
        assert Proven.PROVEN is (await state(tool, at("contract"))).contracts
        await through(tool, "contract", at("contract"))
        host.advance(60.0)
    assert Proven.DISPROVEN is (await state(tool, at("contract"))).contracts


async def test_a_contract_looks_itself_whether_somebody_came_back_and_keeps_them_out(tool, host):
    await expanded(tool)
    host.visits[BLUE] = [(0.0, host.now + 10.0)]
    assert not (await through(tool, "contract", at("contract"))).contracted
    host.advance(10.0)
    host.visits[BLUE] = [(host.now + 1.0, host.now + 50.0)]
    assert (await through(tool, "contract", at("contract"))).contracted


async def test_a_count_of_sessions_is_told_for_a_while(tool, host):
    await expanded(tool)
    host.places[BLUE].bodies = [Body("blue-1", OLD.digest, "127.0.0.1:1", up_at=0.0)]
    tool.forget()
    assert 1 == (await state(tool, at("contract"))).previous_sessions
    host.places[BLUE].bodies = []
    assert 1 == (await state(tool, at("contract"))).previous_sessions
    host.now += 5.0
    assert 0 == (await state(tool, at("contract"))).previous_sessions


async def test_the_first_release_brings_everything_at_once_for_nobody_is_served(tool, host):
    d = replace(a_first_deployment("preflight"), release=NEW)
    assert Proven.PROVEN is (await through(tool, "prove", d)).keeps
    assert (await through(tool, "expand", replace(d, phase="expand"))).expanded
    assert host.production.changes[NEW.digest].contracted
