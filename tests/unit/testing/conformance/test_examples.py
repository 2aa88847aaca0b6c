"""Examples in which as few fields as possible have their defaults: else a codec could forget one unseen."""

from __future__ import annotations

from dataclasses import MISSING, fields

from verdigris.core.deployment import Deployment
from verdigris.core.world import Release
from verdigris.testing.conformance.examples import (
    example_deployment,
    example_filed,
    example_release,
    example_saved,
)

AT_REST = {"promoted", "held", "stuck_in", "superseded_by", "format", "entered"}
"""Fields of a deployment that contradict its being in mid-flight, or are the same in all."""


def defaults(value: object) -> set[str]:
    """The fields that have their default."""
    return {
        f.name
        for f in fields(value)
        if (f.default is not MISSING and getattr(value, f.name) == f.default)
        or (f.default_factory is not MISSING and getattr(value, f.name) == f.default_factory())
    }


def test_no_field_of_a_release_has_its_default():
    assert set() == defaults(example_release())
    assert isinstance(example_release(), Release)


def test_hardly_a_field_of_a_deployment_in_mid_flight_has_its_default():
    assert defaults(example_deployment(generation=3)) <= AT_REST
    assert isinstance(example_deployment(), Deployment)


def test_examples_can_be_told_apart():
    assert example_saved(number=1) != example_saved(number=2) != example_saved("other", 2)
    assert example_filed("a") != example_filed("b")
