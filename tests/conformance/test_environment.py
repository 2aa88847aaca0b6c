"""Every environment that we ship keeps what an environment has to keep, and the suite finds those that do not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.conformance import faulty_environments as faulty
from tests.conformance.sites import FakeSite, ProcessSite
from verdigris.core.errors import VerdigrisError
from verdigris.testing.conformance import environment
from verdigris.testing.conformance.environment import CHECKS, Check, Scene


@asynccontextmanager
async def faked(directory: Path) -> AsyncIterator[Scene]:
    yield FakeSite()


@asynccontextmanager
async def processes(directory: Path) -> AsyncIterator[Scene]:
    site = ProcessSite(directory)
    try:
        yield site
    finally:
        await site.close()


@pytest.mark.parametrize("make", [faked, processes], ids=["fake", "process"])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_an_environment_keeps_that(check: Check, make, tmp_path: Path):
    async with make(tmp_path) as scene:
        await check(scene)


@pytest.mark.parametrize(
    ("double", "check"),
    [
        (faulty.Lying, environment.instances_of_exactly_this_release_come_up),
        (faulty.Waiting, environment.provisioning_waits_for_nobody),
        (faulty.Optimistic, environment.provisioning_waits_for_nobody),
        (faulty.Restarting, environment.provisioned_twice_is_provisioned_once),
        (faulty.Replacing, environment.a_slot_with_another_release_in_it_is_left_alone),
        (faulty.Unfenced, environment.an_older_generation_is_a_conflict_and_changes_nothing),
        (faulty.Deaf, environment.a_role_is_read_back_and_each_release_begins_as_a_candidate),
        (faulty.Stale, environment.a_role_is_read_back_and_each_release_begins_as_a_candidate),
        (faulty.Loud, environment.a_role_is_told_to_one_slot_and_by_the_newest_only),
        (faulty.Unfenced, environment.a_role_is_told_to_one_slot_and_by_the_newest_only),
        (faulty.Unfenced, environment.who_says_nothing_of_himself_is_asked_for_nothing),
        (faulty.Drifting, environment.a_killed_instance_comes_back_as_the_same_release),
        (faulty.Mute, environment.a_broken_instance_is_told_with_a_sentence),
        (faulty.Generous, environment.the_checklist_passes_and_names_what_is_missing),
        (faulty.Hopeful, environment.nothing_is_known_and_nothing_done_without_connection),
    ],
    ids=lambda one: one.__name__,
)
async def test_a_broken_promise_is_found_by_its_check(double, check: Check):
    await check(FakeSite())
    with pytest.raises((AssertionError, VerdigrisError)):
        await check(FakeSite(double))
