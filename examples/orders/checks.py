"""Deep health: is what every request needs really there. The kit runs the checks and keeps a result for a second."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from behaviour import Misbehaving
from verdigris_kit import Health, checks
from verdigris_kit.contract import Identity

__all__ = ["health_of"]

# Also true of a table without an order in it, and false where there is no table.
QUERY = "SELECT count(*) FROM (SELECT id FROM orders LIMIT 1)"


def health_of(path: str, misbehaving: Misbehaving, identity: Identity) -> Health:
    """The health of the orders in the file at `path`."""
    # Opened anew for each look: a connection that is open already would not notice that the file is gone.
    answers = checks.dbapi(
        lambda: sqlite3.connect(Path(path).absolute().as_uri() + "?mode=rw", uri=True), QUERY
    )
    # A disk that fills up is nothing that the other version would do better: shown, and no reason to go back.
    room = checks.disk(Path(path).absolute().parent, free_percent=5.0)
    return Health(
        {"database": lambda: misbehaving.healthy() and answers()},
        informational={"disk": room},
        identity=identity,
    )
