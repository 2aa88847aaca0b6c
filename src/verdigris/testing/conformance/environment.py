"""What every environment has to keep. Each check gets a fresh scene, and raises AssertionError.

@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_my_environment(check): await check(my_scene)
"""

from __future__ import annotations

from verdigris.core.errors import ActionError, Conflict, ObservationError
from verdigris.core.world import Instance, Known, PerSlot, Role, Seen, Slot, SlotWorld
from verdigris.testing.conformance.claims import holds, refuses, same
from verdigris.testing.conformance.environment_scene import (
    Check,
    Scene,
    health_of,
    provision,
    serving,
    slot_of,
    until,
)

__all__ = ["CHECKS", "Check", "Scene"]

BLUE, GREEN = Slot.BLUE, Slot.GREEN


# --- coming up ------------------------------------------------------------------------------------------------


async def both_slots_are_empty_at_first(scene: Scene) -> None:
    same((True, True), ((await slot_of(scene, BLUE)).empty, (await slot_of(scene, GREEN)).empty), "empty")
    same((), await scene.environment.orphans(), "orphans")


async def instances_of_exactly_this_release_come_up(scene: Scene) -> None:
    await provision(scene, scene.good, 2, 1)
    instances = await serving(scene, scene.good, 2)
    same({BLUE}, {instance.slot for instance in instances}, "their slot")
    for what in ("name", "address"):
        same(2, len({getattr(instance, what) for instance in instances}), f"different {what}s")
    holds((await slot_of(scene, GREEN)).empty, "green is still empty")
    same((), await scene.environment.orphans(), "orphans beside instances that belong to a slot")


async def health_is_counted_pass_by_pass(scene: Scene) -> None:
    await provision(scene, scene.good, 2, 1)
    before = {i.name: health_of(i).passes for i in await serving(scene, scene.good, 2)}

    def grown(world: SlotWorld) -> bool:
        return all(health_of(i).passes > before[i.name] + 2 for i in world.instances)

    world = await until(scene, grown, "three more passes of each")
    same({0}, {health_of(i).failures for i in world.instances}, "failures in a row beside passes")


async def provisioning_waits_for_nobody(scene: Scene) -> None:
    await provision(scene, scene.hesitant, 2, 1)
    world = await slot_of(scene)
    same(scene.hesitant.digest, world.digest, "what is to be in blue")
    same(0, sum(health_of(i).passes for i in world.instances), "passes of instances that do not listen yet")
    holds(not any(i.broken for i in world.instances), "an instance that takes its time is not broken")
    await scene.encourage()
    await serving(scene, scene.hesitant, 2)


async def only_so_many_are_starting_at_a_time(scene: Scene) -> None:
    await provision(scene, scene.hesitant, 3, 1, surge=1)
    await until(scene, lambda world: any(i.alive for i in world.instances), "the first instance starting")
    for _ in range(10):
        same(1, sum(i.alive for i in (await slot_of(scene)).instances), "how many are starting")
        await scene.pause()
    await scene.encourage()
    await serving(scene, scene.hesitant, 3)


# --- told again, and otherwise --------------------------------------------------------------------------------


async def provisioned_twice_is_provisioned_once(scene: Scene) -> None:
    await provision(scene, scene.good, 2, 1)
    first = await serving(scene, scene.good, 2)
    for generation in (1, 2):
        await provision(scene, scene.good, 2, generation)
        again = await serving(scene, scene.good, 2)
        same(_who(first), _who(again), "who runs")
        for before, after in zip(first, again, strict=True):
            holds(health_of(after).passes >= health_of(before).passes, f"{after.name} went on serving")


def _who(instances: tuple[Instance, ...]) -> list[tuple[str, str, int]]:
    return [(i.name, i.address, i.restarts) for i in instances]


async def another_count_starts_and_ends_the_difference(scene: Scene) -> None:
    await provision(scene, scene.good, 1, 1)
    first = await serving(scene, scene.good, 1)
    await provision(scene, scene.good, 3, 2)
    three = await serving(scene, scene.good, 3)
    same(_who(first), _who(three[:1]), "the one that was there")
    await provision(scene, scene.good, 2, 3)
    same(_who(three[:2]), _who(await serving(scene, scene.good, 2)), "the two that stay")


