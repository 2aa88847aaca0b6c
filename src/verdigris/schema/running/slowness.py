"""Whether the application is slow, as production itself tells it: no extension is needed, and nobody else is asked.

A statement of an application takes milliseconds. One that is under way for a second keeps somebody waiting, for a lock,
the disk or a processor; one that is under way for a minute is a report or a dump, and says nothing of the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from verdigris.schema.running.session import APPLICATION

__all__ = ["Slowness"]

SLOW = """
    SELECT count(*), coalesce(max(age), 0)::float8 FROM (
        SELECT extract(epoch FROM pg_catalog.clock_timestamp() - query_start) AS age
        FROM pg_catalog.pg_stat_activity
        WHERE datname = pg_catalog.current_database() AND backend_type = 'client backend' AND state = 'active'
        AND application_name <> %s AND pid <> pg_catalog.pg_backend_pid()
    ) AS active WHERE age > %s AND age < %s
"""


@dataclass(slots=True)
class Slowness:
    """Asked again and again with a connection: a sentence while more statements are slow than were at first, else "".

    Slow is what is under way for more than `least` seconds and less than `most`. Some applications always have such
    statements, so how many there were when it was asked first is what is `usual` here.
    """

    least: float = 1.0
    most: float = 60.0
    usual: int | None = field(default=None)

    def __call__(self, connection: Any) -> str:
        count, longest = connection.execute(SLOW, (APPLICATION, self.least, self.most)).fetchone()
        if self.usual is None:
            self.usual = count
        if count <= self.usual:
            return ""
        are = "statement is" if count == 1 else "statements are"
        return (
            f"the application is slow: {count} {are} under way for more than {self.least:g} s, the longest for"
            f" {longest:.0f} s (at first there were {self.usual})"
        )
