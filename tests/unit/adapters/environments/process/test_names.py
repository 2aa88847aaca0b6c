"""Two apps over one keeper, each with an environment of its own that knows nothing of the other."""

import os
import signal
from contextlib import aclosing

import pytest

from tests.unit.adapters.environments.process.test_adapter import asked, heard
from tests.waiting import eventually
from verdigris.adapters.environments.process.names import Names
from verdigris.adapters.environments.process.references import hand_over
from verdigris.core.errors import ActionError, Conflict
from verdigris.core.world import Known, Slot
from verdigris.keeper.observed import Event

API = Names("api")


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("stop api.blue first", "stop blue first"),
        ("api.green-1 ended; api.blue was restarted", "green-1 ended; blue was restarted"),
        ("search.blue, my-api.blue and api.bluest", "search.blue, my-api.blue and api.bluest"),
        ("see /s/logs/api.blue-1.log", "see /s/logs/api.blue-1.log"),
    ],
)
def test_a_sentence_names_our_slots_as_they_are_here(sentence, said):
    assert said == API.said(sentence)


@pytest.mark.parametrize(
    ("slot", "concerns"), [("api.blue", True), ("", True), ("search.blue", False), ("apis.blue", False)]
)
def test_what_concerns_us_is_ours_or_everybodys(slot, concerns):
    assert concerns is API.concerns(Event("exit", 1.0, slot))


@pytest.fixture
async def search(stage):
    other = stage.controller(app="search")
    yield other
    await other.close()


async def healthy(environment, slot=Slot.BLUE):
    async def look():
        seen = (await environment.observe())[slot]
        assert isinstance(seen, Known)
        found = seen.value.instances
        fit = all(isinstance(i.health, Known) and i.health.value.passes >= 3 for i in found)
        return found if found and fit else None

    return await eventually(look, "healthy instances")


async def test_both_see_their_own_blue_and_nothing_of_the_other(stage, search):
    await stage.environment.provision(Slot.BLUE, stage.release("v1"), 2, 2, 9)
    await search.provision(Slot.BLUE, stage.release("v2", says="second"), 1, 1, 1)
    ours, theirs = await healthy(stage.environment), await healthy(search)
    assert (["blue-1", "blue-2"], ["blue-1"]) == ([i.name for i in ours], [i.name for i in theirs])
    assert 3 == len({i.address for i in (*ours, *theirs)})
    assert ["first", "first", "second"] == [(await asked(i))["says"] for i in (*ours, *theirs)]
    assert ("v1", "v2") == (stage.environment.proves("blue-1"), search.proves("blue-1"))
    assert search.proves("blue-2") is None
    assert () == await search.orphans()


async def test_tearing_one_down_leaves_the_other(stage, search):
    release = stage.release()
    for environment in (stage.environment, search):
        await environment.provision(Slot.BLUE, release, 1, 1, 1)
    [before] = await healthy(stage.environment)
    await search.tear_down(Slot.BLUE, 2)

    async def empty():
        return (await search.observe()).blue.value.empty

    await eventually(empty, "the other's blue empty")
    [after] = await healthy(stage.environment)
    assert (await asked(before))["pid"] == (await asked(after))["pid"]


async def test_refusals_speak_of_blue(stage, search):
    first, second = stage.release("v1"), stage.release("v2", says="second")
    await stage.environment.provision(Slot.BLUE, first, 1, 1, 5)
    await stage.until_healthy()
    with pytest.raises(ActionError, match=r"^blue runs v1 .*\(blue-1\).*; stop blue first$"):
        await stage.environment.provision(Slot.BLUE, second, 1, 1, 5)
    with pytest.raises(Conflict, match="generation 4 is older than 5, which was seen of api already"):
        await stage.environment.tear_down(Slot.BLUE, 4)
    await search.provision(Slot.BLUE, second, 1, 1, 1)


async def test_news_are_of_our_own_instances(stage, search):
    release = stage.release()
    for environment in (stage.environment, search):
        await environment.provision(Slot.BLUE, release, 1, 1, 1)
    [theirs], _ = await healthy(search), await healthy(stage.environment)
    async with aclosing(stage.environment.changes()) as changes:
        await heard(changes, "keeper: watching")
        os.kill((await asked(theirs))["pid"], signal.SIGKILL)

        async def noticed():
            return (await search.observe()).blue.value.instances[0].restarts

        await eventually(noticed, "the other's instance restarted")
        await stage.environment.tear_down(Slot.BLUE, 2)
        said = [await anext(changes)]
        while "blue-1: stopped" not in said[-1]:
            said.append(await anext(changes))
    assert [] == [sentence for sentence in said if "exit" in sentence or "start" in sentence]


async def test_an_instance_that_was_given_up_says_so_of_blue(stage):
    await stage.provision(stage.release(api="raise SystemExit('no database')"))
    broken = (await stage.until(lambda w: w.instances[0].broken, "it broken")).instances[0]
    assert "; blue was restarted" in broken.sentence


async def test_memory_is_measured_by_our_own_instances(stage, search):
    release = stage.release()
    await stage.provision(release)
    await stage.until_healthy()
    lines = [{c.name: c.sentence for c in await e.check(release, 1)} for e in (stage.environment, search)]
    assert "one takes" in lines[0]["memory"] and "none runs yet to measure" in lines[1]["memory"]


async def test_each_app_has_the_value_that_was_handed_over_for_it(stage, search):
    release = stage.release(env=(("KEY", "env:THE_KEY"),))
    for environment, app in ((stage.environment, "api"), (search, "search")):
        await hand_over(environment.keeper, app, release, {"THE_KEY": f"of {app}"})
    for environment, app in ((stage.environment, "api"), (search, "search")):
        await environment.provision(Slot.BLUE, release, 1, 1, 1)
        [one] = await healthy(environment)
        assert f"of {app}" == (await asked(one))["key"]
