"""Whether a variable of the application says where a database is: none but the one that we set may go to its tool.

A project that reads another variable than that would migrate production with what was meant for the shadow.
"""

from __future__ import annotations

import re

__all__ = ["is_address"]

URL = re.compile(
    r"\bjdbc:|\b(postgres(ql)?|postgis|pgsql|psql|cockroachdb|mysql|mariadb|mysqlgis|sqlite|spatialite|oracle|mssql)"
    r"(\+\w+)?:/",
    re.IGNORECASE,
)
CONNINFO = re.compile(r"(?<![\w-])(host|hostaddr|dbname|service)\s*=", re.IGNORECASE)
"""libpq's own words for it."""
PLACE = re.compile(r"(PG|POSTGRES|MYSQL|MARIADB|DATABASE|DB_)\w*", re.IGNORECASE)
"""How variables are called that libpq reads, and those in which an address is taken apart."""


def is_address(name: str, value: str) -> bool:
    """Whether its name is one for a part of an address, or its value holds the address of a database."""
    return bool(PLACE.fullmatch(name) or URL.search(value) or CONNINFO.search(value))
