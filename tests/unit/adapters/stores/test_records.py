import json
from dataclasses import replace

import pytest

from verdigris.adapters.stores.records import TEXT_MOST, dump, load, load_saved, plain
from verdigris.core.deployment import FORMAT, Deployment
from verdigris.core.errors import Conflict, StoreUnavailable
from verdigris.core.judge import Verdict, VerdictKind
from verdigris.core.judging.counts import Arm, Counts
from verdigris.core.judging.settings import Settings
from verdigris.core.judging.state import begin
from verdigris.core.judging.trial import step
from verdigris.core.policy import Policy
from verdigris.core.world import (
    Answer,
    Check,
    Command,
    Health,
    Instance,
    Known,
    Pause,
    PerSlot,
    Reading,
    RouterWorld,
    Second,
    Slot,
    SlotWorld,
    Tally,
    Unknown,
    Verb,
    World,
)
from verdigris.ports import Filed, Snapshot
from verdigris.testing.conformance.examples import example_filed, example_saved

D = example_saved().deployment
BLIND = Unknown("nobody looked")


def example_snapshot() -> Snapshot:
    assert D.routed
    instance = Instance(
        "green-1", Slot.GREEN, "sha256:2", True, "127.0.0.1:2", Known(Health(3, 0), 5.0), exit_code=-9
    )
    router = RouterWorld(
        Known(Reading(D.routed.routing, None, Slot.BLUE), 5.0),
        PerSlot(Known(3, 5.0), BLIND),
        PerSlot(BLIND, Known(0, 5.0)),
        Known(Answer(None, None, False, "302"), 5.0),
        PerSlot(BLIND, BLIND),
        frozenset({Slot.BLUE}),
        PerSlot(7, 0),
        Known(12, 5.0),
    )
    seconds = (Second(4.0, PerSlot(Tally(9, 1, latency=(0, 9)), Tally()), lost=True),)
    slots = PerSlot(BLIND, Known(SlotWorld("sha256:2", "2", (instance,)), 5.0))
    checks = Known((Check("memory", True, "enough"),), 5.0)
    commands = (Command(1, Verb.HOLD, "somebody"),)
    world = World(6.0, "boot", slots, router, Known(seconds, 5.0), checks, commands=commands)
    return Snapshot(7.0, D, Policy(), world, "a verdict", Verdict(VerdictKind.GOOD, "fine"), "none")


@pytest.mark.parametrize(
    "value", [D, Policy(), example_filed(), example_snapshot()], ids=lambda v: type(v).__name__
)
def test_what_is_dumped_is_loaded_the_same(value):
    assert load(type(value), dump(value)) == value


def changed(**fields: object) -> str:
    return json.dumps(json.loads(dump(D)) | fields)


def without(stored: object, *names: str) -> object:
    """The stored form without fields of these names, wherever they stand."""
    if isinstance(stored, dict):
        return {key: without(value, *names) for key, value in stored.items() if key not in names}
    return [without(value, *names) for value in stored] if isinstance(stored, list) else stored


def test_a_row_from_before_there_were_pauses_and_cohorts_is_loaded_as_one_without():
    old = json.dumps(without(json.loads(dump(D)), "pause", "cohort", "cut"))
    d = load(Deployment, old)
    assert D.routed and d.routed
    assert (Pause.NONE, PerSlot(0, 0)) == (d.pause, d.cut)
    assert d.routed.routing == replace(D.routed.routing, pause=Pause.NONE, cohort=None)


def test_a_snapshot_from_before_there_were_pauses_is_loaded_as_one_without():
    names = ("pause", "cohort", "cut", "closing", "waiting")
    old = load(Snapshot, json.dumps(without(json.loads(dump(example_snapshot())), *names)))
    assert (frozenset(), PerSlot(0, 0)) == (old.world.router.closing, old.world.router.cut)


def test_a_field_of_a_newer_version_is_not_dropped_in_silence():
    with pytest.raises(Conflict, match=r"Deployment has mood: it was written by a newer verdigris"):
        load(Deployment, changed(mood="blue"))


