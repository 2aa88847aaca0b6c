"""What Django offers for doing the same with less risk: one sentence for each operation that has a better form.

Advice only: what an operation really does, the proof and the trace find out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__told_ = ["advice"]

DEFAULT = (
    "AddField with a default drops that default again in the database, and the old version's INSERTs fail; "
    "give it `db_default` (Django 5), or `null=True` until the contract"
)
REQUIRED = (
    "AddField without a default is NOT NULL, and the old version's INSERTs fail; "
    "give it `db_default` or `null=True`"
)
INDEX = (
    "AddIndex blocks writes while it builds; use AddIndexConcurrently of django.contrib.postgres.operations in a "
    "migration of its own with `atomic = False`"
)
DROP_INDEX = (
    "RemoveIndex waits for everybody who uses the table; use RemoveIndexConcurrently with `atomic = False`"
)
CONSTRAINT = (
    "AddConstraint reads the whole table while nobody can write it; use AddConstraintNotValid of "
    "django.contrib.postgres.operations, and ValidateConstraint in a later migration"
)
UNIQUE = (
    "a unique constraint builds its index while nobody can write; build it with AddIndexConcurrently's SQL first "
    "(CREATE UNIQUE INDEX CONCURRENTLY), then attach it by RunSQL with ADD CONSTRAINT … USING INDEX"
)
DROP = (
    "{name} takes away what the old version may still use; put it into SeparateDatabaseAndState: the state now, and "
    'the database in a migration with `verdigris = "contract"`'
)
RENAME = (
    "{name} breaks both versions for a while; add the new one beside it, keep both in step, "
    "and drop the old one later"
)
ATOMIC = "a concurrent operation cannot be in a transaction; set `atomic = False` on the migration"
SEVERAL = (
    "with `atomic = False` what was done stays done if a later operation fails; leave one operation in it"
)
PYTHON = (
    "RunPython in the migration's transaction keeps its rows locked until all is done; "
    "make it a backfill in batches"
)
DROPS, RENAMES = {"RemoveField", "DeleteModel"}, {"RenameField", "RenameModel"}
Told = Mapping[str, Any]


def advice(operations: Iterable[Told], atomic: bool) -> tuple[str, ...]:
    """Each sentence once. `operations` are as the script of `django` tells them."""
    told = list(operations)
    found = [sentence for operation in told for sentence in on(operation)]
    concurrent = any(named(each).endswith("Concurrently") for each in told)
    if concurrent and atomic:
        found.append(ATOMIC)
    if not atomic and len(told) > 1:
        found.append(SEVERAL)
    if atomic and any("RunPython" in each["is"] for each in told):
        found.append(PYTHON)
    return tuple(dict.fromkeys(found))


def on(operation: Told) -> Iterable[str]:
    """What to say on one of them."""
    name, kinds = named(operation), set(operation["is"])
    if "AddField" in kinds and operation["required"] and not operation["db_default"]:
        yield DEFAULT if operation["default"] else REQUIRED
    if name == "AddIndex":
        yield INDEX
    if name == "RemoveIndex":
        yield DROP_INDEX
    if name == "AddConstraint":
        yield UNIQUE if operation["constraint"] == "UniqueConstraint" else CONSTRAINT
    if name in DROPS:
        yield DROP.format(name=name)
    if name in RENAMES:
        yield RENAME.format(name=name)


def named(operation: Told) -> str:
    return str(operation["is"][0])
