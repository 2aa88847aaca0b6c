"""Whose results changed under a prepared statement: its sessions are ended, each once, and then it is served again."""

import threading
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest
from psycopg_pool import ConnectionPool

from tests.unit.schema.jobs.test_order import ORDER
from tests.waiting import eventually_sync
from verdigris.core.errors import VerdigrisError
from verdigris.schema.jobs.carrying import Carrying
from verdigris.schema.jobs.debts import Debt
from verdigris.schema.jobs.order import Plan
from verdigris.schema.jobs.papers import Papers
from verdigris.schema.jobs.recycling import Recycling
from verdigris.schema.running.session import connecting

BLUE, GREEN, POOLED = "pooled_blue", "pooled_green", 4
PREPARED = 8
"""Calls of one connection after which psycopg has prepared the statement on the server."""


@pytest.fixture
def place(server18, tmp_path):
    """Production, what a release brings to it, and the role of the slot that serves."""
    database = server18.create()
    with database.connected() as owner:
        for role in (BLUE, GREEN):
            owner.execute(f"DROP ROLE IF EXISTS {role}")
            owner.execute(f"CREATE ROLE {role} LOGIN")
        owner.execute(
            "CREATE TABLE orders (id int PRIMARY KEY, total int); INSERT INTO orders VALUES (1, 10)"
        )
        owner.execute(f"GRANT SELECT ON orders TO {BLUE}")
    (tmp_path / "2" / "migrations").mkdir(parents=True)
    (tmp_path / "2" / "migrations" / "001_note.sql").write_text("ALTER TABLE orders ADD COLUMN note text")
    yield Place(database, tmp_path)
    with database.connected() as owner:
        owner.execute(f"DROP OWNED BY {BLUE}; DROP ROLE {BLUE}, {GREEN}")
    server18.clear()


class Place:
    def __init__(self, database, home):
        self.database, self.home, self.told = database, home, []
        self.as_blue, self.as_green = (
            database.url().replace("verdigris@", f"{role}@") for role in (BLUE, GREEN)
        )
        self.desk = self.order("recycled").desk()

    def bring(self, name, text):
        (self.home / "2" / "migrations" / f"{name}.sql").write_text(text)

    def order(self, shapes):
        plan = Plan("files", role="pooled", shapes=shapes)
        return replace(ORDER, plan=plan, home=str(self.home / "state"), candidate=str(self.home / "2"))

    def expand(self, shapes, papers=None):
        with self.carrying(shapes) as carrying:
            return carrying.expanded(papers or Papers(reshaped=True))

    @contextmanager
    def carrying(self, shapes="recycled", **order):
        order = replace(self.order(shapes), **order)
        with order.desk().at_work():
            order.desk().write(Papers())
            yield Carrying(order, self.database.url(), self.told.append)

    def recycling(self):
        return Recycling(self.order("recycled"), self.database.url(), self.told.append)

    def ask(self, sql):
        with self.database.connected() as owner:
            return owner.execute(sql)


def ended(session):
    with pytest.raises(Exception, match="terminating connection"):
        session.execute("SELECT 1")
    return True


def served_still(session):
    return [(1,)] == session.execute("SELECT 1").fetchall()


