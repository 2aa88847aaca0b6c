"""The keeper itself: killed, replaced, started twice, rebooted, without room on its disk."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.keeper.house import House, ends, keeper_in_foreground, talk
from tests.unit.keeper.test_instances import WITH_WORKER, proven, two_lines
from tests.unit.keeper.test_router import port_of, router
from tests.waiting import eventually
from verdigris.keeper.client import KeeperClient, KeeperError, ask, start_keeper
from verdigris.keeper.protocol import Observe, Reload, Shutdown


async def test_a_killed_keeper_comes_back_and_knows_its_children(house: House, address: str) -> None:
    await house.client.router(house.router(address))
    await house.start(house.release(), 2, surge=2)
    two = await house.until("running", 2)
    front = await router(house, lambda r: r.alive)
    first = await house.kill_keeper()
    assert talk(port_of(address)) == str(front.pid)
    house.open()
    seen = await house.client.observe()
    assert seen.keeper.pid != first and seen.generations == {"": house.generation, "router": house.generation}
    assert [(i.pid, i.port, i.state, i.owns_port) for i in seen.slots["blue"].instances] == [
        (i.pid, i.port, "running", True) for i in two
    ]
    assert seen.router.pid == front.pid and seen.router.holds_sockets
    assert talk(port_of(address)) == str(front.pid)


async def test_a_replaced_keeper_still_restarts_and_stops_what_it_adopted(house: House, address: str) -> None:
    await house.client.router(house.router(address))
    await house.start(house.release(), 2, surge=2)
    one, two = await house.until("running", 2)
    front = await router(house, lambda r: r.alive)
    await house.kill_keeper()
    house.open()
    os.kill(one.pid, signal.SIGKILL)
    os.kill(front.pid, signal.SIGKILL)
    await eventually(lambda: ends(front.pid), "the router dead")
    said = await asyncio.to_thread(talk, port_of(address))
    assert said == str((await router(house, lambda r: r.alive)).pid)

    async def look() -> bool:
        seen = await house.until("running", 2)
        return seen[0].pid != one.pid and "exit code is unknown" in seen[0].sentence

    await eventually(look, "the first instance again")
    await house.stop()
    stops = {s.name: s for s in (await house.until_gone()).last_stops}
    assert stops["blue-2"].pid == two.pid and stops["blue-2"].exit_code is None
    assert ends(two.pid)


async def test_what_died_while_no_keeper_was_there_is_started_again(house: House, address: str) -> None:
    await house.client.router(house.router(address))
    await house.start(house.release())
    [one] = await house.until("running")
    front = await router(house, lambda r: r.alive)
    await house.kill_keeper()
    os.kill(one.pid, signal.SIGKILL)
    os.kill(front.pid, signal.SIGKILL)
    await eventually(lambda: ends(one.pid) and ends(front.pid), "both dead")
    house.open()
    await router(house, lambda r: r.alive)
    [again] = await house.until("running")
    assert again.pid != one.pid and "while the keeper was away" in again.sentence
    assert talk(port_of(address))


async def test_workers_whose_leader_died_while_no_keeper_was_there_end_too(house: House) -> None:
    await house.start(replace(house.release(WITH_WORKER), grace=0.3))
    [one] = await house.until("running")
    lines = await eventually(lambda: two_lines(house), "both processes")
    await house.kill_keeper()
    os.kill(one.pid, signal.SIGKILL)
    await eventually(lambda: ends(one.pid), "the leader dead")
    # Who was sent SIGKILL may keep the port for a moment.
    house.open("--backoff-first=0.5", "--backoff-most=0.5")
    assert (await house.until("running"))[0].port == one.port
    assert all(ends(int(line)) for line in lines)


async def test_a_child_that_was_started_but_not_written_down_is_found(house: House) -> None:
    await house.start(house.release())
    [one] = await house.until("running")
    await house.kill_keeper()
    _edit(house, lambda book: book["slots"]["blue"]["instances"][0].update(process=None, state="starting"))
    house.open()
    assert (await house.until("running"))[0].pid == one.pid


async def test_after_a_reboot_everything_is_started_again(house: House, address: str) -> None:
    await house.client.router(house.router(address))
    await house.start(house.release())
    [one] = await house.until("running")
    front = await router(house, lambda r: r.alive)
    await house.kill_keeper()
    for pid in (one.pid, front.pid):
        os.kill(pid, signal.SIGKILL)
    await eventually(lambda: ends(one.pid) and ends(front.pid), "both dead")
    _edit(house, _of_another_boot)
    house.open()
    await router(house, lambda r: r.alive and not r.restarts)
    [again] = await house.until("running")
    assert (again.restarts, again.sentence) == (0, "started again after a reboot")
    log = (house.state / "keeper.log").read_text().splitlines()
    starts = [json.loads(line)["name"] for line in log if '-start"' in line or '"start"' in line]
    assert starts[-2:] == ["router", "blue-1"]


def _of_another_boot(book: dict) -> None:
    book["boot_id"] = "another"
    for record in (book["router"], book["slots"]["blue"]["instances"][0]):
        record["process"] = {"pid": os.getpid(), "start_time": 1, "boot_id": "another"}


async def test_a_reused_pid_is_never_signalled(house: House) -> None:
    await house.start(house.release())
    [one] = await house.until("running")
    await house.kill_keeper()
    os.kill(one.pid, signal.SIGKILL)
    await eventually(lambda: ends(one.pid), "the instance dead")
    with _sleeper() as stranger:
        _edit(house, lambda book: book["slots"]["blue"]["instances"][0]["process"].update(pid=stranger.pid))
        house.open()
        assert (await house.until("running"))[0].pid != stranger.pid
        await house.stop()
        await house.until_gone()
        assert stranger.poll() is None
        stranger.kill()


def _sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "60"], start_new_session=True)


def _edit(house: House, change) -> None:
    path = house.state / "keeper.json"
    book = json.loads(path.read_text())
    change(book)
    path.write_text(json.dumps(book))


async def test_sigterm_ends_the_keeper_alone(house: House) -> None:
    await house.start(house.release())
    [one] = await house.until("running")
    pid = (await house.client.observe()).keeper.pid
    os.kill(pid, signal.SIGTERM)
    await eventually(lambda: ends(pid), "the keeper gone")
    assert not ends(one.pid)
    house.open()
    assert (await house.until("running"))[0].pid == one.pid


async def test_shutdown_leaves_what_runs_and_with_everything_ends_it(house: House, address: str) -> None:
    await house.client.router(house.router(address))
    await house.start(house.release())
    [one] = await house.until("running")
    front = await router(house, lambda r: r.alive)
    await house.client.shutdown(Shutdown())
    assert not ends(one.pid) and not ends(front.pid)
    house.open()
    await house.client.shutdown(Shutdown(everything=True, generation=house.generation))
    assert ends(one.pid) and ends(front.pid)
    house.open()
    seen = await house.client.observe()
    assert (seen.router, seen.slots, seen.generations[""]) == (None, {}, house.generation)


async def test_two_that_start_a_keeper_at_once_get_the_same(tmp_path: Path) -> None:
    house = House(tmp_path)
    try:
        with ThreadPoolExecutor(2) as two:
            list(two.map(lambda _: house.open(), range(2)))
        assert (await house.client.observe()).keeper.pid
    finally:
        house.close()


async def test_a_second_keeper_is_refused(house: House) -> None:
    pid = (await house.client.observe()).keeper.pid
    second = await asyncio.to_thread(keeper_in_foreground, house.state)
    assert second.returncode == 3
    assert f"another keeper has {house.state}" in second.stderr and f'"pid": {pid}' in second.stderr
    assert (await house.client.observe()).keeper.pid == pid


async def test_an_older_generation_is_refused_for_every_effect(house: House, address: str) -> None:
    spec = house.release()
    house.generation = 7
    await house.client.router(house.router(address))
    await house.start(spec)
    await house.until("running")
    house.generation = 6
    attempts = (
        lambda: house.start(spec, 2),
        lambda: house.stop(),
        lambda: house.client.router(house.router(address)),
        lambda: house.client.reload(Reload(6)),
        lambda: house.client.shutdown(Shutdown(everything=True, generation=6)),
    )
    for attempt in attempts:
        with pytest.raises(KeeperError, match="generation 6 is older than 7") as conflict:
            await attempt()
        assert conflict.value.kind == "conflict"
    await house.kill_keeper()
    house.open()
    with pytest.raises(KeeperError, match="generation 6 is older than 7"):
        await house.start(spec, 2)
    assert len(await house.until("running", 1)) == 1


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"format": 99}', '{"format": 2, "slots": {"blue": {}}}', "\0" * 99]
)
def test_a_broken_book_is_refused_and_never_taken_for_an_empty_one(tmp_path: Path, text: str) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    (state / "keeper.json").write_text(text)
    done = keeper_in_foreground(state)
    assert done.returncode == 1
    assert f"{state}/keeper.json cannot be read" in done.stderr and "keeper.json.previous" in done.stderr
    with pytest.raises(KeeperError, match="keeper.json cannot be read"):
        start_keeper(state)


def test_a_lost_book_with_its_previous_beside_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keeper.json.previous").write_text("{}")
    assert "keeper.json cannot be read" in keeper_in_foreground(tmp_path).stderr


async def test_two_clients_see_the_same_while_a_third_is_silent(house: House) -> None:
    await house.start(house.release())
    await house.until("running")
    reader, writer = await asyncio.open_unix_connection(f"{_short(house)}/keeper.sock")
    writer.write(b'{"verb": "obse')
    one, other = await asyncio.gather(house.client.observe(), KeeperClient(house.state).observe())
    assert one == other
    writer.write(b'rve"}\n{"verb": "observe"}\n')
    assert [json.loads(await reader.readline())["ok"] for _ in range(2)] == [True, True]
    writer.close()


def _short(house: House) -> str:
    return os.path.relpath(house.state)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"hello\n", "not JSON"),
        (b"[1]\n", "JSON list"),
        (b'{"verb": "explode"}\n', "verb must be one of observe, watch"),
        (b'{"verb": "stop", "slot": "blue"}\n', "stop: generation is missing"),
        (b'{"verb": "observe", "slott": 1}\n', "observe: slott is not a field"),
        (b'{"verb": "tail", "name": "../keeper.json"}\n', "no log of '../keeper.json'"),
        (b'{"verb": "tail", "name": 5}\n', "tail.name: must be str, got int"),
        (b"[" * 100_000 + b"\n", "not JSON"),
        (b"x" * ((1 << 20) + 10), "over 1048576 bytes"),
    ],
)
async def test_a_bad_line_gets_a_sentence_and_harms_nobody(house: House, line: bytes, complaint: str) -> None:
    reader, writer = await asyncio.open_unix_connection(f"{_short(house)}/keeper.sock")
    writer.write(line)
    answer = json.loads(await reader.readline())
    assert (answer["ok"], complaint in answer["error"]) == (False, True), answer
    writer.close()
    assert (await house.client.observe()).keeper.pid


async def test_clients_are_bounded(house: House) -> None:
    crowd = [await asyncio.open_unix_connection(f"{_short(house)}/keeper.sock") for _ in range(64)]
    try:
        for _ in range(20):
            with pytest.raises(KeeperError, match="64 clients are connected already"):
                await house.client.observe()
    finally:
        for _, writer in crowd:
            writer.close()
    await eventually(lambda: _answers(house), "an answer again")


def _answers(house: House) -> bool:
    try:
        return bool(ask(house.state, Observe(), 5))
    except KeeperError:
        return False


def test_without_a_keeper_the_client_says_so(tmp_path: Path) -> None:
    with pytest.raises(KeeperError, match="no keeper answers in .*`verdigris up` starts one") as nobody:
        ask(tmp_path, Observe(), 1)
    assert nobody.value.kind == "unreachable"


async def test_a_keeper_that_hangs_is_a_timeout_with_its_name(house: House) -> None:
    pid = (await house.client.observe()).keeper.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        for attempt in (
            lambda: ask(house.state, Observe(), 0.2),
            lambda: asyncio.run(house.client.observe(0.2)),
        ):
            with pytest.raises(KeeperError, match=r"did not answer within 0\.2 s") as hang:
                await asyncio.to_thread(attempt)
            assert hang.value.kind == "timeout"
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.needs_root
def test_another_user_is_not_heard() -> None:
    with tempfile.TemporaryDirectory() as open_to_all:
        os.chmod(open_to_all, 0o711)
        house = House(Path(open_to_all))
        house.open()
        os.chmod(house.state, 0o711)
        os.chmod(house.state / "keeper.sock", 0o666)
        stranger = (
            "import os, socket; os.setgid(65534); os.setuid(65534); s = socket.socket(socket.AF_UNIX);"
            f"s.connect({str(house.state / 'keeper.sock')!r}); print(s.recv(1000).decode())"
        )
        told = subprocess.run(
            [sys.executable, "-S", "-c", stranger], capture_output=True, text=True, check=False
        )
        os.chmod(house.state, 0o700)
        house.close()
    assert "user 65534 may not speak to the keeper of user 0" in told.stdout, told.stderr


@pytest.mark.needs_root
async def test_a_full_disk_refuses_new_starts_and_keeps_what_runs(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.state.mkdir(mode=0o700)
    assert _run("mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "none", house.state)
    try:
        house.open()
        spec = house.release()
        await house.start(spec)
        [one] = await house.until("running")
        await eventually(lambda: proven(house), "the last word about it written")
        await eventually(lambda: _filled(house.state / "filler"), "no room left")
        with pytest.raises(
            KeeperError, match="keeper.json cannot be written: No space left on device; make room"
        ) as full:
            await house.start(house.release(name="v2"), slot="green", key="k2")
        assert full.value.kind == "full"
        assert "green" not in (await house.client.observe()).slots
        os.kill(one.pid, signal.SIGKILL)

        async def look() -> bool:
            [again] = await house.until("running")
            return again.pid != one.pid

        await eventually(look, "the live slot's instance again, room or not")
        assert "No space left" in (await house.client.observe()).keeper.sentence
        (house.state / "filler").unlink()
        await eventually(lambda: _untroubled(house), "the book written again")
        await house.start(replace(spec, version="v1"), slot="green", key="k2")
        await house.until("running", slot="green")
    finally:
        (house.state / "filler").unlink(missing_ok=True)
        house.close()
        await eventually(lambda: _run("umount", house.state), "unmounted")


def _run(*command: str | Path) -> bool:
    return subprocess.run(command, check=False).returncode == 0


def _filled(path: Path) -> bool:
    try:
        with path.open("ab", buffering=0) as filler:
            while True:
                filler.write(b"x" * 512)
    except OSError:
        return True


async def _untroubled(house: House) -> bool:
    return not (await house.client.observe()).keeper.sentence


async def test_an_idle_keeper_costs_next_to_nothing(tmp_path: Path) -> None:
    house = House(tmp_path)
    start_keeper(house.state)
    try:
        await house.start(house.release(), 2, surge=2)
        await house.until("running", 2)
        seen = (await house.client.observe()).keeper
        begun, spent = time.monotonic(), _cpu(seen.pid)
        await eventually(lambda: time.monotonic() - begun > 1.5, "some time")
        assert _cpu(seen.pid) - spent < 0.05 * (time.monotonic() - begun)
    finally:
        house.close()


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def test_the_state_directory_may_be_deeper_than_a_socket_name_is_long(tmp_path: Path) -> None:
    house = House(tmp_path / ("d" * 100))
    house.root.mkdir()
    try:
        house.open()
        assert (await house.client.observe()).keeper.pid
        assert (house.state / "keeper.sock").stat().st_mode & 0o777 == 0o600
    finally:
        house.close()


def test_the_keeper_imports_only_the_standard_library_and_its_own_room() -> None:
    code = "import sys, verdigris.keeper.__main__; print(*{m.split('.')[0] for m in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False, env=_source()
    )
    foreign = set(done.stdout.split()) - sys.stdlib_module_names - {"__main__"}
    assert foreign == {"verdigris"}, done.stderr


def _source() -> dict[str, str]:
    import verdigris

    return {"PYTHONPATH": str(Path(verdigris.__file__).parent.parent)}
