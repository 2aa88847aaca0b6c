"""Where libraries let somebody look at what they send. Each calls `note`, and changes nothing of the query."""

from typing import Any, Callable, Optional

from verdigris_kit import counts

__all__ = ["asyncpg", "django", "psycopg", "sqlalchemy"]

Note = Callable[..., None]

MANY_MAX = 100
"""Sets of parameters of one `executemany` that are looked at."""
STYLES = {"format": "format", "pyformat": "format"}


def sqlalchemy(note: Note, engine: Any) -> None:
    """By the event that comes right before the driver's cursor."""
    from sqlalchemy import event

    def before(connection: Any, cursor: Any, sql: str, parameters: Any, context: Any, many: bool) -> None:
        style = STYLES.get(connection.dialect.paramstyle, "dollar")
        _each(note, sql, parameters, many, style)

    event.listen(getattr(engine, "sync_engine", engine), "before_cursor_execute", before)


def django(note: Note) -> None:
    """By a wrapper of every connection: of those that are open already in this thread, and of all that come."""
    from django.db import connections
    from django.db.backends.signals import connection_created

    def wrapper(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        _each(note, sql, parameters, many, "format")
        return execute(sql, parameters, many, context)

    def created(connection: Any, **_: Any) -> None:
        if wrapper not in connection.execute_wrappers:
            connection.execute_wrappers.append(wrapper)

    connection_created.connect(created, weak=False)
    for connection in connections.all(initialized_only=True):
        created(connection)


def psycopg(note: Note, wanted: Callable[[], bool], cursor: Any = None) -> Any:
    """By a class of cursors."""
    import psycopg as library

    base: Any = library.Cursor if cursor is None else cursor

    def noted(self: Any, query: Any, parameters: Any, many: bool = False) -> None:
        if not wanted():
            return
        text = _text(query, self)
        if text is None:
            counts.add("statements.unread")
        else:
            _each(note, text, parameters, many, "dollar" if "Raw" in base.__name__ else "format")

    # What is overridden returns what the base returns, be it a cursor, a coroutine or a generator.
    class Noting(base):  # type: ignore[misc]
        def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
            noted(self, query, params)
            return super().execute(query, params, **more)

        def executemany(self, query: Any, params_seq: Any, **more: Any) -> Any:
            params_seq = params_seq if isinstance(params_seq, (list, tuple)) else list(params_seq)
            noted(self, query, params_seq, many=True)
            return super().executemany(query, params_seq, **more)

        def stream(self, query: Any, params: Any = None, **more: Any) -> Any:
            noted(self, query, params)
            return super().stream(query, params, **more)

        def copy(self, statement: Any, params: Any = None, **more: Any) -> Any:
            noted(self, statement, params)
            return super().copy(statement, params, **more)

    return Noting


def asyncpg(note: Note, connection: Any) -> None:
    """By a logger of queries, which is called once they are over, in the context of whoever sent them."""

    def logged(query: Any) -> None:
        note(query.query, query.args)

    connection.add_query_logger(logged)


def _text(query: Any, cursor: Any) -> Optional[str]:
    """The query as text; None for what is none, as a template string, and for what the driver will complain of."""
    try:
        text = query.as_string(cursor) if hasattr(query, "as_string") else query
        return text.decode() if isinstance(text, bytes) else text if isinstance(text, str) else None
    except Exception:
        return None


def _each(note: Note, sql: str, parameters: Any, many: bool, style: str) -> None:
    for one in parameters[:MANY_MAX] if many and isinstance(parameters, (list, tuple)) else (parameters,):
        note(sql, one, style)
