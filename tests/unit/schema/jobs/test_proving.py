"""The proofs of a deployment, on production that is a real server: answered by a job of its own, and carried out."""

import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from dataclasses import replace

import pytest

from tests.unit.schema.conftest import NEW as NEWEST
from tests.unit.schema.conftest import programs
from verdigris.core.errors import ActionError
from verdigris.core.world import Proven
from verdigris.schema.jobs.debts import Debt
from verdigris.schema.jobs.order import DATABASE_URL, SHADOW_URL, Deed, Order, Plan
from verdigris.schema.jobs.papers import Papers, Question
from verdigris.schema.jobs.proving import Proving
from verdigris.schema.running.drops import Drop
from verdigris.schema.running.session import connecting
from verdigris.schema.running.stand_ins import stand_in
from verdigris.schema.running.tombstone import KEEP
from verdigris.schema.running.words import Name
from verdigris.schema.shadow import embedded as starting
from verdigris.schema.sources.stat_statements import observe
from verdigris.schema.tools.scripts import Scripts

BASE = (
    "CREATE TABLE orders (id int PRIMARY KEY, total int NOT NULL); INSERT INTO orders VALUES (1, 10), (2, 20)"
)
EXPAND = """
-- sync: orders total amount
ALTER TABLE orders ADD COLUMN amount int, ALTER COLUMN total DROP NOT NULL
"""
BACKFILL = "UPDATE orders SET amount = total WHERE amount IS NULL AND {batch}"
CONTRACT = "ALTER TABLE orders DROP COLUMN total"
OLD = '{"sql": "SELECT total FROM orders WHERE id = $1", "params": [1]}\n'
NEW = '{"sql": "SELECT amount FROM orders WHERE id = $1", "params": [1]}\n'


class Ground:
    """Production, and two releases that say what they send."""

    def __init__(self, database, home):
        self.database, self.home = database, home
        for name, said in (("1", OLD), ("2", NEW)):
            (home / name / "migrations").mkdir(parents=True)
            (home / name / "statements.jsonl").write_text(said)
        self.order = Order(
            Deed.PROVE, Plan("files", statements="statements.jsonl"), str(home / "state"), "abc",
            str(home / "2"), str(home / "1"), "green",
        )  # fmt: skip

    def bring(self, **files):
        for name, text in files.items():
            (self.home / "2" / "migrations" / f"{name.replace('__', '.')}.sql").write_text(text)

    def job(self, deed=Deed.PROVE, question=Question.KEEPS):
        """One job, as the controller begins it, and what its papers say then."""
        done = subprocess.run(
            [sys.executable, "-m", "verdigris.schema.jobs"],
            input=replace(self.order, deed=deed, question=question).text(),
            text=True, capture_output=True, timeout=100, check=False,
            env={**os.environ, DATABASE_URL: self.database.url(), SHADOW_URL: ""},
        )  # fmt: skip
        assert "" == done.stderr
        return self.order.desk().read()

    def ask(self, sql):
        with self.database.connected() as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def ground(server18, tmp_path):
    database = server18.create()
    with database.connected() as connection:
        connection.execute(BASE)
    yield Ground(database, tmp_path)
    server18.clear()


def test_a_release_comes_along_from_the_first_proof_to_the_contract(ground):
    ground.bring(
        **{"001_amount__expand": EXPAND, "002_amount__backfill": BACKFILL, "003_total__contract": CONTRACT}
    )
    papers = ground.job()
    assert (Proven.PROVEN, False, False) == (
        papers.outcome(Question.KEEPS),
        papers.expanded,
        papers.contracted,
    )
    assert ("003_total.contract.sql",) == papers.owed
    papers = ground.job(Deed.EXPAND)
    assert papers.expanded
    assert [(1, 10, 10), (2, 20, 20)] == ground.ask("SELECT * FROM orders ORDER BY id")
    ground.ask("INSERT INTO orders (id, total) VALUES (3, 30) RETURNING id")
    assert [(30,)] == ground.ask("SELECT amount FROM orders WHERE id = 3")
    papers = ground.job(question=Question.SERVES)
    assert Proven.PROVEN is papers.outcome(Question.SERVES), papers.sentence()
    assert Proven.PROVEN is ground.job(question=Question.CONTRACTS).outcome(Question.CONTRACTS)
    papers = ground.job(Deed.CONTRACT)
    assert papers.contracted
    assert (1, True) == (len(papers.buried), papers.due > 0)
    assert ground.job(Deed.DROP).due > 0, "it is kept for its day"
    assert [(1, 10), (2, 20), (3, 30)] == ground.ask("SELECT id, amount FROM orders ORDER BY id")
    with pytest.raises(Exception, match='"total" does not exist'):
        ground.ask("SELECT total FROM orders")
    assert () == Scripts(ground.home / "2" / "migrations").pending(ground.database.url())


