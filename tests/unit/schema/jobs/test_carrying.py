"""Steps wait for what is in their way, and say so; and who was shut out is let in again, however it ends."""

import multiprocessing
import os
import signal
from dataclasses import replace

import pytest

from tests.unit.schema.jobs.test_order import ORDER
from tests.unit.schema.proof.shop import script
from tests.waiting import eventually_sync
from verdigris.core.errors import ActionError
from verdigris.core.world import Proven
from verdigris.schema.jobs.carrying import CLEAR_WITHIN, Carrying
from verdigris.schema.jobs.debts import Debt
from verdigris.schema.jobs.order import Plan
from verdigris.schema.jobs.papers import Answer, Papers, Question
from verdigris.schema.running.session import connecting
from verdigris.schema.running.sessions import sessions_of
from verdigris.schema.running.tombstone import contract, owed, restore
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
NOW = 1_000.0


@pytest.fixture
def buried(server):
    """A database of which two contracts have taken something away."""
    database = server.create()
    with database.connected() as owner:
        owner.execute("CREATE TABLE orders (id int, total int, note text)")
    for column in ("total", "note"):
        contract(connecting(database.url()), script(f"ALTER TABLE orders DROP COLUMN {column}", name=column))
    return database


def stones(database):
    with database.connected() as owner:
        return owed(owner)


def left(database):
    return [str(stone) for stone in stones(database)]


def run(database, sql=LATER):
    with database.connected() as owner:
        owner.execute(sql)


def dropping(database):
    return Carrying(ORDER, database.url(), lambda sentence: None, wall=lambda: NOW)


def test_what_a_release_took_away_is_dropped_when_it_is_due_and_what_others_took_away_is_theirs(buried):
    mine, _ = stones(buried)
    papers = Papers(contracted=True, buried=(mine.number,), due=NOW)
    assert 86_000 < dropping(buried).dropped(papers).due - NOW <= 86_400
    assert ["public.orders.total", "public.orders.note"] == left(buried)
    run(buried)
    assert replace(papers, due=0.0) == dropping(buried).dropped(papers)
    assert ["public.orders.note"] == left(buried)


def test_what_was_given_back_is_not_dropped(buried):
    numbers = tuple(stone.number for stone in stones(buried))
    restore(connecting(buried.url()))
    papers = Papers(contracted=True, buried=numbers, due=NOW)
    assert replace(papers, due=0.0) == dropping(buried).dropped(papers)
    with buried.connected() as owner:
        assert [] == owner.execute("SELECT total, note FROM orders").fetchall()


def test_what_has_a_stand_in_still_is_not_waited_for(server):
    database = server.create()
    run(database, "CREATE TABLE orders (id int, total int)")
    dropping(database).stand_in(Papers(stood=(("0004", "public", "orders", "total"),)), Step("0004"))
    [stone] = stones(database)
    papers = Papers(contracted=True, buried=(stone.number,), due=NOW)
    run(database)
    assert 0.0 == dropping(database).dropped(papers).due
    assert ["public.orders.total"] == left(database)


def test_what_holds_on_to_it_is_told_and_holds_up_nothing_else(buried):
    first, second = stones(buried)
    run(buried, f'CREATE VIEW late AS SELECT "{first.grave.gone}" FROM orders')
    run(buried)
    papers = Papers(contracted=True, buried=(first.number, second.number), due=NOW)
    with pytest.raises(ActionError, match="public.orders.total cannot be dropped: .*late"):
        dropping(buried).dropped(papers)
    assert ["public.orders.total"] == left(buried)


def test_while_something_is_in_the_way_nothing_is_dropped():
    blocked = Blocked(ORDER, "", lambda sentence: None, Hours())
    blocked.until = 1.0
    with pytest.raises(ActionError, match="an old transaction is open"):
        blocked.dropped(Papers(contracted=True, buried=(1,), due=NOW))
