"""Nobody changes the schema by hand while a deployment is under way, or while its way back is open."""

import pytest

from tests.unit.core.worlds import a_deployment, a_first_deployment
from verdigris.core.by_hand import in_the_way
from verdigris.core.lifecycle import ENDINGS, ROWS

UNDER_WAY = sorted(set(ROWS) - ENDINGS)


@pytest.mark.parametrize("phase", sorted(ENDINGS - {"stuck"}))
def test_when_it_has_ended_the_schema_is_anybodys(phase):
    assert "" == in_the_way(a_deployment(phase)) == in_the_way(None)


@pytest.mark.parametrize("phase", ["cutover", "drain", "bake", "stabilize"])
def test_while_a_rollback_is_on_offer_what_it_needs_is_left_alone(phase):
    said = in_the_way(a_deployment(phase))
    assert said.startswith(f"d-2 (2.0) is in {phase} and can still be taken back to 1.0")


@pytest.mark.parametrize("phase", UNDER_WAY)
def test_a_deployment_under_way_moves_the_schema_itself(phase):
    assert "`verdigris watch`" in in_the_way(a_deployment(phase))
    assert "its own jobs move the schema" in in_the_way(a_first_deployment(phase))


def test_a_stuck_one_needs_a_person_first():
    assert "nobody knows which release stays" in in_the_way(a_deployment("stuck"))