def test_what_breaks_live_is_told_with_the_statement_that_would_have_failed(ground):
    ground.bring(**{"001_rename": "ALTER TABLE orders RENAME COLUMN total TO amount"})
    papers = ground.job()
    assert Proven.DISPROVEN is papers.outcome(Question.KEEPS)
    assert "001_rename.sql expands and contracts at once" in papers.sentence()


def test_what_the_candidate_needs_and_nobody_brings_is_found(ground):
    ground.bring(**{"001_note__expand": "ALTER TABLE orders ADD COLUMN note text"})
    ground.job()
    ground.job(Deed.EXPAND)
    papers = ground.job(question=Question.SERVES)
    assert Proven.DISPROVEN is papers.outcome(Question.SERVES)
    assert "42703" in papers.sentence()


def test_a_release_that_changes_nothing_is_asked_whether_it_is_served_all_the_same(ground):
    papers = ground.job()
    assert (Proven.PROVEN, True, True) == (papers.outcome(Question.KEEPS), papers.expanded, papers.contracted)
    papers = ground.job(question=Question.SERVES)
    assert Proven.DISPROVEN is papers.outcome(Question.SERVES)
    assert "42703" in papers.sentence()


def test_of_one_that_changes_nothing_and_says_nothing_no_more_is_asked(ground):
    (ground.home / "2" / "statements.jsonl").unlink()
    ground.job()
    assert Proven.PROVEN is ground.job(question=Question.SERVES).outcome(Question.SERVES)


def test_a_first_release_may_have_any_history(ground):
    ground.bring(**{"001_total": "ALTER TABLE orders RENAME COLUMN total TO amount"})
    ground.order = replace(ground.order, previous="")
    papers = ground.job()
    assert (Proven.PROVEN, False, True) == (
        papers.outcome(Question.KEEPS),
        papers.expanded,
        papers.contracted,
    )
    assert ground.job(Deed.EXPAND).expanded
    assert Proven.PROVEN is ground.job(question=Question.SERVES).outcome(Question.SERVES)


def test_a_contract_that_cannot_be_carried_out_is_given_up_and_stays_owed(ground):
    ground.bring(**{"003_total__contract": "ALTER TABLE orders DROP COLUMN total CASCADE"})
    ground.job()
    papers = ground.job(Deed.CONTRACT)
    assert (Proven.DISPROVEN, False) == (papers.outcome(Question.CONTRACTS), papers.contracted)
    assert "it could not be carried out" in papers.sentence()
    # One that was killed may have left a role shut out: the next job lets it in, whatever it is for.
    with ground.database.connected() as owner:
        owner.execute("CREATE ROLE left_out NOLOGIN")
        ground.order.desk().owe("left_out", Debt(shut_out=True))
        assert papers == ground.job(Deed.CONTRACT)
        assert [(True,)] == ground.ask("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'left_out'")
        owner.execute("DROP ROLE left_out")


def test_production_that_does_not_answer_is_asked_again(ground):
    ground.bring(**{"001_note": "ALTER TABLE orders ADD COLUMN note text"})
    ground.database = type(ground.database)((("host", "/nowhere"),), "nothing")
    papers = ground.job()
    assert Proven.OWED is papers.outcome(Question.KEEPS)
    assert papers.doing.startswith("prove failed and is tried again: ")


STAR = '{"sql": "SELECT * FROM orders WHERE id = $1", "params": [1]}\n'


def test_a_column_more_under_what_serves_is_refused_until_somebody_takes_care_of_it(ground):
    (ground.home / "1" / "statements.jsonl").write_text(STAR)
    ground.bring(**{"001_note__expand": "ALTER TABLE orders ADD COLUMN note text"})
    papers = ground.job()
    assert (Proven.DISPROVEN, True) == (papers.outcome(Question.KEEPS), papers.reshaped)
    assert (
        "`SELECT * FROM orders WHERE id = $1`: column note text is new. Name its columns" in papers.sentence()
    )
    plan = replace(ground.order.plan, shapes="allowed")
    ground.order = replace(ground.order, plan=plan, name="other")
    papers = ground.job()
    assert Proven.PROVEN is papers.outcome(Question.KEEPS)
    assert "`SELECT * FROM orders WHERE id = $1`: column note text is new" in papers.notes


