"""A project with Alembic: which revisions are owed, and `alembic upgrade` for one of them after the other.

Revision files are read, never imported: what is known of one is what stands in it as a literal.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from verdigris.core.errors import ConfigError
from verdigris.schema.running.twins import Twins, twins_said
from verdigris.schema.script import Kind
from verdigris.schema.tools.markers import kind_said
from verdigris.schema.tools.project import Project
from verdigris.schema.tools.tool import PATIENCE, Patience, Step
from verdigris.schema.tools.twinning import kept, unfinished

__all__ = ["Alembic", "Revision", "owed", "revision"]

PATH = re.compile(r"^Path: (.+)$", re.MULTILINE)
CURRENT = re.compile(r"^(\S+)(?: \([^)]*\))*$", re.MULTILINE)
ALONE = re.compile(r"autocommit_block|concurrently", re.IGNORECASE)
NAMES = {"revision", "down_revision", "depends_on", "branch_labels", "verdigris", "verdigris_sync"}
DROPS = {"drop_column", "drop_table", "drop_index", "drop_constraint", "batch_alter_table", "f"}
"""Operations of Alembic that read no rows."""
PHASES = (Kind.EXPAND, Kind.BACKFILL, None, Kind.CONTRACT)
"""Which of several revisions that could be next is next: what expands may be wanted without what contracts."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision file. `after` are the revisions that it follows, `needs` those that it depends on besides."""

    id: str
    after: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    declared: Kind | None = None
    title: str = ""
    alone: bool = False
    twins: tuple[Twins, ...] = ()
    only_drops: bool = False

    def step(self, kind: Kind | None) -> Step:
        return Step(self.id, kind, self.title, self.alone, twins=self.twins, only_drops=self.only_drops)


@dataclass(frozen=True, slots=True)
class Alembic:
    """The tool of such a project."""

    project: Project

    def pending(self, url: str) -> tuple[Step, ...]:
        """Revisions between what the database has and the heads; before them, those whose trigger is not there yet."""
        listed = self.project.answered(url, "history", "--verbose")
        revisions = [revision(Path(path.strip())) for path in reversed(PATH.findall(listed))]
        steps = owed(revisions, CURRENT.findall(self.project.told(url, "current")))
        pending = {step.name for step in steps}
        applied = {each.id: each for each in revisions if each.twins and each.id not in pending}
        late = unfinished(url, applied)
        return (*(replace(applied[name].step(None), applied=True) for name in sorted(late)), *steps)

    def run(self, url: str, step: Step, patience: Patience = PATIENCE) -> None:
        """That revision only: all that it follows is to be there already."""
        self.project.sure(url, "current")
        with kept(url, step, patience):
            if not step.applied:
                self.project.carry_out(url, step, ("upgrade", step.name), patience)


def revision(path: Path) -> Revision:
    """What a revision file says of itself. ConfigError if it cannot be read, or says it by a calculation."""
    try:
        source = path.read_text(encoding="utf-8-sig")
        tree = ast.parse(source)
        said = literals(tree, path)
    except (OSError, SyntaxError, ValueError) as error:
        raise ConfigError(
            f"{path}: is no revision that can be read: {error}; correct or remove it"
        ) from error
    if not isinstance(name := said.get("revision"), str):
        raise ConfigError(f"{path}: has no `revision`; alembic lists it as one, so correct or remove it")
    return Revision(
        name,
        texts(said.get("down_revision")),
        texts(said.get("depends_on")),
        texts(said.get("branch_labels")),
        kind_said(said.get("verdigris"), path),
        path.stem,
        ALONE.search(source) is not None,
        twins_said(path.name, said.get("verdigris_sync")),
        only_drops(tree),
    )


def only_drops(tree: ast.Module) -> bool:
    """Whether all that it calls on the way up is known to drop: of anything else nobody knows what it reads."""
    way_back = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "downgrade"]
    behind = {id(node) for function in way_back for node in ast.walk(function)}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and id(node) not in behind]
    return bool(calls) and all(called(node.func) in DROPS for node in calls)


