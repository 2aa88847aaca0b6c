"""What each phase means."""

from __future__ import annotations

import pytest

from tests.unit.core.worlds import a_deployment, a_first_deployment
from verdigris.cli.show.meanings import MEANINGS, meaning


@pytest.mark.parametrize("phase", MEANINGS)
def test_no_meaning_has_a_hole_left_in_it(phase):
    for d in (a_deployment(phase), a_first_deployment(phase)):
        assert not {"{", "}"} & set(meaning(d))


def test_a_meaning_names_releases_and_slots():
    expected = "2.0 serves and has proven itself; 1.0 stays hot in blue for an instant way back"
    assert expected == meaning(a_deployment("stabilize"))


def test_a_phase_of_a_newer_version_is_left_to_it():
    assert "a newer verdigris put it there: this one touches nothing" == meaning(a_deployment("levitate"))