@contextmanager
def served(url):
    """Requests through a pool that looks before it lends, in autocommit: which were answered, and which failed."""
    over, answered, failed = threading.Event(), [], []

    def serve():
        while not over.is_set():
            try:
                with pool.connection() as connection:
                    answered.append(connection.execute("SELECT * FROM orders WHERE id = %s", (1,)).fetchone())
            except Exception as error:
                failed.append(error)
            over.wait(0.02)

    options = {"autocommit": True}
    with ConnectionPool(
        url,
        min_size=POOLED,
        max_size=POOLED,
        open=True,
        kwargs=options,
        check=ConnectionPool.check_connection,
    ) as pool:
        pool.wait()
        threads = [threading.Thread(target=serve) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            eventually_sync(lambda: len(answered) > 2 * PREPARED * POOLED, "every connection to prepare it")
            yield answered, failed
        finally:
            over.set()
            for thread in threads:
                thread.join()


def more(answered, failed, than=40):
    """How many of the next requests fail."""
    before, so_far = len(answered) + len(failed), len(failed)
    eventually_sync(lambda: len(answered) + len(failed) > before + than, "more requests")
    return len(failed) - so_far


@pytest.mark.alone
def test_once_its_sessions_are_ended_a_pool_that_looks_fails_no_more(place, figure):
    with served(place.as_blue) as (answered, failed):
        papers = place.expand("recycled")
        during = len(failed)
        assert 0 == more(answered, failed)
    figure(
        f"psycopg 3 in autocommit, {POOLED} sessions recycled: {during} of {len(answered) + during} requests failed"
    )
    assert (1, 10, None) == answered[-1]
    assert () == place.desk.debtors()
    assert [f"{POOLED} sessions of {BLUE} were ended, since its results may have other columns now"] == list(
        papers.notes
    )


@pytest.mark.alone
def test_with_nobody_to_end_them_it_fails_for_ever(place):
    with served(place.as_blue) as (answered, failed):
        papers = place.expand("allowed")
        assert 40 <= more(answered, failed)
    assert "cached plan must not change result type" in str(failed[-1])
    assert () == papers.notes


def test_nobody_is_ended_where_no_result_changed(place):
    with connecting(place.as_blue)() as session:
        place.expand("recycled", Papers())
        assert served_still(session)


def test_they_are_ended_after_the_step_though_a_later_one_fails(place):
    place.bring("002_later", "SELECT 1 / 0")
    seen = []

    def tell(sentence):
        seen.append(sentence)
        if sentence.startswith("002_later.sql is carried out"):
            assert ended(session)

    with connecting(place.as_blue)() as session, place.carrying() as carrying:
        carrying.tell = carrying.recycling.tell = tell
        with pytest.raises(VerdigrisError, match="division by zero"):
            carrying.expanded(Papers(reshaped=True))
    assert any(sentence.startswith("002_later.sql is carried out") for sentence in seen)
    assert () == place.desk.debtors()
    assert f"1 session of {BLUE} was ended" in place.desk.read().notes[0]


def test_after_a_kill_only_those_are_ended_that_were_there_when_the_step_was_over(place):
    with ExitStack() as stack, place.carrying() as carrying:
        before = stack.enter_context(connecting(place.as_blue)())
        since = place.ask("SELECT clock_timestamp()").fetchone()[0].isoformat()
        after = stack.enter_context(connecting(place.as_blue)())
        place.desk.owe(BLUE, Debt(stale=True, since=since))
        carrying.settle()
        assert ended(before)
        assert served_still(after)
        place.desk.owe(BLUE, Debt(stale=True))  # killed in the step: nobody knows whether it was over
        carrying.settle()
        assert ended(after)
    assert () == place.desk.debtors()


def test_a_contract_ends_those_of_what_serves_then_and_so_does_the_drop_a_day_later(place):
    place.ask("ALTER TABLE orders ADD COLUMN old int")
    (place.home / "2" / "migrations" / "001_note.sql").unlink()
    place.bring("003_old.contract", "ALTER TABLE orders DROP COLUMN old")
    with connecting(place.as_green)() as session, place.carrying() as carrying:
        carrying.contracted(Papers(reshaped=True))
        assert ended(session)
    place.ask("UPDATE verdigris_schema.tombstones SET due = now()")
    with place.carrying(plan=Plan("files", role="nobody", shapes="recycled")) as carrying:
        carrying.drop_due("nobody_blue")
    assert "still there: the sessions of nobody_blue are not" in place.told[-1]
    with connecting(place.as_green)() as session, place.carrying(slot="blue") as carrying:
        carrying.expanded(Papers())
        assert ended(session)
    assert ["id", "total"] == [column.name for column in place.ask("SELECT * FROM orders").description]


def test_who_is_in_a_transaction_is_waited_for_with_a_bound_and_left(place):
    recycling = replace(place.recycling(), within=0.5)
    with connecting(place.as_blue)() as session, place.desk.at_work():
        session.execute("BEGIN")
        with recycling.around(BLUE):
            pass
        assert served_still(session)
    assert f"1 session of {BLUE} was never idle and is left" in recycling.notes[0]
