"""The store on real files: full, failing, locked, damaged, older, newer, open to others; and the lease beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.ground import Ground
from tests.faults.registry import tried_by
from tests.unit.adapters.stores import (
    test_desk,
    test_disk,
    test_files,
    test_keeping,
    test_lease,
    test_records,
    test_sql,
    test_upgrade,
)
from tests.unit.adapters.stores.saves import at
from tests.unit.bootstrap import test_recovery
from verdigris.adapters.stores.desk import SqliteDesk
from verdigris.adapters.stores.lease import Lease
from verdigris.core.errors import Conflict, StoreUnavailable

row = tried_by("store")
rooted = tried_by("store", needs_root=True)

FIXTURES = sorted((Path(test_upgrade.__file__).parent / "fixtures").glob("*.sql"))


# --- versions -------------------------------------------------------------------------------------------------


@row("F-07")
async def an_older_one_left_a_deployment_half_way(ground: Ground) -> None:
    assert FIXTURES
    for number, fixture in enumerate(FIXTURES):
        own = ground.beside(f"store{number}")
        await test_upgrade.test_a_deployment_of_every_earlier_schema_goes_on(fixture, own.database)
    test_records.test_a_row_from_before_there_were_pauses_and_cohorts_is_loaded_as_one_without()


@row("F-08")
async def a_newer_one_was_here(ground: Ground) -> None:
    store = await ground.store()
    await test_upgrade.test_a_newer_schema_is_refused_and_left_as_it_is(store, ground.database, ground.sql)


# --- who holds it ---------------------------------------------------------------------------------------------


@contextmanager
def holder(state: Path, manners: str = "polite") -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lease."""
    command = [sys.executable, test_lease.HERE / "holder.py", state, "controller", manners]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert "mine\n" == process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


@row("F-18")
def a_second_controller_begins_in_the_same_directory(ground: Ground) -> None:
    with (
        holder(ground.place / "state") as first,
        pytest.raises(Conflict, match=f"pid {first.pid} is in charge"),
    ):
        Lease(ground.place / "state").acquire()


@row("F-05")
def a_controller_that_is_asked_to_go_leaves_the_lease(ground: Ground) -> None:
    with holder(ground.place / "state") as first:
        lease = Lease(ground.place / "state")
        assert lease.take_over(20.0) is not None
        assert -signal.SIGTERM == first.wait()
        lease.release()


@row("F-10")
def a_rollback_does_not_wait_for_a_controller_that_hangs(ground: Ground) -> None:
    with holder(ground.place / "state", "stopped") as first:
        os.kill(first.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, first.pid, os.WSTOPPED)
        lease = Lease(ground.place / "state")
        assert lease.take_over(0.1) is not None
        assert -signal.SIGKILL == first.wait()
        lease.release()


# --- the disk -------------------------------------------------------------------------------------------------


@row("F-83")
async def the_database_is_full(ground: Ground) -> None:
    store = await ground.store()
    await test_disk.test_a_full_database_loses_nothing_and_works_again_with_room(store, ground.sql)


@contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    """A disk of a megabyte, in memory."""
    place.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "verdigris-test", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


@rooted("F-83")
async def the_disk_is_full(ground: Ground) -> None:
    with small_disk(ground.place / "small") as disk:
        await test_disk.test_a_full_disk_loses_nothing_and_works_again_with_room(disk)


@row("F-84")
async def the_disk_answers_a_sync_with_an_error(ground: Ground) -> None:
    store = await ground.store()
    await test_disk.test_a_disk_that_cannot_sync_is_told_and_nothing_is_half_written(
        store, ground.database, ground.sql
    )


@row("F-85")
async def a_backup_holds_the_lock(ground: Ground) -> None:
    store = await ground.store()
    await test_disk.test_a_lock_of_somebody_else_costs_a_tick_and_no_more(store, ground.database)
    await store.save(at(2), 1, (), (), 1.0)


@row("F-86")
async def it_is_damaged_or_cut_short(ground: Ground) -> None:
    for harm in ("cut", "garbage", "page"):
        own = ground.beside(harm)
        store = await own.store()
        await test_upgrade.test_a_damaged_file_is_refused_with_the_way_out(store, own.database, own.sql, harm)
    test_recovery.test_with_both_slots_filled_both_are_kept_hot()
    test_recovery.test_what_the_router_does_is_ours_if_it_bears_our_stamp()
    test_recovery.test_the_old_store_is_kept_with_all_that_belongs_to_it_however_often(
        ground.beside("lost").place
    )


@row("F-90")
async def events_of_months(ground: Ground) -> None:
    own = ground.beside("pruned")
    await test_keeping.test_only_the_newest_events_are_kept_and_their_numbers_go_on(
        await own.store(), SqliteDesk(own.database), own.sql
    )
    for test in (
        test_keeping.test_the_newest_deployments_of_each_app_are_kept,
        test_keeping.test_what_waits_for_an_answer_is_never_forgotten,
    ):
        own = ground.beside(test.__name__)
        await test(await own.store(), SqliteDesk(own.database))
    many = ground.beside("many")
    await test_desk.questions_are_bounded_and_find_by_index(
        await many.store(), SqliteDesk(many.database), 12_000
    )


# --- whose it is ----------------------------------------------------------------------------------------------


@row("F-99")
async def a_link_lies_in_its_place(ground: Ground) -> None:
    """Neither the database nor what is replaced beside it is written through a link."""
    for test in (
        test_files.test_a_link_is_never_followed,
        test_files.test_a_file_is_replaced_whole_and_private,
        links_beside,
    ):
        test(ground.beside(test.__name__).place)
    await a_link_to_a_database(ground.beside("database"))


async def a_link_to_a_database(ground: Ground) -> None:
    """Where one is followed, as by the twin, the store is closed with its ground."""
    (elsewhere := ground.place / "elsewhere").touch(mode=0o600)
    ground.database.symlink_to(elsewhere)
    with pytest.raises(StoreUnavailable):
        await ground.store()
    assert b"" == elsewhere.read_bytes()


def links_beside(place: Path) -> None:
    """The name under which a file is written first is not followed either."""
    from verdigris.adapters.stores.files import replace_with

    victim, target = place / "victim", place / "target"
    victim.write_text("mine")
    (place / f".target.{os.getpid()}").symlink_to(victim)
    with pytest.raises(OSError, match="."):
        replace_with(target, "theirs")
    assert "mine" == victim.read_text()


@row("F-113")
async def others_may_open_it(ground: Ground) -> None:
    own = ground.beside("made")
    await test_sql.test_the_files_are_private_whatever_the_umask(own.database)
    test_files.test_a_file_that_others_may_open_is_refused_and_left_as_it_is(ground.beside("open").place)
