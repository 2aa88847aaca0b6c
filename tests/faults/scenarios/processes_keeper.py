"""A real keeper and its children: killed, frozen, on strangers' ports, from changed releases, on full disks."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.ground import Ground
from tests.faults.registry import calling, tried_by
from tests.unit.adapters.environments.process import test_orphans, test_releases
from tests.unit.adapters.environments.process.workshop import Workshop
from tests.unit.bootstrap import test_background
from tests.unit.keeper import (
    test_environment,
    test_instances,
    test_keeper,
    test_names,
    test_router,
    test_small_parts,
)
from tests.unit.keeper.house import House, talk, with_env
from verdigris.keeper.client import KeeperError

row = tried_by("processes")
rooted = tried_by("processes", needs_root=True)

Test = Callable[..., Awaitable[None]]


def with_a_keeper(test: Test) -> Callable[[Ground], Awaitable[None]]:
    """A test of the keeper, with one of its own."""
    return lambda ground: test(ground.keeper())


def with_a_stage(test: Test) -> Callable[[Ground], Awaitable[None]]:
    """A test of the environment, with one of its own."""

    async def act(ground: Ground) -> None:
        await test(await ground.stage())

    return act


# --- who is whose ---------------------------------------------------------------------------------------------


@row("F-11")
async def the_keeper_is_killed_and_finds_its_children(ground: Ground) -> None:
    """The same processes by number and start time, and the same ports; and it restarts what it has taken over."""
    house = ground.keeper()
    await house.start(house.release(), 2)
    before = {(one.pid, one.port) for one in await house.until("running", 2)}
    await house.kill_keeper()
    house.open()
    assert before == {(one.pid, one.port) for one in await house.until("running", 2)}


row("F-11")(with_a_keeper(test_keeper.test_a_reused_pid_is_never_signalled))
row("F-11")(calling(test_small_parts.test_a_process_of_another_boot_or_start_time_is_not_adopted))
row("F-12")(calling(test_small_parts.test_a_zombie_is_not_adopted))
row("F-18")(with_a_keeper(test_keeper.test_a_second_keeper_is_refused))
row("F-18")(lambda ground: test_small_parts.test_a_network_file_system_is_refused(ground.place))


@row("F-12")
async def an_instance_dies_while_its_keeper_is_frozen(ground: Ground) -> None:
    """Its body lies there until the keeper wakes: then it is counted as dead, and another one takes its place."""
    house = ground.keeper()
    await house.start(house.release())
    [one] = await house.until("running")
    keeper = (await house.client.observe()).keeper.pid
    os.kill(keeper, signal.SIGSTOP)
    os.kill(one.pid, signal.SIGKILL)
    os.kill(keeper, signal.SIGCONT)
    [again] = await house.until("running")
    while again.pid == one.pid:
        [again] = await house.until("running")
    assert (one.port, 1) == (again.port, again.restarts)


row("F-29")(
    lambda ground: test_router.test_a_connection_waits_while_the_router_is_dead_and_is_served_by_the_next(
        ground.keeper(), ground.address()
    )
)


# --- how they begin and end -----------------------------------------------------------------------------------


row("F-41")(with_a_keeper(test_instances.test_a_stranger_on_the_port_is_left_alone_and_another_port_taken))
row("F-42")(with_a_keeper(test_instances.test_an_application_that_ignores_sigterm_is_killed_after_its_grace))
row("F-43")(with_a_keeper(test_instances.test_a_release_that_never_comes_up_is_given_up_with_its_last_lines))
row("F-43")(calling(test_small_parts.test_a_slot_gets_half_its_count_of_restarts_within_bounds))


@row("F-46")
async def what_is_torn_down_twice_is_gone_once(ground: Ground) -> None:
    """Beside it the other slot runs on, whoever else asks for what, and with which generation."""
    house = ground.keeper()
    spec = house.release()
    await house.start(spec, slot="blue")
    await house.start(spec, key="k2", slot="green")
    [other] = await house.until("running", slot="green")
    await house.until("running", slot="blue")
    for _ in range(3):
        await house.stop("blue")
    await house.until_gone("blue")
    await house.stop("blue")
    assert [other.pid] == [one.pid for one in await house.until("running", slot="green")]


row("F-49")(with_a_stage(test_orphans.test_a_process_of_another_state_directory_is_not_ours))
row("F-49")(with_a_stage(test_orphans.test_a_process_of_another_app_is_for_that_app_to_name))
row("F-49")(with_a_keeper(test_names.test_the_blue_slots_of_two_apps_run_side_by_side))
rooted("F-50")(
    lambda ground: test_keeper.test_a_full_disk_refuses_new_starts_and_keeps_what_runs(ground.place)
)
rooted("F-50")(
    lambda ground: test_releases.test_a_full_disk_is_said_so_and_nothing_is_left(
        Workshop(ground.place), "copying"
    )
)


@row("F-77")
async def an_app_that_runs_is_taken_out_of_the_file(ground: Ground) -> None:
    await test_background.test_an_app_that_runs_must_stay_in_the_file(ground.keeper())


row("F-119")(with_a_keeper(test_instances.test_a_changed_release_directory_is_not_started))


@row("F-119")
async def a_release_is_changed_while_it_runs(ground: Ground) -> None:
    """What runs goes on; when it dies, nothing is started from what is there now."""
    house = ground.keeper()
    spec = house.release()
    await house.start(spec)
    [one] = await house.until("running")
    (Path(spec.directory) / "app.py").write_text("raise SystemExit('this was never proven')")
    assert talk(one.port)
    os.kill(one.pid, signal.SIGKILL)
    [dead] = await house.until("broken")
    assert "app.py" in dead.sentence, dead


# --- what reaches them ----------------------------------------------------------------------------------------


HOSTILE = ("$(touch pwned)", "; touch pwned", "`touch pwned`", "a\nb", "'\"", "-rf", "%s{port", "\\")


@row("F-98")
async def arguments_and_values_are_passed_on_as_they_are(ground: Ground) -> None:
    """No shell is between the file and the program: each sign arrives, and nothing is done."""
    house = ground.keeper()
    spec = house.release()
    spec = with_env(spec, **{f"V{number}": value for number, value in enumerate(HOSTILE)})
    spec = type(spec)(**{**vars_of(spec), "command": (*spec.command, *HOSTILE)})
    await house.start(spec)
    [one] = await house.until("running")
    told = json.loads(talk(one.port))
    assert list(HOSTILE) == told["argv"][-len(HOSTILE) :]
    assert list(HOSTILE) == [told["env"][f"V{number}"] for number in range(len(HOSTILE))]
    assert [] == list(ground.place.rglob("pwned"))


def vars_of(spec: Any) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in spec.__dataclass_fields__}


row("F-100")(with_a_keeper(test_instances.test_an_instance_gets_a_clean_environment))
row("F-100")(calling(test_environment.test_the_base_holds_four_variables_at_most))


@row("F-100")
def variables_that_take_a_program_over(ground: Ground) -> None:
    for name in (
        "LD_PRELOAD",
        "BASH_ENV",
        "PYTHONSTARTUP",
        "GCONV_PATH",
        "DYLD_INSERT_LIBRARIES",
        "IFS",
        "ENV",
    ):
        with pytest.raises(KeeperError, match=name):
            test_environment.check({name: "/tmp/evil.so"})
    for name in ("PATH", "PYTHONPATH", "NODE_OPTIONS"):
        with pytest.raises(KeeperError, match=name):
            test_environment.check({name: "env:FROM_OUTSIDE"})


row("F-107")(with_a_keeper(test_instances.test_a_secret_reaches_the_instance_and_nothing_else))


@row("F-107")
async def a_secret_stands_in_nobodys_arguments(ground: Ground) -> None:
    """Neither in the keeper's nor in the instance's command line, nor in the keeper's own environment."""
    house = ground.keeper()
    secret = "canary-" + os.urandom(8).hex()
    await house.start(with_env(house.release(), TOKEN="env:API_TOKEN"), secrets={"API_TOKEN": secret})
    [one] = await house.until("running")
    keeper = (await house.client.observe()).keeper.pid
    assert not any(secret.encode() in text for text in open_to_see(keeper, one.pid))


def open_to_see(keeper: int, instance: int) -> list[bytes]:
    """What anybody may read of their command lines, and the keeper's environment."""
    names = (f"{keeper}/cmdline", f"{instance}/cmdline", f"{keeper}/environ")
    return [Path(f"/proc/{name}").read_bytes() for name in names]


rooted("F-113")(calling(test_keeper.test_another_user_is_not_heard))
row("F-113")(lambda ground: test_small_parts.test_an_open_state_directory_is_refused(ground.place))
row("F-113")(lambda ground: opened_by_us_alone(ground.keeper()))


def opened_by_us_alone(house: House) -> None:
    kinds = {path.name: path.stat().st_mode & 0o077 for path in [house.state, *house.state.rglob("*")]}
    assert {0} == set(kinds.values()), kinds
