"""Row level security that a migration switches on: no statement fails to parse for it, rows just vanish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verdigris.core.errors import ConfigError
from verdigris.schema.catalog.objects import Relation, Snapshot
from verdigris.schema.finding import Finding, Layer, Outcome
from verdigris.schema.parsing import Verb, mentions, writes
from verdigris.schema.shadow.database import Database
from verdigris.schema.statement import Statement

__all__ = ["hidden", "unaffected"]

BARRED = "42501"
WHO = """SELECT r.rolsuper OR r.rolbypassrls, c.oid, pg_has_role(r.oid, c.relowner, 'USAGE'),
    ARRAY(SELECT m.rolname::text FROM pg_roles m WHERE pg_has_role(r.oid, m.oid, 'USAGE'))
    FROM pg_roles r, pg_class c WHERE r.rolname = %s AND c.oid = ANY (%s)"""


def hidden(before: Snapshot, after: Snapshot, target: Database, role: str) -> Mapping[int, bool | None]:
    """The tables that are newly secured against the application's role, by number.

    True if no policy lets it see anything, None if some policy decides or nobody knows who the application is.
    """
    old = {one.full: one.secured for one in before.relations}
    fresh = [one for one in after.relations if one.secured and not old.get(one.full, True)]
    if not fresh:
        return {}
    if not role:
        return dict.fromkeys((one.oid for one in fresh), None)
    with target.connected() as connection:
        rows = connection.execute(WHO, (role, [one.oid for one in fresh])).fetchall()
    known = {row[1]: row for row in rows}
    return {one.oid: seen for one in fresh if (seen := sight(one, known.get(one.oid))) is not False}


def sight(table: Relation, row: tuple[Any, ...] | None) -> bool | None:
    """False if the role is above it, True if it sees nothing, None if a policy decides."""
    if row is None:
        return None
    above, _oid, owns, roles = row
    if above or (owns and not table.forced):
        return False
    lets = [one for one in table.policies if one.permissive and ({"public", *roles} & set(one.roles))]
    return None if lets else True


def unaffected(statement: Statement, after: Snapshot, hides: Mapping[int, bool | None]) -> Finding | None:
    """What comes of a statement that names such a table; None if it names none."""
    if not hides:
        return None
    try:
        named = mentions(statement.sql).tables
        inserted = {one.table for one in writes(statement.sql) if one.verb is Verb.INSERT}
    except ConfigError:
        return None
    for name in sorted(named, key=str):
        table = after.find(name.schema, name.name)
        if table is not None and table.oid in hides:
            return told(statement, table, hides[table.oid], barred=name in inserted)
    return None


def told(statement: Statement, table: Relation, blind: bool | None, *, barred: bool) -> Finding:
    """In words."""
    if blind is None:
        message = f"row level security is enabled on {table}: whether rows are still seen depends on policies and role"
        return Finding(statement, Outcome.UNPROVEN, Layer.CATALOG, "", message)
    what = "this INSERT is refused" if barred else "its rows vanish"
    message = f"row level security is enabled on {table} and no policy is for the application's role: {what}"
    return Finding(statement, Outcome.DISPROVEN, Layer.CATALOG, BARRED if barred else "", message)
