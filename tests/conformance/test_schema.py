"""Every tool that moves a schema keeps what one has to keep: the jobs on a real PostgreSQL, and the fake."""

from __future__ import annotations

import random
import signal
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.core.worlds import BLUE, NEW, OLD, a_deployment
from tests.unit.schema.conftest import NEW as NEWEST
from tests.unit.schema.conftest import programs
from tests.waiting import eventually
from verdigris.adapters.schemas.jobs import SchemaJobs, desk_of
from verdigris.core.world import Proven
from verdigris.schema.jobs.order import DATABASE_URL, SHADOW_URL, Plan
from verdigris.schema.running.sessions import sessions_of
from verdigris.schema.shadow.database import Database, client
from verdigris.schema.shadow.embedded import embedded
from verdigris.schema.shadow.production import reading
from verdigris.testing.changes import KEPT, Asked, Change, Production
from verdigris.testing.chaos import Chaos
from verdigris.testing.conformance.claims import moment
from verdigris.testing.conformance.schema import CHECKS
from verdigris.testing.fake_schema import FakeSchema
from verdigris.testing.fakes import FakeClock
from verdigris.testing.host import Host

# --- on a real PostgreSQL -------------------------------------------------------------------------------------

BASE = """
CREATE TABLE orders (id int PRIMARY KEY, total int NOT NULL); INSERT INTO orders VALUES (1, 10);
GRANT ALL ON orders TO orders
"""
MIGRATIONS = {
    "001_amount.expand.sql": "ALTER TABLE orders ADD COLUMN amount int, ALTER COLUMN total DROP NOT NULL",
    "002_total.contract.sql": "ALTER TABLE orders DROP COLUMN total",
}
SENDS = {"1": "SELECT total FROM orders WHERE id = $1", "2": "SELECT amount FROM orders WHERE id = $1"}
ROLES = "CREATE ROLE orders; CREATE ROLE orders_blue IN ROLE orders; CREATE ROLE orders_green IN ROLE orders"
NOWHERE = "postgresql://owner@/orders?host=/nowhere"


class Later:
    """Slower than the machine's time, for starting a job takes long on a busy one; and what was added to it."""

    def __init__(self):
        self.added, self.days = 0.0, 0

    def now(self):
        return time.monotonic() / 10 + self.added

    def wall(self):
        return time.time() + self.days * 90_000.0


class Real:
    """Production and the shadow are servers of their own, and jobs are real processes."""

    def __init__(self, place: Path, production: Database, shadow: Database):
        self.clock, self.production_at = Later(), production
        self.urls = {DATABASE_URL: production.url(), SHADOW_URL: shadow.url()}
        self.home, self.session, self.held = place / "schema", None, None
        for name, sql in SENDS.items():
            (place / name / "migrations").mkdir(parents=True)
            (place / name / "statements.jsonl").write_text(f'{{"sql": "{sql}", "params": [1]}}\n')
        for name, sql in MIGRATIONS.items():
            (place / "2" / "migrations" / name).write_text(sql)
        d = a_deployment("preflight")
        self.d = replace(
            d,
            release=replace(d.release, directory=str(place / "2")),
            previous=replace(d.previous, directory=str(place / "1")),
        )
        self.tool = self.new_tool()

    def new_tool(self):
        plan = Plan("files", role="orders", statements="statements.jsonl")
        return SchemaJobs(plan, self.home, lambda: self.urls, self.sessions, self.clock)

    def sessions(self, url, role):
        with reading(url) as connection:
            return len(sessions_of(connection, role))

    def production(self):
        with self.production_at.connected() as connection:
            names = "SELECT attname FROM pg_attribute WHERE attrelid = 'orders'::regclass"
            found = {name for (name,) in connection.execute(names).fetchall()}
        return "amount" in found, "total" not in found

    async def pause(self):
        await moment()

    async def another_controller(self):
        self.tool = self.new_tool()

    async def stand_still(self):
        await eventually(lambda: desk_of(self.home, self.d).busy(), "the job to be at work")
        self.held = self.tool._job
        self.held.send_signal(signal.SIGSTOP)

    async def go_on(self):
        self.held.send_signal(signal.SIGCONT)

    async def kill(self):
        self.held.kill()
        self.held.wait(30)

    async def fail(self):
        self.there, self.urls = self.urls, {**self.urls, DATABASE_URL: NOWHERE}

    async def mend(self):
        self.urls = self.there

    async def later(self):
        """A job that has said why it failed is ending still."""
        await eventually(
            lambda: self.tool._job is None or self.tool._job.poll() is not None, "the job to end"
        )
        self.clock.added += 100.0

    async def come(self):
        where = dict(self.production_at.where) | {"user": "orders_blue"}
        self.session = client().connect(**where, dbname=self.production_at.name)

    async def leave(self):
        self.session.close()

        async def gone():
            return not self.sessions(self.urls[DATABASE_URL], "orders_blue")

        await eventually(gone, "the session to be gone")

    async def a_day(self):
        await self.later()
        self.clock.days += 1
        self.run("UPDATE verdigris_schema.tombstones SET due = due - interval '25 hours'")

    def kept(self):
        with self.production_at.connected() as connection:
            left = "SELECT count(*) FROM verdigris_schema.tombstones WHERE ended IS NULL"
            return connection.execute(left).fetchone()[0] > 0

    async def forbid(self):
        self.run("ALTER ROLE orders_blue SUPERUSER")

    def run(self, sql):
        with self.production_at.connected() as connection:
            connection.execute(sql)

    def close(self):
        if self.session is not None:
            self.session.close()
        for job in (self.tool._job, self.held):
            if job is not None:
                job.wait(60)


