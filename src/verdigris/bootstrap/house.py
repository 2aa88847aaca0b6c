"""One state directory with its configuration: what the command line reads, files and starts.

Making a `House` is cheap and opens nothing; heavy libraries come in with what needs them. It decides nothing and
moves no traffic by itself. One app of it may be named; what is about one app is about that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from verdigris.core.errors import ConfigError
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

__all__ = ["CONTROLLER_LOG", "DATABASE", "WIRING", "House", "Say"]

Say = Callable[[str], None]

DATABASE = "verdigris.db"
CONTROLLER_LOG = "controller.log"
WIRING = "controller.wiring"
SEEN = "seen-"


class House:
    """One state directory with its configuration. `state` is absolute."""

    def __init__(self, config: Path, state: Path, app: str | None = None) -> None:
        self.config = config.absolute()
        self.state = state.absolute()
        self._named = app

    # --- its apps ---------------------------------------------------------------------------------------------

    @cached_property
    def apps(self) -> dict[str, Settings]:
        """What the configuration file says of every app; `ConfigError` when it is wrong.

        Read when it is first needed: a look at what runs must not hang on a file that is just being edited.
        """
        from verdigris.config import load_apps

        found = {settings.app: settings for settings in load_apps(self.config)}
        if any(settings.policy.rehearse > 0 for settings in found.values()):
            raise ConfigError(
                f"{self.config.name}: rehearse.samples: this version has nothing that rehearses; leave it out"
            )
        return found

    @cached_property
    def settings(self) -> Settings:
        """What the file says of the app that was named, or that is the only one. `ConfigError` lists them otherwise."""
        names = ", ".join(self.apps)
        if self._named is None and len(self.apps) > 1:
            raise ConfigError(
                f"{self.config.name} has several apps ({names}). Say which one is meant with --app"
            )
        if self._named is not None and self._named not in self.apps:
            raise ConfigError(
                f"{self.config.name} has no app {self._named!r}. It has: {names}. Name one with --app"
            )
        return self.apps[self._named] if self._named else next(iter(self.apps.values()))

    @property
    def app(self) -> str:
        """The name that was given, or that of the only app that was ever looked at here, or of the file's only one."""
        if self._named is None and "apps" not in self.__dict__ and len(self.seen) == 1:
            return self.seen[0]
        return self._named or self.settings.app

    @property
    def names(self) -> tuple[str, ...]:
        """The apps that a look is about: the named one, else all that were ever looked at here, else the file's."""
        return (self._named,) if self._named else self.seen or tuple(self.apps)

    @property
    def seen(self) -> tuple[str, ...]:
        """The apps that a controller of this state directory has looked at."""
        return tuple(sorted(path.stem.removeprefix(SEEN) for path in self.state.glob(f"{SEEN}*.json")))

    # --- what the command line reads and files ----------------------------------------------------------------

    def installation(self) -> str:
        """The random id of this state directory: what is ours bears it."""
        import secrets

        from verdigris.adapters.stores.files import replace_with

        path = self.state / "installation"
        if not path.exists() or not path.read_text().strip():
            replace_with(path, secrets.token_hex(8))
        return path.read_text().strip()

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
        return self.desk().file_deployment(
            Filed(0, key, self.app, release, policy, actor, queue, policy_hash(policy))
        )

    def command(self, verb: Verb, actor: str, reason: str = "", deployment: str = "", share: int = 0) -> int:
        """File a command, and poke the controller. `desk().answer(id)` has what became of it."""
        return self.desk().file(self.app, Command(0, verb, actor, reason, deployment, share=share))

    def apply_policy(self, policy: Policy, actor: str) -> int:
        """Ask for the running deployment's policy snapshot to be replaced."""
        return self.desk().file(self.app, Command(0, Verb.APPLY, actor, policy=policy))

    def poke(self) -> bool:
        from verdigris.adapters.stores.pokes import poke

        return poke(self.state)

    def checks(self) -> list[Check]:
        """What has to be there for a deployment, line by line: for `doctor` and `plan`."""
        from verdigris.bootstrap.examination import examine

        return examine(self)

    def logs(self, name: str, lines: int) -> Iterator[str]:
        """The last lines of an instance (`blue-1`), a slot, `router`, `keeper` or `controller`."""
        from verdigris.bootstrap.logs import tail

        for path in self.log_files(name):
            yield from tail(path, lines)

    def log_files(self, name: str) -> list[Path]:
        from verdigris.bootstrap.logs import log_files

        return log_files(self, name)

    def expiring(self, app: str) -> tuple[str, ...]:
        """What somebody has to do about the certificates of an app, by the note that lies beside them."""
        from datetime import UTC, datetime

        from verdigris.adapters.routers.haproxy.expiry import told_by

        now = datetime.now(UTC)
        complaints = (one.complaint(now) for one in told_by(self.state / "router") if one.app == app)
        return tuple(filter(None, complaints))

    def preview_header(self, slot: str) -> Path:
        """The file with the header that chooses the slot; its secret is made when the router is first started."""
        return self.state / "router" / f"preview-{slot}.header"

    # --- what runs, and ends ----------------------------------------------------------------------------------

    def start(self, say: Say) -> None:
        """Have a keeper and a controller: the ones that run, or new ones in the background."""
        from verdigris.bootstrap.background import start

        start(self, say)

    def install_units(self) -> dict[str, str]:
        """The systemd units by name; nothing is written."""
        from verdigris.bootstrap.units import install_units

        return install_units(self)

    async def run_controller(self) -> None:
        """`verdigris up`: be the controller of all apps until SIGTERM or SIGINT. Stopping it stops nothing else."""
        from verdigris.bootstrap.controller import run_controller

        await run_controller(self)

    def make_release(self, version: str | None, say: Say) -> Release:
        """The release of the present source, built if it is not there yet. `say` gets each line of the build."""
        from verdigris.bootstrap.shipping import make_release

        return make_release(self, version, say)

    def hand_over_secrets(self, release: Release) -> None:
        """Give the keeper today's values of the release's `env:` references; they stay in its memory only."""
        from verdigris.bootstrap.shipping import hand_over_secrets

        hand_over_secrets(self, release)

    async def roll_back_directly(self, actor: str, reason: str, say: Say) -> Direct | Deployment:
        """Traffic back without the controller: take the lease, look, switch, confirm, leave a record."""
        import asyncio

        from verdigris.bootstrap.background import have_controller
        from verdigris.bootstrap.direct import roll_back_directly

        try:
            return await roll_back_directly(self, actor, reason, say)
        finally:
            await asyncio.to_thread(have_controller, self, say)

    async def recover(self, say: Say) -> tuple[str, ...]:
        """Build the store anew from what router and keeper say; the old file is kept beside it."""
        from verdigris.bootstrap.recovery import recover

        return await recover(self, say)

    def tear_down_everything(self, say: Say) -> None:
        """Stop controller, instances, router and keeper, and remove the state directory."""
        from verdigris.bootstrap.ending import tear_down_everything

        tear_down_everything(self, say)

    def tear_down(self, actor: str, say: Say) -> None:
        """End the named app, in the file or not; the others go on."""
        from verdigris.bootstrap.ending import tear_down

        tear_down(self, actor, say)
