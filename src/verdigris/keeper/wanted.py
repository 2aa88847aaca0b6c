"""What a request makes of a slot's record. Pure but for the dice of the marks: nothing is started here."""

from __future__ import annotations

import secrets
from dataclasses import replace

from verdigris.keeper import environment
from verdigris.keeper.codec import harmless
from verdigris.keeper.journal import Instance, Router, Slot
from verdigris.keeper.names import REALM, ROUTER, SLOT, instance_name
from verdigris.keeper.observed import State
from verdigris.keeper.protocol import KeeperError, RouterRequest, Spec, Start, StopRequest
from verdigris.keeper.sockets import MOST, parse_address
from verdigris.keeper.told import ROLES

__all__ = [
    "check",
    "check_name",
    "check_realm",
    "check_role",
    "check_router",
    "command_of",
    "declare",
    "declare_router",
    "empty",
    "fill",
    "mark",
    "retry",
]

COUNT_MOST = 64
GRACE_MOST = 3600.0
OCCUPYING = (State.STARTING, State.RUNNING)
TO_REVIVE = (State.BACKOFF, State.BROKEN, State.EXITED)


def mark() -> str:
    return secrets.token_hex(8)


def check(request: Start) -> None:
    """KeeperError says which value of the request cannot be."""
    spec = request.spec
    _check_texts("key", request.key)
    _check_texts("spec", spec.version, spec.digest, spec.directory, spec.api_version)
    _check_texts("command", *spec.command)
    _check_texts("env", *spec.env.values())
    environment.check(spec.env)
    check_name(request.slot)
    if not 1 <= request.count <= COUNT_MOST or request.surge < 1:
        raise KeeperError(
            "invalid", f"count {request.count} must be 1-{COUNT_MOST} and surge {request.surge} at least 1"
        )
    if not 0 <= request.spec.grace <= GRACE_MOST:
        raise KeeperError("invalid", f"grace {request.spec.grace} must be 0-{GRACE_MOST:.0f} seconds")
    if not request.spec.command:
        raise KeeperError("invalid", "command must have at least one word")
    if not request.spec.directory.startswith("/"):
        raise KeeperError("invalid", f"directory {request.spec.directory[:80]!r} must be an absolute path")


def check_role(role: str) -> None:
    """KeeperError when there is no such role."""
    if role not in ROLES:
        raise KeeperError("invalid", f"role {role[:80]!r} must be one of {', '.join(ROLES)}")


def check_name(slot: str) -> None:
    """KeeperError when nothing can be called so."""
    if not SLOT.fullmatch(slot):
        raise KeeperError(
            "invalid",
            f"slot {slot[:80]!r} must be like api.blue: an app, a dot, a slot, of small letters, digits and dashes;"
            f" the app cannot be called {ROUTER}",
        )


def check_realm(realm: str) -> None:
    """KeeperError when no app can be called so."""
    if not REALM.fullmatch(realm):
        raise KeeperError("invalid", f"realm {realm[:80]!r} must be an app: small letters, digits and dashes")


def _check_texts(where: str, *texts: str) -> None:
    """What no process could be given would fail at every start, for ever."""
    if not all(map(environment.passable, texts)):
        raise KeeperError("invalid", f"{where} holds a NUL byte or half of a character; leave it out")


def check_router(request: RouterRequest) -> None:
    """KeeperError says which value of the request cannot be."""
    _check_texts("argv", *request.argv)
    _check_texts("takeover", *request.takeover)
    _check_texts("cwd", request.cwd)
    if not request.argv:
        raise KeeperError("invalid", "argv must have at least one word")
    if not 0 <= request.grace <= GRACE_MOST:
        raise KeeperError("invalid", f"grace {request.grace} must be 0-{GRACE_MOST:.0f} seconds")
    if not 1 <= len(set(map(parse_address, request.listen))) == len(request.listen) <= MOST:
        raise KeeperError("invalid", f"listen must name 1-{MOST} different addresses")


def declare_router(before: Router | None, request: RouterRequest, now: float) -> Router:
    """The router as it shall be: of one that is not ending only what was asked for changes."""
    new = Router(
        request.argv, request.cwd, request.listen, request.takeover, request.grace, mark(), since=now
    )
    if before is None or before.state is State.STOPPING:
        return new
    after = command_of(new, before)
    changed_while_down = after != before and before.state is State.BACKOFF
    return replace(after, state=State.STARTING, streak=0) if changed_while_down else after


