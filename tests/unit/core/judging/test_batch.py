"""Counts that wait until there are enough of them."""

import pytest

from tests.unit.core.judging.seconds import BARE, told
from verdigris.core.judging.batch import Batch, gather
from verdigris.core.judging.counts import Arm, Counts
from verdigris.core.judging.trial import ln_e


def test_few_requests_wait_until_there_are_ten_on_either_side():
    trickle = [Counts(t, Arm(9, 0), Arm(1, 1)) for t in range(9)]
    assert 0.0 == pytest.approx(ln_e(told(trickle), BARE))
    assert 0.1 < ln_e(told([*trickle, Counts(9, Arm(9, 0), Arm(1, 1))]), BARE)


def test_what_waits_is_bet_with_the_exponent_of_before_its_first_request():
    rule = BARE.dispersions
    batch = Batch(rule.fresh())
    for second in [(9, 0, 9, 9), (0, 9, 9, 9)] * 4:
        batch, _ = gather(batch, second, rule, 100)
    assert 1.0 == batch.phi < batch.dispersion.phi
    clumped = rule.fresh()._replace(phi=3.0)
    batch, settled = gather(Batch(clumped), (1, 1, 100, 100), rule, 100)
    assert (3.0, (1, 1, 100, 100)) == (batch.phi, settled)
