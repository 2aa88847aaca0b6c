"""How connections of a database are lent and given back, whatever lends them: a pool, or a function that connects.

What a pool has lent goes back to it. Closing it instead would leave the pool with less and less.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

__all__ = ["WAYS", "lent"]

WAYS = (("getconn", "putconn"), ("acquire", "release"), ("get_connection", ""), ("connection", ""))
"""How pools lend, and how they take back; where nothing stands, the connection's own `close` gives it back."""


@contextlib.contextmanager
def lent(source: Any) -> Iterator[Any]:
    """Lend a connection of a pool, or of a function that makes one; `source` itself if it is one."""
    if hasattr(source, "cursor"):
        yield source
        return
    if getattr(source, "__name__", "") in dict(WAYS):
        source = getattr(source, "__self__", source)  # `pool.getconn` is given as often as the pool
    lend, take_back = next(((lend, back) for lend, back in WAYS if hasattr(source, lend)), ("", ""))
    connection = getattr(source, lend)() if lend else source()
    try:
        yield connection
    finally:
        getattr(source, take_back)(connection) if take_back else connection.close()
