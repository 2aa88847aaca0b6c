"""The environment over a real keeper and real processes."""

import asyncio
import json
import os
import signal
import urllib.request
from contextlib import aclosing
from dataclasses import replace

import pytest

from tests.contents import contents
from tests.unit.adapters.environments.process.stage import API, CHECK
from tests.waiting import eventually
from verdigris.adapters.environments.process.references import hand_over, secrets_for
from verdigris.core.errors import ActionError, ConfigError, Conflict, ObservationError
from verdigris.core.world import Known, Slot, Unknown
from verdigris.keeper.client import ask
from verdigris.keeper.protocol import Shutdown


async def asked(instance) -> dict:
    def ask_it() -> dict:
        with urllib.request.urlopen(f"http://{instance.address}/health", timeout=10) as answer:
            return json.load(answer)

    return await asyncio.to_thread(ask_it)


async def test_an_empty_slot_is_seen_as_empty(stage):
    assert (await stage.seen(Slot.BLUE)).empty
    assert (await stage.seen(Slot.GREEN)).empty


async def test_a_provisioned_slot_has_healthy_instances_of_exactly_this_release(stage):
    release = stage.release()
    await stage.provision(release, 2)
    world = await stage.until_healthy(2)
    assert (release.digest, "v1", ["blue-1", "blue-2"]) == (
        world.digest,
        world.version,
        [instance.name for instance in world.instances],
    )
    for instance in world.instances:
        assert (release.digest, True, True, False) == (
            instance.digest,
            instance.alive,
            instance.owns_port,
            instance.broken,
        )
        assert "answered 200" in instance.health.value.sentence
        assert "v1" == (await asked(instance))["release"]
    assert "v1" == stage.environment.proves("blue-1")
    assert stage.environment.proves("green-1") is None
    assert (64, "") == (len(stage.environment.mark("blue-1")), stage.environment.mark("green-1"))
    assert (await stage.seen(Slot.GREEN)).empty


async def test_after_a_changed_source_and_a_killed_instance_the_old_code_comes_back(stage):
    await stage.provision(stage.release(says="old"))
    before = (await stage.until_healthy()).instances[0]
    stage.workshop.write("app.py", API.replace('"first"', '"new"'))
    pid = await stage.pid()
    os.kill(pid, signal.SIGKILL)
    await stage.until(lambda w: w.instances[0].restarts == 1 and w.instances[0].alive, "it restarted")
    after = (await stage.until_healthy()).instances[0]
    answer = await asked(after)
    assert ("old", True, before.address) == (answer["says"], answer["pid"] != pid, after.address)


async def test_a_release_directory_that_was_changed_is_never_started_again(stage):
    release = stage.release()
    await stage.provision(release)
    await stage.until_healthy()
    app = stage.state / "releases/api/v1/app.py"
    good = app.read_text()
    app.chmod(0o644)
    app.write_text(API.replace('"first"', '"tampered"'))
    os.kill(await stage.pid(), signal.SIGKILL)
    broken = (await stage.until(lambda w: w.instances[0].broken, "it broken")).instances[0]
    assert "was changed since v1 was recorded" in broken.sentence
    assert (False, False) == (broken.alive, isinstance(broken.health, Known))
    app.write_text(good)
    app.chmod(0o444)
    await stage.provision(release)
    await stage.until_healthy()


async def test_a_repeated_request_changes_nothing_and_another_count_scales(stage):
    release = stage.release()
    await stage.provision(release, 2)
    first = [(await asked(i))["pid"] for i in (await stage.until_healthy(2)).instances]
    await stage.provision(release, 2)
    assert first == [(await asked(i))["pid"] for i in (await stage.until_healthy(2)).instances]
    await stage.provision(release, 1)
    one = await stage.until_healthy(1)
    assert first[:1] == [(await asked(i))["pid"] for i in one.instances]


async def test_an_older_generation_is_a_conflict(stage):
    release = stage.release()
    await stage.environment.provision(Slot.BLUE, release, 1, 1, 7)
    with pytest.raises(Conflict, match="generation 6 is older than 7"):
        await stage.environment.provision(Slot.BLUE, release, 1, 1, 6)
    with pytest.raises(Conflict, match="generation 6 is older than 7"):
        await stage.environment.tear_down(Slot.BLUE, 6)


