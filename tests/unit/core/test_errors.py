"""The errors: one parent, children by what the operator can do."""

from __future__ import annotations

import pytest

from verdigris.core import errors
from verdigris.core.errors import VerdigrisError

CHILDREN = [getattr(errors, name) for name in errors.__all__ if name != "VerdigrisError"]


@pytest.mark.parametrize("kind", CHILDREN)
def test_every_error_has_the_same_parent_and_only_that(kind):
    assert (VerdigrisError,) == kind.__bases__


@pytest.mark.parametrize("kind", CHILDREN)
def test_an_error_is_its_sentence_and_says_what_it_is_for(kind):
    assert "blue is not ready" == str(kind("blue is not ready"))
    assert kind.__doc__


def test_what_is_defined_is_offered():
    defined = {name for name, value in vars(errors).items() if isinstance(value, type)}
    assert defined == set(errors.__all__)
