"""Hazards from facts and sizes: worlds in, verdicts out."""

from math import inf

import pytest

from verdigris.schema.trace.facts import Touch, Traced
from verdigris.schema.trace.locks import Lock
from verdigris.schema.trace.weigh import ROWS_MAX, SMALL, Hazard, at_least, together, weigh

BRIEF = Touch("users", "r", Lock.ACCESS_EXCLUSIVE)
SCANNED = Touch("users", "r", Lock.ACCESS_EXCLUSIVE, scanned=True)
WRITTEN = Touch("users", "r", Lock.ACCESS_EXCLUSIVE, rewritten=True, scanned=True)
VALIDATED = Touch("users", "r", Lock.SHARE_UPDATE_EXCLUSIVE, scanned=True)
UPDATED = Touch("users", "r", Lock.ROW_EXCLUSIVE, scanned=True)


def hazard(touch: Touch, tag: str = "ALTER TABLE", **words: bool) -> Hazard | None:
    return weigh((Traced("…", (touch,), tag, **words),))[0].hazard


@pytest.mark.parametrize(
    ("touch", "expected"),
    [
        (BRIEF, None),
        (SCANNED, Hazard.SCAN),
        (WRITTEN, Hazard.REWRITE),
        (VALIDATED, None),
        (Touch("users", "r", Lock.SHARE, scanned=True), Hazard.SCAN),
        (Touch("users", "r", Lock.ACCESS_SHARE, scanned=True), None),
        (Touch("ages", "m", Lock.EXCLUSIVE, rewritten=True), None),
        (Touch("ages", "m", Lock.ACCESS_EXCLUSIVE, rewritten=True), Hazard.REWRITE),
        (Touch("users", "r", Lock.ACCESS_EXCLUSIVE, emptied=True), Hazard.EMPTIED),
    ],
)
def test_a_strong_lock_is_a_hazard_while_a_table_is_read_or_written(touch, expected):
    assert expected is hazard(touch)


@pytest.mark.parametrize(
    ("tag", "words", "expected"),
    [
        ("UPDATE", {}, Hazard.ROWS),
        ("DELETE", {}, Hazard.ROWS),
        ("DO", {}, Hazard.ROWS),
        ("UPDATE", {"bounded": True}, None),
        ("INSERT", {}, None),
    ],
)
def test_rows_that_are_changed_at_once_are_a_hazard(tag, words, expected):
    assert expected is hazard(UPDATED, tag, **words)


def test_an_index_does_not_make_a_change_without_an_end_small():
    narrowed = Touch("users", "r", Lock.ROW_EXCLUSIVE)
    assert Hazard.ROWS is hazard(narrowed, "DELETE", wide=True)
    assert hazard(narrowed, "DELETE") is None


def test_many_rows_are_a_hazard_however_they_were_found():
    many = Touch("users", "r", Lock.ROW_EXCLUSIVE, rows=ROWS_MAX + 1)
    assert Hazard.ROWS is hazard(many, "UPDATE", bounded=True)


def test_work_under_a_lock_of_an_earlier_statement_is_a_hazard_until_the_transaction_ends():
    first, second = Traced("a", (BRIEF,), "ALTER TABLE"), Traced("b", (VALIDATED,), "ALTER TABLE")
    found = weigh((first, second, Traced("c", (VALIDATED,), "ALTER TABLE", transaction=1)))
    assert [None, Hazard.HELD, None] == [one.hazard for one in found]
    assert [2, 2, 3] == [one.until for one in found]
    assert [("users", Lock.ACCESS_EXCLUSIVE, 1)] == [
        (held.relation, held.lock, held.since) for held in found[1].held
    ]


def test_a_lock_on_one_table_is_held_while_another_is_read():
    found = weigh(
        (
            Traced("a", (BRIEF,)),
            Traced("b", (Touch("parents", "r", Lock.ACCESS_SHARE, scanned=True),), "SELECT"),
        )
    )
    assert Hazard.HELD is found[1].hazard


def test_a_stronger_lock_takes_the_place_of_a_weaker_one():
    weak = Touch("users", "r", Lock.SHARE)
    found = weigh((Traced("a", (weak,)), Traced("b", (BRIEF,)), Traced("c")))
    assert [(Lock.ACCESS_EXCLUSIVE, 2)] == [(held.lock, held.since) for held in found[2].held]


@pytest.mark.parametrize(
    ("sizes", "hazard", "warning"),
    [
        ({}, Hazard.SCAN, None),
        ({"parents": 1}, Hazard.SCAN, None),
        ({"users": SMALL}, Hazard.SCAN, None),
        ({"users": SMALL - 1}, None, Hazard.SCAN),
    ],
)
def test_only_a_table_that_is_known_to_be_small_makes_a_hazard_a_warning(sizes, hazard, warning):
    (found,) = weigh((Traced("…", (SCANNED,)),), sizes)
    assert (hazard, warning) == (found.hazard, found.warning)


def test_small_tables_are_weighed_together():
    both = (SCANNED, Touch("parents", "r", Lock.SHARE_ROW_EXCLUSIVE, scanned=True))
    (found,) = weigh((Traced("…", both),), {"users": SMALL - 1, "parents": SMALL - 1})
    assert Hazard.SCAN is found.hazard


def test_emptying_a_table_is_a_hazard_however_small_it_is():
    (found,) = weigh(
        (Traced("…", (Touch("users", "r", Lock.ACCESS_EXCLUSIVE, emptied=True),)),), {"users": 1}
    )
    assert Hazard.EMPTIED is found.hazard


@pytest.mark.parametrize(
    ("touch", "seconds"),
    [(WRITTEN, 4.0), (SCANNED, 0.5), (BRIEF, 0.0), (VALIDATED, 0.0), (UPDATED, 0.0)],
)
def test_how_long_writers_wait_at_least_is_reckoned_from_sizes(touch, seconds):
    """A table of a gigabyte, of which the half are indexes."""
    (one,) = weigh((Traced("…", (touch,), "ALTER TABLE"),))
    assert seconds == at_least(one, {"users": 1 << 30}, {"users": 1 << 29})


def test_a_lock_is_held_for_all_that_its_transaction_still_does():
    trace = (Traced("a", (SCANNED,)), Traced("b", (VALIDATED,)), Traced("c", (SCANNED,), transaction=1))
    assert {0: 1.0, 1: 0.5} == together(weigh(trace), {}, {"users": 1 << 29})


@pytest.mark.parametrize(("wide", "seconds"), [(True, 4.0), (False, 0.5)])
def test_rows_that_are_changed_at_once_are_written_or_looked_for(wide, seconds):
    (one,) = weigh((Traced("…", (UPDATED,), "UPDATE", wide=wide),))
    assert seconds == at_least(one, {"users": 1 << 30}, {"users": 1 << 29})


def test_for_rows_that_are_gone_somebody_waits_for_ever():
    (one,) = weigh((Traced("…", (Touch("users", "r", Lock.ACCESS_EXCLUSIVE, emptied=True),)),))
    assert (inf, 0.0) == (at_least(one, {}, {"users": 8192}), at_least(one, {}, {}))


def test_of_what_size_is_not_known_nothing_is_reckoned():
    (one,) = weigh((Traced("…", (WRITTEN,), "ALTER TABLE"),))
    assert 0.0 == at_least(one, {}, {})
