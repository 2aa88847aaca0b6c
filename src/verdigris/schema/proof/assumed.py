"""Whom the application is where nobody says so: the only role that the schema lets write.

As the owner a statement may everything, and a right that a migration takes away, or rows that a policy hides, would go
unseen. A role that may not even do what is sent now is not the application.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from verdigris.schema.proof.reference import reference
from verdigris.schema.shadow.database import Database
from verdigris.schema.statement import Statement

__all__ = ["assumed"]

DENIED = "42501"
WRITERS = """
    SELECT DISTINCT r.rolname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
    aclexplode(c.relacl) g JOIN pg_roles r ON r.oid = g.grantee
    WHERE c.relkind IN ('r', 'p', 'v') AND n.nspname !~ '^(pg_|information_schema$)' AND g.grantee <> c.relowner
    AND g.privilege_type IN ('INSERT', 'UPDATE', 'DELETE') ORDER BY 1
"""
SAID = "no role was named: statements ran as {0}, the only one that {1} lets write"


def assumed(base: Database, name: str, sent: Sequence[Statement]) -> tuple[Database, tuple[str, ...]]:
    """The base with that role as the application's, and a note; as it is where there is none, or more than one."""
    if base.role or not base.own:
        return base, ()
    with base.connected() as connection:
        writers = [writer for (writer,) in connection.execute(WRITERS).fetchall()]
    if len(writers) != 1:
        return base, ()
    found = reference(sent, base, writers[0]).signatures
    if any(signature.fault is not None and signature.fault.sqlstate == DENIED for signature in found):
        return base, ()
    return replace(base, role=writers[0]), (SAID.format(writers[0], name),)
