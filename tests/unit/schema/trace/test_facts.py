"""What one statement did, summed up over its relations."""

from verdigris.schema.trace.facts import Touch, Traced, strongest
from verdigris.schema.trace.locks import Lock

READ = Touch("parents", "r", Lock.ACCESS_SHARE, scanned=True)
CHANGED = Touch("users", "r", Lock.ACCESS_EXCLUSIVE)


def test_a_statement_has_the_strongest_lock_and_all_the_work_of_its_relations():
    traced = Traced("…", (READ, CHANGED))
    assert (Lock.ACCESS_EXCLUSIVE, False, True) == (traced.lock, traced.rewrite, traced.scan)
    assert ("parents",) == traced.work


def test_what_touches_nothing_that_was_there_has_no_lock():
    assert Traced("CREATE TABLE new ()").lock is None
    assert strongest(()) is None
