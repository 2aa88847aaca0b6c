from dataclasses import fields, replace

import pytest

from verdigris.config import Change, difference, parse_config, policy_hash
from verdigris.config.catalogue import entries
from verdigris.config.policies import KEYS, ramp_text
from verdigris.core.errors import ConfigError
from verdigris.core.judging.settings import Metric, Settings
from verdigris.core.policy import OnUnknown, Policy, Step
from verdigris.core.trials import settings_of

COMPUTED = {"ramp", "probe_within", "expand", "contract"}
"""Filled from several keys, or by the schema tool's configuration."""


def policy(more: str) -> Policy:
    return parse_config(f'app: api\nrun: {{command: ["{{port}}"]}}\n{more}'.encode())[0].policy


def test_every_field_of_a_policy_has_a_key_that_exists():
    assert {field.name for field in fields(Policy)} == KEYS.keys() | COMPUTED
    assert {key for key, _ in KEYS.values()} <= {entry.name for entry in entries()}


def test_a_default_in_the_file_is_the_default_of_the_core():
    assert Policy() == policy("")


def test_a_holdback_without_a_ramp_moves_all_but_the_holdback():
    assert (Step(95, 0.0),) == policy("bake: {holdback: 5%}").ramp


def test_a_step_lasts_two_minutes_unless_it_says_otherwise_and_the_last_none():
    found = policy("cutover: {ramp: [10%, {to: 50%, for: 5m}, 100%]}").ramp
    assert (Step(10, 120.0), Step(50, 300.0), Step(100, 0.0)) == found
    assert "[10%, {to: 50%, for: 5m}, 100%]" == ramp_text(found)


def test_a_probe_is_fresh_for_its_interval_and_its_timeout_and_a_little():
    assert 37.0 == policy("health: {interval: 30s, timeout: 2s}").probe_within


def test_what_the_judge_is_told_is_in_the_policy():
    found = policy(
        "judge: {alpha: 5%, grace: 1m, error_ratio: 2, error_margin: 0.1%, slower: 20%, slower_tail: 30%, "
        "min_bad_seconds: 3, baseline: false, split: ignored}\nbake: {early: true, require_proof: true}"
    )
    assert (0.05, 60.0, 2.0, 0.001) == (found.alpha, found.grace, found.error_ratio, found.error_margin)
    assert (0.2, 0.3, 3, False, True) == (
        found.slower,
        found.slower_tail,
        found.min_bad_seconds,
        found.baseline,
        found.sticky,
    )
    assert (True, True) == (found.early, found.require_proof)


def test_where_users_stick_to_a_slot_their_split_is_not_checked():
    assert policy("route: {cohort: {by: header:X-User}}").sticky
    assert not policy("").sticky


def test_other_weights_are_told_as_the_file_writes_them():
    (change,) = difference(Policy(), policy("judge: {weights: {errors: 65%, latency: 0%}}"))
    assert change == Change("judge.weights", "35%, 30%, 15%, 15%, 5%", "65%, 0%, 15%, 15%, 5%")


def test_what_is_not_named_of_the_weights_keeps_its_own():
    found = policy("judge: {weights: {errors: 65%, latency: 0%}}")
    assert (0.65, 0.0, 0.15, 0.15, 0.05) == found.weights
    assert {Metric.ERRORS: 0.65, Metric.LATENCY: 0.0} == dict(settings_of(found).weights[:2])
    assert Settings().weights == settings_of(policy("")).weights


@pytest.mark.parametrize(("weights", "said"), [
    ("{errors: 30%}", "judge.weights: must sum to 100%, got 95% (errors 30%, latency 30%, baseline 15%, "),
    ("{erors: 30%}", "erors"),
    ("{errors: 0.35}", "judge.weights.errors: "),
])  # fmt: skip
def test_weights_that_are_none_are_refused(weights, said):
    with pytest.raises(ConfigError) as refused:
        policy(f"judge: {{weights: {weights}}}")
    assert said in str(refused.value)


@pytest.mark.parametrize("more", [
    "alpha: 0.0001%", "alpha: 20%", "grace: 0s", "grace: 1h", "error_ratio: 1", "error_ratio: 10", "error_margin: 50%",
    "slower: 0%", "slower_tail: 100%", "min_bad_seconds: 1", "min_bad_seconds: 120",
])  # fmt: skip
def test_what_the_file_may_say_the_judge_can_be_told(more):
    settings_of(policy(f"judge: {{{more}}}\nbake: {{for: 7d}}"))


@pytest.mark.parametrize(("more", "said"), [
    ("alpha: 0%", "judge.alpha: must be 0.0001% to 20%, got 0%"),
    ("grace: 2h", "judge.grace: must be 0s to 1h, got 2h"),
    ("error_margin: 60%", "judge.error_margin: must be 0% to 50%, got 60%"),
    ("error_ratio: 0.5", "judge.error_ratio: must be at least 1.0, got 0.5"),
    ("error_ratio: twice", "judge.error_ratio: must be a number"),
    ("error_ratio: .nan", "judge.error_ratio: must be"),
    ("split: off", "judge.split: must be checked or ignored"),
    ("routes: [orders]", "must be a route like GET /orders/{id} or /static/*, of at most 100 characters, got 'orders'"),
    ("routes: ['GET  /a']", "must be a route like"),
    ("routes: ['/a/*/b']", "must be a route like"),
    ("routes: ['/a?b=c']", "must be a route like"),
    ("routes: ['/{Id}']", "must be a route like"),
    ("routes: ['/" + "a" * 100 + "']", "must be a route like"),
    ("routes: [/a" + ", /a" * 50 + "]", "judge.routes: must have at most 50 entries"),
])  # fmt: skip
def test_what_is_absurd_is_refused_with_its_place(more, said):
    with pytest.raises(ConfigError, match=r"3:\d+: judge\.") as refused:
        policy(f"judge: {{{more}}}")
    assert said in str(refused.value)


def test_a_difference_names_keys_and_values_as_the_file_writes_them():
    new = replace(
        Policy(),
        ramp=(Step(10, 120.0), Step(95, 0.0)),
        holdback=5,
        drain=90.0,
        max_error_rate=0.005,
        max_p99=0.25,
        drill_every=86400.0,
        after_cutover=OnUnknown.ROLLBACK,
        gate=True,
    )
    expected = {
        Change("cutover.ramp", "[100%]", "[10%, 95%]"),
        Change("bake.holdback", "0%", "5%"),
        Change("cutover.drain", "5m", "1m30s"),
        Change("bake.max_error_rate", "1%", "0.5%"),
        Change("bake.max_p99", "none", "250ms"),
        Change("drill.every", "none", "1d"),
        Change("on_unknown.after_cutover", "hold", "rollback"),
        Change("gate", "none", "person"),
    }
    assert expected == set(difference(Policy(), new))
    assert () == difference(new, new)


def test_equal_policies_have_one_hash_and_different_ones_differ():
    assert policy_hash(Policy()) == policy_hash(policy("cutover: {drain: 5m}"))
    assert policy_hash(Policy()) != policy_hash(policy("cutover: {drain: 6m}"))


@pytest.mark.parametrize(
    "field",
    sorted(
        KEYS.keys()
        - {"holdback", "before_cutover", "after_cutover", "gate", "max_p99", "drill_every", "weights"}
    ),
)
def test_any_changed_amount_changes_the_hash_and_is_told_by_its_key(field):
    old = Policy()
    new = replace(old, **{field: getattr(old, field) + 1})
    assert [KEYS[field][0]] == [change.key for change in difference(old, new)]
    assert policy_hash(old) != policy_hash(new)
