"""`python -m verdigris.keeper --state DIR`: one keeper in the foreground, or detached with `--detach`.

Ends with 3 when another keeper has the state directory, with 1 when it may not or cannot start. SIGTERM ends
the keeper alone: router and instances run on, and the next keeper takes them up.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from verdigris.keeper.children import become_subreaper
from verdigris.keeper.directory import lock, open_directory
from verdigris.keeper.ground import Ground
from verdigris.keeper.keeper import Keeper
from verdigris.keeper.protocol import KeeperError
from verdigris.keeper.restarts import Tuning
from verdigris.keeper.server import Server, bind

ANOTHER = 3
ANSWER_MOST = 4096


def main() -> int:
    options = _options()
    tuning = Tuning(**{f.name: getattr(options, f.name) for f in dataclasses.fields(Tuning)})
    umask = os.umask(0o077)
    try:
        state = open_directory(options.state)
        ready = _detach(state) if options.detach else None
        _run(state, tuning, umask, ready)
    except KeeperError as error:
        sys.stderr.write(f"keeper: {error.sentence}\n")
        return ANOTHER if error.kind == "conflict" else 1
    except OSError as error:
        sys.stderr.write(f"keeper: {options.state}: {error.strerror or error}\n")
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m verdigris.keeper", description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--detach", action="store_true", help="return when the keeper answers")
    for field in dataclasses.fields(Tuning):
        name = f"--{field.name.replace('_', '-')}"
        parser.add_argument(name, type=type(field.default), default=field.default)
    return parser.parse_args()


def _run(state: Path, tuning: Tuning, umask: int, ready: int | None) -> None:
    held = lock(state)
    become_subreaper()
    asyncio.run(_serve(state, tuning, umask, ready))
    os.close(held)


async def _serve(state: Path, tuning: Tuning, umask: int, ready: int | None) -> None:
    keeper = Keeper(Ground(state, tuning, umask))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, keeper.end)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)  # not SIG_IGN, which the children would inherit
    keeper.come_back()
    listener = bind(state)
    if ready is not None:
        os.write(ready, b"!")
        os.close(ready)
    await Server(keeper, listener).serve()


def _detach(state: Path) -> int:
    """Go on as a child in a session of its own that writes to keeper.log; the parent ends when the child answers.

    The child writes one byte to the returned descriptor when it answers. What it says before it ends without
    having answered stands in keeper.log, and the parent repeats it.
    """
    log = os.open(state / "keeper.log", os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    before = os.fstat(log).st_size
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        _wait_for(child, reading, log, before)
    os.close(reading)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.chdir("/")
    return writing


def _wait_for(child: int, reading: int, log: int, before: int) -> NoReturn:
    if os.read(reading, 1):
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    os.write(2, os.pread(log, ANSWER_MOST, before))
    os._exit(os.waitstatus_to_exitcode(status) or 1)


if __name__ == "__main__":
    sys.exit(main())
