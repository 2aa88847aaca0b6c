"""The small pure parts: codec, restarts, logs, ports, directory, what a request makes of a record."""

import os
import socket
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.waiting import eventually_sync
from verdigris.keeper import codec, logs, ports, wanted
from verdigris.keeper.children import Child, Identity, boot_id, identity_of
from verdigris.keeper.directory import filesystem, installation, open_directory
from verdigris.keeper.journal import Book, Journal, Slot
from verdigris.keeper.observed import State
from verdigris.keeper.protocol import KeeperError, Spec, Start, StopRequest, read_request, request_line
from verdigris.keeper.restarts import Tuning, delay, limit, router_delay


@dataclass(frozen=True)
class Inner:
    number: float
    state: State = State.RUNNING


@dataclass(frozen=True)
class Outer:
    names: tuple[str, ...]
    inner: dict[str, Inner]
    code: int | None = None


def test_what_was_written_reads_back_as_the_same() -> None:
    value = Outer(("a",), {"x": Inner(1.5, State.BROKEN)}, None)
    assert codec.build(Outer, codec.plain(value) | {"names": ["a"]}, "o") == value


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ([], "o: must be dict, got list"),
        ({"inner": {}}, "o: names is missing"),
        ({"names": [1], "inner": {}}, r"o.names\[0\]: must be str, got int"),
        ({"names": [], "inner": {"x": {"number": "1"}}}, "o.inner.x.number: must be float, got str"),
        ({"names": [], "inner": {"x": {"number": True}}}, "must be float, got bool"),
        (
            {"names": [], "inner": {"x": {"number": 1, "state": "odd"}}},
            "o.inner.x.state: must be one of starting",
        ),
        ({"names": [], "inner": {}, "code": "1"}, "o.code: must be int, got str"),
        ({"names": [], "inner": {}, "more": 1}, "more is not a field"),
    ],
)
def test_what_does_not_fit_is_named(value: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        codec.build(Outer, value, "o", strict=True)


def test_a_request_reads_back_as_the_same() -> None:
    request = Start(
        "blue", "k", 1, 2, Spec("v1", "sha256:x", "/d", ("a", "b"), {"A": "1"}), secrets={"S": "s"}
    )
    assert read_request(request_line(request)) == request
    assert "secrets" not in repr(request)


def test_restarts_wait_twice_as_long_each_time_and_never_longer_than_the_bound() -> None:
    assert [delay(n, Tuning()) for n in (0, 1, 2, 6, 7, 1000)] == [0.1, 0.2, 0.4, 6.4, 10.0, 10.0]
    assert [router_delay(n, Tuning()) for n in (0, 1, 2, 6, 7, 1000)] == [0.1, 0.2, 0.4, 1.0, 1.0, 1.0]


def test_a_slot_gets_half_its_count_of_restarts_within_bounds() -> None:
    assert [limit(n) for n in (1, 6, 10, 64, 1000)] == [3, 3, 5, 32, 200]


def test_a_log_keeps_its_last_bytes_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("".join(f"line {n}\n" for n in range(100)))
    logs.bound(path, 50)
    assert path.read_text() == ""
    assert (tmp_path / "a.log.1").read_text().endswith("line 98\nline 99\n")
    assert (tmp_path / "a.log.1").stat().st_size == 50


def test_no_more_than_its_bound_is_kept_of_a_log_that_is_written_meanwhile(tmp_path: Path) -> None:
    path, over = tmp_path / "a.log", threading.Event()
    path.touch()
    writing = threading.Thread(target=_write_until, args=(path, over))
    writing.start()
    try:
        for _ in range(100):
            eventually_sync(lambda: logs.size(path) > 50, "a log that is too long")
            logs.bound(path, 50)
            assert 50 == logs.size(tmp_path / "a.log.1")
    finally:
        over.set()
        writing.join()


def _write_until(path: Path, over: threading.Event) -> None:
    log = logs.open_log(path)
    while not over.is_set():
        os.write(log, b"x" * 100)
    os.close(log)


def test_a_tail_is_safe_to_print_and_begins_where_it_was_told(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    assert logs.tail(path) == []
    path.write_bytes(b"earlier\nred \x1b[31m\xff\r\nlast")
    assert logs.tail(path, since=8) == ["red \\x1b[31m\ufffd", "last"]
    assert logs.tail(path, 1) == ["last"]
    assert logs.tail(path, since=999) == ["earlier", "red \\x1b[31m\ufffd", "last"]  # it was cut meanwhile
    path.write_text("x" * 5000)
    assert logs.tail(path) == ["x" * 2000]


@pytest.mark.parametrize(
    ("ephemeral", "expected"),
    [
        ("32768 60999", range(20000, 32768)),
        ("1024 60999", range(61000, 65536)),
        ("15000 30000", range(30001, 65536)),
    ],
)
def test_ports_come_from_outside_the_ephemeral_range(ephemeral: str, expected: range) -> None:
    assert ports.span(ephemeral) == expected


def test_without_room_outside_the_ephemeral_range_the_setting_is_named() -> None:
    with pytest.raises(KeeperError, match=r"net\.ipv4\.ip_local_port_range"):
        ports.span("1024 65535")


def test_a_port_is_handed_out_once_and_never_one_that_is_in_use() -> None:
    first = ports.take(0, 5)
    second = ports.take(first.number, 5)
    assert second.number != first.number
    first.free()
    again = ports.take(first.number, 5)
    assert again.number == first.number
    again.free()
    with socket.create_server(("127.0.0.1", first.number)):
        other = ports.take(first.number, 5)
        assert other.number != first.number
    other.free()
    second.free()


def test_evidence_tells_ours_from_a_strangers_port_on_every_kind_of_address() -> None:
    session = os.getsid(0)
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, ""), (socket.AF_INET6, "")):
        with socket.create_server(
            (host, 0), family=family, dualstack_ipv6=family is socket.AF_INET6
        ) as server:
            port = server.getsockname()[1]
            evidence = ports.Evidence()
            assert evidence.owns_port(port, session) is True
            assert evidence.owns_port(port, 1) is False
        assert ports.Evidence().owns_port(port, session) is None


