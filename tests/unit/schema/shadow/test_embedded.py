"""A PostgreSQL for as long as a block lasts, and nothing of it afterwards, however the block ended."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.unit.schema.conftest import NEW, OLD, programs
from tests.waiting import eventually_sync
from verdigris.core.errors import ActionError
from verdigris.schema.shadow.embedded import embedded, failed
from verdigris.schema.shadow.owner import owner
from verdigris.schema.shadow.production import Production

BLOCK = """
import os, sys
from pathlib import Path
from verdigris.schema.shadow.embedded import embedded
with embedded(Path(sys.argv[1])) as server:
    server.create()
    print(dict(server.where)["host"], flush=True)
    sys.stdin.read()
"""


def home_of(server) -> Path:
    return Path(dict(server.where)["host"])


def postmaster_of(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().split("\n")[0])


def runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


@pytest.mark.parametrize("major", [OLD, NEW])
def test_from_nothing_to_a_copy(major, figure):
    found = programs(major)
    began = time.monotonic()
    with embedded(found) as server:
        started = time.monotonic()
        base = server.create()
        with base.connected() as connection:
            connection.execute("CREATE TABLE orders (id bigint PRIMARY KEY)")
        with server.copy(base) as copy, copy.connected() as connection:
            assert [] == connection.execute("SELECT * FROM orders").fetchall()
        copied = time.monotonic()
        home = home_of(server)
    figure(
        f"A shadow of PostgreSQL {major} from nothing: {started - began:.2f} s until it serves, "
        f"{copied - began:.2f} s until its first copy is used, {time.monotonic() - copied:.2f} s to remove it"
    )
    assert not home.exists()


def test_nobody_else_comes_to_it(server):
    home = home_of(server)
    assert 0o700 == stat.S_IMODE(home.stat().st_mode)
    assert owner().uid == home.stat().st_uid
    with server.create().connected() as connection:
        assert "" == connection.execute("SHOW listen_addresses").fetchone()[0]
        groups = Path(f"/proc/{connection.info.backend_pid}/status").read_text()
    assert f"Uid:\t{owner().uid}\t" in groups
    if owner().other:
        assert "Groups:\t \n" in groups


def test_the_environment_of_whoever_runs_it_does_not_count(monkeypatch):
    for name, value in {
        "PGPORT": "1",
        "PGHOSTADDR": "192.0.2.1",
        "PGOPTIONS": "-c nix=1",
        "PGDATA": "/",
    }.items():
        monkeypatch.setenv(name, value)
    with embedded() as server, server.create().connected() as connection:
        assert (1,) == connection.execute("SELECT 1").fetchone()


def test_an_error_takes_it_down():
    with pytest.raises(ZeroDivisionError), embedded() as server:
        home = home_of(server)
        pid = postmaster_of(home)
        raise ZeroDivisionError
    assert not home.exists()
    assert not runs(pid)


@pytest.fixture
def apart(monkeypatch):
    """A directory that no other run sweeps."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        Path(directory).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", directory)
        monkeypatch.setenv("TMPDIR", directory)
        yield Path(directory)


@pytest.fixture
def held(apart):
    """A process that holds a shadow, its directory, and its server."""
    process = subprocess.Popen(
        [sys.executable, "-c", BLOCK, programs(NEW).directory],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    home = Path(process.stdout.readline().strip())
    assert apart == home.parent
    yield process, home, postmaster_of(home)
    process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_takes_it_down(held, number):
    process, home, pid = held
    process.send_signal(number)
    process.wait(60)
    assert not home.exists()
    assert not runs(pid)


def test_what_a_killed_one_left_is_removed_by_the_next(held):
    process, home, pid = held
    process.kill()
    process.wait(60)
    assert home.exists()
    assert runs(pid)
    with embedded(programs(NEW)):
        assert not home.exists()
    eventually_sync(lambda: not runs(pid), "the server is gone")


def test_what_somebody_holds_is_left_alone(held):
    _, home, pid = held
    with embedded(programs(NEW)):
        pass
    assert home.exists()
    assert runs(pid)


def test_productions_version_is_taken_and_another_one_is_noted():
    production = Production(1, OLD * 10_000, "shop")
    with embedded(programs(NEW), like=production) as server:
        assert (
            "the shadow is PostgreSQL 18, production is 15: where they differ nothing is proven",
        ) == server.notes
    programs(OLD)
    with embedded(like=production) as server:
        assert OLD == server.major
        assert () == server.notes


def test_programs_that_fail_say_why(tmp_path):
    for name in ("postgres", "initdb"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'PostgreSQL (PostgreSQL) 15.1'\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "initdb").write_text("#!/bin/sh\necho it hurts; exit 3\n")
    for directory in (tmp_path, *tmp_path.parents[:-2]):
        directory.chmod(0o755)
    with pytest.raises(ActionError, match="initdb of the shadow failed: it hurts"), embedded(tmp_path):
        pass
    (tmp_path / "initdb").write_text("#!/bin/sh\nmkdir $2\n")
    with pytest.raises(ActionError, match="postgres of the shadow failed"), embedded(tmp_path):
        pass


def test_a_full_disk_is_called_by_its_name():
    said = failed("initdb", b'initdb: error: could not write file "x": No space left on device\n')
    assert said.startswith("the disk is full where the shadow is made")


@pytest.fixture
def small(request, monkeypatch):
    """A disk with room for so many megabytes."""
    place = Path("/tmp") / f"small-{os.getpid()}"
    place.mkdir(mode=0o755)
    size = f"size={request.param}m,mode=1777"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", place], check=True)
    monkeypatch.setattr("tempfile.tempdir", str(place))
    yield place
    subprocess.run(["umount", place], check=True)
    place.rmdir()


def fill(database):
    with database.connected() as connection:
        connection.execute("CREATE TABLE t (t text)")
        while True:
            connection.execute("INSERT INTO t SELECT repeat('x', 900) FROM generate_series(1, 10000)")


@pytest.mark.needs_root
@pytest.mark.parametrize("small", [8], indirect=True)
def test_no_room_to_begin_with_is_told_and_nothing_is_left(small):
    with pytest.raises(ActionError, match="the disk is full where the shadow is made"), embedded():
        pass
    assert [] == list(small.iterdir())


@pytest.mark.needs_root
@pytest.mark.parametrize("small", [120], indirect=True)
def test_a_disk_that_becomes_full_is_told_and_nothing_is_left(small):
    with pytest.raises(ActionError, match="disk is full"), embedded() as server:
        fill(server.create())
    assert [] == list(small.iterdir())