async def a_slot_with_another_release_in_it_is_left_alone(scene: Scene) -> None:
    await provision(scene, scene.good, 1, 1)
    before = await serving(scene, scene.good, 1)
    await refuses(provision(scene, scene.other, 1, 2), ActionError, "another release on top of one that runs")
    same(_who(before), _who(await serving(scene, scene.good, 1)), "who runs")


async def both_slots_run_releases_of_their_own(scene: Scene) -> None:
    await provision(scene, scene.good, 1, 1, BLUE)
    await provision(scene, scene.other, 1, 2, GREEN)
    [blue], [green] = await serving(scene, scene.good, 1), await serving(scene, scene.other, 1, GREEN)
    holds(blue.address != green.address, f"blue and green do not share {blue.address}")


async def an_older_generation_is_a_conflict_and_changes_nothing(scene: Scene) -> None:
    await provision(scene, scene.good, 1, 7)
    before = await serving(scene, scene.good, 1)
    await refuses(provision(scene, scene.good, 2, 6), Conflict, "provisioning in generation 6 after 7")
    await refuses(scene.environment.tear_down(BLUE, 6), Conflict, "tearing down in generation 6 after 7")
    same(_who(before), _who(await serving(scene, scene.good, 1)), "who runs")


async def a_slot_that_is_torn_down_becomes_empty(scene: Scene) -> None:
    await provision(scene, scene.good, 2, 1, BLUE)
    await provision(scene, scene.other, 1, 2, GREEN)
    await serving(scene, scene.good, 2)
    beside = await serving(scene, scene.other, 1, GREEN)
    for generation in (3, 3, 4):
        await scene.environment.tear_down(BLUE, generation)
        same(None, (await slot_of(scene)).digest, "what is to be in blue")
        await until(scene, lambda world: world.empty, "blue empty")
    same(_who(beside), _who(await serving(scene, scene.other, 1, GREEN)), "who runs in green")
    await provision(scene, scene.other, 1, 5, BLUE)
    await serving(scene, scene.other, 1)


async def a_role_is_read_back_and_each_release_begins_as_a_candidate(scene: Scene) -> None:
    await provision(scene, scene.good, 1, 1)
    before = await serving(scene, scene.good, 1)
    await until(
        scene, lambda world: world.role is Role.CANDIDATE, "a release that was just started a candidate"
    )
    for role in (Role.LIVE, Role.LIVE, Role.RETAINED, Role.LIVE):
        await scene.environment.tell(BLUE, role, 2)
        same(role, (await slot_of(scene)).role, "the role that was told")
    same(_who(before), _who(await serving(scene, scene.good, 1)), "who runs")
    await provision(scene, scene.good, 2, 3)
    await serving(scene, scene.good, 2)
    same(Role.LIVE, (await slot_of(scene)).role, "the role beside one instance more")
    await scene.environment.tear_down(BLUE, 4)
    await until(scene, lambda world: world.empty, "blue empty")
    same(None, (await slot_of(scene)).role, "the role of an empty slot")
    await provision(scene, scene.good, 1, 5)
    await until(
        scene, lambda world: world.role is Role.CANDIDATE, "the same release, started anew, a candidate"
    )


async def a_role_is_told_to_one_slot_and_by_the_newest_only(scene: Scene) -> None:
    await provision(scene, scene.good, 1, 5, BLUE)
    await provision(scene, scene.other, 1, 5, GREEN)
    await scene.environment.tell(BLUE, Role.LIVE, 6)
    same(Role.CANDIDATE, (await slot_of(scene, GREEN)).role, "the role of the other slot")
    await refuses(scene.environment.tell(GREEN, Role.LIVE, 5), Conflict, "a role of generation 5 after 6")
    await refuses(provision(scene, scene.good, 2, 5, BLUE), Conflict, "provisioning in generation 5 after 6")
    same(Role.CANDIDATE, (await slot_of(scene, GREEN)).role, "the role after it was refused")
    await scene.environment.tear_down(GREEN, 7)
    await until(scene, lambda world: world.empty, "green empty", GREEN)
    await refuses(scene.environment.tell(GREEN, Role.LIVE, 8), ActionError, "a role for nobody")


