"""Instances of a slot: started clean, restarted within bounds, stopped in order. Real keeper, real processes."""

import asyncio
import json
import os
import re
import signal
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contents import contents
from tests.unit.keeper.house import House, ends, talk
from tests.waiting import eventually
from verdigris.keeper.protocol import KeeperError

DIES = "import sys; print('cannot find the database', flush=True); sys.exit(3)"

SILENT = "import signal; signal.pause()"

STUBBORN = """
    import os, signal, socket
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with socket.create_server(("127.0.0.1", int(os.environ["PORT"]))) as door:
        while True:
            door.accept()[0].close()
"""

WITH_WORKER = """
    import os, signal, socket, sys
    door = socket.create_server(("127.0.0.1", int(os.environ["PORT"])))
    worker = os.fork()
    if not worker:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print(os.getpid(), flush=True)
    while True:
        door.accept()[0].close()
"""


async def test_an_instance_runs_in_its_release_directory_and_owns_its_port(house: House) -> None:
    spec = house.release()
    await house.start(spec)
    [one] = await house.until("running")
    told = json.loads(talk(one.port))
    assert told["cwd"] == spec.directory
    assert told["argv"] == ["app.py", str(one.port)]
    assert one.owns_port is True and one.alive and one.exit_code is None
    assert os.getsid(one.pid) == one.pid
    assert os.readlink(f"/proc/{one.pid}/fd/0") == "/dev/null"


async def test_an_instance_gets_a_clean_environment(house: House) -> None:
    await house.start(replace(house.release(), env={"ADDRESS": "http://127.0.0.1:{port}/"}))
    [one] = await house.until("running")
    env = json.loads(talk(one.port))["env"]
    mark = env.pop("VERDIGRIS_START")
    assert env.pop("VERDIGRIS_INSTALLATION") == (house.state / "installation").read_text()
    told = Path(env.pop("VERDIGRIS_SECRET_FILE")).parent
    assert Path(env.pop("VERDIGRIS_ROLE_FILE")).parent == told
    assert told.is_relative_to(house.state / "told" / "blue")
    env.pop("TZ", None)
    env.pop("LC_CTYPE", None)  # Python's own addition
    assert mark
    assert env == {
        "PATH": os.environ["PATH"],
        "HOME": os.environ["HOME"],
        "LANG": os.environ.get("LANG", "C.UTF-8"),
        "ENVIRONMENT_NAME": "blue",
        "API_VERSION": "3",
        "PORT": str(one.port),
        "ADDRESS": f"http://127.0.0.1:{one.port}/",
        "VERDIGRIS_RELEASE": "v1",
        "VERDIGRIS_SLOT": "blue",
        "VERDIGRIS_INSTANCE": "blue-1",
        "VERDIGRIS_GRACE": "5",
    }


async def test_starting_twice_under_one_key_changes_nothing_and_a_changed_count_scales(house: House) -> None:
    spec = house.release()
    await house.start(spec, 2, surge=2)
    two = await house.until("running", 2)
    await house.start(spec, 2, surge=2)
    assert [i.pid for i in await house.until("running", 2)] == [i.pid for i in two]
    await house.start(spec, 3, surge=2)
    assert [i.pid for i in await house.until("running", 3)][:2] == [i.pid for i in two]
    await house.start(spec, 1)
    [one] = await house.until("running", 1)
    assert one.pid == two[0].pid
    assert ends(two[1].pid)


async def test_at_most_surge_instances_start_at_once(house: House) -> None:
    house.close()
    house.open("--starting-within=0.5")
    events = house.client.watch()
    assert (await anext(events)).event == "watching"
    await house.start(house.release(SILENT), 3, surge=1)
    await house.until("running", 3)  # none of them listens, so each took its whole time
    told = [await asyncio.wait_for(anext(events), 10) for _ in range(6)]
    await events.aclose()
    assert [(event, f"blue-{n}") for n in (1, 2, 3) for event in ("start", "running")] == [
        (one.event, one.name) for one in told
    ]


