"""What a simulated history begins with follows from its seed."""

from __future__ import annotations

import random

from verdigris.testing.setting import some_nature, some_policy


def test_the_same_seed_makes_the_same_history():
    assert some_policy(random.Random(7)) == some_policy(random.Random(7))
    assert some_nature(random.Random(7)) == some_nature(random.Random(7))


def test_every_policy_is_one_and_they_differ():
    found = [some_policy(random.Random(seed)) for seed in range(200)]
    assert {1, 2} == {policy.instances for policy in found}
    assert {0, 5} == {policy.holdback for policy in found}
    assert {1, 2, 3} == {len(policy.ramp) for policy in found}


def test_good_and_bad_releases_are_both_shipped():
    found = [some_nature(random.Random(seed)) for seed in range(200)]
    assert {True, False} == {nature.healthy for nature in found}
    assert {True, False} == {nature.never_up for nature in found}
