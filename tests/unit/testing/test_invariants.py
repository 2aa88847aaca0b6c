"""A promise that does not hold is named, with what was seen."""

import pytest

from verdigris.testing.invariants import Violation, require


def test_a_promise_that_holds_is_silent():
    require(True, "I1 serving", "blue serves")


def test_a_broken_promise_is_an_assertion_that_names_it_and_what_was_seen():
    with pytest.raises(Violation, match="^I1 serving: nobody serves$"):
        require(False, "I1 serving", "nobody serves")
    assert issubclass(Violation, AssertionError)
