"""What runs from this state directory without the keeper's knowledge is named, and nothing else is."""

import os
import subprocess
import sys

from tests.waiting import eventually
from verdigris.keeper.children import INSTALLATION, MARK
from verdigris.keeper.directory import installation


def stray(where, installation, app="api"):
    environ = {
        MARK: "0123456789abcdef",
        INSTALLATION: installation,
        "VERDIGRIS_APP": app,
        "VERDIGRIS_INSTANCE": "blue-1",
        "VERDIGRIS_RELEASE": "v0",
        "PATH": os.environ["PATH"],
    }
    return subprocess.Popen(
        [sys.executable, "-S", "-c", "input()"], cwd=where, env=environ, stdin=subprocess.PIPE
    )


async def test_a_process_that_the_keeper_lost_is_named_with_what_it_is_wherever_it_works(stage, tmp_path):
    await stage.provision(stage.release())
    await stage.until_healthy()
    assert () == await stage.environment.orphans()
    with stray(tmp_path, installation(stage.state)) as lost:

        async def found():
            return await stage.environment.orphans()

        (said,) = await eventually(found, "the orphan")
        assert said == (
            f"process {lost.pid} (blue-1 of v0) is not known to the keeper. Look at it, then `kill {lost.pid}`"
        )
        lost.stdin.close()
    assert () == await stage.environment.orphans()


async def test_a_process_of_another_state_directory_is_not_ours(stage):
    with stray(stage.state, "another") as other:
        assert () == await stage.environment.orphans()
        other.stdin.close()


async def test_a_process_of_another_app_is_for_that_app_to_name(stage):
    with stray(stage.state, installation(stage.state), "search") as other:
        assert () == await stage.environment.orphans()
        other.stdin.close()
