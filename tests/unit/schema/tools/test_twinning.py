import pytest
from psycopg.errors import DependentObjectsStillExist, NotNullViolation

from verdigris.core.errors import ActionError
from verdigris.schema.running.session import connecting
from verdigris.schema.running.sync import install
from verdigris.schema.running.syncing import FIRST
from verdigris.schema.running.twins import Twins
from verdigris.schema.tools.tool import Step
from verdigris.schema.tools.twinning import freed, going, kept, unfinished

TWINS = Twins("orders", "total", "amount")
STEP = Step("orders.0002", twins=(TWINS,))
ORDERS = "CREATE TABLE orders (id int PRIMARY KEY, total int, amount int)"
TRIGGERS = "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal"


@pytest.fixture
def url(database18):
    with database18.connected() as connection:
        connection.execute(ORDERS)
    return database18.url()


def rows(url, query):
    with connecting(url)() as connection:
        return connection.execute(query).fetchall()


def test_twins_are_kept_alike_once_the_step_is_applied(url):
    with kept(url, STEP):
        assert [(0,)] == rows(url, TRIGGERS)
    assert [(2,)] == rows(url, TRIGGERS)
    assert set() == unfinished(url, [STEP.name])


def test_a_step_without_twins_leaves_no_journal_behind(url):
    with kept(url, Step("orders.0001")):
        pass
    assert [(None,)] == rows(url, "SELECT to_regnamespace('verdigris_schema')")
    assert set() == unfinished(url, ["orders.0001"])


def test_what_was_killed_before_its_trigger_was_there_is_unfinished_until_it_is(url):
    with pytest.raises(KeyboardInterrupt), kept(url, STEP):
        raise KeyboardInterrupt
    assert {STEP.name} == unfinished(url, [STEP.name, "orders.0003"])
    with kept(url, STEP):
        pass
    assert set() == unfinished(url, [STEP.name])


def test_a_step_that_failed_has_no_trigger(url):
    with pytest.raises(ActionError), kept(url, STEP):
        raise ActionError("no")
    assert [(0,)] == rows(url, TRIGGERS)


def test_triggers_that_somebody_complains_of_are_taken_off_and_no_others(url):
    with connecting(url)() as connection:
        connection.execute("ALTER TABLE orders ADD COLUMN a int, ADD COLUMN b int")
    for twins in (TWINS, Twins("orders", "a", "b")):
        install(connecting(url), twins)
    with (
        pytest.raises(Exception, match="other objects depend on it") as raised,
        connecting(url)() as connection,
    ):
        connection.execute("ALTER TABLE orders DROP COLUMN total")
    assert freed(url, str(raised.value))
    assert [(2,)] == rows(url, TRIGGERS)
    with connecting(url)() as connection:
        connection.execute("ALTER TABLE orders DROP COLUMN total")
    assert not freed(url, str(raised.value))


@pytest.mark.parametrize(("gone", "stays"), [("total", "amount"), ("amount", "total")])
def test_who_leaves_out_what_is_about_to_go_is_served_until_it_is_gone(url, gone, stays):
    """The trigger filled it before NOT NULL was looked at."""
    with connecting(url)() as connection:
        connection.execute("ALTER TABLE orders ALTER total SET NOT NULL, ALTER amount SET NOT NULL")
        install(connecting(url), TWINS)
        with pytest.raises(DependentObjectsStillExist) as raised:
            connection.execute(f"ALTER TABLE orders DROP COLUMN {gone}")
        assert freed(url, f"Running migration: total and amount\n{raised.value}")
        connection.execute(f"INSERT INTO orders (id, {stays}) VALUES (1, 7)")
        with pytest.raises(NotNullViolation):
            connection.execute(f"INSERT INTO orders (id, {gone}) VALUES (2, 7)")


@pytest.mark.parametrize("text", ["", "syntax error", "trigger mine on table orders depends on column total"])
def test_whoever_complains_of_something_else_changes_nothing(url, text):
    install(connecting(url), TWINS)
    assert not freed(url, text)
    assert [(2,)] == rows(url, TRIGGERS)


def test_a_step_that_is_applied_again_has_its_trigger_to_come_again(url):
    with kept(url, STEP):
        pass
    with pytest.raises(KeyboardInterrupt), kept(url, STEP):
        raise KeyboardInterrupt
    assert {STEP.name} == unfinished(url, [STEP.name])


def test_only_what_is_said_of_our_triggers_tells_what_goes():
    docstring = "Drops total, now that everybody reads amount.\n"
    server = (
        f"DETAIL:  trigger {FIRST}0123456789ab_update on table orders depends on column total of table orders"
    )
    assert ["total"] == going(["amount", "total"], docstring + server)
    assert not going(["amount", "total"], docstring)
