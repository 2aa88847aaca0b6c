"""Steps wait for what is in their way, and say so; and who was shut out is let in again, however it ends."""

import multiprocessing
import os
import signal
import time
from dataclasses import replace

import pytest

from tests.unit.schema.jobs.test_order import ORDER
from tests.unit.schema.proof.shop import script
from tests.waiting import eventually_sync
from verdigris.core.errors import ActionError
from verdigris.core.world import Proven
from verdigris.schema.jobs.carrying import AGAIN, CLEAR_WITHIN, Carrying
from verdigris.schema.jobs.debts import Debt
from verdigris.schema.jobs.order import Plan
from verdigris.schema.jobs.papers import Answer, Papers, Question
from verdigris.schema.running.session import connecting
from verdigris.schema.running.sessions import sessions_of
from verdigris.schema.running.tombstone import contract, owed
from verdigris.schema.tools.tool import Step


class Hours:
    """Time that passes by being slept through."""

    at = 0.0

    def now(self):
        return self.at

    def sleep(self, seconds):
        self.at += seconds

    def between(self, least, most):
        return least


class Blocked(Carrying):
    """Something is in the way for as long as it says."""

    until = 0.0

    def trouble(self):
        return "an old transaction is open" if self.waiting.now() < self.until else ""


def test_a_step_waits_until_the_way_is_clear_and_says_for_what():
    told, carrying = [], Blocked(ORDER, "", lambda sentence: told.append(sentence), Hours())
    carrying.until = 12.0
    carrying.wait_until_clear()
    assert {"waits: an old transaction is open"} == set(told)


def test_it_does_not_wait_for_ever():
    carrying = Blocked(ORDER, "", lambda sentence: None, Hours())
    carrying.until = 2 * CLEAR_WITHIN
    with pytest.raises(ActionError, match="the schema cannot be changed now: an old transaction is open"):
        carrying.wait_until_clear()


def die(order, url):
    """A job in the middle of its contract, as kill -9 leaves it."""
    with Carrying(order, url, lambda sentence: None).shut_out():
        os.kill(os.getpid(), signal.SIGKILL)


def killed(order, url):
    job = multiprocessing.get_context("spawn").Process(target=die, args=(order, url))
    job.start()
    job.join(30)
    assert -signal.SIGKILL == job.exitcode


def test_who_is_of_the_old_slot_may_come_back_however_a_contract_ends(server, tmp_path):
    database = server.create()
    with database.connected() as owner:
        owner.execute("DROP ROLE IF EXISTS carried_blue")
        owner.execute("CREATE ROLE carried_blue LOGIN")
    order = replace(ORDER, plan=Plan("files", role="carried"), home=str(tmp_path))
    carrying = Carrying(order, database.url(), lambda sentence: None)
    as_blue = database.url().replace("verdigris@", "carried_blue@")
    with connecting(as_blue)() as session:
        session.execute("SELECT 1")
        with (
            pytest.raises(ActionError, match="1 session of carried_blue is left, so nothing is contracted"),
            carrying.shut_out(),
        ):
            raise AssertionError("it went on")
    with connecting(as_blue)() as session:
        assert [(1,)] == session.execute("SELECT 1").fetchall()
    with database.connected() as owner:
        eventually_sync(lambda: not sessions_of(owner, "carried_blue"), "the session to end")

    killed(order, database.url())
    with pytest.raises(ActionError, match="not permitted to log in"):
        connecting(as_blue)()
    heir = replace(carrying, order=replace(order, name="the next one", slot="blue"))
    heir.settle()
    with connecting(as_blue)() as session:
        assert [(1,)] == session.execute("SELECT 1").fetchall()

    order.desk().owe("carried_blue", Debt(shut_out=True))
    with database.connected() as owner:
        owner.execute("DROP ROLE carried_blue")
    carrying.settle()
    assert () == order.desk().debtors()


def test_a_contract_that_was_given_up_is_not_taken_up_again():
    given_up = Papers().answered(Question.CONTRACTS, Answer(Proven.DISPROVEN, "it could not be carried out"))
    assert given_up == Carrying(ORDER, "postgresql://nowhere", lambda sentence: None).contracted(given_up)


def test_what_a_step_drops_has_its_stand_in_first_and_only_that_of_the_step(server):
    database = server.create()
    with database.connected() as owner:
        owner.execute("CREATE TABLE orders (id int, total int, note text)")
        owner.execute("INSERT INTO orders VALUES (1, 2, 'a')")
    rows = (("0004", "public", "orders", "total"), ("0005", "public", "orders", "note"))
    carrying = Carrying(ORDER, database.url(), lambda sentence: None)
    for _ in range(2):  # killed behind it, it is begun anew
        carrying.stand_in(Papers(stood=rows), Step("0004"))
    with database.connected() as owner:
        assert [(1, 2, "a", None)] == owner.execute("SELECT * FROM orders").fetchall()
        assert ["public.orders.total"] == [str(stone) for stone in owed(owner)]


LATER = "UPDATE verdigris_schema.tombstones SET due = due - interval '25 hours'"


@pytest.fixture
def buried(server):
    """A database of which a contract has taken a column away."""
    database = server.create()
    with database.connected() as owner:
        owner.execute("CREATE TABLE orders (id int, total int)")
    contract(connecting(database.url()), script("ALTER TABLE orders DROP COLUMN total"))
    return database


def left(database):
    with database.connected() as owner:
        return [str(stone) for stone in owed(owner)]


def aged(database, sql=LATER):
    with database.connected() as owner:
        owner.execute(sql)


def test_what_a_contract_took_away_is_due_a_day_later_and_not_before(buried):
    carrying = Carrying(ORDER, buried.url(), lambda sentence: None)
    day = carrying.due(Papers()) - time.time()
    assert 86_000 < day <= 86_401
    assert ["public.orders.total"] == left(buried)
    assert carrying.dropped(Papers(contracted=True)).due > time.time()
    assert ["public.orders.total"] == left(buried)
    aged(buried)
    assert Papers(contracted=True) == carrying.dropped(Papers(contracted=True, due=1.0))
    assert [] == left(buried)


def test_what_serves_gets_no_other_columns_while_nobody_looks(buried):
    assert 0.0 == Carrying(ORDER, buried.url(), lambda sentence: None).due(Papers(reshaped=True))


def test_what_has_a_stand_in_still_is_not_waited_for(server):
    database = server.create()
    with database.connected() as owner:
        owner.execute("CREATE TABLE orders (id int, total int)")
    carrying = Carrying(ORDER, database.url(), lambda sentence: None)
    carrying.stand_in(Papers(stood=(("0004", "public", "orders", "total"),)), Step("0004"))
    assert 0.0 == carrying.due(Papers())


def test_what_holds_on_to_it_is_told_and_asked_again_in_an_hour(buried):
    (gone,) = gone_names(buried)
    aged(buried, f'CREATE VIEW late AS SELECT "{gone}" FROM orders')
    aged(buried)
    papers = Carrying(ORDER, buried.url(), lambda sentence: None).dropped(Papers(contracted=True, due=1.0))
    assert papers.doing.startswith(
        "what the contract took away is still there, and that is tried again in an hour: "
    )
    assert "late" in papers.doing
    assert AGAIN - 60 < papers.due - time.time() <= AGAIN
    assert ["public.orders.total"] == left(buried)


def gone_names(database):
    with database.connected() as owner:
        return [stone.grave.gone for stone in owed(owner)]
