"""What a role is owed is understood or refused."""

import pytest

from verdigris.schema.jobs.debts import Debt, debt_of

STALE = {"shut_out": False, "stale": True, "since": "2026-03-01T12:00:00+00:00"}


def test_what_was_written_down_is_owed():
    assert Debt(stale=True, since="2026-03-01T12:00:00+00:00") == debt_of(STALE)
    assert Debt(stale=True) == debt_of(STALE | {"since": ""})


@pytest.mark.parametrize(
    "read", [None, [], {}, STALE | {"more": 1}, STALE | {"shut_out": "no"}, STALE | {"since": "soon"}]
)
def test_anything_else_is_no_debt(read):
    with pytest.raises((ValueError, TypeError)):
        debt_of(read)