async def who_says_nothing_of_himself_is_asked_for_nothing(scene: Scene) -> None:
    await provision(scene, scene.good, 1, 5)
    before = await serving(scene, scene.good, 1)
    same([], [i.name for i in before if isinstance(i.says, Known)], "who speaks")
    await scene.environment.drain(BLUE, 10.0, 6)
    await scene.environment.resume(BLUE, 6)
    same(_who(before), _who(await serving(scene, scene.good, 1)), "who runs")
    await provision(scene, scene.good, 1, 7)
    await refuses(scene.environment.drain(BLUE, 10.0, 6), Conflict, "sending away in generation 6 after 7")
    await refuses(scene.environment.resume(BLUE, 6), Conflict, "asking back in generation 6 after 7")
    await scene.cut()
    await refuses(scene.environment.drain(BLUE, 10.0, 8), ActionError, "a drain that cannot be told")


# --- what befalls it ------------------------------------------------------------------------------------------


async def a_killed_instance_comes_back_as_the_same_release(scene: Scene) -> None:
    await provision(scene, scene.good, 2, 1)
    victim, spared = await serving(scene, scene.good, 2)
    await scene.kill(victim)

    def restarted(world: SlotWorld) -> bool:
        return any(i.name == victim.name and i.restarts > victim.restarts for i in world.instances)

    await until(scene, restarted, f"{victim.name} started again")
    back, beside = await serving(scene, scene.good, 2)
    same((victim.name, victim.address), (back.name, back.address), "who came back, and where")
    same(_who((spared,)), _who((beside,)), "the one beside it")


async def a_broken_instance_is_told_with_a_sentence(scene: Scene) -> None:
    await provision(scene, scene.broken, 1, 1)
    world = await until(scene, lambda w: w.instances and all(i.broken for i in w.instances), "it given up")
    [instance] = world.instances
    same((False, 0), (instance.alive, health_of(instance).passes), "life and passes of a broken instance")
    holds(" " in instance.sentence, f"{instance.sentence!r} says why")
    await scene.environment.tear_down(BLUE, 2)
    await until(scene, lambda w: w.empty, "blue empty")


async def the_checklist_passes_and_names_what_is_missing(scene: Scene) -> None:
    same([], [c for c in await scene.environment.check(scene.good, 1) if not c.passed], "complaints")
    complaints = [c.sentence for c in await scene.environment.check(scene.unfit, 1) if not c.passed]
    holds(any(scene.missing in sentence for sentence in complaints), f"{scene.missing} is in {complaints}")


async def nothing_is_known_and_nothing_done_without_connection(scene: Scene) -> None:
    await provision(scene, scene.good, 1, 1)
    await serving(scene, scene.good, 1)
    await scene.cut()
    if found := await _look(scene):
        known = [slot for slot in (found.blue, found.green) if isinstance(slot, Known)]
        same([], known, "what is claimed to be known")
    await refuses(provision(scene, scene.good, 2, 2), ActionError, "provisioning that cannot be told")
    await refuses(scene.environment.tear_down(BLUE, 2), ActionError, "tearing down that cannot be told")
    await refuses(scene.environment.tell(BLUE, Role.LIVE, 2), ActionError, "a role that cannot be told")
    await refuses(scene.environment.orphans(), ObservationError, "a search for orphans that sees nothing")
    holds(not await _checklist_passes(scene), "a checklist that nobody goes through does not pass")


async def _look(scene: Scene) -> PerSlot[Seen[SlotWorld]] | None:
    try:
        return await scene.environment.observe()
    except ObservationError:
        return None


async def _checklist_passes(scene: Scene) -> bool:
    try:
        return all(line.passed for line in await scene.environment.check(scene.good, 1))
    except ObservationError:
        return False


CHECKS: tuple[Check, ...] = (
    both_slots_are_empty_at_first,
    instances_of_exactly_this_release_come_up,
    health_is_counted_pass_by_pass,
    provisioning_waits_for_nobody,
    only_so_many_are_starting_at_a_time,
    provisioned_twice_is_provisioned_once,
    another_count_starts_and_ends_the_difference,
    a_slot_with_another_release_in_it_is_left_alone,
    both_slots_run_releases_of_their_own,
    an_older_generation_is_a_conflict_and_changes_nothing,
    a_slot_that_is_torn_down_becomes_empty,
    a_role_is_read_back_and_each_release_begins_as_a_candidate,
    a_role_is_told_to_one_slot_and_by_the_newest_only,
    who_says_nothing_of_himself_is_asked_for_nothing,
    a_killed_instance_comes_back_as_the_same_release,
    a_broken_instance_is_told_with_a_sentence,
    the_checklist_passes_and_names_what_is_missing,
    nothing_is_known_and_nothing_done_without_connection,
)
"""All of them; each wants a scene of its own."""
