"""One state directory with its configuration: what the command line reads, files and starts.

Making a `House` is cheap and opens nothing; heavy libraries come in with what needs them. It decides nothing and
moves no traffic by itself.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from verdigris.core.errors import ConfigError, Refused, StoreUnavailable, VerdigrisError
from verdigris.core.world import Command, Verb

if TYPE_CHECKING:
    from verdigris.adapters.stores.desk import SqliteDesk
    from verdigris.adapters.stores.lease import Holder
    from verdigris.config import Settings
    from verdigris.core.deployment import Deployment
    from verdigris.core.intake import Direct
    from verdigris.core.policy import Policy
    from verdigris.core.world import Check, Release
    from verdigris.keeper.observed import Observed
    from verdigris.ports import Board

__all__ = ["House", "Say"]

Say = Callable[[str], None]
log = logging.getLogger("verdigris")

DATABASE = "verdigris.db"
CONTROLLER_LOG = "controller.log"
WIRING = "controller.wiring"
STOPPED_WITHIN = 5.0
STARTED_WITHIN = 20.0
RELEASES_KEPT = 5


class House:
    """One state directory with its configuration. `state` is absolute."""

    def __init__(self, config: Path, state: Path, app: str | None = None) -> None:
        self.config = config.absolute()
        self.state = state.absolute()
        self._named = app

    @cached_property
    def settings(self) -> Settings:
        """What the configuration file says; `ConfigError` when it is wrong.

        Read when it is first needed: a look at what runs must not hang on a file that is just being edited.
        """
        from verdigris.config import load_config

        settings = load_config(self.config, self._named)
        if settings.policy.rehearse > 0:
            raise ConfigError(
                f"{self.config.name}: rehearse.samples: this version has nothing that rehearses; leave it out"
            )
        return settings

    @property
    def app(self) -> str:
        """The name that was given, or that of the only app that was ever looked at here, or the file's."""
        if self._named is None and "settings" not in self.__dict__:
            seen = sorted(self.state.glob("seen-*.json"))
            if len(seen) == 1:
                return seen[0].stem.removeprefix("seen-")
        return self._named or self.settings.app

    def installation(self) -> str:
        """The random id of this state directory: what is ours bears it."""
        import secrets

        from verdigris.adapters.stores.files import replace_with

        path = self.state / "installation"
        if not path.exists() or not path.read_text().strip():
            replace_with(path, secrets.token_hex(8))
        return path.read_text().strip()

    # --- what the command line reads and files ----------------------------------------------------------------

    def desk(self) -> SqliteDesk:
        from verdigris.adapters.stores.desk import SqliteDesk

        return SqliteDesk(self.state / DATABASE)

    def board(self) -> Board:
        from verdigris.adapters.stores.board import FileBoard

        return FileBoard(self.state)

    def controller(self) -> Holder | None:
        """Who is in charge of this state directory; None when nobody is."""
        from verdigris.adapters.stores.lease import Lease

        return Lease(self.state).holder() if self.state.exists() else None

    def keeper(self) -> Observed | None:
        """What the keeper sees; None when none answers."""
        from verdigris.keeper.client import KeeperError, observe

        if not self.state.is_dir():
            return None
        try:
            return observe(self.state, 2.0)
        except KeeperError:
            return None

    def file(self, release: Release, key: str, actor: str, queue: bool = False) -> int:
        """File a deployment of the release under the present policy, and poke the controller."""
        from verdigris.config import policy_hash
        from verdigris.ports import Filed

        policy = self.settings.policy
        filed = Filed(0, key, self.app, release, policy, actor, queue, policy_hash(policy))
        number = self.desk().file_deployment(filed)
        self.poke()
        return number

    def command(self, verb: Verb, actor: str, reason: str = "", deployment: str = "") -> int:
        """File a command, and poke the controller. `desk().answer(id)` has what became of it."""
        number = self.desk().file(self.app, Command(0, verb, actor, reason, deployment))
        self.poke()
        return number

    def poke(self) -> bool:
        from verdigris.adapters.stores.pokes import poke

        return poke(self.state)

    # --- what runs in the background --------------------------------------------------------------------------

    def start(self, say: Say) -> None:
        """Have a keeper and a controller: the ones that run, or new ones in the background."""
        self.refuse_another_app()
        self.start_keeper(say)
        if self.served() and not self.wired_alike():
            self.stop_controller(say)
        if self.controller() is not None:
            self.await_controller()
        else:
            self.start_controller(say)

    def await_controller(self) -> None:
        """One has the lease: it listens as soon as router and store are ready, or ends. Raises what keeps it."""
        wait_for(lambda: self.poke() or self.controller() is None, STARTED_WITHIN)
        if self.served():
            return
        if not self.poke():
            raise VerdigrisError(f"the controller does not get ready. See {self.state / CONTROLLER_LOG}")
        if not (self.state / DATABASE).exists():
            raise StoreUnavailable(
                f"{self.state / DATABASE} is gone. Traffic stays where it is: run `verdigris recover`"
            )
        self.desk().newest()

    def refuse_another_app(self) -> None:
        """One state directory has one app: under a new name it would lose the one that serves."""
        newest = self.desk().newest() if self.desk().ready() else None
        if newest is not None and newest.deployment.app != self.settings.app:
            raise Refused(
                f"{self.state} belongs to the app {newest.deployment.app}, {self.config.name} is that of"
                f" {self.settings.app}. Keep the name, or give the new app a directory of its own with --state"
            )

    def start_keeper(self, say: Say) -> None:
        from verdigris.keeper.client import start_keeper
        from verdigris.keeper.protocol import KeeperError

        if self.keeper() is None:
            try:
                start_keeper(self.state)
            except KeeperError as error:
                raise VerdigrisError(error.sentence) from error
            say("the keeper was started in the background: it owns the router and the instances")

    def start_controller(self, say: Say) -> None:
        """A controller in a session of its own, its words in controller.log. Returns when it listens."""
        import subprocess

        command = [
            sys.executable,
            "-m",
            "verdigris",
            "--config",
            str(self.config),
            "--state",
            str(self.state),
            "--app",
            self.app,
            "up",
        ]
        descriptor = os.open(self.state / CONTROLLER_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with open(descriptor, "ab") as output:
            before = output.tell()
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        wait_for(lambda: self.served() or process.poll() is not None, STARTED_WITHIN)
        if process.poll() is not None and self.controller() is None:
            raise VerdigrisError(
                f"the controller did not start: {said_since(self.state / CONTROLLER_LOG, before)}"
            )
        self.await_controller()  # ours, or that of one which was started at the same moment
        say("the controller was started in the background: `verdigris status` shows what it does")

    def stop_controller(self, say: Say) -> None:
        """End a controller that was wired by an earlier configuration. Traffic does not notice."""
        from verdigris.adapters.stores.lease import Lease

        lease = Lease(self.state)
        lease.take_over(STOPPED_WITHIN)
        lease.release()
        say("the controller starts anew, for the configuration has changed")

    def wired_alike(self) -> bool:
        """Whether the controller that is in charge was wired by this configuration."""
        try:
            return (self.state / WIRING).read_text() == self.wiring()
        except FileNotFoundError:
            return False

    def wiring(self) -> str:
        """A hash of everything that a controller is wired by, and that no deployment carries with it."""
        import hashlib

        s = self.settings
        parts = (
            s.app,
            s.route,
            s.health,
            s.router,
            s.environment,
            s.alerts,
            s.policy.healthy,
            s.policy.unhealthy,
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def served(self) -> bool:
        """Whether a controller is in charge, listens, and has its store ready."""
        return self.controller() is not None and self.poke() and self.desk().ready()

    def install_units(self) -> dict[str, str]:
        """The systemd units by name; nothing is written."""
        from verdigris.keeper.systemd import units

        return units(self.state, self.config, sys.executable, self.owner())

    def owner(self) -> str:
        """Whose services these are: the state directory's owner, or whoever called sudo, or this user."""
        import pwd

        if self.state.exists():
            return pwd.getpwuid(self.state.stat().st_uid).pw_name
        return os.environ.get("SUDO_USER") or pwd.getpwuid(os.geteuid()).pw_name

    # --- releases ---------------------------------------------------------------------------------------------

    def make_release(self, version: str | None, say: Say) -> Release:
        """The release of the present source, built if it is not there yet. `say` gets each line of the build.

        `Refused` comes first when the state directory is not ours alone.
        """
        from verdigris.adapters.environments.process.recipe import Recipe
        from verdigris.adapters.environments.process.releases import Releases
        from verdigris.adapters.stores.lease import Lease

        run, directory = self.settings.run, Path(self.settings.directory)
        Lease(self.state)
        recipe = Recipe(
            directory=directory,
            command=run.command,
            source=directory / run.source if run.source else None,
            build=run.build,
            env=run.env,
            grace=run.grace,
            api_version=run.api_version,
            version=version or run.version,
        )
        releases = Releases(self.state)
        made = releases.make(recipe, os.environ, say)
        for warning in made.warnings:
            say(warning)
        releases.prune(RELEASES_KEPT, self.versions_in_use() | {made.release.version})
        return made.release

    def versions_in_use(self) -> set[str]:
        """What runs or may have to come back: never pruned."""
        seen = self.keeper()
        running = {slot.version for slot in seen.slots.values()} if seen else set()
        known = self.desk().deployments(RELEASES_KEPT) if self.desk().ready() else ()
        named = {
            r.version for saved in known for r in (saved.deployment.release, saved.deployment.previous) if r
        }
        return running | named

    def hand_over_secrets(self, release: Release) -> None:
        """Give the keeper today's values of the release's `env:` references; they stay in its memory only."""
        import asyncio

        from verdigris.adapters.environments.process.references import hand_over
        from verdigris.keeper.client import KeeperClient

        asyncio.run(hand_over(KeeperClient(self.state), release, os.environ))

    # --- the controller ---------------------------------------------------------------------------------------

    async def run_controller(self) -> None:
        """`verdigris up`: be the controller until SIGTERM or SIGINT. Stopping it stops nothing else."""
        from verdigris.bootstrap.controller import run_controller

        await run_controller(self)

    async def roll_back_directly(self, actor: str, reason: str, say: Say) -> Direct | Deployment:
        """Traffic back without the controller: take the lease, look, switch, confirm, leave a record."""
        import asyncio

        from verdigris.bootstrap.direct import roll_back_directly

        try:
            return await roll_back_directly(self, actor, reason, say)
        finally:
            await asyncio.to_thread(self.have_controller, say)

    def have_controller(self, say: Say) -> None:
        """One that goes on with what is left, if one can be had: nobody may be worse off than before."""
        try:
            if self.controller() is None:
                self.start_controller(say)
        except VerdigrisError as error:
            say(f"{error}")

    async def recover(self, say: Say) -> str:
        """Build the store anew from what router and keeper say; the old file is kept beside it."""
        from verdigris.bootstrap.recovery import recover

        return await recover(self, say)

    def apply_policy(self, policy: Policy, actor: str) -> int:
        """Ask for the running deployment's policy snapshot to be replaced."""
        return self.desk().file(self.app, Command(0, Verb.APPLY, actor, policy=policy))

    # --- the end ----------------------------------------------------------------------------------------------

    def tear_down_everything(self, say: Say) -> None:
        """Stop controller, instances, router and keeper, and remove the state directory."""
        import shutil

        from verdigris.adapters.stores.lease import Lease
        from verdigris.keeper.client import ask
        from verdigris.keeper.protocol import KeeperError, Shutdown

        if not self.state.is_dir():
            say(f"there is nothing in {self.state}")
            return
        Lease(self.state).take_over(5.0)
        say("the controller is stopped")
        if (self.state / "keeper.json").exists():
            self.start_keeper(say)  # one that was killed left everything running, and only a keeper finds it
        try:
            ask(self.state, Shutdown(everything=True), 120.0)
            say("router, instances and keeper are stopped")
        except KeeperError as error:
            if error.kind != "unreachable":
                raise VerdigrisError(error.sentence) from error
            say("no keeper was running")
        make_writable(self.state / "releases")
        shutil.rmtree(self.state)
        say(f"{self.state} is removed")

    # --- looking around ---------------------------------------------------------------------------------------

    def checks(self) -> list[Check]:
        """What has to be there for a deployment, line by line: for `doctor` and `plan`."""
        from verdigris.bootstrap.examination import examine

        return examine(self)

    def logs(self, name: str, lines: int) -> Iterator[str]:
        """The last lines of an instance (`blue-1`), a slot, `router`, `keeper` or `controller`."""
        for path in self.log_files(name):
            yield from tail(path, lines)

    def log_files(self, name: str) -> list[Path]:
        own = {"router": "router/haproxy.log", "keeper": "keeper.log", "controller": CONTROLLER_LOG}
        if name in own:
            return [self.state / own[name]]
        slot, _, number = name.partition("-")
        if slot not in ("blue", "green") or not (number.isdecimal() or name == slot):
            raise Refused(f"there is no log of {name!r}: blue, green, blue-1, router, keeper, controller")
        found = (self.state / "logs").glob(f"{slot}-{number or '*'}.log")
        return sorted(found, key=lambda path: (len(path.name), path.name))


def wait_for(holds: Callable[[], bool], seconds: float) -> None:
    """Look until something is so, or for so long at most."""
    import time

    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a file, at most 256 KiB of it."""
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - (256 << 10), 0))
            return file.read().decode(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        return []


def said_since(path: Path, offset: int) -> str:
    """What was written to a log since then, in one line."""
    with path.open("rb") as file:
        file.seek(offset)
        said = file.read(4096).decode(errors="replace")
    return " ".join(said.split()).removeprefix("✖ ") or f"see {path}"


def make_writable(root: Path) -> None:
    """Releases are sealed; what is to be removed has to be opened again."""
    for directory, _, _ in os.walk(root):
        Path(directory).chmod(0o700)
