# ruff: noqa: ASYNC240 - a look at a file holds up nobody in a test

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from tests.waiting import eventually_sync
from verdigris import __version__
from verdigris.adapters.stores.desk import SqliteDesk
from verdigris.adapters.stores.files import DATABASE
from verdigris.adapters.stores.sql import SqlStore
from verdigris.adapters.stores.tables import METADATA
from verdigris.core.deployment import Note
from verdigris.core.errors import Conflict, Refused, StoreUnavailable
from verdigris.core.world import Command, Verb
from verdigris.ports import Saved
from verdigris.testing.conformance.examples import example_filed, example_saved

HERE = Path(__file__).parent
BULKY = (Note("note", "much", "x" * 15_000),) * 4


def at(generation: int, saved: Saved | None = None) -> Saved:
    saved = saved or example_saved()
    return replace(saved, deployment=replace(saved.deployment, generation=generation))


async def write_until_it_fails(store: SqlStore) -> tuple[int, StoreUnavailable]:
    """The last generation that was acknowledged, and why the next one was not."""
    for generation in range(1, 2000):
        try:
            await store.save(at(generation), generation - 1, BULKY, (), 1.0)
        except StoreUnavailable as error:
            return generation - 1, error
    raise AssertionError("nothing ever failed")


async def run(store: SqlStore, pragma: str) -> None:
    """Set something on the one connection of the store."""
    async with store._reads.connect() as connection:
        await connection.execute(text(f"PRAGMA {pragma}"))


# --- the file -------------------------------------------------------------------------------------------------


async def test_the_files_are_private_whatever_the_umask(path: Path):
    before = os.umask(0)
    try:
        store = SqlStore(path)
        await store.prepare()
        await store.save(at(0), None, (), (), 1.0)
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    finally:
        os.umask(before)
        await store.close()
    assert {DATABASE: 0o600, f"{DATABASE}-wal": 0o600, f"{DATABASE}-shm": 0o600} == modes


async def test_a_file_that_others_may_open_is_refused(path: Path):
    path.touch(mode=0o600)
    path.chmod(0o644)
    with pytest.raises(Refused, match=r"open to others .*chmod 600"):
        await SqlStore(path).prepare()


async def test_a_link_is_not_followed(path: Path, tmp_path: Path):
    (tmp_path / "elsewhere").touch(mode=0o600)
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreUnavailable):
        await SqlStore(path).prepare()
    assert b"" == (tmp_path / "elsewhere").read_bytes()


async def test_every_write_is_synced_and_journalled(store: SqlStore):
    async with store._reads.connect() as connection:
        found = [
            (await connection.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "synchronous")
        ]
    assert ["wal", 2] == found


async def test_preparing_again_changes_nothing(store: SqlStore, path: Path):
    await store.save(at(0), None, (), (), 1.0)
    again = SqlStore(path)
    await again.prepare()
    assert at(0) == await again.load("api")
    await again.close()


async def test_nothing_is_made_by_a_store_that_was_not_prepared(path: Path):
    with pytest.raises(StoreUnavailable, match=r"it is gone.*verdigris recover"):
        await SqlStore(path).load("api")
    assert not path.exists()


@pytest.mark.parametrize("gone", ["removed", "replaced"])
async def test_a_file_that_went_away_is_noticed_before_anything_is_written(
    store: SqlStore, path: Path, gone: str
):
    await store.save(at(0), None, (), (), 1.0)
    path.rename(path.with_suffix(".away"))
    if gone == "replaced":
        shutil.copy(path.with_suffix(".away"), path)
    with pytest.raises(StoreUnavailable, match="gone" if gone == "removed" else "replaced"):
        await store.save(at(1), 0, (), (), 1.0)


# --- schemas --------------------------------------------------------------------------------------------------


def test_the_migrations_make_the_tables_that_the_code_knows(store: SqlStore, path: Path):
    engine = create_engine(f"sqlite:///{path}")
    with closing(engine.connect()) as connection:
        assert [] == compare_metadata(MigrationContext.configure(connection), METADATA)
    engine.dispose()


@pytest.mark.parametrize("fixture", sorted((HERE / "fixtures").glob("*.sql")), ids=lambda p: p.stem)
async def test_a_deployment_of_every_earlier_schema_goes_on(fixture: Path, path: Path):
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(fixture.read_text())
    path.chmod(0o600)
    store, desk = SqlStore(path), SqliteDesk(path)
    await store.prepare()
    saved = await store.load("api")
    assert saved is not None
    assert ("d-2", "bake", 7) == (saved.deployment.id, saved.deployment.phase, saved.deployment.generation)
    assert [Verb.HOLD] == [command.verb for command in await store.commands("api")]
    assert ["key-3"] == [filed.key for filed in await store.filed("api")]
    await store.save(at(8, saved), 7, (Note("phase", "on"),), (), 2.0)
    assert ["bake", "on"] == [event.sentence for event in desk.events()]
    await store.close()


