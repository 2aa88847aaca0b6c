"""Run by test_counting.py in a process of its own: a keeper that starts and stops, and counts what it holds then."""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
import sys
from collections import Counter
from pathlib import Path

from tests.waiting import eventually
from verdigris.keeper.children import become_subreaper
from verdigris.keeper.digest import tree_digest
from verdigris.keeper.ground import Ground
from verdigris.keeper.keeper import Keeper
from verdigris.keeper.protocol import Spec, Start, StopRequest
from verdigris.keeper.restarts import Tuning

EACH = 2
OURS = ("verdigris.keeper", "subprocess")


async def main(root: Path, rounds: list[int]) -> None:
    keeper = Keeper(Ground(root / "state", Tuning(), 0o077))
    keeper.come_back()
    running = asyncio.create_task(keeper.run())
    done = 0
    for until in rounds:
        for number in range(done, until):
            await start_and_stop(keeper, root / f"v{number}", number)
        done = until
        print(json.dumps(held()), flush=True)
    keeper.end()
    await running


async def start_and_stop(keeper: Keeper, directory: Path, number: int) -> None:
    """A slot of a release of its own, until nothing is left of either."""
    slot = ("api.blue", "api.green")[number % 2]
    spec = release(directory)
    keeper.start(Start(slot, spec.version, number, EACH, spec, EACH, {"B": "x"}))
    await eventually(
        lambda: EACH == sum(i.alive for i in keeper.observe().slots[slot].instances), "all to run"
    )
    keeper.stop(StopRequest(slot, "stop", number))
    await eventually(lambda: slot not in keeper.slots, "all to be gone")
    shutil.rmtree(directory)


def release(directory: Path) -> Spec:
    directory.mkdir()
    (directory / "app").write_text(directory.name)
    digest = tree_digest(directory)
    return Spec(directory.name, digest, str(directory), ("sleep", "600"), {"A": "env:B"})


def held() -> dict[str, int]:
    """How many there are of everything of ours, and of what it runs on."""
    gc.collect()
    kinds = (type(one) for one in gc.get_objects())
    counted = Counter(
        f"{kind.__module__}.{kind.__qualname__}" for kind in kinds if kind.__module__.startswith(OURS)
    )
    return counted | {"tasks": len(asyncio.all_tasks())}


state = Path(sys.argv[1])
(state / "state" / "logs").mkdir(parents=True)
become_subreaper()
asyncio.run(main(state, [int(number) for number in sys.argv[2:]]))
