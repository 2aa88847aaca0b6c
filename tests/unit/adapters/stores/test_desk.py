import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from verdigris.adapters.stores.desk import ROWS_MOST, TURNS, SqliteDesk
from verdigris.adapters.stores.pokes import listen
from verdigris.adapters.stores.sql import SqlStore
from verdigris.core.deployment import Note
from verdigris.core.errors import Conflict, ObservationError, StoreUnavailable
from verdigris.core.world import Command, Verb
from verdigris.testing.conformance.examples import example_filed, example_saved
from verdigris.testing.conformance.store_counts import a_second

HOLD = Command(0, Verb.HOLD, "somebody")


# --- before and after there is something to read --------------------------------------------------------------


def test_says_how_to_begin_when_nothing_was_ever_deployed(path: Path):
    desk = SqliteDesk(path)
    assert not desk.ready()
    with pytest.raises(ObservationError, match=r"nothing was ever deployed from .*verdigris deploy"):
        desk.newest()
    with pytest.raises(StoreUnavailable):
        desk.file("api", HOLD)
    assert not path.exists()


def test_an_empty_file_is_not_ready_yet(path: Path):
    path.touch(mode=0o600)
    desk = SqliteDesk(path)
    assert not desk.ready()
    with pytest.raises(ObservationError, match=r"no tables yet.*verdigris up"):
        desk.newest()


def test_is_ready_when_the_controller_has_prepared_the_store(desk: SqliteDesk):
    assert desk.ready()
    assert desk.newest() is None


async def test_reads_and_files_when_no_controller_runs(store: SqlStore, desk: SqliteDesk):
    await store.save(example_saved(), None, (), (), 1.0)
    await store.close()
    assert example_saved() == desk.newest("api")
    number = desk.file("api", HOLD)
    assert [replace(HOLD, id=number)] == list(await store.commands("api"))


def test_a_path_with_signs_that_mean_something_in_an_address_is_a_path(tmp_path: Path):
    path = tmp_path / "100 %41?mode=rwc#x" / "verdigris.db"
    path.parent.mkdir()
    store = SqlStore(path)
    asyncio.run(prepared(store))
    assert SqliteDesk(path).ready()


async def prepared(store: SqlStore) -> None:
    await store.prepare()
    await store.close()


# --- beside the controller ------------------------------------------------------------------------------------


async def test_reads_and_files_while_the_controller_writes(store: SqlStore, desk: SqliteDesk):
    await store.save(example_saved(), None, (), (), 1.0)
    done = asyncio.Event()

    async def write() -> int:
        generation = 0
        while not done.is_set():
            generation += 1
            fresh = replace(example_saved().deployment, generation=generation)
            saved = replace(example_saved(), deployment=fresh)
            await store.save(saved, generation - 1, (Note("note", f"{generation}"),), (), 1.0)
        return generation

    writer = asyncio.create_task(write())
    filed = [await asyncio.to_thread(desk.file, "api", HOLD) for _ in range(20)]
    seen = [len(await asyncio.to_thread(desk.events)) for _ in range(20)]
    done.set()
    assert await writer >= seen[-1] >= seen[0]
    assert filed == [command.id for command in await store.commands("api")]


async def test_filing_pokes_the_controller(store: SqlStore, desk: SqliteDesk, path: Path):
    with listen(path.parent) as receiver:
        desk.file("api", HOLD)
        desk.file_deployment(example_filed())
        assert [b"look", b"look"] == [receiver.recv(100), receiver.recv(100)]


def test_a_lock_that_stays_is_told(desk: SqliteDesk, path: Path, monkeypatch):
    monkeypatch.setattr("verdigris.adapters.stores.desk.BUSY_WITHIN", 0.05)
    holder = desk._open("rw")
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="keeps it locked"):
        desk.file("api", HOLD)
    holder.close()
    assert 1 == desk.file("api", HOLD)


def test_a_damaged_file_is_told_with_the_way_out(desk: SqliteDesk, path: Path):
    path.with_name(f"{path.name}-wal").unlink(missing_ok=True)
    path.write_bytes(b"\x5a" * 8192)
    with pytest.raises(ObservationError, match=r"damaged.*verdigris recover"):
        desk.newest()
    with pytest.raises(StoreUnavailable, match=r"damaged.*verdigris recover"):
        desk.file("api", HOLD)


