"""A store with 1,000,000 events answers what the command line asks as fast as one with 1,000."""

import asyncio
import contextlib
import sqlite3
import time
from dataclasses import replace

import pytest

from verdigris.adapters.stores.desk import SqliteDesk
from verdigris.adapters.stores.sql import SqlStore
from verdigris.testing.conformance.examples import example_saved

pytestmark = pytest.mark.timeout(300)

SMALL, LARGE, OF_EACH = 1_000, 1_000_000, 1_000
ROUNDS = 9
FILL = """
WITH RECURSIVE counted(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n < :events - 1)
INSERT INTO events (wall, app, deployment, generation, phase, kind, sentence, evidence)
SELECT n, 'api', 'd-' || (n / :each), n, 'bake', 'note', 'something was seen', '0 answered 5xx' FROM counted
"""


def test_questions_to_a_store_of_a_million_events(tmp_path, say):
    small, large = (questions(tmp_path / f"{events}.db", events) for events in (SMALL, LARGE))
    how = f"{LARGE:,} events beside {SMALL:,}, {OF_EACH:,} of each deployment; the best of {ROUNDS} in turns"
    for question, ask in large.items():
        took = [(timed(ask), timed(small[question])) for _ in range(ROUNDS)]
        mine, peer = (min(times) * 1e3 for times in zip(*took, strict=True))
        say(f"store: {question}", mine, "ms", "flat", peer=peer, how=how)
    began = time.monotonic()
    gone = asyncio.run(pruned(tmp_path / f"{LARGE}.db"))
    seconds = time.monotonic() - began
    say("store: old events forgotten", gone / seconds, "/s", how=f"{gone:,} of {LARGE:,} events")


def questions(path, events):
    """What the command line asks of a store with so many events."""
    asyncio.run(filled(path, events))
    desk = SqliteDesk(path)
    newest = f"d-{(events - 1) // OF_EACH}"
    return {
        "the events of a deployment": lambda: desk.events(deployment=newest, app="api", limit=10_000),
        "the newest events": lambda: desk.events(newest=True, limit=100),
        "the newest deployments": lambda: desk.deployments(20, "api"),
        "what is new": lambda: desk.events(after=events - 10, deployment=newest, app="api"),
    }


def timed(question):
    began = time.perf_counter()
    assert question()
    return time.perf_counter() - began


async def filled(path, events):
    store = SqlStore(path)
    await store.prepare()
    for number in range(20):
        saved = example_saved()
        fresh = replace(saved.deployment, id=f"d-{number}", generation=0)
        await store.save(replace(saved, deployment=fresh), None, (), (), 1.0)
    await store.close()
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute(FILL, {"events": events, "each": OF_EACH})


async def pruned(path):
    store = SqlStore(path)
    await store.prepare()
    gone = await store.prune()
    await store.close()
    return gone
