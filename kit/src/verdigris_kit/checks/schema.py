"""Is what the code expects of the schema applied: Alembic's version table, Django's migrations.

More than that may be applied: during a deployment the schema is ahead of the older of two versions, and that one must
not be taken for ill. Only a schema that is behind is a failure.
"""

import os
import re
from collections.abc import Iterable
from typing import Any, Callable, Optional, Union

from verdigris_kit.health import Check, Finding

from .databases import rows

__all__ = ["alembic", "django_migrations"]

CONTRACT = "contract"
Path = Union[str, "os.PathLike[str]"]
Judge = Callable[[Iterable[str]], Finding]


def alembic(source: Any, scripts: Path, table: str = "alembic_version") -> Check:
    """Check that what is below `scripts`, Alembic's `script_location`, is applied in `source`.

    A revision with `verdigris = "contract"`, or on a branch with that label, is not missed: it is applied when the
    version before this one is gone.

    `source` is an engine of SQLAlchemy, an asynchronous one too, or whatever `dbapi` takes.
    """
    if not re.fullmatch(r"\w+(\.\w+)?", table):
        raise ValueError(f"table is {table!r}: it is a name, or a schema and a name with a dot between.")
    query, judge = f"SELECT version_num FROM {table}", _alembic_judge(os.fspath(scripts))  # noqa: S608

    async def check_async() -> Finding:
        async with source.connect() as connection:
            found = await connection.exec_driver_sql(query)
            return judge([row[0] for row in found])

    def check_engine() -> Finding:
        with source.connect() as connection:
            return judge([row[0] for row in connection.exec_driver_sql(query)])

    if hasattr(source, "sync_engine"):
        return check_async
    return (
        check_engine if hasattr(source, "dialect") else lambda: judge([row[0] for row in rows(source, query)])
    )


def django_migrations(alias: str = "default") -> Check:
    """Check that every migration of the installed apps is applied in a database of Django's settings.

    One with `verdigris = "contract"` is not missed: it is applied when the version before this one is gone.
    """
    last: dict[str, Any] = {}  # rows that were judged last, and what came of them

    def check() -> Finding:
        from django.db import connections
        from django.db.migrations.recorder import MigrationRecorder

        connection = connections[alias]
        try:
            applied = frozenset(MigrationRecorder(connection).applied_migrations())
            # To load all migrations takes much longer than to see that nothing has changed.
            if last.get("applied") != applied:
                last.update(found=_judged_by_django(connection, applied), applied=applied)
        finally:
            connection.close()  # it belongs to this thread, which ends here
        found: Finding = last["found"]
        return found

    return check


def _alembic_judge(scripts: str) -> Judge:
    loaded: Optional[Any] = None

    def judge(current: Iterable[str]) -> Finding:
        nonlocal loaded
        from alembic.script import ScriptDirectory

        loaded = loaded or ScriptDirectory(scripts)
        return _judged(loaded, sorted(current))

    return judge


def _judged(scripts: Any, current: list[str]) -> Finding:
    known = {script.revision for script in scripts.walk_revisions()}
    schema = ",".join(current)
    if set(current) - known:
        # The revision of a newer version: who wrote it has come from what we know.
        return Finding(True, f"the schema is ahead of this code, at {schema}", schema)
    applied = (
        {script.revision for script in scripts.iterate_revisions(tuple(current), "base")}
        if current
        else set()
    )
    not_missed = applied | _contracting(scripts)
    missed = [each for each in scripts.walk_revisions() if each.revision not in not_missed]
    followed = {name for each in missed for name in _names(each.down_revision)}
    behind = sorted(each.revision for each in missed if each.revision not in followed)
    if not behind:
        return Finding(True, "", schema)
    return Finding(
        False, f"the schema is at {schema or 'nothing'}, not at {', '.join(behind)}: migrate", schema
    )


def _contracting(scripts: Any) -> set[str]:
    """Revisions that say it, or that follow on a branch which says it; one that says something else is none."""
    found: set[str] = set()
    branch: set[str] = set()
    for each in reversed(list(scripts.walk_revisions())):
        labels = _names(getattr(each.module, "branch_labels", None))
        if CONTRACT in labels or branch & _names(each.down_revision):
            branch.add(each.revision)
        default = CONTRACT if each.revision in branch else None
        if (getattr(each.module, "verdigris", None) or default) == CONTRACT:
            found.add(each.revision)
    return found


def _names(said: Any) -> set[str]:
    """Alembic takes a text, several, or None."""
    return {said} if isinstance(said, str) else set(said or ())


def _judged_by_django(connection: Any, applied: Iterable[tuple[str, str]]) -> Finding:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    schema = ",".join(sorted({app: f"{app}.{name}" for app, name in sorted(applied)}.values()))
    behind = [
        f"{migration.app_label}.{migration.name}"
        for migration, _ in plan
        if getattr(migration, "verdigris", None) != CONTRACT
    ]
    return Finding(not behind, f"not applied: {', '.join(behind[:5])}. Migrate" if behind else "", schema)