async def test_a_slot_that_runs_another_release_is_refused_and_left_alone(stage):
    first, second = stage.release("v1"), stage.release("v2", says="second")
    await stage.provision(first)
    await stage.until_healthy()
    with pytest.raises(ActionError, match="stop blue first"):
        await stage.provision(second)
    assert "first" == (await asked((await stage.until_healthy()).instances[0]))["says"]


async def test_a_slot_that_is_torn_down_is_being_emptied_and_then_empty(stage):
    release = stage.release(grace=60.0)
    await stage.provision(replace(release, command=(*release.command, "stubborn")))
    await stage.until_healthy()
    pid = await stage.pid()
    await stage.tear_down()
    world = await stage.seen()
    assert (None, None, "") == (world.digest, world.version, world.instances[0].digest)
    os.kill(pid, signal.SIGKILL)
    await stage.until(lambda world: world.empty, "blue empty")
    await stage.tear_down()


async def test_what_is_still_ending_is_never_taken_for_the_release_that_follows(stage):
    first, second = stage.release("v1", grace=60.0), stage.release("v2", says="second")
    await stage.provision(replace(first, command=(*first.command, "stubborn")))
    await stage.until_healthy()
    pid = await stage.pid()
    await stage.tear_down()
    await stage.provision(second)
    world = await stage.seen()
    assert ("v2", [""]) == (world.version, [instance.digest for instance in world.instances])
    os.kill(pid, signal.SIGKILL)
    await stage.until_healthy()
    assert "second" == (await asked((await stage.seen()).instances[0]))["says"]


async def test_an_instance_that_says_it_is_another_release_never_passes(stage):
    liar = API.replace('os.environ["VERDIGRIS_RELEASE"]', '"v0"')
    await stage.provision(stage.release(api=liar))
    failed = await stage.until(
        lambda w: (
            isinstance(w.instances[0].health, Known)
            and "answers as release" in w.instances[0].health.value.sentence
        ),
        "its lie found",
    )
    assert 'it answers as release "v0", asked was "v1"' in failed.instances[0].health.value.sentence


async def test_an_instance_that_never_starts_is_broken_with_its_last_words(stage):
    await stage.provision(stage.release(api="raise SystemExit('no \\x1b[31mdatabase')"))
    broken = (await stage.until(lambda w: w.instances[0].broken, "it broken")).instances[0]
    assert ("no \\x1b[31mdatabase", 1) == (broken.log_tail[-1], broken.exit_code)
    assert "nobody tries again" in broken.sentence


async def test_a_listener_that_is_not_the_instance_is_seen(stage):
    child = "import os, subprocess, sys, time\nsubprocess.Popen([sys.executable, 'api.py'], start_new_session=True)\n"
    stage.workshop.write("api.py", API)
    await stage.provision(stage.release(api=f"{child}time.sleep(600)\n"))
    world = await stage.until(lambda w: w.instances[0].owns_port is False, "a stranger on its port")
    assert "belongs to another process" in world.instances[0].sentence
    assert stage.environment.proves("blue-1") is None
    os.kill((await asked(world.instances[0]))["pid"], signal.SIGKILL)


async def test_without_a_keeper_nothing_is_known_and_nothing_is_done(stage):
    release = stage.release()
    ask(stage.state, Shutdown(), 10)
    environment, said = stage.environment, r"no keeper answers in .*`verdigris up` starts one"
    seen = await environment.observe()
    assert isinstance(seen.blue, Unknown) and isinstance(seen.green, Unknown)
    assert "no keeper answers" in seen.blue.why
    with pytest.raises(ObservationError, match=said):
        await environment.check(release, 1)
    with pytest.raises(ActionError, match=said):
        await environment.provision(Slot.BLUE, release, 1, 1, 1)
    with pytest.raises(ActionError, match=said):
        await environment.tear_down(Slot.BLUE, 1)
    with pytest.raises(ObservationError, match=said):
        await environment.orphans()


