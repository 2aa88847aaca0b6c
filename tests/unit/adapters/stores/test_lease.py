import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.waiting import eventually_sync
from verdigris.adapters.stores.lease import LOCK, Lease, holder_in
from verdigris.core.errors import Conflict, Refused
from verdigris.keeper.children import identity_of

HERE = Path(__file__).parent
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / ".verdigris"


@pytest.fixture
def holder(state: Path) -> Iterator[Start]:
    """Start a process that has the lease."""
    started: list[subprocess.Popen[str]] = []

    def start(role: str = "controller", manners: str = "polite") -> subprocess.Popen[str]:
        command = [sys.executable, HERE / "holder.py", state, role, manners]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout
        assert "mine\n" == process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_the_first_takes_it_and_the_second_is_told_who_has_it(state: Path, holder: Start):
    pid = holder().pid
    with pytest.raises(Conflict, match=rf"controller with pid {pid} is in charge of .*verdigris watch"):
        Lease(state).acquire()


def test_it_can_be_taken_again_after_it_was_given_back(state: Path):
    first, second = Lease(state), Lease(state)
    first.acquire()
    with pytest.raises(Conflict):
        second.acquire()
    first.release()
    assert second.holder() is None
    second.acquire("rollback")
    found = first.holder()
    assert found is not None
    assert ("rollback", identity_of(os.getpid())) == (found.role, found.identity)
    second.release()
    second.release()


def test_it_ends_with_its_holder_however_that_ends(state: Path, holder: Start):
    process = holder()
    lease = Lease(state)
    assert lease.holder() is not None
    process.kill()
    process.wait()
    assert lease.holder() is None
    lease.acquire()
    lease.release()


def test_the_directory_and_the_lock_are_private(state: Path):
    before = os.umask(0)
    try:
        Lease(state).acquire()
    finally:
        os.umask(before)
    assert (0o700, 0o600) == (state.stat().st_mode & 0o777, (state / LOCK).stat().st_mode & 0o777)


def test_a_directory_that_others_may_enter_is_refused(state: Path):
    state.mkdir()
    state.chmod(0o755)
    with pytest.raises(Refused, match=r"open to others.*chmod 700"):
        Lease(state)


@pytest.mark.needs_root
def test_a_directory_of_somebody_else_is_refused(state: Path):
    state.mkdir(mode=0o700)
    os.chown(state, 12345, 12345)
    with pytest.raises(Refused, match="belongs to user 12345"):
        Lease(state)


# --- taking it over -------------------------------------------------------------------------------------------


def test_nothing_is_taken_over_from_nobody(state: Path):
    lease = Lease(state)
    assert lease.take_over(0.0) is None
    lease.release()


def test_a_controller_that_answers_is_asked_to_go_and_not_killed(state: Path, holder: Start):
    process = holder()
    lease = Lease(state)
    taken_from = lease.take_over(20.0)
    assert taken_from is not None
    assert process.pid == taken_from.identity.pid
    assert -signal.SIGTERM == process.wait()
    with pytest.raises(Conflict, match="rollback"):
        Lease(state).acquire()
    lease.release()


@pytest.mark.parametrize("manners", ["deaf", "stopped"])
def test_a_controller_that_hangs_is_killed(state: Path, holder: Start, manners: str):
    process = holder(manners=manners)
    if manners == "stopped":
        os.kill(process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)  # or the SIGTERM that follows would overtake it
    lease = Lease(state)
    assert lease.take_over(0.1) is not None
    assert -signal.SIGKILL == process.wait()
    lease.release()


def test_another_rollback_is_given_its_time_to_finish(state: Path, holder: Start):
    process = holder(role="rollback")
    lease = Lease(state)
    assert lease.take_over(0.1) is not None
    assert -signal.SIGKILL == process.wait()
    lease.release()


@pytest.mark.parametrize("other", ["start time", "boot"])
def test_a_process_that_only_has_the_number_of_the_holder_is_never_killed(
    state: Path, holder: Start, other: str
):
    process = holder()
    found = Lease(state).holder()
    assert found is not None
    changes = {"start_time": 1} if other == "start time" else {"boot_id": "another"}
    stranger = replace(found.identity, **changes)
    said = {
        "pid": stranger.pid,
        "start_time": stranger.start_time,
        "boot_id": stranger.boot_id,
        "role": "controller",
    }
    (state / LOCK).write_text(json.dumps(said))
    with pytest.raises(Conflict, match=f"controller with pid {process.pid} keeps .* End it yourself"):
        Lease(state).take_over(0.1)
    assert process.poll() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', "null"])
def test_a_lock_without_a_name_is_free_when_nobody_holds_it(state: Path, text: str):
    lease = Lease(state)
    (state / LOCK).write_text(text)
    assert lease.holder() is None
    lease.acquire()
    lease.release()


@pytest.mark.parametrize("text", ["{", "\x00\x00", "[]"])
def test_whoever_holds_a_lock_that_cannot_be_read_is_named_by_the_kernel(
    state: Path, holder: Start, text: str
):
    process = holder()
    eventually_sync(lambda: Lease(state).holder(), "the holder to be named")
    (state / LOCK).write_text(text)
    found = Lease(state).holder()
    assert found is not None
    assert (process.pid, "controller") == (found.identity.pid, found.role)


def test_a_lock_of_another_file_or_kind_names_nobody():
    rows = "1: POSIX ADVISORY WRITE 31 fe:00:77 0 EOF\n2: FLOCK ADVISORY WRITE 32 fe:00:78 0 EOF\n"
    device = os.makedev(0xFE, 0)
    assert [0, 32] == [holder_in(rows, device, inode) for inode in (77, 78)]


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "full"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "verdigris-test", place], check=True)
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.mark.needs_root
def test_a_full_disk_does_not_stand_in_the_way_of_the_lease(full_disk: Path):
    lease = Lease(full_disk)
    with pytest.raises(OSError, match="No space"):
        (full_disk / "ballast").write_bytes(bytes(1 << 20))
    assert lease.take_over(0.0) is None
    with pytest.raises(Conflict, match="another process"):
        Lease(full_disk).acquire()
    lease.release()


def test_the_holder_of_the_tests_keeps_what_it_took(state: Path, holder: Start):
    process = holder()
    assert eventually_sync(lambda: Lease(state).holder(), "the holder to be named")
    assert process.poll() is None
