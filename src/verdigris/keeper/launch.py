"""Starts one process of an instance or of the router, with its environment and its log. Decides nothing about when."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

from verdigris.keeper import logs, telling, told
from verdigris.keeper.children import INSTALLATION, MARK, Child
from verdigris.keeper.environment import base, instance_environment
from verdigris.keeper.ground import Ground
from verdigris.keeper.journal import Instance, Router, Slot
from verdigris.keeper.names import realm_of
from verdigris.keeper.protocol import KeeperError
from verdigris.keeper.sockets import Door

__all__ = [
    "launch",
    "launch_router",
    "log_of",
    "prepared",
    "router_log_of",
    "runnable",
    "why_not",
]

NOT_RUNNABLE = (errno.ENOENT, errno.EACCES, errno.ENOTDIR, errno.ENOEXEC, errno.EISDIR, errno.ELOOP)


def log_of(ground: Ground, name: str) -> Path:
    return ground.state / "logs" / f"{name}.log"


def router_log_of(ground: Ground) -> Path:
    return ground.state / "router" / "haproxy.log"


def prepared(ground: Ground, instance: Instance, port: int, moment: float) -> Instance:
    """The record of what is about to be started: durable before it is."""
    log = log_of(ground, instance.name)
    logs.bound(log, ground.tuning.log_most_bytes)
    return replace(instance, port=port, since=moment, log_from=logs.size(log))


def launch(ground: Ground, slot: Slot, instance: Instance) -> Child:
    """The running process. KeeperError names a reference without a value; OSError says why it cannot be run."""
    # What was handed over last is the newest: a controller may have been started long ago.
    secrets = ground.secrets.get(slot.name, {}) | ground.handed.get(realm_of(slot.name), {})
    env = instance_environment(slot.spec, slot.name, instance.name, instance.port, secrets, ground.environ)
    telling.prepare(ground, slot)
    output = logs.open_log(log_of(ground, instance.name))
    try:
        return Child.spawn(
            [word.replace("{port}", str(instance.port)) for word in slot.spec.command],
            cwd=slot.spec.directory,
            env=env | told.variables(telling.told_to(ground, slot)) | _marks(ground, instance.mark),
            output=output,
            umask=ground.umask,
        )
    finally:
        os.close(output)


def _marks(ground: Ground, mark: str) -> dict[str, str]:
    return {MARK: mark, INSTALLATION: ground.installation}


def launch_router(ground: Ground, router: Router, door: Door, successor_of: Child | None = None) -> Child:
    """The running process, with the door's sockets and told whom it succeeds. KeeperError when it cannot be run."""
    log = router_log_of(ground)
    logs.bound(log, ground.tuning.log_most_bytes)
    takeover = [*router.takeover, str(successor_of.identity.pid)] if successor_of and router.takeover else []
    output = logs.open_log(log)
    try:
        return Child.spawn(
            [*router.argv, *takeover],
            cwd=router.cwd,
            env=base(ground.environ) | door.environment | _marks(ground, router.mark),
            output=output,
            umask=ground.umask,
            keep=door.numbers,
        )
    except OSError as error:
        raise KeeperError(
            "failed", f"{router.argv[0][:80]!r} cannot be run: {error.strerror}; correct the router's command"
        ) from None
    finally:
        os.close(output)


def runnable(error: OSError) -> bool:
    """Whether trying again could help."""
    return error.errno not in NOT_RUNNABLE


def why_not(slot: Slot, error: OSError) -> str:
    command = slot.spec.command[0]
    return f"{command!r} cannot be run in {slot.spec.directory}: {error.strerror}; correct `run.command`"
