# ruff: noqa: ASYNC240 - a look at a file holds up nobody in a test

import asyncio
import os
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.unit.adapters.stores.saves import at
from verdigris.adapters.stores.desk import SqliteDesk
from verdigris.adapters.stores.files import DATABASE
from verdigris.adapters.stores.sql import SqlStore
from verdigris.core.deployment import Note
from verdigris.core.errors import Conflict, Refused, StoreUnavailable
from verdigris.core.world import Command, Verb
from verdigris.testing.conformance.examples import example_filed

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