def command_of(source: Router, router: Router) -> Router:
    """`router` with what was asked for in `source`."""
    return replace(
        router,
        argv=source.argv,
        cwd=source.cwd,
        listen=source.listen,
        takeover=source.takeover,
        grace=source.grace,
    )


def declare(before: Slot | None, request: Start, now: float, *, new_secrets: bool) -> Slot:
    """The slot as it shall be. Same key and spec: nothing changes but the count. A new key tries everything again.

    KeeperError `refused` while instances of another spec run: the keeper never replaces what serves.
    """
    if before is None or before.count == 0:
        return fill(_fresh(request, before.instances if before else ()), now)
    if before.spec != request.spec:
        _refuse_if_occupied(before, request)
        return fill(_fresh(request, _stopping(before)), now)
    renewed = before.key != request.key
    states = TO_REVIVE if renewed else (State.BROKEN,) if new_secrets else ()
    after = replace(
        before,
        key=request.key,
        generation=request.generation,
        count=request.count,
        surge=request.surge,
        restarts=0 if renewed else before.restarts,
        instances=tuple(_revived(i, now) if i.state in states else i for i in before.instances),
    )
    return fill(_shrunk(after, now), now)


def empty(before: Slot, request: StopRequest, now: float) -> Slot:
    """The slot with nothing in it, or without the named instances, which then stay listed as exited."""
    if not request.only:
        stopped = tuple(_asked_to_stop(i, before.spec, now, listed=False) for i in before.instances)
        return replace(before, key=request.key, generation=request.generation, count=0, instances=stopped)
    if unknown := sorted(set(request.only) - {i.name for i in before.instances}):
        raise KeeperError(
            "refused", f"{before.name} has no instance {harmless(unknown[0])}; observe names them"
        )
    stopped = tuple(
        _asked_to_stop(i, before.spec, now, listed=True) if i.name in request.only else i
        for i in before.instances
    )
    return replace(before, generation=request.generation, instances=stopped)


def retry(slot: Slot, now: float) -> Slot:
    """The slot, trying once more what was given up."""
    tried = (_revived(i, now) if i.state is State.BROKEN else i for i in slot.instances)
    return replace(slot, instances=tuple(tried))


def fill(slot: Slot, now: float) -> Slot:
    """With an instance for every number up to the count, except where one of that name still ends."""
    taken = {i.name for i in slot.instances}
    names = [instance_name(slot.name, n) for n in range(1, slot.count + 1)]
    added = tuple(Instance(name, mark(), since=now) for name in names if name not in taken)
    return replace(slot, instances=slot.instances + added) if added else slot


def _fresh(request: Start, instances: tuple[Instance, ...]) -> Slot:
    return Slot(
        request.slot,
        request.key,
        request.generation,
        request.count,
        request.surge,
        request.spec,
        instances=instances,
    )


def _refuse_if_occupied(before: Slot, request: Start) -> None:
    busy = [i.name for i in before.instances if i.state in OCCUPYING]
    if before.key == request.key or busy:
        raise KeeperError(
            "refused",
            f"{before.name} runs {harmless(before.spec.version)} under key {harmless(before.key)}"
            f" ({', '.join(busy) or 'nothing alive'}), not what was asked for {harmless(request.spec.version)};"
            f" stop {before.name} first",
        )


def _stopping(slot: Slot) -> tuple[Instance, ...]:
    return tuple(i for i in slot.instances if i.state is State.STOPPING)


def _shrunk(slot: Slot, now: float) -> Slot:
    wanted = {instance_name(slot.name, n) for n in range(1, slot.count + 1)}
    kept = (
        i if i.name in wanted else _asked_to_stop(i, slot.spec, now, listed=False) for i in slot.instances
    )
    return replace(slot, instances=tuple(kept))


def _revived(instance: Instance, now: float) -> Instance:
    return replace(
        instance,
        state=State.STARTING,
        since=now,
        process=None,
        restarts=0,
        streak=0,
        exit_code=None,
        sentence="",
    )


def _asked_to_stop(instance: Instance, spec: Spec, now: float, *, listed: bool) -> Instance:
    if instance.state is State.STOPPING:
        return replace(instance, listed=listed and instance.listed)
    return replace(instance, state=State.STOPPING, since=now, until=now + spec.grace, listed=listed)
