"""What `schema expand` and `schema contract` are about: the order that a deployment's job would be given.

It comes from verdigris.yaml and from the state directory, and what is typed goes before what is written. Where nobody
was deployed from here it is said what is taken for granted instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from verdigris.cli.schema.places import referred
from verdigris.cli.schema.turn import NAME
from verdigris.cli.session import Session
from verdigris.core.errors import ConfigError, Refused
from verdigris.core.world import Proven, Slot

if TYPE_CHECKING:
    from verdigris.config import SchemaSettings, Settings
    from verdigris.core.deployment import Deployment
    from verdigris.core.world import Release
    from verdigris.schema.jobs.order import Order, Plan

__all__ = ["Given", "Site", "Work", "contracting", "expanding", "going_on", "places", "site_of"]


@dataclass(frozen=True, slots=True)
class Given:
    """What was typed, "" and None where nothing was."""

    database: str = ""
    shadow: str = ""
    directory: Path | None = None
    statements: Path | None = None
    role: str = ""
    old: Slot | None = None
    shapes: str | None = None
    hazards: str | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """An order and the URLs for it. `assumed` is taken for granted, and said first; "" where all is known.

    `state` is where that was looked for, `app` the one that was typed.
    """

    order: Order
    url: str
    shadow: str
    assumed: str = ""
    unproven_passes: bool = False
    state: str = ""
    app: str = ""

    def takes(self, answer: Proven) -> bool:
        """Whether that answer is enough to go on with."""
        return answer is Proven.PROVEN or (answer is Proven.UNPROVEN and self.unproven_passes)

    def holding(self, lock: int) -> Work:
        """The same, with the lock that the project's tool is to hold as well."""
        plan = replace(self.order.plan, lock=lock)
        return replace(self, order=replace(self.order, plan=plan))


@dataclass(frozen=True, slots=True)
class Site:
    """What is written down: in the file, and in the state directory."""

    settings: Settings | None
    schema: SchemaSettings
    of: Deployment | None
    state: str = ""
    app: str = ""
    """That was typed, "" where none was."""

    @property
    def source(self) -> Path:
        """Where the next release is made from."""
        if self.settings is None:
            return Path.cwd()
        return Path(self.settings.directory) / (self.settings.run.source or ".")

    @property
    def passes(self) -> bool:
        return self.settings is not None and self.settings.policy.unproven_passes

    def plan(self, given: Given) -> Plan:
        from verdigris.bootstrap.schemas import handed, plan_of

        plan = plan_of(self.schema, self.settings.app if self.settings else self.app)
        besides = str(given.statements.absolute()) if given.statements else ""
        return replace(plan, environ=handed(self.schema), besides=besides)

    def work(self, order: Order, given: Given, assumed: str = "", passes: bool = False) -> Work:
        return Work(order, *places(self, given), assumed, passes, self.state, self.app)

    def directory(self, given: Given, home: Path) -> str:
        """Where the tool is run: what was typed is the directory of files, and the project of any other tool."""
        return str((given.directory if given.directory and self.schema.tool != "files" else home).absolute())

    def serving(self) -> tuple[Release, Slot] | None:
        """What serves, and in which slot; None where nobody knows."""
        from verdigris.core.intake import serving
        from verdigris.core.world import Unknown

        slot = serving(self.of, Unknown("nobody asks the router")) if self.of else None
        release = self.of.release_in(slot) if self.of and slot else None
        return (release, slot) if release and slot else None


def site_of(session: Session, given: Given, of: Deployment | None) -> Site:
    """What verdigris.yaml says, if there is one, and what was typed."""
    settings = session.house.settings if session.config.exists() else None
    if settings and settings.app != session.name:
        raise ConfigError(
            f"{session.config} is for the app {settings.app}, and {session.house.state} knows {session.name} only: "
            f"type --app {settings.app} if it is right"
        )
    return Site(
        settings, schema_of(settings, given), of, str(session.house.state.absolute()), session.app or ""
    )


