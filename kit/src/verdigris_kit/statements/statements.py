"""Which SQL the application sends, noted while a request is a rehearsal, and never otherwise unless a test asks for it.

Parameters are personal data: only their types are noted unless somebody wants more. Nothing here may break or slow
the query that it looks at: what cannot be noted is counted, and the query runs.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional, Union

from verdigris_kit import counts
from verdigris_kit.rehearsal import rehearsing

from . import hooks
from .kinds import kind, plain
from .spelling import dollars

__all__ = ["PARAMETERS", "Statements"]

PARAMETERS = ("types", "hashed", "values")
"""What is noted of parameters."""
SEEN_MAX = 10_000
"""Different statements that are noted; what comes after them is counted as `statements.dropped`."""
LINES_MAX = 100_000
"""Lines that are written where values are noted, since then every sending is one."""
LONGEST = 1_000_000
"""Characters of a statement."""

_APPENDING = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)  # novermin
To = Union[str, "os.PathLike[str]", Callable[[str], None]]


class Statements:
    """Notes statements as JSON lines, each once: `{"sql": "SELECT … $1", "types": ["int4"]}`."""

    def __init__(self, to: Optional[To], parameters: str = "types", always: bool = False) -> None:
        """`to` is a file that is appended to (0600), or what takes a line; with None nothing is ever noted.

        `parameters` is `types`, `hashed` (equal ones can be told, within this process) or `values`. With `always` it
        notes outside of rehearsals too: for a run of tests. Raise `ValueError` for another word.
        """
        if parameters not in PARAMETERS:
            raise ValueError(f"parameters is {parameters!r}. Give one of {', '.join(PARAMETERS)}.")
        self._to = to
        self._parameters = parameters
        self._always = always
        self._key = os.urandom(16)
        self._seen: set[Any] = set()
        self._left = LINES_MAX

    def note(self, sql: str, parameters: Any = None, style: str = "dollar") -> None:
        """Note one sending. `style` is how its parameters are spelt: `dollar` ($1), `format` (%s, %(name)s)."""
        if not self.wanted():
            return
        try:
            self._note(sql, parameters, style)
        except Exception:
            counts.add("statements.failed")  # the query is the application's, and it runs

    def wanted(self) -> bool:
        """Whether what is sent now is to be noted."""
        return self._to is not None and (self._always or rehearsing())

    def sqlalchemy(self, engine: Any) -> None:
        """Note what an `Engine` or an `AsyncEngine` sends."""
        hooks.sqlalchemy(self.note, engine)

    def django(self) -> None:
        """Note what every connection of Django sends. Call it once, in `AppConfig.ready`."""
        hooks.django(self.note)

    def psycopg(self, cursor: Any = None) -> Any:
        """Return a class of cursors that notes, for `cursor_factory`: a `psycopg.Cursor`, or of what is given."""
        return hooks.psycopg(self.note, self.wanted, cursor)

    async def asyncpg(self, connection: Any) -> None:
        """Note what a connection of asyncpg sends: `create_pool(init=statements.asyncpg)`."""
        hooks.asyncpg(self.note, connection)

    def _note(self, sql: str, parameters: Any, style: str) -> None:
        kinds = _kinds(parameters)
        known = (sql, kinds)
        if known in self._seen and self._parameters == "types":
            return
        if len(self._seen) >= SEEN_MAX or len(sql) > LONGEST or self._left <= 0:
            counts.add("statements.dropped")
            return
        text, ordered = dollars(sql, parameters) if style == "format" else (sql, parameters or ())
        line = self._line(text, ordered)
        if self._parameters != "values" and line in self._seen:
            return
        self._seen.add(known)
        if self._parameters == "hashed":
            self._seen.add(line)
        else:
            self._left -= self._parameters == "values"
        self._write(line)

    def _line(self, sql: str, parameters: "Sequence[Any]") -> str:
        row: dict[str, Any] = {"sql": sql}
        types = [kind(value) for value in parameters]
        if any(types):
            row["types"] = types
        if self._parameters == "values" or not parameters:
            row["params"] = [plain(value) for value in parameters]
        elif self._parameters == "hashed":
            row["hashed"] = [None if value is None else self._hashed(value) for value in parameters]
        return json.dumps(row, ensure_ascii=False)

    def _hashed(self, value: Any) -> str:
        """With a key of this process: a plain hash of a telephone number is found by trying them all."""
        text = json.dumps(plain(value), ensure_ascii=False)
        return hashlib.blake2b(text.encode(), key=self._key, digest_size=8).hexdigest()

    def _write(self, line: str) -> None:
        if callable(self._to):
            self._to(line)
            return
        # Opened for each: lines are few, forks and rotations are nobody's business, and O_APPEND keeps them whole.
        handle = os.open(self._to or "", _APPENDING, 0o600)
        try:
            os.write(handle, line.encode() + b"\n")
        finally:
            os.close(handle)


def _kinds(parameters: Any) -> Any:
    """What tells apart sendings of the same text: the types that a driver would declare."""
    if not parameters:
        return parameters is None
    if isinstance(parameters, Mapping):
        return tuple([(name, kind(value)) for name, value in parameters.items()])
    return tuple([kind(value) for value in parameters])