async def test_a_slot_that_runs_another_release_is_not_replaced(house: House) -> None:
    await house.start(house.release())
    [one] = await house.until("running")
    with pytest.raises(KeeperError, match="blue runs v1 under key k1.*stop blue first") as refusal:
        await house.start(house.release(name="v2"), key="k2")
    assert refusal.value.kind == "refused"
    assert (await house.until("running"))[0].pid == one.pid


async def test_a_dead_instance_comes_back_on_its_port_and_the_exit_is_told_at_once(house: House) -> None:
    await house.start(house.release())
    [one] = await house.until("running")
    events = house.client.watch()
    assert (await anext(events)).event == "watching"
    os.kill(one.pid, signal.SIGKILL)
    told = await asyncio.wait_for(anext(events), 10)
    assert (told.event, told.slot, told.name, told.pid, told.exit_code) == (
        "exit",
        "blue",
        "blue-1",
        one.pid,
        -9,
    )
    await events.aclose()
    again = await eventually(lambda: _replaced(house, one.pid), "another process")
    assert (again.port, again.restarts) == (one.port, 1)
    assert "died of signal 9" in again.sentence


async def _replaced(house: House, pid: int):
    [one] = await house.until("running")
    return one if one.pid != pid else None


async def test_a_stranger_on_the_port_is_left_alone_and_another_port_taken(house: House) -> None:
    await house.start(house.release())
    [one] = await house.until("running")
    keeper = (await house.client.observe()).keeper.pid
    os.kill(keeper, signal.SIGSTOP)  # or its next instance might be there before the stranger
    try:
        os.kill(one.pid, signal.SIGKILL)
        stranger = await eventually(lambda: _occupied(one.port), "the port taken by a stranger")
    finally:
        os.kill(keeper, signal.SIGCONT)
    with stranger:
        again = await eventually(lambda: _replaced(house, one.pid), "another process")
        assert again.port != one.port and again.owns_port is True


def _occupied(port: int) -> socket.socket | None:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError:
        return None


async def test_a_port_in_other_hands_is_seen(house: House) -> None:
    house.close()
    house.open("--starting-within=0.5")
    await house.start(house.release(SILENT))
    port = await eventually(lambda: _port(house), "a port")
    with socket.create_server(("127.0.0.1", port)):
        [one] = await house.until("running")
        assert one.owns_port is False
        assert f"does not listen on its port {port}" in one.sentence
    [one] = await house.until("running")
    assert one.owns_port is None


async def _port(house: House) -> int | None:
    seen = await house.slot()
    return seen.instances[0].port if seen and seen.instances[0].alive else None


async def test_a_release_that_never_comes_up_is_given_up_with_its_last_lines(house: House) -> None:
    await house.start(house.release(DIES))
    [one] = await house.until("broken")
    assert one.restarts == 3 and one.exit_code == 3 and not one.alive
    assert "exited 3" in one.sentence and "deploy a release that starts" in one.sentence
    assert one.log_tail[-1] == "cannot find the database"
    await house.start(house.release(name="v2"), key="k2")
    await house.until("running")


async def test_a_release_that_was_up_once_is_restarted_without_end(house: House) -> None:
    await house.start(house.release())
    pids = set()
    await eventually(lambda: proven(house), "the slot proven")
    for _ in range(6):
        [one] = await house.until("running")
        pids.add(one.pid)
        os.kill(one.pid, signal.SIGKILL)
        await eventually(lambda dead=one.pid: _replaced(house, dead), "another process")
    assert len(pids) == 6


async def proven(house: House) -> bool:
    book = json.loads((house.state / "keeper.json").read_text())
    return bool(book["slots"].get("blue", {}).get("proven"))


async def test_what_cannot_be_run_is_broken_at_once_with_the_reason(house: House) -> None:
    await house.start(replace(house.release(), command=("./no-such-program", "{port}")))
    [one] = await house.until("broken")
    assert one.restarts == 0
    assert "'./no-such-program' cannot be run" in one.sentence and "run.command" in one.sentence