@pytest.fixture(scope="module")
def servers():
    with embedded(programs(NEWEST)) as production, embedded(programs(NEWEST)) as shadow:
        with production.create().connected() as connection:
            connection.execute(ROLES)
        yield production, shadow


@asynccontextmanager
async def jobs(place, request):
    production, shadow = request.getfixturevalue("servers")
    database = production.create()
    scene = Real(place, database, shadow.create())
    scene.run("ALTER ROLE orders_blue LOGIN NOSUPERUSER")
    scene.run(BASE)
    try:
        yield scene
    finally:
        scene.close()
        production.clear()
        shadow.clear()


# --- simulated ------------------------------------------------------------------------------------------------


class Simulated:
    """A job takes two seconds of a time that passes in pauses."""

    def __init__(self):
        self.host, self.d = Host(random.Random(1)), a_deployment("preflight")
        self.clock, self.change = FakeClock(self.host), Change(seconds=2.0)
        self.host.production = Production(
            changes={OLD.digest: Change(expanded=True, contracted=True), NEW.digest: self.change},
            papers={("d-99", NEW.digest): Asked(), (self.d.id, NEW.digest): Asked()},
        )
        self.tool = FakeSchema(self.host, Chaos(random.Random(1)))

    def production(self):
        return self.change.expanded, self.change.contracted

    async def pause(self):
        self.host.advance(0.25)

    async def another_controller(self):
        self.tool = FakeSchema(self.host, Chaos(random.Random(1)))

    async def stand_still(self):
        self.host.job.until += 1000.0

    async def go_on(self):
        self.host.job.until = self.host.now

    async def kill(self):
        self.host.job = None

    async def fail(self):
        self.change.fails = dict.fromkeys(("prove", "expand", "contract"), 1000)

    async def mend(self):
        self.change.fails = {}

    async def later(self):
        self.host.advance(100.0)

    async def come(self):
        self.host.visits[BLUE] = [(0.0, 1e9)]

    async def leave(self):
        self.host.visits[BLUE] = []

    async def a_day(self):
        self.host.advance(KEPT)

    def kept(self):
        return bool(self.host.production.kept())

    async def forbid(self):
        self.change.hopeless = True


@asynccontextmanager
async def fake(place, request):
    yield Simulated()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("make", [fake, jobs], ids=lambda make: make.__name__)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_a_tool_keeps_that(check, make, tmp_path, request):
    async with make(tmp_path, request) as scene:
        await check(scene)


class Careless(FakeSchema):
    """It contracts whoever is connected."""

    def somebody_left(self, d):
        return False


class Forgetful(FakeSchema):
    """It asks once for a release, however often that is deployed."""

    def papers(self, d):
        return super().papers(replace(d, id="d-1"))


class Greedy(FakeSchema):
    """It takes away what it should only add to."""

    def widens(self, d):
        self.narrows(d)
        return super().widens(d)


class Hasty(FakeSchema):
    """It keeps nothing of what a contract takes away."""

    def narrowed(self, d):
        super().narrowed(d)
        for change in self.host.production.kept():
            change.dropped = True


class Blind(FakeSchema):
    """It takes what it has not proven for proven."""

    async def observe(self, d):
        state = await super().observe(d)
        return replace(state, value=replace(state.value, contracts=Proven.PROVEN))


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        (Careless, "a_contract_is_held_up_by_who_is_left_and_given_up_where_it_cannot_be"),
        (Forgetful, "a_release_that_is_deployed_again_is_asked_anew"),
        (Greedy, "each_phase_has_its_own_question_and_its_own_deed"),
        (Hasty, "what_a_contract_took_away_is_dropped_when_it_has_had_its_day"),
        (Blind, "nothing_is_known_before_anybody_asks"),
    ],
)
async def test_the_suite_finds_a_tool_that_is_none(kind, found):
    check = next(check for check in CHECKS if check.__name__ == found)
    scene = Simulated()
    scene.tool = kind(scene.host, Chaos(random.Random(1)))
    with pytest.raises(AssertionError):
        await check(scene)
