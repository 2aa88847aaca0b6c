"""What a policy refuses, and the defaults that the design names."""

import pytest

from verdigris.core.policy import OnUnknown, Policy, Step


def test_the_defaults_are_those_of_the_design():
    p = Policy()
    assert (300.0, 900.0, 86_400.0) == (p.drain, p.bake, p.stabilize)
    assert ((Step(100, 0.0),), 0, OnUnknown.HOLD, OnUnknown.HOLD) == (
        p.ramp,
        p.holdback,
        p.before_cutover,
        p.after_cutover,
    )
    assert (3, 2, 30.0, 120.0) == (p.healthy, p.unhealthy, p.alert_after, Step(10).lasts)


@pytest.mark.parametrize("steps", [(), (50, 10, 100), (10, 10, 100), (0, 100)])
def test_a_ramp_grows_step_by_step(steps):
    with pytest.raises(ValueError, match="the ramp must grow step by step"):
        Policy(ramp=tuple(Step(to) for to in steps))


def test_a_ramp_ends_where_the_holdback_begins():
    assert 95 == Policy(ramp=(Step(95),), holdback=5).ramp[-1].to
    with pytest.raises(ValueError, match="must end at 95 % .*got 100 %"):
        Policy(holdback=5)
