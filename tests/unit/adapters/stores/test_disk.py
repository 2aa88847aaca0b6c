import asyncio
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.adapters.stores.saves import BULKY, at, run, write_until_it_fails
from tests.waiting import eventually_sync
from verdigris.adapters.stores.files import DATABASE
from verdigris.adapters.stores.sql import SqlStore
from verdigris.core.errors import StoreUnavailable

HERE = Path(__file__).parent


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


async def test_a_save_that_is_given_up_while_it_waits_for_a_lock_leaves_no_lock_behind(
    store: SqlStore, path: Path
):
    await store.save(at(0), None, (), (), 1.0)
    with closing(sqlite3.connect(path, isolation_level=None)) as backup:
        backup.execute("BEGIN IMMEDIATE")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(store.save(at(1), 0, (), (), 1.0), 0.1)
    loaded = await store.load("api")
    assert loaded is not None
    generation = loaded.deployment.generation
    await store.save(at(generation + 1), generation, (), (), 1.0)


async def test_a_save_that_is_given_up_at_any_moment_is_done_or_not_and_leaves_no_lock_behind(
    store: SqlStore,
):
    await store.save(at(0), None, (), (), 1.0)
    generation = 0
    for moment in range(80):
        task = asyncio.create_task(store.save(at(generation + 1), generation, BULKY, (), 1.0))
        await asyncio.wait([task], timeout=moment * 0.0001)
        task.cancel()
        await asyncio.wait([task])
        loaded = await store.load("api")
        assert loaded is not None
        assert loaded.deployment.generation in (generation, generation + 1)
        generation = loaded.deployment.generation + 1
        await store.save(at(generation), generation - 1, (), (), 1.0)


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
    if shutil.which("strace") is None:
        pytest.skip("needs the Debian package strace")
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


def test_the_writer_really_writes_until_it_is_killed(path: Path, store: SqlStore):
    """The harness itself: without a deployment to write it ends with an error and not in silence."""
    with start_writer(path) as writer:
        assert eventually_sync(lambda: writer.poll() is not None, "the writer to end")
    assert 1 == writer.returncode
