"""What is held and done, read from the views of a real server."""

from tests.unit.schema.trace.copies import BASE
from verdigris.schema.trace.locks import Lock
from verdigris.schema.trace.relations import Known, Reading, kept, known, moved, read, touches


def test_names_are_quoted_as_sql_demands_and_without_public(server):
    with server.create().connected() as connection:
        connection.execute(BASE)
        names = {one.name: one.kind for one in known(connection).values()}
    assert "r" == names["users"] == names['"Billing"."Order Lines"']
    assert "m" == names["sizes"]
    assert not [name for name in names if name.startswith("pg_")]


def test_a_transaction_tells_what_it_holds_and_has_read(server):
    with server.create().connected() as connection:
        connection.execute(BASE)
        connection.execute("SELECT pg_stat_force_next_flush()")
        there = known(connection)
        connection.execute("BEGIN; SELECT count(*) FROM users")
        now = read(connection)
        connection.execute("COMMIT")
    found = {touch.relation: touch for touch in touches(there, {}, now)}
    assert (Lock.ACCESS_SHARE, True, False) == (
        found["users"].lock,
        found["users"].scanned,
        found["users"].rewritten,
    )


USERS = {1: Known("users", "r", 10)}
TAKEN = Reading(frozenset({Lock.ACCESS_EXCLUSIVE}), 10, scans=1, name="users")


def test_a_lock_that_is_held_already_is_not_taken_again_unless_the_table_is_named():
    assert () == touches(USERS, {1: TAKEN}, {1: TAKEN})
    (touch,) = touches(USERS, {1: TAKEN}, {1: TAKEN}, frozenset({"users"}))
    assert (Lock.ACCESS_EXCLUSIVE, False) == (touch.lock, touch.scanned)


def test_another_file_is_a_rewrite_and_is_known_from_then_on():
    after = {1: Reading(frozenset({Lock.ACCESS_EXCLUSIVE}), 11, name="people")}
    assert touches(USERS, {}, after)[0].rewritten
    assert {1: Known("people", "r", 11)} == moved(USERS, after)


def test_a_sequence_or_an_index_is_told_only_where_nothing_else_is():
    there = USERS | {2: Known("users_pkey", "i", 20), 3: Known("users_id_seq", "S", 30)}
    held = Reading(frozenset({Lock.ACCESS_EXCLUSIVE}))
    assert ["users"] == [touch.relation for touch in touches(there, {}, {1: TAKEN, 2: held, 3: held})]
    assert ["users_pkey"] == [touch.relation for touch in touches(there, {}, {2: held})]


def test_what_a_savepoint_let_go_keeps_its_scans():
    assert {1: Reading(frozenset(), 10, scans=1, name="users")} == kept({1: TAKEN}, {})
