from dataclasses import fields, replace

import pytest

from verdigris.config import Change, difference, parse_config, policy_hash
from verdigris.config.catalogue import entries
from verdigris.config.policies import KEYS, ramp_text
from verdigris.core.policy import OnUnknown, Policy, Step

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
    sorted(KEYS.keys() - {"holdback", "before_cutover", "after_cutover", "gate", "max_p99", "drill_every"}),
)
def test_any_changed_amount_changes_the_hash_and_is_told_by_its_key(field):
    old = Policy()
    new = replace(old, **{field: getattr(old, field) + 1})
    assert [KEYS[field][0]] == [change.key for change in difference(old, new)]
    assert policy_hash(old) != policy_hash(new)
