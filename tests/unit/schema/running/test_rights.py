"""What the owner of production may not do is said before anything needs it, with the statement that allows it."""

from contextlib import contextmanager
from dataclasses import replace

import pytest

from verdigris.schema.running import rights

NAMES = ("shop_blue", "shop_green")


@pytest.fixture
def slots(production):
    """An application with its slots, and somebody who owns the database and is no superuser."""
    production.run(
        "CREATE ROLE shop",
        *(f"CREATE ROLE {name} LOGIN IN ROLE shop" for name in NAMES),
        "CREATE ROLE keeper LOGIN",
    )
    yield production
    production.stack.close()
    production.run(
        "DROP OWNED BY keeper, shop, shop_blue, shop_green", "DROP ROLE keeper, shop_blue, shop_green, shop"
    )


def lacking(production, who="keeper", names=NAMES):
    where = dict(production.database.where) | {"user": who}
    url = replace(production.database, where=tuple(where.items())).url()
    return rights.lacking(url, "shop", names)


def who_is(production):
    return dict(production.database.where)["user"]


def test_a_superuser_may_do_everything(slots):
    told = [one for one in lacking(slots, who_is(slots)) if "pg_stat_statements" not in one]
    assert [] == told


def test_each_thing_that_is_missing_is_said_with_what_allows_it(slots):
    told = "\n".join(lacking(slots))
    assert "keeper may not make the schema of the journal: GRANT CREATE ON DATABASE" in told
    assert "keeper may not keep shop_blue out while something contracts: ALTER ROLE keeper CREATEROLE" in told
    assert "CREATE EXTENSION pg_stat_statements" in told


def test_what_the_sentences_say_is_enough(slots):
    """Whatever is missing is done as it says, and then nothing is, but what needs the server to be started again."""
    for sentence in lacking(slots):
        if "shared_preload_libraries" not in sentence:
            slots.run(*sentence.partition(": ")[2].split(", "))
    assert [] == [one for one in lacking(slots) if "shared_preload_libraries" not in one]
    with as_keeper(slots) as connection:
        connection.execute("ALTER ROLE shop_blue NOLOGIN")
        connection.execute("CREATE SCHEMA verdigris_schema")
    assert any("shop_blue cannot log in" in one for one in lacking(slots))


@contextmanager
def as_keeper(production):
    with production.session_of("keeper") as connection:
        connection.autocommit = True
        yield connection


def test_roles_that_are_not_there_or_not_the_applications_are_named(slots):
    slots.run("REVOKE shop FROM shop_blue", "ALTER ROLE shop_green SUPERUSER")
    told = "\n".join(lacking(slots, who_is(slots), (*NAMES, "shop_red")))
    assert "shop_blue is no member of shop: GRANT shop TO shop_blue" in told
    assert "shop_green is a superuser, so nobody can keep it out" in told
    assert "there is no role shop_red: `verdigris schema role` makes it" in told
    assert any(
        "no member of nobody" in one for one in rights.lacking(slots.database.url(), "nobody", ("shop_blue",))
    )


def test_an_application_with_one_role_is_asked_for_the_journal_alone(slots):
    assert 1 == len(lacking(slots, names=()))
