"""Every promise is kept while the schema is moved, whoever is ended while a job of it is at work."""

import os
from collections import Counter

import pytest

from tests.simulation.moving import Moving, simulate

SEEDS = range(int(os.environ.get("VERDIGRIS_SCHEMA_SEEDS", "60")))


@pytest.mark.parametrize("seed", SEEDS)
def test_every_promise_is_kept_and_everything_ends(seed):
    history = simulate(seed)
    assert "" == history.violation
    assert history.endings


def test_controllers_were_ended_at_work_and_schemas_were_contracted_all_the_same():
    ended, contracted, dropped, given_up = Counter(), 0, 0, 0
    for seed in range(40):
        one = Moving(seed)
        one.run()
        ended.update(one.ended_at_work)
        contracted += sum(change.contracted for change in one.host.production.changes.values())
        dropped += sum(change.dropped for change in one.host.production.changes.values())
        given_up += sum("stays expanded" in event.sentence for event in one.memory.log)
    assert {"preflight", "expand", "gate", "contract", "succeeded"} <= set(ended)
    assert contracted > 10
    assert dropped > 10
    assert given_up > 0