def called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def literals(tree: ast.Module, path: Path) -> dict[str, Any]:
    """The names that count, with their values."""
    found: dict[str, Any] = {}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        for target in targets:
            if isinstance(target, ast.Name) and target.id in NAMES and value is not None:
                found[target.id] = literal(value, target.id, path)
    return found


def literal(node: ast.expr, name: str, path: Path) -> object:
    try:
        return ast.literal_eval(node)
    except ValueError as error:
        raise ConfigError(f"{path}:{node.lineno}: `{name}` is calculated; write it out as a text") from error


def texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(str(each) for each in value if each)  # type: ignore[attr-defined]


def owed(revisions: Iterable[Revision], current: Iterable[str]) -> tuple[Step, ...]:
    """What is not applied, each after all that it follows. `revisions` are in Alembic's order, oldest first.

    ConfigError if there are several heads that are not the branches of phases: nobody could say which one is meant.
    """
    by_id = {each.id: each for each in revisions}
    before = {name: parents(each, by_id) for name, each in by_id.items()}
    kinds = phases(by_id, before)
    one_head(by_id, kinds)
    done = behind(current, before)
    places = {name: place for place, name in enumerate(by_id)}
    sorter, ready, steps = TopologicalSorter(before), list[str](), list[Step]()
    sorter.prepare()
    while sorter.is_active():
        ready += sorter.get_ready()
        # What is done goes first: only then everything that could be next is known.
        ready.sort(key=lambda name: (name not in done, PHASES.index(kinds[name]), places[name]))
        sorter.done(name := ready.pop(0))
        if name not in done:
            steps.append(by_id[name].step(kinds[name]))
    return tuple(steps)


def phases(by_id: Mapping[str, Revision], before: Mapping[str, list[str]]) -> dict[str, Kind | None]:
    """What each declares itself, or the label of the branch it is on; a revision on two of them says nothing."""
    labels: dict[str, set[str]] = {}
    try:
        for name in TopologicalSorter(before).static_order():
            inherited = (labels[resolved(each, by_id)] for each in by_id[name].after)
            labels[name] = set(by_id[name].labels).union(*inherited)
    except CycleError as error:
        ring = ", ".join(error.args[1][:5])
        raise ConfigError(
            f"the revisions {ring} follow each other in a ring; correct down_revision"
        ) from error
    said = {name: [each for each in PHASES if each and each in labels[name]] for name in by_id}
    return {
        name: by_id[name].declared or (kinds[0] if len(kinds) == 1 else None) for name, kinds in said.items()
    }


def one_head(by_id: Mapping[str, Revision], kinds: Mapping[str, Kind | None]) -> None:
    """Or one for each phase."""
    followed = {resolved(name, by_id) for each in by_id.values() for name in each.after}
    heads = [name for name in by_id if name not in followed]
    found = {kinds[name] for name in heads}
    if len(heads) > 1 and (None in found or len(found) < len(heads)):
        raise ConfigError(
            f"the project has {len(heads)} heads, {', '.join(heads[:5])}: join them with "
            "`alembic merge heads`, or give their branches the labels expand, backfill and contract"
        )


def behind(names: Iterable[str], before: Mapping[str, list[str]]) -> set[str]:
    """They, and all that they follow. A line of the answer that is no revision's name was printed by somebody else."""
    found, unseen = set[str](), [name for name in names if name in before]
    while unseen:
        if (each := unseen.pop()) not in found:
            found.add(each)
            unseen += before[each]
    return found


def parents(found: Revision, by_id: Mapping[str, Revision]) -> list[str]:
    """What has to be there before it."""
    return [resolved(name, by_id) for name in (*found.after, *found.needs)]


def resolved(name: str, by_id: Mapping[str, Revision]) -> str:
    """A revision that another one names; also by a label, or by how it begins."""
    if name in by_id:
        return name
    found = [each.id for each in by_id.values() if name in each.labels or each.id.startswith(name)]
    if len(found) != 1:
        raise ConfigError(
            f"the revision {name} is followed by another one and is not there; correct down_revision"
        )
    return found[0]
