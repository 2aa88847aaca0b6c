"""What `doctor` looks at: each line says what was found and, where it is wrong, what to do. It changes nothing."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from verdigris.bootstrap.house import DATABASE, House
from verdigris.core.words import span
from verdigris.core.world import Check
from verdigris.keeper.observed import Observed

__all__ = ["examine"]

OLDEST = (3, 11)
FREE_LEAST = 512 << 20
DAY = 24 * 3600.0
FILES_LEAST = 4096
CI_SIGNS = ("CI", "GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "JENKINS_URL")


def examine(house: House) -> list[Check]:
    """Every check, the ones that others rest on first."""
    keeper = house.keeper()
    found = [
        python(),
        router(house),
        state_directory(house),
        *(database(house, app) for app in house.apps),
        *(drill(house, app) for app in house.apps),
        disk(house),
        open_files(),
        *addresses(house, keeper),
        *papers(house),
        *(signals(house, app) for app in house.apps),
        *(schema(house, app) for app in house.apps),
        keeper_line(house, keeper),
        controller_line(house),
        parent(keeper),
    ]
    return [check for check in found if check is not None]


def python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST:
        return Check("python", False, f"Python {version} is too old: install 3.11 or newer")
    return Check("python", True, f"Python {version}")


def router(house: House) -> Check:
    """The router's binary, with its own version and that of the TLS library it carries."""
    from verdigris.adapters.routers.haproxy.binary import bundled

    named = (settings.router.binary for settings in house.apps.values())
    binary = next(filter(None, named), None) or str(bundled())
    try:
        said = subprocess.run([binary, "-vv"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        return Check(
            "router", False, f"{binary} does not run: {error}. Reinstall verdigris, or set router.bin"
        )
    lines = said.splitlines()
    if not lines or "HAProxy" not in lines[0]:
        return Check("router", False, f"{binary} is no HAProxy. Set router.bin to one, or leave it out")
    first = lines[0].removesuffix(" - https://haproxy.org/")
    tls = next(
        (line.split(":", 1)[1].strip() for line in lines if "Running on OpenSSL" in line), "no TLS library"
    )
    return Check("router", True, f"{first}, {tls}")


def state_directory(house: House) -> Check:
    if not house.state.exists():
        return Check("state", True, f"{house.state} does not exist yet: `verdigris deploy` makes it")
    if not house.state.is_dir():
        return Check("state", False, f"{house.state} is no directory: name another one with --state")
    seen = house.state.stat()
    mode = stat.S_IMODE(seen.st_mode)
    if seen.st_uid != os.geteuid() or mode & 0o077:
        return Check(
            "state", False, f"{house.state} is not yours alone (mode {mode:o}): run `chmod 700 {house.state}`"
        )
    return Check("state", True, f"{house.state} is yours alone")


def database(house: House, app: str) -> Check | None:
    """Whether the store can be read, for one app; nothing to say while there is none."""
    from verdigris.core.errors import VerdigrisError

    if not (house.state / DATABASE).exists():
        return None
    try:
        found = house.desk().newest(app)
    except VerdigrisError as error:
        return Check("store", False, str(error))
    said = f"the newest deployment is {found.deployment.id}" if found else "no deployment yet"
    return Check("store", True, f"{app}: {said}")


def drill(house: House, app: str) -> Check | None:
    """How old the last try of the way back is: failed, or twice as old as it should be, is something to mend."""
    from verdigris.core.drilled import facts
    from verdigris.core.errors import VerdigrisError

    try:
        found = house.desk().newest(app)
    except VerdigrisError:
        return None  # the store's own check says so
    if found is None or found.deployment.drilled is None:
        never = f"{app}: the way back was never tried: `verdigris drill` while the old slot is hot"
        return Check("drill", True, never) if found is not None else None
    record, every = found.deployment.drilled, house.apps[app].policy.drill_every
    age = max(time.time() - record.wall, 0.0)
    said = f"{app}: the way back {'did not work' if record.trouble else 'worked'} {past(age)} ago"
    if record.trouble:
        return Check("drill", False, f"{said}: {record.trouble}. Mend it, then try again: `verdigris drill`")
    if every is not None and age > 2 * every:
        return Check("drill", False, f"{said}, that is older than drill.every asks for: `verdigris drill`")
    return Check("drill", True, f"{said}: {', '.join(facts(record))}")


def past(age: float) -> str:
    """ "41 s", "23 h 53 min", "9 days"."""
    return span(age) if age < 2 * DAY else f"{age / DAY:.0f} days"


def disk(house: House) -> Check:
    place = next(path for path in (house.state, *house.state.parents) if path.exists())
    free = shutil.disk_usage(place).free
    if free < FREE_LEAST:
        return Check(
            "disk", False, f"{free >> 20} MiB are free in {place}, at least {FREE_LEAST >> 20} should be"
        )
    return Check("disk", True, f"{free >> 30} GiB are free in {place}")


def open_files() -> Check:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES_LEAST:
        return Check(
            "files", False, f"{hard} open files are allowed: raise it with `ulimit -Hn` or LimitNOFILE"
        )
    return Check("files", True, f"{soft} open files are allowed, up to {'any number' if hard < 0 else hard}")


def addresses(house: House, keeper: Observed | None) -> list[Check]:
    """The front door's addresses: ours, free, or somebody else's."""
    from verdigris.adapters.routers.haproxy.settings import split_address
    from verdigris.bootstrap.sites import door_of

    ours = keeper.router.listen if keeper is not None and keeper.router is not None else ()
    listened = [Check("address", True, f"the router listens on {', '.join(ours)}")] if ours else []
    wanted = [address for address in door_of(house).addresses if address not in ours]
    return [*listened, *(free(address, *split_address(address)) for address in wanted)]


def free(name: str, host: str, port: int) -> Check:
    """Whether an address can be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return Check("address", False, f"{name} cannot be had: {error.strerror}. Change route.listen")
    return Check("address", True, f"{name} is free")


def papers(house: House) -> list[Check]:
    """The certificates and the pages that the file names."""
    from verdigris.bootstrap.papers import certificates, maintenance_pages
    from verdigris.bootstrap.sites import door_of

    door = door_of(house)
    return [*certificates(door, datetime.now(UTC)), *maintenance_pages(door)]


def signals(house: House, app: str) -> Check | None:
    """Whether what users get can be counted, where the file says where; it is asked once."""
    from verdigris.bootstrap.sources import outcomes
    from verdigris.core.errors import VerdigrisError

    if house.apps[app].signals is None:
        return None
    try:
        return outcomes(house, house.apps[app])
    except VerdigrisError:
        return None  # the store's own check says so


def schema(house: House, app: str) -> Check | None:
    """Whether production can be looked at, and each slot has a role of its own there."""
    settings = house.apps[app].schema
    if settings is None:
        return None
    from verdigris.bootstrap.schemas import seen
    from verdigris.core.errors import VerdigrisError

    try:
        return seen(app, settings)
    except VerdigrisError as error:
        return Check("schema", False, f"{app}: {error}")


def keeper_line(house: House, keeper: Observed | None) -> Check:
    if keeper is None:
        return Check("keeper", True, "no keeper runs: `verdigris deploy` or `verdigris up` starts one")
    trouble = keeper.keeper.sentence
    return Check("keeper", not trouble, trouble or f"the keeper runs with pid {keeper.keeper.pid}")


def controller_line(house: House) -> Check:
    from verdigris.core.errors import VerdigrisError

    try:
        holder = house.controller()
    except VerdigrisError as error:
        return Check("controller", False, str(error))
    if holder is None:
        return Check("controller", True, "no controller runs: traffic does not need one, deployments do")
    if not house.poke():
        return Check(
            "controller", False, f"the {holder} does not listen: see {house.state / 'controller.log'}"
        )
    return Check("controller", True, f"the {holder} is up")


def parent(keeper: Observed | None) -> Check:
    """Whether what was started from here ends with whoever started it."""
    runner = next((sign for sign in CI_SIGNS if os.environ.get(sign)), None)
    if runner is not None:
        hint = "run `verdigris up --install` on the host once, so that nothing hangs on this job"
        return Check(
            "parent", keeper is not None, f"this is a CI job ({runner}), which ends its processes: {hint}"
        )
    scope = control_group()
    if scope.endswith(".service") and "verdigris" not in scope:
        return Check(
            "parent", False, f"this runs inside {scope}, which takes all down: `verdigris up --install`"
        )
    return Check("parent", True, "nothing above this process is known to take the keeper down with it")


def control_group() -> str:
    """The last name of the control group, where there is one."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return ""
    return lines[-1].rpartition("/")[2] if lines else ""