async def test_a_changed_release_directory_is_not_started(house: House) -> None:
    spec = house.release()
    await house.start(spec)
    [one] = await house.until("running")
    (Path(spec.directory) / "app.py").write_text("print('something else')")
    os.kill(one.pid, signal.SIGKILL)
    [broken] = await house.until("broken")
    assert f"the release directory {spec.directory} was changed" in broken.sentence
    assert "(app.py)" in broken.sentence


async def test_a_missing_release_directory_is_said(house: House) -> None:
    await house.start(replace(house.release(), directory=str(house.root / "gone")))
    [broken] = await house.until("broken")
    assert f"{house.root / 'gone'} cannot be read: No such file" in broken.sentence


async def test_stopping_tells_how_the_instance_ended(house: House) -> None:
    await house.start(house.release())
    [one] = await house.until("running")
    await house.stop()
    seen = await house.until_gone()
    [stop] = seen.last_stops
    assert (stop.slot, stop.name, stop.pid, stop.exit_code) == ("blue", "blue-1", one.pid, -15)
    assert re.fullmatch(r"died of signal 15 after SIGTERM in \d+\.\d s", stop.how)
    await house.stop()  # an empty slot can be emptied


async def test_an_application_that_ignores_sigterm_is_killed_after_its_grace(house: House) -> None:
    await house.start(replace(house.release(STUBBORN), grace=0.3))
    [one] = await house.until("running")
    await house.stop()
    seen = await house.until_gone()
    assert re.fullmatch(r"killed after \d+\.\d s: ignores SIGTERM", seen.last_stops[0].how)
    assert ends(one.pid)


async def test_workers_that_outlive_their_leader_end_with_it(house: House) -> None:
    await house.start(replace(house.release(WITH_WORKER), grace=0.3))
    [one] = await house.until("running")
    lines = await eventually(lambda: two_lines(house), "both processes")
    leader, worker = one.pid, next(int(line) for line in lines if int(line) != one.pid)
    os.kill(leader, signal.SIGKILL)
    await eventually(lambda: ends(worker), "the worker dead")
    await eventually(lambda: _replaced(house, leader), "another process on the same port")
    lines = await eventually(lambda: _lines(house, 4), "both new processes")
    await house.stop()
    await house.until_gone()
    assert all(ends(int(line)) for line in lines)


async def two_lines(house: House) -> list[str] | None:
    return await _lines(house, 2)


async def _lines(house: House, count: int) -> list[str] | None:
    lines = await house.client.tail("blue-1")
    return lines if len(lines) == count else None


async def test_one_named_instance_can_be_stopped_and_stays_listed(house: House) -> None:
    spec = house.release()
    await house.start(spec, 2, surge=2)
    one = (await house.until("running", 2))[0]
    await house.stop("blue", "blue-2")

    async def look() -> list[str] | None:
        seen = await house.slot()
        states = [str(i.state) for i in seen.instances] if seen else []
        return states if states == ["running", "exited"] else None

    await eventually(look, "blue-2 exited")
    with pytest.raises(KeeperError, match="no instance blue-9"):
        await house.stop("blue", "blue-9")
    await house.start(spec, 2, key="k2")
    assert [i.pid == one.pid for i in await house.until("running", 2)] == [True, False]


async def test_a_secret_reaches_the_instance_and_nothing_else(house: House) -> None:
    secret = "canary-" + os.urandom(8).hex()
    spec = replace(house.release(), env={"TOKEN": "env:API_TOKEN"})
    await house.start(spec, secrets={"API_TOKEN": secret})
    [one] = await house.until("running")
    assert json.loads(talk(one.port))["env"]["TOKEN"] == secret
    observed = repr(await house.client.observe())
    assert secret not in observed
    assert not any(secret.encode() in text for text in contents(house.state).values())


async def test_a_secret_without_a_value_names_the_variable_and_a_later_value_heals(house: House) -> None:
    spec = replace(house.release(), env={"TOKEN": "env:VERDIGRIS_TEST_ABSENT"})
    await house.start(spec)
    [one] = await house.until("broken")
    assert "TOKEN needs the variable VERDIGRIS_TEST_ABSENT" in one.sentence and "export" in one.sentence
    await house.start(spec, secrets={"VERDIGRIS_TEST_ABSENT": "now it is here"})
    await house.until("running")


