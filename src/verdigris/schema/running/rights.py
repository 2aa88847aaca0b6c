"""Whether the owner of production may do all that a deployment will ask of it, looked at before it is asked.

It changes nothing. Each thing that it may not do is a sentence with the statement that allows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from verdigris.schema.shadow.production import reading

__all__ = ["lacking"]

ROLES = """
    SELECT pg_catalog.current_setting('is_superuser') = 'on', current_user, pg_catalog.current_database(),
           pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
           pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE'), u.rolcreaterole,
           pg_catalog.current_setting('server_version_num')::int
    FROM pg_catalog.pg_roles u WHERE u.rolname = current_user
"""
SLOT = """
    SELECT rolsuper, rolname IN (current_user, session_user), rolcanlogin,
           coalesce((SELECT pg_catalog.pg_has_role(r.rolname, a.oid, 'MEMBER') FROM pg_catalog.pg_roles a
                     WHERE a.rolname = %s), false),
           pg_catalog.pg_has_role(rolname, 'MEMBER WITH ADMIN OPTION')
    FROM pg_catalog.pg_roles r WHERE rolname = %s
"""
EXTENSION = "SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'pg_stat_statements')"
OWN = "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'verdigris_schema')"
ADMIN_NEEDED = 160_000
"""Versions from which on CREATEROLE changes only roles that were granted with admin option."""


def lacking(url: str, app: str, roles: Sequence[str]) -> tuple[str, ...]:
    """What is missing, as sentences. `app` is the application's role and `roles` those of its slots, none if it has
    none. An ObservationError where production cannot be asked.
    """
    with reading(url) as connection:
        return tuple(found(connection, app, roles))


def found(connection: Any, app: str, roles: Sequence[str]) -> Iterator[str]:
    super_, us, database, creates, sees, makes, version = connection.execute(ROLES).fetchone()
    if not creates and not connection.execute(OWN).fetchone()[0]:
        yield f"{us} may not make the schema of the journal: GRANT CREATE ON DATABASE {database} TO {us}"
    if not roles:
        return
    if not connection.execute(EXTENSION).fetchone()[0]:
        yield (
            "pg_stat_statements is not in this database, so nobody knows what production is asked: add it to "
            "shared_preload_libraries, restart, and run CREATE EXTENSION pg_stat_statements there"
        )
    elif not sees:
        yield f"{us} may not read what other roles send: GRANT pg_read_all_stats TO {us}"
    for role in roles:
        yield from of_slot(connection, app, role, us, super_, makes, version)


def of_slot(
    connection: Any, app: str, role: str, us: str, super_: bool, makes: bool, version: int
) -> Iterator[str]:
    """Of one slot's role: whether it is the application's, and whether we may keep it out while something contracts."""
    row = connection.execute(SLOT, (app, role)).fetchone()
    if row is None:
        yield f"there is no role {role}: `verdigris schema role` makes it, a member of {app}"
        return
    theirs, ours, may, member, admin = row
    if theirs or ours:
        what = "a superuser" if theirs else "who we are"
        yield f"{role} is {what}, so nobody can keep it out: give each slot a role of its own"
        return
    if not member:
        yield f"{role} is no member of {app}: GRANT {app} TO {role}"
    if not may:
        yield f"{role} cannot log in, perhaps since a contract that was broken off: ALTER ROLE {role} LOGIN"
    needed = () if super_ or makes else (f"ALTER ROLE {us} CREATEROLE",)
    if not (super_ or admin) and version >= ADMIN_NEEDED:
        needed = (*needed, f"GRANT {role} TO {us} WITH ADMIN OPTION")
    if needed:
        yield f"{us} may not keep {role} out while something contracts: {', '.join(needed)}"
