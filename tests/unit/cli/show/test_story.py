"""The story that is told of a deployment: which second belongs to which phase, and what was not counted."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.cli.house import FakeHouse, Nature
from tests.unit.cli.show.test_screens import Seen
from tests.unit.core.worlds import an_instance
from verdigris.cli.show.story import Chapter, Story, told
from verdigris.core.world import Health, Known, SlotWorld


def test_every_phase_has_a_chapter_that_ends_where_the_next_begins():
    story = Seen("stabilize", Nature()).story
    assert ("preflight", "provision", "validate", "cutover", "drain", "bake", "stabilize") == story.visited
    assert [c.ended for c in story.chapters[:-1]] == [c.began for c in story.chapters[1:]]
    assert story.chapters[-1].ended is None


def test_requests_are_counted_once_and_in_the_phase_of_their_second():
    seen = Seen("stabilize", Nature(), 5)
    chapters = {c.phase: c.counts.green.requests for c in seen.story.chapters}
    assert 0 == chapters["validate"]
    assert 0 < chapters["cutover"] < chapters["bake"]
    assert seen.story.counts.green.requests == sum(chapters.values())
    assert not seen.story.torn


def test_failures_belong_to_the_phase_that_they_ended():
    story = Seen("rolled_back", Nature(error_rate=0.3, turns_bad_after=9.0)).story
    chapters = {c.phase: c.counts.green.failed for c in story.chapters}
    assert story.counts.green.failed == chapters["cutover"] > 0
    assert 0 == chapters["discard"]


def test_seconds_that_were_missed_are_said_to_be_missing():
    seen = Seen("bake", Nature(), 2)
    for _ in range(70):
        seen.house.pause(1.0)
    seen.look()
    assert seen.story.torn


def test_seconds_from_before_the_deployment_are_not_its_own():
    seen = Seen("provision", Nature(up_after=6.0), 2)
    assert 60 * 4 >= seen.story.counts.blue.requests


def test_a_reboot_counts_on_from_nothing():
    seen = Seen("bake", Nature(), 2)
    before = seen.story.counts.green.requests
    s = seen.snapshot
    again = replace(s, wall=s.wall + 30, world=replace(s.world, base="boot-2", now=s.world.now))
    assert seen.story.see(again).counts.green.requests >= before


def test_the_last_ill_look_at_the_candidate_is_kept_when_it_is_gone():
    story = Seen("aborted", Nature(healthy=False)).story
    assert {"green-1", "green-2"} == {instance.name for instance in story.ailing}


def looked_at(phase, **now):
    """A snapshot of the phase in which the candidate has one instance, and what is seen of that one."""
    snapshot = Seen(phase, Nature(healthy=False)).snapshot
    d, world = snapshot.deployment, snapshot.world
    one = an_instance(d.candidate, d.release, **now)
    slots = world.slots.put(d.candidate, Known(SlotWorld(d.release.digest, instances=(one,)), world.now))
    return replace(snapshot, world=replace(world, slots=slots))


def test_who_runs_again_keeps_how_it_ended_before_and_its_last_words():
    ended = looked_at("validate", alive=False, exit_code=3, log_tail=("KeyError",))
    again = looked_at("validate", health=Known(Health(0, 1, "nothing listens"), 1.0))
    story = Story(ended.deployment.id, ended.deployment.app).see(ended).see(again)
    (ailing,) = story.ailing
    assert (3, ("KeyError",), True) == (ailing.exit_code, ailing.log_tail, ailing.alive)


def test_who_was_given_up_is_told_of_also_when_the_slot_is_cleared_already():
    given_up = looked_at("aborted", alive=False, broken=True, exit_code=3)
    story = Story(given_up.deployment.id, given_up.deployment.app).see(given_up)
    assert [3] == [instance.exit_code for instance in story.ailing]


def test_another_deployment_is_another_story():
    house = FakeHouse()
    house.ship("1.0")
    story = Story("d-9", "orders")
    assert story == story.see(house.pinned.snapshot)
    assert () == told("d-9", "orders", house.memory.events()).chapters


def test_the_evidence_of_what_turned_back_is_what_it_turned_back_on():
    chapters = (
        Chapter("drain", 1.0, 2.0, evidence="0 of 60 failed"),
        Chapter("restore", 2.0, 3.0, "it fails", "12 of 60 failed"),
        Chapter("discard", 3.0, 4.0, "it fails", "a shared incident, not this release"),
    )
    back, good = Story("d-2", "api", chapters), Story("d-2", "api", chapters[:1])
    assert ("12 of 60 failed", "0 of 60 failed") == (back.evidence, good.evidence)
    baked = Story("d-2", "api", (*chapters[:1], Chapter("stabilize", 2.0, 3.0, evidence="0 of 900 failed")))
    assert "0 of 900 failed" == baked.evidence
    assert ("a shared incident, not this release", "") == (back.afterwards, good.afterwards)