async def test_an_exit_and_a_turn_of_health_are_news_at_once(stage):
    release = stage.release()
    await stage.provision(release)
    async with aclosing(stage.environment.changes()) as changes:
        await stage.until_healthy()
        assert await heard(changes, "blue-1 is healthy")
        await hear_the_keeper(stage, changes, release)
        os.kill(await stage.pid(), signal.SIGKILL)
        assert "signal 9" in await heard(changes, "blue-1: exit")


async def test_news_come_again_after_the_keeper_was_away(stage):
    release = stage.release()
    async with aclosing(stage.environment.changes()) as changes:
        ask(stage.state, Shutdown(), 10)
        await heard(changes, "no keeper answers")
        stage.open()
        await hear_the_keeper(stage, changes, release)


async def hear_the_keeper(stage, changes, release) -> None:
    """Have it do something until that is heard: whoever begins to listen hears nothing of before."""
    hearing = asyncio.ensure_future(heard(changes, "blue-2: start"))

    async def heard_of_another() -> bool:
        await stage.provision(release, 2)
        await stage.provision(release, 1)
        return hearing.done()

    await eventually(heard_of_another, "a start heard")
    await hearing


async def heard(changes, beginning: str) -> str:
    async with asyncio.timeout(20):
        async for sentence in changes:
            if beginning in sentence:
                return sentence
    raise AssertionError("the news ended")


async def test_a_secret_reaches_the_instance_and_no_file(stage):
    release = stage.release(env=(("KEY", "env:THE_KEY"),))
    await hand_over(
        stage.environment.keeper, stage.app, release, {"THE_KEY": "s3cr3t-value", "OTHER": "0ther-value"}
    )
    await stage.provision(release)
    assert "s3cr3t-value" == (await asked((await stage.until_healthy()).instances[0]))["key"]
    found = contents(stage.state).values()
    assert not any(b"s3cr3t-value" in content or b"0ther-value" in content for content in found)


async def test_only_the_references_of_the_release_are_handed_over(stage):
    release = stage.release(env=(("KEY", "env:THE_KEY"), ("PLAIN", "THE_OTHER"), ("F", "file:/f")))
    assert {"THE_KEY": "a"} == secrets_for(release, {"THE_KEY": "a", "THE_OTHER": "b", "F": "c"})


async def test_a_secret_without_a_value_is_found_at_once_and_one_that_comes_later_mends_the_instance(stage):
    release = stage.release(env=(("KEY", "env:THE_KEY"),))
    with pytest.raises(
        ConfigError, match="KEY needs the variable THE_KEY, which has no value here. Export THE_KEY"
    ):
        await hand_over(stage.environment.keeper, stage.app, release, {})
    await stage.provision(release)
    broken = (await stage.until(lambda w: w.instances[0].broken, "it broken")).instances[0]
    assert "KEY needs the variable THE_KEY" in broken.sentence
    await hand_over(stage.environment.keeper, stage.app, release, {"THE_KEY": "late"})
    assert "late" == (await asked((await stage.until_healthy()).instances[0]))["key"]


async def test_a_variable_that_only_the_keeper_has_is_good_enough(stage):
    await hand_over(stage.environment.keeper, stage.app, stage.release(env=(("WHERE", "env:PATH"),)), {})


async def test_a_new_controller_finds_what_the_old_one_left(stage):
    release = stage.release()
    await stage.provision(release)
    pid = (await asked((await stage.until_healthy()).instances[0]))["pid"]
    await stage.environment.close()
    stage.environment = stage.controller(replace(CHECK, interval=30.0))
    world = await stage.until_healthy()
    assert (release.digest, pid) == (world.digest, (await asked(world.instances[0]))["pid"])


async def test_an_instance_that_hangs_becomes_unhealthy_in_words(stage):
    stage.environment = stage.controller(replace(CHECK, timeout=0.3))
    await stage.provision(stage.release())
    await stage.until_healthy()
    os.kill(await stage.pid(), signal.SIGSTOP)

    def unhealthy(world):
        health = world.instances[0].health
        return isinstance(health, Known) and health.value.failures >= 2

    hung = await stage.until(unhealthy, "two failures in a row")
    assert "no complete answer within 0.3 s" in hung.instances[0].health.value.sentence
    os.kill(await stage.pid(), signal.SIGCONT)
    await stage.until_healthy()