@pytest.mark.needs_root
def test_a_process_that_is_just_ending_holds_nothing_in_the_eyes_of_who_is_not_root_either() -> None:
    """The kernel lets nobody else look into one that has ended and whose end was not heard yet."""
    looking = os.fork()
    if not looking:
        os.setresuid(65534, 65534, 65534)
        os._exit(_sockets_of_a_zombie())
    assert 0 == os.waitstatus_to_exitcode(os.waitpid(looking, 0)[1])


def _sockets_of_a_zombie() -> int:
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    try:
        return len(ports.inodes([pid]))
    except PermissionError:
        return 1


MOUNTS = """\
1 0 8:1 / / rw - ext4 /dev/root rw
2 1 0:5 / /srv rw,noatime shared:1 - nfs4 host:/srv rw
3 1 0:6 / /my\\040disk rw - xfs /dev/b rw
4 1 0:7 / /home/me/far rw - fuse.sshfs me@far: rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/app", "nfs4"),
        ("/srvx", "ext4"),
        ("/my disk/x", "xfs"),
        ("/home/me/far/s", "fuse.sshfs"),
        ("/", "ext4"),
    ],
)
def test_the_file_system_is_that_of_the_longest_mount_point(path: str, kind: str) -> None:
    assert filesystem(Path(path), MOUNTS) == kind


def test_a_network_file_system_is_refused(tmp_path: Path) -> None:
    mounts = f"{MOUNTS}9 1 0:9 / {tmp_path} rw - cifs //host/share rw\n"
    with pytest.raises(KeeperError, match=r"network file system \(cifs\); use --state on a local disk"):
        open_directory(tmp_path / "state", mounts)


def test_a_missing_state_directory_is_made_for_us_alone(tmp_path: Path) -> None:
    path = open_directory(tmp_path / "a" / "state")
    assert path.stat().st_mode & 0o777 == 0o700
    assert {p.name for p in path.iterdir()} == {"logs", "router"}


def test_a_state_directory_keeps_the_id_that_whoever_was_first_gave_it(tmp_path: Path) -> None:
    first = installation(tmp_path)
    assert (16, first) == (len(first), installation(tmp_path))
    assert [(tmp_path / "installation", 0o600)] == [(p, p.stat().st_mode & 0o777) for p in tmp_path.iterdir()]
    (tmp_path / "installation").write_text("ab12\n")
    assert "ab12" == installation(tmp_path)


def test_an_open_state_directory_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    with pytest.raises(KeeperError, match=r"open to others \(mode \.\.50\); run `chmod 700"):
        open_directory(tmp_path)


@pytest.mark.needs_root
def test_a_state_directory_of_another_user_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    with pytest.raises(KeeperError, match="belongs to user 65534, this is user 0"):
        open_directory(tmp_path)


def test_a_process_of_another_boot_or_start_time_is_not_adopted() -> None:
    me = identity_of(os.getpid())
    same = Child.adopt(me)
    assert same is not None
    os.close(same.pidfd)
    assert Child.adopt(Identity(me.pid, me.start_time + 1, boot_id())) is None
    assert Child.adopt(Identity(me.pid, me.start_time, "another boot")) is None


def test_a_zombie_is_not_adopted() -> None:
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert Child.adopt(identity_of(pid)) is None
    os.waitpid(pid, 0)


def test_the_book_is_replaced_as_a_whole_and_the_one_before_stays(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.load() == Book()
    journal.save(Book(generations={"api": 1}))
    journal.save(Book(generations={"api": 2}))
    assert journal.load().generations == {"api": 2}
    (tmp_path / "keeper.json.previous").replace(tmp_path / "keeper.json")
    assert journal.load().generations == {"api": 1}
    assert (tmp_path / "keeper.json").stat().st_mode & 0o777 == 0o600


SPEC = Spec("v1", "sha256:1", "/r/v1", ("run", "{port}"))


def request(key: str = "k", count: int = 1, spec: Spec = SPEC) -> Start:
    return Start("blue", key, 1, count, spec)


def declared(before: Slot | None, wish: Start, *, new_secrets: bool = False) -> Slot:
    return wanted.declare(before, wish, 5.0, new_secrets=new_secrets)


def with_state(slot: Slot, *states: State) -> Slot:
    return replace(
        slot, instances=tuple(replace(i, state=s) for i, s in zip(slot.instances, states, strict=True))
    )


def states(slot: Slot) -> list[State]:
    return [i.state for i in slot.instances]


def test_a_new_key_tries_again_what_was_given_up_and_the_same_key_does_not() -> None:
    broken = with_state(declared(None, request(count=2)), State.BROKEN, State.RUNNING)
    assert states(declared(broken, request(count=2))) == [State.BROKEN, State.RUNNING]
    assert states(declared(broken, request("k2", 2))) == [State.STARTING, State.RUNNING]
    assert states(declared(broken, request(count=2), new_secrets=True)) == [State.STARTING, State.RUNNING]


def test_one_key_never_means_two_releases() -> None:
    broken = with_state(declared(None, request()), State.BROKEN)
    other = Spec("v2", "sha256:2", "/r/v2", ("run", "{port}"))
    with pytest.raises(KeeperError, match="under key k"):
        declared(broken, request("k", spec=other))
    assert declared(broken, request("k2", spec=other)).spec.version == "v2"


def test_a_slot_that_is_ending_takes_its_next_release_when_the_names_are_free() -> None:
    running = with_state(declared(None, request()), State.RUNNING)
    ending = wanted.empty(running, StopRequest("blue", "s", 1), 5.0)
    assert (ending.count, states(ending)) == (0, [State.STOPPING])
    following = declared(ending, request("k2"))
    assert states(following) == [State.STOPPING]
    assert states(wanted.fill(replace(following, instances=()), 6.0)) == [State.STARTING]


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"slot": "Blue"}, "small letters"),
        ({"slot": "../x"}, "small letters"),
        ({"slot": "api.v1.blue"}, "an app, a dot, a slot"),
        ({"slot": ".blue"}, "an app, a dot, a slot"),
        ({"slot": "router.blue"}, "the app cannot be called router"),
        ({"count": 0}, "count 0 must be 1-64"),
        ({"count": 65}, "count 65 must be 1-64"),
        ({"surge": 0}, "surge 0"),
        ({"spec": Spec("v", "d", "/d", ())}, "at least one word"),
        ({"spec": Spec("v", "d", "relative", ("x",))}, "absolute path"),
        ({"spec": Spec("v", "d", "/d", ("x",), grace=-1.0)}, "grace -1.0"),
    ],
)
def test_a_start_that_cannot_be_is_refused_with_its_value(wrong: dict[str, object], complaint: str) -> None:
    with pytest.raises(KeeperError, match=complaint):
        wanted.check(replace(request(), **wrong))