async def test_a_newer_schema_is_refused_and_left_as_it_is(store: SqlStore, path: Path, sql):
    await store.close()
    sql("UPDATE alembic_version SET version_num = '9999'")
    sql("UPDATE meta SET value = '9.9.9'")
    before = path.read_bytes()
    older = SqlStore(path)
    with pytest.raises(
        Conflict, match=rf"written by verdigris 9\.9\.9 \(schema 9999, this is verdigris {__version__}"
    ):
        await older.prepare()
    await older.close()
    assert before == path.read_bytes()


async def test_a_row_of_a_newer_format_is_shown_and_never_overwritten(store: SqlStore, desk: SqliteDesk, sql):
    await store.save(at(0), None, (), (), 1.0)
    sql("UPDATE deployments SET data = json_set(data, '$.format', 99, '$.mood', 'blue')")
    seen = await store.load("api")
    assert seen is not None
    assert seen == desk.newest("api")
    with pytest.raises(Conflict, match="newer verdigris"):
        await store.save(at(1, seen), 0, (), (), 1.0)
    assert [("blue", 0)] == sql("SELECT json_extract(data, '$.mood'), generation FROM deployments")


@pytest.mark.parametrize("harm", ["cut", "garbage", "page"])
async def test_a_damaged_file_is_refused_with_the_way_out(store: SqlStore, path: Path, sql, harm: str):
    await store.save(at(0), None, BULKY, (), 1.0)
    ((page,),) = sql("SELECT rootpage FROM sqlite_schema WHERE name = 'events_of_deployment'")
    await store.close()
    sound = path.read_bytes()
    if harm == "cut":
        path.write_bytes(sound[: len(sound) // 2])
    elif harm == "garbage":
        path.write_bytes(b"\x5a" * len(sound))
    else:
        path.write_bytes(sound[: (page - 1) * 4096] + b"\x5a" * 4096 + sound[page * 4096 :])
    damaged = SqlStore(path)
    with pytest.raises(StoreUnavailable, match=r"damaged.*verdigris recover"):
        await damaged.prepare()
    await damaged.close()


# --- what a disk does -----------------------------------------------------------------------------------------


async def test_a_full_database_loses_nothing_and_works_again_with_room(store: SqlStore, sql):
    await store.save(at(0), None, (), (), 1.0)
    await run(store, "max_page_count=60")
    last, error = await write_until_it_fails(store)
    assert "the disk is full" in str(error)
    assert at(last) == await store.load("api")
    assert [(len(BULKY) * last,)] == sql("SELECT count(*) FROM events")
    await run(store, "max_page_count=100000")
    await store.save(at(last + 1), last, BULKY, (), 1.0)
    assert at(last + 1) == await store.load("api")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "verdigris-test", place], check=True)
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.mark.needs_root
async def test_a_full_disk_loses_nothing_and_works_again_with_room(small_disk: Path):
    store = SqlStore(small_disk / DATABASE)
    await store.prepare()
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(300_000))
    await store.save(at(0), None, (), (), 1.0)
    last, error = await write_until_it_fails(store)
    assert last > 0
    assert "the disk is full" in str(error)
    assert at(last) == await store.load("api")
    with pytest.raises(StoreUnavailable, match="the disk is full"):
        await store.save(at(last + 1), last, BULKY, (), 1.0)
    ballast.unlink()
    await store.save(at(last + 1), last, BULKY, (), 1.0)
    await store.close()
    fresh = SqlStore(small_disk / DATABASE)
    await fresh.prepare()
    assert at(last + 1) == await fresh.load("api")
    await fresh.close()


async def test_a_store_that_may_not_be_written_still_reads(store: SqlStore):
    await store.save(at(0), None, (), (), 1.0)
    await run(store, "query_only=1")
    with pytest.raises(StoreUnavailable, match="may not be written"):
        await store.save(at(1), 0, (), (), 1.0)
    assert at(0) == await store.load("api")
    await run(store, "query_only=0")
    await store.save(at(1), 0, (), (), 1.0)


async def test_a_lock_of_somebody_else_costs_a_tick_and_no_more(store: SqlStore, path: Path):
    await store.save(at(0), None, (), (), 1.0)
    with closing(sqlite3.connect(path, isolation_level=None)) as backup:
        backup.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="keeps it locked"):
            await store.save(at(1), 0, (), (), 1.0)
        assert at(0) == await store.load("api")
    await store.save(at(1), 0, (), (), 1.0)


async def test_a_save_that_is_given_up_while_it_waits_for_a_lock_leaves_no_lock_behind(store: SqlStore, path: Path):
    await store.save(at(0), None, (), (), 1.0)
    with closing(sqlite3.connect(path, isolation_level=None)) as backup:
        backup.execute("BEGIN IMMEDIATE")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(store.save(at(1), 0, (), (), 1.0), 0.1)
    loaded = await store.load("api")
    assert loaded is not None
    generation = loaded.deployment.generation
    await store.save(at(generation + 1), generation, (), (), 1.0)


