import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tests.unit.adapters.stores.saves import at
from verdigris.adapters.stores.desk import SqliteDesk
from verdigris.adapters.stores.keeping import Kept
from verdigris.adapters.stores.sql import SqlStore
from verdigris.core.deployment import Answered, Note
from verdigris.core.world import Command, Verb
from verdigris.testing.conformance.examples import example_filed, example_saved
from verdigris.testing.conformance.store_counts import a_second

HOLD = Command(0, Verb.HOLD, "somebody")


async def test_only_the_newest_events_are_kept_and_their_numbers_go_on(
    store: SqlStore, desk: SqliteDesk, sql
):
    await store.save(at(0), None, [Note("note", f"{n}") for n in range(12_000)], (), 1.0)
    assert 11_900 == await store.prune(Kept(events=100))
    assert [f"{n}" for n in range(11_900, 12_000)] == [event.sentence for event in desk.events()]
    assert 100 == await store.prune(Kept(events=0))
    await store.save(at(1), 0, (Note("note", "next"),), (), 1.0)
    assert [12_001] == [event.number for event in desk.events()]
    assert 0 == await store.prune(Kept(events=100))


async def test_the_newest_deployments_of_each_app_are_kept(store: SqlStore, desk: SqliteDesk):
    for app, many in (("api", 5), ("search", 2)):
        for number in range(many):
            one = replace(example_saved(app).deployment, id=f"d-{number}", generation=0)
            await store.save(replace(example_saved(app), deployment=one), None, (), (), 1.0)
    assert 3 == await store.prune(Kept(deployments=2))
    assert ["d-4", "d-3"] == [saved.deployment.id for saved in desk.deployments(app="api")]
    assert 2 == await store.prune(Kept(deployments=0))
    assert ["d-4"] == [saved.deployment.id for saved in desk.deployments(app="api")]
    assert ["d-1"] == [saved.deployment.id for saved in desk.deployments(app="search")]


async def test_what_waits_for_an_answer_is_never_forgotten(store: SqlStore, desk: SqliteDesk):
    answered, waiting = desk.file("api", HOLD), desk.file("api", HOLD)
    await store.save(at(0), None, (), (Answered(answered, True, "held"),), 1.0)
    settled = desk.file_deployment(example_filed())
    await store.settle(replace(example_filed(), id=settled), True, "admitted", "d-1")
    assert 2 == await store.prune(Kept(answered=0))
    assert [waiting] == [command.id for command in await store.commands("api")]
    assert (None, None) == (desk.answer(answered), desk.admission(settled))


async def test_the_room_of_what_was_forgotten_is_given_back(store: SqlStore, path: Path):
    await store.save(at(0), None, [Note("note", "x" * 1000)] * 12_000, (), 1.0)
    before = whole(path)
    await store.prune(Kept(events=100))
    assert whole(path) < before / 10


def whole(path: Path) -> int:
    """Bytes of the file, with all that was only in its journal."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


async def test_what_was_counted_is_kept_of_the_newest_deployments_of_each_app(
    store: SqlStore, desk: SqliteDesk
):
    for app, many in (("api", 4), ("search", 1)):
        for number in range(many):
            one = replace(example_saved(app).deployment, id=f"d-{number}", generation=0)
            await store.save(replace(example_saved(app), deployment=one), None, (), (), 1.0, (a_second(7),))
    assert 2 == await store.prune(Kept(counted=2))
    assert [0, 0, 1, 1] == [len(desk.counts(f"d-{n}", "api")) for n in range(4)]
    assert 1 == len(desk.counts("d-0", "search"))
    assert 3 == await store.prune(Kept(counted=0))