def schema_of(settings: Settings | None, given: Given) -> SchemaSettings:
    """What the file says, and what was typed instead. ConfigError where it is said nowhere which database it is."""
    from verdigris.config import SchemaSettings

    schema = settings.schema if settings else None
    if not given.database and (schema is None or not schema.database):
        raise ConfigError(
            "nobody says which database this is about: name it with --database URL (or env:NAME), or write it in "
            "verdigris.yaml as schema.database"
        )
    schema = schema or SchemaSettings("files", "")
    if given.directory and schema.tool == "files":
        schema = replace(schema, directory=str(given.directory.absolute()))
    return replace(
        schema, role=given.role or schema.role, shapes=given.shapes or schema.shapes,
        hazards=given.hazards or schema.hazards,
    )  # fmt: skip


def going_on(outcome: Proven) -> str:
    """What can be done about it, behind the sentence that says why nothing is."""
    ways = ". Say what is sent with --statements, or go on all the same with --allow-unproven"
    return ways if outcome is Proven.UNPROVEN else ""


def places(site: Site, given: Given) -> tuple[str, str]:
    """The URLs of production and of the shadow, "" for one of our own."""
    from verdigris.bootstrap.schemas import value

    shadow, schema = referred("--shadow", given.shadow), site.schema
    if schema.shadow and not shadow:
        shadow = value("schema.shadow", schema.shadow)
    if given.database:
        return referred("--database", given.database), shadow
    return value("schema.database", schema.database), shadow


def expanding(site: Site, given: Given, home: Path) -> Work:
    """The steps of the source, of which the next release is made, beside what serves."""
    from verdigris.schema.jobs.order import Deed, Order

    known, source = site.serving(), site.directory(given, site.source)
    if known is None:
        # Somebody may be served all the same, so it is tried as if; what that sends is what was typed, or unknown.
        plan = replace(site.plan(given), role="", statements="")
        assumed = f"nothing was deployed from {site.state}, so nobody knows what serves"
        if plan.shapes == "recycled":
            plan, assumed = replace(plan, shapes="refused"), f"{assumed}, nor whose sessions to recycle"
        return site.work(Order(Deed.EXPAND, plan, str(home), NAME, source, source, Slot.BLUE), given, assumed)
    release, slot = known
    order = Order(Deed.EXPAND, site.plan(given), str(home), NAME, source, release.directory, slot.other)
    return site.work(order, given, passes=site.passes)


def contracting(site: Site, given: Given, home: Path) -> Work:
    """The steps that the serving release has left, as its own deployment would have had them carried out."""
    from verdigris.adapters.schemas.jobs import desk_of
    from verdigris.schema.jobs.order import Deed, Order
    from verdigris.schema.jobs.papers import Question

    known, name, assumed = site.serving(), NAME, ""
    if not site.schema.role:
        raise ConfigError(
            "without a database role for each slot nobody knows who of the old version is left: name the application's "
            "role with --role, or write it in verdigris.yaml as schema.role"
        )
    if known is None:
        slot, directory = typed_old(given).other, site.source
        granted = f"{slot} serves and {slot.other} is gone"
        assumed = f"nothing was deployed from {site.state}, so it is taken for granted that {granted}"
    else:
        slot, directory = known[1], Path(known[0].directory)
        if given.old not in (None, slot.other):
            raise Refused(
                f"--old {given.old}: {slot.other} is the old one, for {slot} serves {known[0].version}"
            )
        if site.of and slot is site.of.candidate:
            name = desk_of(home, site.of).name
    order = Order(
        Deed.CONTRACT, site.plan(given), str(home), name, site.directory(given, directory), "", slot,
        Question.CONTRACTS,
    )  # fmt: skip
    return site.work(order, given, assumed, site.passes)


def typed_old(given: Given) -> Slot:
    if given.old is None:
        raise ConfigError(
            "nothing was deployed from here, so nobody knows which version is gone: name its slot with --old"
        )
    return given.old
