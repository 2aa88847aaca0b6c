"""What moves the schema of an app: the jobs, with their URLs looked up where verdigris.yaml says that they are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from verdigris.adapters.schemas.jobs import SchemaJobs, desk_of
from verdigris.core.errors import ConfigError
from verdigris.core.world import Check, Slot
from verdigris.keeper.environment import resolve
from verdigris.keeper.protocol import KeeperError
from verdigris.schema.jobs.order import DATABASE_URL, SHADOW_URL, TOOL, Plan
from verdigris.schema.running.sessions import ended_by, sessions_of
from verdigris.schema.shadow.production import reading
from verdigris.schema.tools.addresses import is_address

if TYPE_CHECKING:
    from verdigris.config import SchemaSettings
    from verdigris.core.deployment import Deployment
    from verdigris.ports import Clock
    from verdigris.schema.jobs.papers import Papers

__all__ = ["for_tool", "handed", "papers_of", "plan_of", "schema_jobs", "seen", "urls"]


def schema_jobs(schema: SchemaSettings | None, state: Path, app: str, clock: Clock) -> SchemaJobs | None:
    """The tool of one app; None where nothing moves its schema."""
    if schema is None:
        return None
    return SchemaJobs(
        plan_of(schema, app), state / "schema" / app, partial(urls, schema), left, clock,
        variables=partial(for_tool, schema),
    )  # fmt: skip


def plan_of(schema: SchemaSettings, app: str = "") -> Plan:
    """What a job has to know of the configuration; a URL is never in it. Without an app there is no file of one."""
    return Plan(
        tool=schema.tool, directory=schema.directory, command=schema.command, url_env=schema.url_env,
        role=schema.role, statements=schema.statements or "", shapes=schema.shapes, hazards=schema.hazards, app=app,
    )  # fmt: skip


def urls(schema: SchemaSettings) -> Mapping[str, str]:
    """Where production is, and the shadow, "" for one of our own. Looked up anew each time."""
    shadow = value("schema.shadow", schema.shadow) if schema.shadow else ""
    return {DATABASE_URL: value("schema.database", schema.database), SHADOW_URL: shadow}


def for_tool(schema: SchemaSettings) -> Mapping[str, str]:
    """The same of `handed`, as a job finds it in its environment."""
    return {f"{TOOL}{name}": text for name, text in handed(schema)}


def handed(schema: SchemaSettings) -> tuple[tuple[str, str], ...]:
    """What `schema.env` names of the application's variables, with what they refer to: `Plan.environ`.

    None says where a database is, or a ConfigError: `url_env` alone does, and that is set to the one that is meant.
    """
    named = [(name, value(f"run.env.{name}", said)) for name, said in schema.env if name != schema.url_env]
    for name, text in named:
        if is_address(name, text):
            raise ConfigError(
                f"schema.env: {name} says where a database is, and the tool would find it from the shadow too. Take "
                f"it out: the tool is told its database in {schema.url_env} alone (schema.url_env)"
            )
    return tuple(named)


def seen(app: str, schema: SchemaSettings) -> Check:
    """A look at production as a job would have it: what it is, whether it may be done what will be asked of it, and
    whether a shadow of it can be made. It changes nothing."""
    from verdigris.schema.running.rights import lacking
    from verdigris.schema.shadow.production import look
    from verdigris.schema.shadow.programs import chosen, dumping

    url = urls(schema)[DATABASE_URL]
    handed(schema)
    production = look(url)
    names = [f"{schema.role}_{slot}" for slot in Slot] if schema.role else []
    if wrong := lacking(url, schema.role, names):
        return Check("schema", False, f"{app}: {'; '.join(wrong)}")
    if schema.shapes == "recycled":
        for name in names:
            ended_by(url, name)
    dumping(production.major)
    unlike = "" if schema.shadow else chosen(production.major).note
    said = f"roles {' and '.join(names)}" if names else "no role for each slot, so nothing is contracted"
    told = [f"{app}: PostgreSQL {production.major}, {said}", *filter(None, [unlike])]
    return Check("schema", True, "; ".join(told))


def left(url: str, role: str) -> int:
    """How many sessions the role has; an ObservationError where production cannot be asked."""
    with reading(url) as connection:
        return len(sessions_of(connection, role))


def value(key: str, reference: str) -> str:
    try:
        return resolve(key, reference, 0, {}, os.environ).strip()
    except KeeperError as error:
        raise ConfigError(error.sentence) from None


def papers_of(state: Path, d: Deployment) -> tuple[Papers, bool]:
    """What the jobs of a deployment have come to, and whether one is at work."""
    desk = desk_of(state / "schema" / d.app, d)
    return desk.read(), desk.busy()