async def test_values_handed_over_serve_every_slot_and_try_again_what_was_given_up(house: House) -> None:
    spec = replace(house.release(), env={"TOKEN": "env:VERDIGRIS_TEST_ABSENT"})
    await house.start(spec)
    await house.until("broken")
    await house.client.hand({"VERDIGRIS_TEST_ABSENT": "handed-canary"}, "")
    [one] = await house.until("running")
    assert json.loads(talk(one.port))["env"]["TOKEN"] == "handed-canary"
    await house.start(spec, slot="green", secrets={"VERDIGRIS_TEST_ABSENT": "older"})
    [other] = await house.until("running", slot="green")
    assert json.loads(talk(other.port))["env"]["TOKEN"] == "handed-canary"
    assert not any(b"handed-canary" in text for text in contents(house.state).values())


async def test_a_killed_keeper_still_has_the_values_that_its_instances_were_given(house: House) -> None:
    spec = replace(house.release(), env={"TOKEN": "env:VERDIGRIS_TEST_ABSENT"})
    await house.start(spec, secrets={"VERDIGRIS_TEST_ABSENT": "canary"})
    [first] = await house.until("running")
    await house.kill_keeper()
    house.open()
    await house.until("running")
    os.kill(first.pid, signal.SIGKILL)
    again = await eventually(lambda: restarted(house, first.pid), "the instance to run again")
    assert json.loads(talk(again.port))["env"]["TOKEN"] == "canary"


async def restarted(house: House, before: int):
    """The instance when it runs as another process."""
    [one] = (await house.client.observe()).slots["blue"].instances
    return one if one.state == "running" and one.pid != before else None


async def test_output_is_kept_within_a_bound_while_the_application_runs(house: House) -> None:
    house.close()
    house.open("--log-most-bytes=20000")
    chatty = """
        import os, socket
        with socket.create_server(("127.0.0.1", int(os.environ["PORT"]))) as door:
            number = 0
            while True:
                door.accept()[0].close()
                for _ in range(100):
                    number += 1
                    print(number, "x" * 90, flush=True)
    """
    await house.start(house.release(chatty))
    [one] = await house.until("running")
    log, older = (house.state / "logs" / name for name in ("blue-1.log", "blue-1.log.1"))
    turns = {_last_word(older)}
    while len(turns) < 4:
        await eventually(lambda: talk(one.port) or _last_word(older) not in turns, "the log turned over")
        turns.add(_last_word(older))
    assert older.stat().st_size <= 20000
    assert (await house.until("running"))[0].pid == one.pid
    assert log.stat().st_mode & 0o777 == older.stat().st_mode & 0o777 == 0o600


async def test_what_controller_and_command_line_say_is_kept_within_the_same_bound(house: House) -> None:
    house.close()
    house.state.mkdir(exist_ok=True)
    log = house.state / "controller.log"
    log.write_text("x" * 30_000)
    house.open("--log-most-bytes=20000")
    await eventually(lambda: log.stat().st_size == 0, "the log to be cut")
    assert 20_000 == log.with_name("controller.log.1").stat().st_size


def _last_word(log: Path) -> str:
    """The last whole line but one; nothing while the file has fewer, as when it is looked at as it is written."""
    return next(iter(log.read_text().splitlines()[-2:-1]), "") if log.exists() else ""


async def test_orphans_of_an_instance_do_not_stay_zombies(house: House) -> None:
    parting = """
        import os, socket
        with socket.create_server(("127.0.0.1", int(os.environ["PORT"]))) as door:
            if not os.fork():
                if not os.fork():
                    print(os.getpid(), flush=True)
                os._exit(0)
            os.wait()
            while True:
                door.accept()[0].close()
    """
    await house.start(house.release(parting))
    await house.until("running")
    [line] = await eventually(lambda: _lines(house, 1), "the grandchild's number")
    await eventually(lambda: not Path(f"/proc/{line}").exists(), "the grandchild reaped")
