"""The sentences on what is held, and the ways without a wait."""

import pytest

from verdigris.schema.trace.advice import WAYS, holding, safer
from verdigris.schema.trace.deeds import Deed
from verdigris.schema.trace.facts import Touch, Traced
from verdigris.schema.trace.locks import Lock
from verdigris.schema.trace.weigh import weigh

SCANNED = (Touch("users", "r", Lock.ACCESS_EXCLUSIVE, scanned=True),)
BRIEF = (Touch("users", "r", Lock.ACCESS_EXCLUSIVE),)


@pytest.mark.parametrize("deed", Deed)
def test_there_is_a_way_for_everything_that_takes_long(deed):
    assert WAYS[deed]


def test_a_hazard_says_what_is_held_while_and_who_waits():
    (found,) = weigh((Traced("ALTER TABLE users ALTER name SET NOT NULL", SCANNED),))
    said = (
        "ACCESS EXCLUSIVE on users while users is read from end to end: keeps out every reader and every writer "
        "for as long."
    )
    assert said == holding(found)
    assert "NOT VALID" in safer(found)[0]


def test_the_size_in_production_is_told_where_it_is_known():
    sizes = {"users": 5 * 1024**3}
    (found,) = weigh((Traced("CREATE INDEX ON users (name)", SCANNED),), sizes)
    assert "(5 GB in production)" in holding(found, sizes)


def test_what_is_brief_says_how_many_statements_run_under_it():
    found = weigh((Traced("a", BRIEF), Traced("b"), Traced("c")))
    assert "until its transaction ends, for 2 more statements" in holding(found[0])
    assert "" == holding(found[1])


def test_what_is_done_under_a_lock_names_the_statement_that_took_it():
    update = (Touch("users", "r", Lock.ROW_EXCLUSIVE, scanned=True),)
    found = weigh((Traced("a", BRIEF), Traced("UPDATE users SET a = 1", update, "UPDATE")))
    assert "while statement 1 still holds ACCESS EXCLUSIVE on users" in holding(found[1])
    assert 2 == len(safer(found[1]))


def test_nothing_is_advised_where_nobody_waits():
    (found,) = weigh((Traced("ALTER TABLE users ADD a int", BRIEF),))
    assert () == safer(found)
