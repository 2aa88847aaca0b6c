"""The catalog in one go: complete, the same for the same schema, and without a trace."""

from __future__ import annotations

import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema.catalog.objects import RelationKind
from verdigris.schema.catalog.snapshot import read, snapshot


def by_name(items):
    return {str(one): one for one in items}


def test_everything_is_there(base):
    found = snapshot(base)
    relations = by_name(found.relations)
    orders = relations["orders"]
    assert ["id", "customer_id", "total", "st", "code", "twice"] == [one.name for one in orders.columns]
    assert ("numeric(10,2)", True, "0") == (
        orders.columns[2].type,
        orders.columns[2].required,
        orders.columns[2].default,
    )
    assert ("d", "s") == (orders.columns[0].identity, orders.columns[5].generated)
    assert "'new'::public.status" == orders.columns[3].default
    assert {
        ("orders_code", True, ("code",)),
        ("orders_customer", False, ("customer_id",)),
        ("orders_pkey", True, ("id",)),
    } == {(one.name, one.unique, one.columns) for one in orders.indexes}
    assert {"p", "f", "c"} == {one.sort for one in orders.constraints}
    assert ["new", "paid"] == [one.name for one in by_name(found.enums)["status"].labels]
    assert "text" == by_name(found.domains)["email"].base
    assert ["email_check"] == [one.name for one in by_name(found.domains)["email"].constraints]
    assert (RelationKind.PARTITIONED, "RANGE (at)") == (relations["events"].kind, relations["events"].key)
    assert (relations["events"].oid,) == relations["events_a"].parents
    assert relations["events_a"].bound.startswith("FOR VALUES FROM ('2020-01-01')")
    assert "SELECT" in relations["recent"].body
    assert RelationKind.COMPOSITE is relations["pair"].kind
    assert relations["numbers"].sequence.step == 1
    assert frozenset({"insert"}) == relations["customers"].triggers[0].fills
    assert {("catalog_app", "SELECT"), ("catalog_app", "INSERT")} == {
        (one.grantee, one.privilege) for one in relations["customers"].grants
    }
    assert (True, ["mine"]) == (relations["safe"].secured, [one.name for one in relations["safe"].policies])
    assert {"f(a integer, b integer)", "t()"} == {str(one) for one in found.functions}
    assert {"other", "public"} == {one.name for one in found.schemas}
    assert ["citext"] == [one.name for one in found.extensions]
    assert 'Odd "Näme' in relations


def test_what_an_extension_brought_is_its_own(base):
    found = snapshot(base)
    assert not [one for one in (*found.types, *found.functions) if "citext" in one.name]


def test_a_copy_says_the_same(server, base):
    with server.copy(base) as copy:
        assert snapshot(base) == snapshot(copy)


def test_the_session_that_is_read_through_is_left_as_it_was(base):
    with base.connected() as connection:
        connection.execute("SET search_path = other, public")
        found = read(connection)
        assert ("other", "public") == found.path
        assert ("other, public",) == connection.execute("SHOW search_path").fetchone()


def test_inside_a_transaction_its_own_changes_are_seen(base):
    with base.connected() as connection, connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL search_path = other")
        connection.execute("CREATE TABLE fresh (id int)")
        assert "other.fresh" in by_name(read(connection).relations)
        assert ("other",) == connection.execute("SHOW search_path").fetchone()
    assert "other.fresh" not in by_name(snapshot(base).relations)


def test_an_empty_database_has_nothing_but_public(server):
    found = snapshot(server.create())
    assert ((), (), ["public"]) == (found.relations, found.functions, [one.name for one in found.schemas])


def test_a_server_that_is_too_old_is_named():
    class Info:
        server_version = 130_011

    class Connection:
        info = Info()

    with pytest.raises(ConfigError, match="PostgreSQL 13 is older than 14"):
        read(Connection())


def test_hundreds_of_tables_take_few_questions(server18):
    """Counted in statements, not seconds: as many questions for 60 tables as for none."""
    empty, full = server18.create(), server18.create()
    with full.connected() as connection:
        for number in range(60):
            connection.execute(
                f"CREATE TABLE t{number} (id serial PRIMARY KEY, a text DEFAULT 'x', b int CHECK (b > 0))"
            )

    def asked(database):
        with database.connected() as connection:
            real, count = connection.execute, []
            connection.execute = lambda *words: (count.append(words), real(*words))[1]
            read(connection)
            return len(count)

    assert asked(empty) == asked(full)
