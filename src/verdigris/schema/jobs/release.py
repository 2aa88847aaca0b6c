"""The two releases of a deployment, as a job sees them: the tool that moves the schema, and what each of them sends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from verdigris.core.errors import ConfigError
from verdigris.core.world import Slot
from verdigris.schema.finding import Version
from verdigris.schema.jobs.order import Order
from verdigris.schema.jobs.papers import Papers
from verdigris.schema.proof.gate import sent as in_order
from verdigris.schema.sources.declared import read
from verdigris.schema.sources.recording import Recording
from verdigris.schema.sources.stat_statements import observe
from verdigris.schema.statement import Statement
from verdigris.schema.tools.alembic import Alembic
from verdigris.schema.tools.django import Django
from verdigris.schema.tools.project import Project
from verdigris.schema.tools.scripts import Scripts
from verdigris.schema.tools.tool import Tool

__all__ = ["mark", "role_name", "sent", "tool_of"]


def tool_of(order: Order, tell: Callable[[str], None], tombstones: bool = False) -> Tool:
    """What moves the schema to where the candidate needs it; with `tombstones` on production, without on a shadow."""
    plan, home = order.plan, Path(order.candidate)
    if plan.tool == "files":
        return Scripts(home / plan.directory, tell, tombstones, app=plan.app)
    project = Project(plan.command, home, plan.url_env, environ=plan.environ, lock=plan.lock)
    if plan.tool == "alembic":
        return Alembic(project)
    if plan.tool == "django":
        return Django(project)
    raise ConfigError(f"schema.tool: {plan.tool} is none that is known: use files, alembic or django")


def role_name(order: Order, slot: Slot) -> str:
    """The database role of a slot; "" where the application has one role for both."""
    return f"{order.plan.role}_{slot}" if order.plan.role else ""


def sent(order: Order, url: str, version: Version) -> tuple[list[Statement], tuple[str, ...]]:
    """What a release sends, as it says itself and as production has seen of its slot's role; and what is not seen."""
    home = order.candidate if version is Version.NEW else order.previous
    slot = Slot(order.slot) if version is Version.NEW else Slot(order.slot).other
    besides = [read(Path(order.plan.besides))] if order.plan.besides else []
    recordings = [*declared(order, home), *besides, *watched(order, url, slot)]
    notes = tuple(note for recording in recordings for note in recording.notes)
    return [statement for recording in recordings for statement in in_order(recording)], notes


def declared(order: Order, home: str) -> list[Recording]:
    """JSON lines, SQL, or what sqlx has. A release without it says nothing of itself, and the first had none before."""
    path = Path(home) / order.plan.statements if home and order.plan.statements else None
    return [read(path)] if path is not None and path.exists() else []


def watched(order: Order, url: str, slot: Slot) -> list[Recording]:
    """What production has seen of the slot's role since it is this release's: it was another's before."""
    role = role_name(order, slot)
    return [observe(url, role, order.desk().marks(role)).recording] if role else []


def mark(order: Order, url: str, papers: Papers | None = None) -> None:
    """Note what the role of the candidate's slot has sent before now; `papers` are written down before the note is."""
    role = role_name(order, Slot(order.slot))
    if not role:
        return
    marks = observe(url, role).marks
    if papers is not None:
        order.desk().write(papers)
    order.desk().mark(role, marks)