@pytest.mark.parametrize(("revision", "age"), [("9999", "newer"), ("0000", "older")])
def test_another_schema_is_named(desk: SqliteDesk, sql, revision: str, age: str):
    sql("UPDATE alembic_version SET version_num = ?", revision)
    assert not desk.ready()
    with pytest.raises(Conflict, match=rf"schema {revision} of an? {age} verdigris"):
        desk.newest()


# --- events ---------------------------------------------------------------------------------------------------


async def test_the_last_events_come_in_their_order_too(store: SqlStore, desk: SqliteDesk):
    await store.save(example_saved(), None, [Note("note", f"{n}") for n in range(5)], (), 1.0)
    assert ["3", "4"] == [event.sentence for event in desk.events(limit=2, newest=True)]


async def test_the_events_of_two_apps_are_told_apart(store: SqlStore, desk: SqliteDesk):
    for app in ("api", "search"):
        await store.save(example_saved(app), None, (Note("note", app),), (), 1.0)
    assert ["search"] == [event.sentence for event in desk.events(deployment="d-1", app="search")]
    assert ["api", "search"] == [event.sentence for event in desk.events(deployment="d-1")]


async def test_among_a_hundred_thousand_events_a_question_is_bounded_and_finds_by_index(
    store: SqlStore, desk: SqliteDesk, sql
):
    await questions_are_bounded_and_find_by_index(store, desk, 100_000)


async def questions_are_bounded_and_find_by_index(store: SqlStore, desk: SqliteDesk, events: int):
    notes = [Note("note", f"{n}") for n in range(events)]
    await store.save(example_saved(), None, notes, (), 1.0)
    asked: list[tuple[str, dict[str, object]]] = []
    ask = desk._ask
    desk._ask = lambda question, **values: asked.append((question, values)) or ask(question, **values)  # type: ignore[method-assign]
    assert 1000 == len(desk.events())
    assert [events - 1] == [event.number for event in desk.events(after=events - 2, limit=1)]
    assert [f"{events - 1}"] == [
        event.sentence for event in desk.events(deployment="d-1", app="api", newest=True, limit=1)
    ]
    assert ROWS_MOST == len(desk.events(limit=10**9))
    assert () == desk.turns("d-1", "api")
    assert events - 2 == desk.count("d-1", "api", 1, events)
    for question, values in asked:
        plan = " ".join(str(row[3]) for row in ask(f"EXPLAIN QUERY PLAN {question}", **values))
        assert "SEARCH events" in plan
        assert ("events_that_turn" in plan) is (TURNS in question)
        assert "TEMP B-TREE" not in plan


# --- what it costs --------------------------------------------------------------------------------------------

HEAVY = ("sqlalchemy", "alembic", "aiosqlite", "aiohttp", "asyncio", "greenlet")


async def test_the_way_to_status_imports_nothing_heavy(store: SqlStore, path: Path):
    await store.save(example_saved(), None, (Note("note", "one"),), (), 1.0)
    program = f"""
import sys
from pathlib import Path
from verdigris.adapters.stores.board import FileBoard
from verdigris.adapters.stores.desk import SqliteDesk
from verdigris.adapters.stores.lease import Lease
path = Path({str(path)!r})
assert SqliteDesk(path).newest("api") and SqliteDesk(path).events()
FileBoard(path.parent).read("api")
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)  # noqa: ASYNC221
    assert "[]\n" == ran.stdout


@pytest.mark.parametrize("damage", ["x'00'", "'words'", "NULL || ''", "zeroblob(10)"])
async def test_counts_that_were_damaged_are_said_to_be(store: SqlStore, desk: SqliteDesk, sql, damage):
    await store.save(example_saved(), None, (), (), 1.0, (a_second(7), a_second(8)))
    sql(f"UPDATE counts SET lines = coalesce({damage}, '') WHERE at = 8")
    with pytest.raises(StoreUnavailable, match="counts of a second cannot be understood"):
        desk.counts("d-1", "api")
    assert [7, 8] == [moment for moment, _ in desk.evidence("d-1", "api")]


async def test_a_second_takes_less_room_than_its_lines(store: SqlStore, sql):
    await store.save(example_saved(), None, (), (), 1.0, [a_second(n) for n in range(50)])
    ((most,),) = sql("SELECT max(length(lines)) FROM counts")
    assert most < 400
