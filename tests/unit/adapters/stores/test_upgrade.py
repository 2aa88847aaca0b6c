# ruff: noqa: ASYNC240 - a look at a file holds up nobody in a test

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from tests.unit.adapters.stores.saves import BULKY, at
from verdigris import __version__
from verdigris.adapters.stores.desk import SqliteDesk
from verdigris.adapters.stores.sql import SqlStore
from verdigris.adapters.stores.tables import METADATA
from verdigris.core.deployment import Note
from verdigris.core.errors import Conflict, StoreUnavailable
from verdigris.core.world import Verb

HERE = Path(__file__).parent


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