def test_other_columns_under_what_serves_are_refused_before_the_contract_too(ground):
    (ground.home / "2" / "statements.jsonl").write_text(STAR)
    ground.bring(**{"001_total__contract": "ALTER TABLE orders DROP COLUMN total"})
    papers = ground.job(question=Question.CONTRACTS)
    assert (Proven.DISPROVEN, True) == (papers.outcome(Question.CONTRACTS), papers.reshaped)
    assert papers.sentence().startswith(
        "1 statement of the new release gets other result columns on the contracted schema, and fails where it was "
        "prepared on the server: `SELECT * FROM orders WHERE id = $1`: column total is gone. Name its columns"
    )
    ground.order = replace(ground.order, plan=replace(ground.order.plan, shapes="recycled"), name="other")
    sentence = ground.job(question=Question.CONTRACTS).sentence()
    assert (
        "recycled ends the sessions of its role, which nobody knows: name the application's role" in sentence
    )


def test_the_contract_goes_by_what_was_sent_since_the_candidate_was_found_good(tmp_path):
    """The release that is kept in the slot may go on for a while after preflight: what it sends is not its heir's."""
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(starting.SETTINGS, "shared_preload_libraries", "pg_stat_statements")
            server = stack.enter_context(starting.embedded(programs(NEWEST)))
        database = server.create()
        with database.connected() as owner:
            owner.execute(BASE)
            owner.execute("CREATE EXTENSION pg_stat_statements; CREATE ROLE api_blue; CREATE ROLE api_green")
            owner.execute("GRANT SELECT ON orders TO api_blue, api_green")
        ground = Ground(database, tmp_path)
        order = replace(ground.order, plan=Plan("files", role="api", statements="statements.jsonl"))
        (tmp_path / "2" / "statements.jsonl").write_text(OLD)

        def green_sends(sql):
            with database.connected("api_green") as green:
                green.execute(sql)

        def since_marks():
            found = observe(database.url(), "api_green", order.desk().marks("api_green"))
            return [statement.sql for statement in found.recording.statements]

        def asked(question, papers):
            return Proving(replace(order, question=question), database.url(), "", lambda said: None).answered(
                papers
            )

        with order.desk().at_work():
            papers = asked(Question.KEEPS, Papers())
            green_sends("SELECT count(*) FROM orders")
            assert ["SELECT count(*) FROM orders"] == since_marks()
            unwritten = order.desk().home / f"api_green.marks.{threading.get_ident()}.part"
            unwritten.mkdir()
            with pytest.raises(ActionError, match="api_green.marks cannot be written"):
                asked(Question.SERVES, papers)
            unwritten.rmdir()
            assert Proven.PROVEN is order.desk().read().outcome(Question.SERVES)
            assert ["SELECT count(*) FROM orders"] == since_marks()
            papers = asked(Question.SERVES, papers)
            assert [] == since_marks()
            green_sends("SELECT max(id) FROM orders")
            assert ["SELECT max(id) FROM orders"] == since_marks()
        assert Proven.PROVEN is papers.outcome(Question.SERVES), papers.sentence()


def test_what_is_other_on_the_shadow_and_what_lets_users_wait_is_kept(ground):
    ground.bring(
        **{"001_token__expand": "ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid()"}
    )
    with ground.database.connected() as owner:
        owner.execute("INSERT INTO orders SELECT n, n FROM generate_series(10, 400000) AS n")
    papers = ground.job()
    assert any("no role was named" in note for note in papers.notes), papers.notes
    (hazard,) = papers.hazards
    assert hazard.startswith("001_token.expand.sql: `ALTER TABLE orders ADD COLUMN token uuid")
    assert "ACCESS EXCLUSIVE on orders while orders is written anew" in hazard
    assert "Instead: add the column without the default" in hazard
    assert Proven.PROVEN is papers.outcome(Question.KEEPS), papers.sentence()


def test_a_contract_that_lets_users_wait_is_told_too(ground):
    ground.bring(
        **{
            "001_note__expand": "ALTER TABLE orders ADD COLUMN amount int",
            "002_total__contract": "ALTER TABLE orders ALTER total TYPE smallint",
        }
    )
    with ground.database.connected() as owner:
        owner.execute("INSERT INTO orders SELECT n, 1 FROM generate_series(10, 400000) AS n")
    ground.job()
    ground.job(Deed.EXPAND)
    (hazard,) = ground.job(question=Question.CONTRACTS).hazards
    assert hazard.startswith(
        "002_total.contract.sql: `ALTER TABLE orders ALTER total TYPE smallint`: ACCESS EXCL"
    )


def test_a_release_does_not_begin_on_a_stand_in_that_a_contract_has_left(ground):
    ground.bring(**{"001_note__expand": "ALTER TABLE orders ADD COLUMN note text"})
    stand_in(connecting(ground.database.url()), [Drop(Name("public", "orders"), "total")], KEEP)
    papers = ground.job()
    assert Proven.DISPROVEN is papers.outcome(Question.KEEPS)
    assert papers.sentence().startswith(
        "public.orders.total: a contract was to drop it and has not come to its end"
    )