def test_a_field_of_a_newer_version_deep_inside_is_named_with_its_place():
    release = json.loads(dump(D))["release"] | {"colour": "teal"}
    with pytest.raises(Conflict, match=r"release\.colour"):
        load(Deployment, changed(release=release))


def test_a_newer_format_is_loaded_as_far_as_it_is_known():
    saved = load_saved(changed(format=FORMAT + 1, mood="blue", phase="levitate"), dump(Policy()))
    assert saved.deployment == replace(D, format=FORMAT + 1, phase="levitate")


def test_a_policy_of_a_newer_format_is_loaded_as_far_as_it_is_known():
    policy = json.dumps(json.loads(dump(Policy())) | {"patience": 3})
    assert load_saved(changed(format=FORMAT + 1), policy).policy == Policy()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "its text"),
        ("[" * 100_000, "its text"),
        ("null", "its text"),
        (changed(step="1"), "step"),
        (changed(candidate="red"), "candidate"),
        (changed(moved=1), "moved"),
    ],
    ids=["empty", "deep", "null", "text for a number", "unknown slot", "number for a truth"],
)
def test_damage_is_named_with_its_place_and_the_next_step(text: str, why: str):
    with pytest.raises(StoreUnavailable, match=rf"cannot be understood, {why}: .*verdigris recover"):
        load_saved(text, dump(Policy()))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1e300", "1" + "0" * 400])
def test_a_number_that_no_clock_and_no_count_comes_to_is_damage(number: str):
    text = dump(Policy())
    assert '"drain":300.0' in text
    with pytest.raises(StoreUnavailable, match="a number in it is endless or none at all"):
        load(Policy, text.replace('"drain":300.0', f'"drain":{number}'))


def test_a_policy_that_breaks_its_own_rules_is_damage():
    with pytest.raises(StoreUnavailable, match="the ramp must end at 100 %"):
        load(Policy, dump(Policy()).replace('"to":100', '"to":10'))


@pytest.mark.parametrize(
    "wrong", [replace(D, step="one"), replace(D, cause="\udc80")], ids=["type", "surrogate"]
)  # type: ignore[arg-type]
def test_what_could_not_be_loaded_again_is_not_written(wrong: Deployment):
    with pytest.raises(StoreUnavailable, match="cannot be written down"):
        dump(wrong)


def test_a_filed_deployment_keeps_its_references_and_not_their_values(monkeypatch):
    monkeypatch.setenv("A", "the secret")
    text = dump(example_filed())
    assert "env:A" in text
    assert "the secret" not in text
    assert load(Filed, text).release.env == (("A", "env:A"),)


def test_plain_text_is_bounded_and_says_how_much_is_missing():
    assert plain("x" * (TEXT_MOST + 7)).endswith("… (7 characters more)")
    assert plain("a\udc80b") == "a?b"


def test_a_trial_is_stored_with_its_deployment_and_read_back_to_the_last_digit():
    s, live, edges = Settings(min_bad_seconds=120), Arm(900, 3, (40, 1)), (50.0, 200.0)
    state = begin(s)
    for t in range(200):
        candidate = Arm(100, t % 2, (9, 0)) if t > 99 else Arm()
        state = step(state, Counts(t, live, candidate, edges), s)
    d = replace(D, trial=state)
    assert d == load(Deployment, dump(d))
    assert 16_000 > len(dump(d))


def test_a_deployment_that_was_stored_before_there_were_trials_has_none():
    row = json.loads(dump(D))
    del row["trial"]
    assert load(Deployment, json.dumps(row)).trial is None


@pytest.mark.parametrize("number", ["1e400", "-1e400"])
def test_a_trial_with_a_number_that_is_none_is_damage(number):
    text = (
        dump(replace(D, trial=begin(Settings()))).replace("-1e300", number, 1).replace("-1e+300", number, 1)
    )
    assert number in text
    with pytest.raises(StoreUnavailable):
        load(Deployment, text)