async def test_a_save_that_nobody_waits_for_any_more_is_done_or_not(store: SqlStore):
    await store.save(at(0), None, (), (), 1.0)
    generation = 0
    for turns in range(40):
        task = asyncio.create_task(store.save(at(generation + 1), generation, BULKY, (), 1.0))
        for _ in range(turns):
            await asyncio.sleep(0)  # noqa: TID251 - a turn of the loop, not a wait
        task.cancel()
        await asyncio.wait([task])
        loaded = await store.load("api")
        assert loaded is not None
        assert loaded.deployment.generation in (generation, generation + 1)
        generation = loaded.deployment.generation
    await store.save(at(generation + 1), generation, (), (), 1.0)


def start_writer(path: Path, *before: str) -> subprocess.Popen[str]:
    command = [*before, sys.executable, HERE / "writer.py", path]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


async def test_a_writer_that_is_killed_leaves_all_of_a_save_or_nothing(store: SqlStore, path: Path, sql):
    await store.save(at(0), None, (), (), 1.0)
    await store.close()
    for moment in (1, 4, 23):
        with start_writer(path) as writer:
            assert writer.stdout
            said = [int(writer.stdout.readline()) for _ in range(moment)]
            writer.kill()
            said += [int(line) for line in writer.stdout if line.endswith("\n")]
        fresh = SqlStore(path)
        await fresh.prepare()
        loaded = await fresh.load("api")
        await fresh.close()
        assert loaded is not None
        generation = loaded.deployment.generation
        assert generation in (said[-1], said[-1] + 1)
        assert [(2 * generation,)] == sql("SELECT count(*) FROM events")


async def test_a_disk_that_cannot_sync_is_told_and_nothing_is_half_written(store: SqlStore, path: Path, sql):
    await store.save(at(0), None, (), (), 1.0)
    await store.close()
    strace = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=fdatasync:error=EIO:when=6+")
    with start_writer(path, *strace) as writer:
        said, _ = writer.communicate(timeout=60)
    *acknowledged, last = said.splitlines()
    assert "the disk answers with an error" in last
    fresh = SqlStore(path)
    await fresh.prepare()
    loaded = await fresh.load("api")
    await fresh.close()
    assert loaded is not None
    generation = loaded.deployment.generation
    assert generation in (int(acknowledged[-1]), int(acknowledged[-1]) + 1)
    assert [(2 * generation,)] == sql("SELECT count(*) FROM events")


# --- who writes -----------------------------------------------------------------------------------------------


async def test_of_two_controllers_on_one_file_one_is_told_of_the_conflict(store: SqlStore, path: Path):
    other = SqlStore(path)
    await other.prepare()
    await store.save(at(0), None, (), (), 1.0)
    outcomes = await asyncio.gather(
        *(writer.save(at(1), 0, (Note("won", "once"),), (), 1.0) for writer in (store, other)),
        return_exceptions=True,
    )
    await other.close()
    assert [type(None), Conflict] == sorted((type(o) for o in outcomes), key=lambda kind: kind is Conflict)


async def test_a_surrogate_in_evidence_does_not_stop_a_save(store: SqlStore, desk: SqliteDesk):
    await store.save(at(0), None, (Note("note", "a\udc80b", "\ud800"),), (), 1.0)
    assert [("a?b", "?")] == [(event.sentence, event.evidence) for event in desk.events()]


async def test_what_only_a_newer_command_line_can_ask_is_answered_at_once(
    store: SqlStore, desk: SqliteDesk, sql
):
    command = desk.file("api", Command(0, Verb.HOLD, "somebody"))
    sql("UPDATE commands SET verb = 'levitate'")
    filed = desk.file_deployment(example_filed())
    sql("UPDATE filed SET data = json_set(data, '$.mood', 'blue')")
    assert ((), ()) == (await store.commands("api"), await store.filed("api"))
    answer, admission = desk.answer(command), desk.admission(filed)
    assert answer is not None
    assert not answer[0]
    assert (
        "this controller does not know 'levitate'. The controller is older than the command line" in answer[1]
    )
    assert admission is not None
    assert (False, "") == (admission[0], admission[2])
    assert "mood: it was written by a newer verdigris" in admission[1]


async def test_only_the_newest_events_are_kept_and_their_numbers_go_on(
    store: SqlStore, desk: SqliteDesk, sql
):
    await store.save(at(0), None, [Note("note", f"{n}") for n in range(12_000)], (), 1.0)
    assert 11_900 == await store.prune(100)
    assert [f"{n}" for n in range(11_900, 12_000)] == [event.sentence for event in desk.events()]
    assert 100 == await store.prune(0)
    await store.save(at(1), 0, (Note("note", "next"),), (), 1.0)
    assert [12_001] == [event.number for event in desk.events()]
    assert 0 == await store.prune(100)


def test_the_writer_really_writes_until_it_is_killed(path: Path, store: SqlStore):
    """The harness itself: without a deployment to write it ends with an error and not in silence."""
    with start_writer(path) as writer:
        assert eventually_sync(lambda: writer.poll() is not None, "the writer to end")
    assert 1 == writer.returncode
