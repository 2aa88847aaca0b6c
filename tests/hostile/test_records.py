"""What lies on the disk and was written by somebody else, or half: the value, or none, or a sentence that helps."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import shutil
import sqlite3
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.hostile.strategies import documents, part
from verdigris.adapters.environments.process.releases import Releases
from verdigris.adapters.stores.desk import SqliteDesk
from verdigris.adapters.stores.directs import FileDirects
from verdigris.adapters.stores.lease import signed
from verdigris.adapters.stores.records import dump, load_saved
from verdigris.adapters.stores.sql import SqlStore
from verdigris.core.deployment import Deployment
from verdigris.core.errors import VerdigrisError
from verdigris.core.intake import Direct
from verdigris.core.policy import Policy
from verdigris.core.world import Command, Release, Slot, Verb
from verdigris.ports import Filed, Saved

RELEASE = Release("1.0", "sha256:x", "/releases/api/1.0", ("serve", "{port}"), (("A", "env:A"),), "1", 10.0)
DEPLOYMENT = Deployment("d-1", "api", RELEASE, None, Slot.BLUE)
DEPLOYED = json.loads(dump(DEPLOYMENT))
DIRECT = {"to": "blue", "generation": 3, "actor": "ada", "wall": 1.7e9, "reason": "bad"}
MANIFEST = {**asdict(RELEASE), "source": "sha256:y", "recipe": "z", "origin": "git", "made_at": 1.7e9}


@given(documents(DIRECT) | st.binary(max_size=100))
@example(json.dumps(DIRECT).replace("3", "Infinity", 1).encode())
@example(json.dumps(DIRECT).replace("3", "1" + "0" * 400, 1).encode())
@example(json.dumps(DIRECT | {"wall": 10**400}).encode())
@example(b"[" * 5000)
def test_any_record_of_a_rollback_is_read_or_none(data: bytes):
    with tempfile.TemporaryDirectory() as place:
        directs = FileDirects(Path(place), "api")
        directs.path.write_bytes(data)
        found = directs.read()
    assert found is None or isinstance(found, Direct)


def test_a_record_of_a_rollback_that_was_cut_anywhere_is_none(tmp_path: Path):
    directs, whole = FileDirects(tmp_path, "api"), json.dumps(DIRECT).encode()
    for end in range(len(whole)):
        directs.path.write_bytes(whole[:end])
        assert directs.read() is None


@given(documents(MANIFEST) | st.binary(max_size=100))
@example(json.dumps(MANIFEST | {"grace": 10**400}).encode())
@example(json.dumps(MANIFEST | {"command": "rm -rf /"}).encode())
@example(json.dumps(MANIFEST | {"version": ["1.0"]}).encode())
@example(json.dumps(MANIFEST | {"env": [["A", None]]}).encode())
@example(b"[" * 5000)
def test_any_manifest_is_a_release_or_a_sentence(data: bytes):
    with tempfile.TemporaryDirectory() as place:
        releases = Releases(Path(place), "api")
        releases.path.mkdir(parents=True)
        (releases.path / "1.0.json").write_bytes(data)
        try:
            found = releases.find("1.0")
        except VerdigrisError as error:
            assert str(error).isprintable()
            assert "Remove it" in str(error)
            return
    assert found is not None
    texts = (
        found.version,
        found.digest,
        found.directory,
        *found.command,
        *sum(found.env, ()),
        found.api_version,
    )
    assert all(isinstance(text, str) for text in texts)
    assert isinstance(found.command, tuple)
    assert math.isfinite(found.grace)


@given(documents(DEPLOYED), documents(json.loads(dump(Policy()))))
@part(0.5)
@example(b"[" * 5000, b"{}")
@example(json.dumps(DEPLOYED | {"format": 10**30, "phase": "x"}).encode(), b"{}")
def test_any_row_is_a_deployment_or_a_sentence(data: bytes, policy: bytes):
    with contextlib.suppress(UnicodeDecodeError):
        text, rules = data.decode(), policy.decode()
        try:
            assert isinstance(load_saved(text, rules), Saved)
        except VerdigrisError as error:
            assert str(error).isprintable()
            assert len(str(error)) < 2000


@given(st.binary(max_size=200) | documents({"pid": 1, "start_time": 2, "boot_id": "b", "role": "controller"}))
@example(b"[" * 5000)
def test_any_name_in_the_lock_is_a_holder_or_nobody(data: bytes):
    holder = signed(data.decode(errors="replace"))
    if holder is not None:
        assert isinstance(holder.identity.pid, int)
        assert holder.identity.pid > 0
        assert isinstance(holder.role, str)


CELLS = (None, 3, 2.5, b"\xff\x00", "", "{", "[" * 5000, "null", '{"a": 1}', "\x1b[2J", "9" * 5000)
COLUMNS = (
    ("deployments", "data"),
    ("deployments", "policy"),
    ("deployments", "phase"),
    ("commands", "verb"),
    ("commands", "policy"),
    ("commands", "actor"),
    ("commands", "reason"),
    ("commands", "deployment"),
    ("filed", "data"),
    ("filed", "key"),
    ("events", "sentence"),
    ("events", "evidence"),
    ("events", "wall"),
    ("events", "kind"),
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which something stands in every table."""
    path = tmp_path_factory.mktemp("store") / "verdigris.db"
    asyncio.run(written(path))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


async def written(path: Path) -> None:
    from verdigris.core.deployment import Note

    store = SqlStore(path)
    await store.prepare()
    await store.save(Saved(DEPLOYMENT, Policy()), None, [Note("phase", "begun", "seen")], [], 1.7e9)
    await store.close()
    desk = SqliteDesk(path)
    desk.file("api", Command(0, Verb.HOLD, "ada", "why"))
    desk.file_deployment(Filed(0, "k", "api", RELEASE, Policy(), "ada", False))


@given(st.sampled_from(COLUMNS), st.sampled_from(CELLS))
@part(0.25)
@example(("commands", "policy"), "{")
@example(("commands", "policy"), 3)
@example(("commands", "verb"), b"\xff\x00")
@example(("deployments", "data"), 3)
@example(("filed", "data"), 3)
def test_a_row_that_somebody_spoilt_is_told_and_stops_nobody_else(
    database: Path, where: tuple[str, str], cell: Any
):
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "verdigris.db"
        shutil.copy(database, path)
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            try:
                connection.execute(f"UPDATE {where[0]} SET {where[1]} = ?", (cell,))
            except sqlite3.IntegrityError:
                return  # the schema itself does not have it
        asyncio.run(looked_at(path, where[0]))
        read(SqliteDesk(path))


async def looked_at(path: Path, spoilt: str) -> None:
    """What is not spoilt is there, and a command that cannot be read does not keep the next one from being heard."""
    store, desk = SqlStore(path), SqliteDesk(path)
    await store.prepare()
    try:
        with contextlib.nullcontext() if spoilt != "deployments" else contextlib.suppress(VerdigrisError):
            assert await store.load("api") is not None
        desk.file("api", Command(0, Verb.ROLLBACK, "ada", "now"))
        heard = await store.commands("api")
        assert Verb.ROLLBACK is heard[-1].verb
        await store.filed("api")
    finally:
        await store.close()


def read(desk: SqliteDesk) -> None:
    with contextlib.suppress(VerdigrisError):
        desk.deployments(10)
    with contextlib.suppress(VerdigrisError):
        for event in desk.events(0, None, 10):
            assert isinstance(event.sentence, str)
            assert isinstance(event.evidence, str)
            assert isinstance(event.wall, float)
