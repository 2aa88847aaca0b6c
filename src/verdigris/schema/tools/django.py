"""A project with Django: which migrations are owed, and `manage.py migrate` for one of them after the other.

What is owed is asked by a few lines that `manage.py shell` runs: only Django knows where an app's migrations are, and
the project's code stays in the project's own interpreter.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from verdigris.core.errors import ActionError, ConfigError
from verdigris.schema.running.twins import twins_said
from verdigris.schema.tools.advice import advice
from verdigris.schema.tools.markers import kind_said
from verdigris.schema.tools.project import Project
from verdigris.schema.tools.tool import PATIENCE, Patience, Step
from verdigris.schema.tools.twinning import kept, unfinished

__all__ = ["Django", "owed"]

DROPS = {"RemoveField", "DeleteModel", "RemoveIndex", "RemoveConstraint"}
MARK = "verdigris-plan:"
"""In front of the answer: settings and apps print what they like beside it."""
SCRIPT = """
import json
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

def told(operation):
    field = getattr(operation, "field", None)
    inner = getattr(operation, "database_operations", None)
    return {
        "is": [each.__name__ for each in type(operation).__mro__],
        "module": type(operation).__module__,
        "required": field is not None and not field.null and not field.many_to_many,
        "default": field is not None and field.has_default(),
        "db_default": field is not None and getattr(field, "has_db_default", lambda: False)(),
        "constraint": type(getattr(operation, "constraint", None)).__name__,
        "sql": str(getattr(operation, "sql", ""))[:10000],
        "inner": [told(each) for each in inner or ()],
    }

def whole(each):
    return {
        "app": each.app_label, "name": each.name, "atomic": bool(each.atomic),
        "declared": getattr(each, "verdigris", None), "sync": getattr(each, "verdigris_sync", None),
        "operations": [told(operation) for operation in each.operations],
    }

def asked():
    executor = MigrationExecutor(connections["default"])
    graph = executor.loader.graph
    plan = executor.migration_plan(graph.leaf_nodes()) if not executor.loader.detect_conflicts() else []
    applied = [executor.loader.disk_migrations.get(key) for key in executor.loader.applied_migrations]
    print("\\nverdigris-plan:" + json.dumps({
        "conflicts": {app: sorted(names) for app, names in executor.loader.detect_conflicts().items()},
        "steps": [whole(each) for each, backwards in plan],
        "synced": [whole(each) for each in applied if getattr(each, "verdigris_sync", None)],
    }, default=str))

globals().update(told=told, whole=whole)
asked()
"""
QUESTION = ("shell", "--command", SCRIPT)


@dataclass(frozen=True, slots=True)
class Django:
    """The tool of such a project; the command is like `[.venv/bin/python, manage.py]`. The database is `default`."""

    project: Project

    def pending(self, url: str) -> tuple[Step, ...]:
        """What `migrate` would apply, in its order; in front of it what was applied and has no trigger yet."""
        told = answer(self.project.told(url, *QUESTION))
        steps, synced = owed(told), {each.name: each for each in map(step, told.get("synced") or ())}
        late = unfinished(url, synced)
        return (*(replace(synced[name], applied=True) for name in sorted(late)), *steps)

    def run(self, url: str, step: Step, patience: Patience = PATIENCE) -> None:
        """That migration only: all that it depends on is to be there already."""
        self.project.sure(url, *QUESTION)
        app, _, name = step.name.partition(".")
        with kept(url, step, patience):
            if not step.applied:  # asked for one that is behind the last one, Django would go back to it
                self.project.carry_out(url, step, ("migrate", "--no-input", app, name), patience)


def answer(out: str) -> Any:
    """The line with the mark. ActionError where there is none that can be read."""
    lines = [line.removeprefix(MARK) for line in out.splitlines() if line.startswith(MARK)]
    try:
        return json.loads(lines[-1])
    except (IndexError, ValueError) as error:
        raise ActionError(
            "manage.py shell did not answer what is to be migrated; run `manage.py showmigrations --plan` to see why"
        ) from error


def owed(told: Any) -> tuple[Step, ...]:
    """The steps of such an answer. ConfigError where an app has several leaves, or a word that means nothing."""
    try:
        if conflicts := [f"{app} ({', '.join(map(str, names))})" for app, names in told["conflicts"].items()]:
            raise ConfigError(
                f"migrations of {', '.join(conflicts)} both come last; "
                "join them with `manage.py makemigrations --merge`"
            )
        return tuple(step(each) for each in told["steps"])
    except (AttributeError, KeyError, TypeError) as error:
        raise ActionError(f"manage.py shell answered what cannot be read: no {error}") from error


def step(told: Any) -> Step:
    name = f"{told['app']}.{told['name']}"
    operations = list(flat(told["operations"]))
    alone = not told["atomic"] or any(concurrent(each) for each in operations)
    return Step(
        name, kind_said(told["declared"], name), name, alone, advice(operations, bool(told["atomic"])),
        twins_said(name, told["sync"]), only_drops=bool(operations) and all(map(drops, operations)),
    )  # fmt: skip


def drops(operation: Any) -> bool:
    """Whether it is one of Django's own that takes away and reads no rows."""
    return operation["is"][0] in DROPS and str(operation["module"]).startswith("django.db.migrations.")


def flat(operations: Any) -> Any:
    """With those that only the database sees in place of what holds them."""
    for each in operations:
        yield from flat(each["inner"]) if each["inner"] else (each,)


def concurrent(operation: Any) -> bool:
    return (
        any(name.endswith("Concurrently") for name in operation["is"])
        or "concurrently" in operation["sql"].lower()
    )
