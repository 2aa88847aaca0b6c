"""Brings the database to the schema of this version, when a controller starts and never later.

A schema of a newer version is refused, a damaged file too; nothing is repaired here. All of it happens in the
one transaction of the connection that is handed in.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, delete, insert, inspect, select, text

from verdigris import __version__
from verdigris.adapters.stores.files import REVISION
from verdigris.adapters.stores.tables import META
from verdigris.core.errors import Conflict, StoreUnavailable

__all__ = ["bring_up_to_date"]

SIGNED = META.c.key == "written_by"
MIGRATIONS = Path(__file__).with_name("migrations")


def bring_up_to_date(connection: Connection, path: Path) -> None:
    """Check the file, refuse a newer schema, migrate an older one, and sign with our version."""
    check(connection, path)
    revision = present(connection)
    if revision > REVISION:
        raise Conflict(
            f"{path} was written by verdigris {signature(connection)} (schema {revision}, this is verdigris "
            f"{__version__} and knows {REVISION}). Use that version, or `verdigris recover` to begin anew"
        )
    if revision != REVISION:
        migrate(connection)
    if signature(connection) != __version__:
        connection.execute(delete(META).where(SIGNED))
        connection.execute(insert(META).values(key="written_by", value=__version__))


def check(connection: Connection, path: Path) -> None:
    found = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
    if found != "ok":
        found = " ".join(found.split())
        raise StoreUnavailable(
            f"{path}: it is damaged ({found}). Traffic stays where it is: run `verdigris recover`"
        )


def present(connection: Connection) -> str:
    """The schema that the file has; "" for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def signature(connection: Connection) -> str:
    return connection.execute(select(META.c.value).where(SIGNED)).scalar() or "of an unknown version"


def migrate(connection: Connection) -> None:
    """alembic costs most of a second of CPU, so it is imported only where there is something to do."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
