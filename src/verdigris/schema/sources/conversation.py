"""One connection, overheard: which statements the server really tried, in their order, with which parameters.

It only listens. When it no longer understands what is said it falls silent for good and says why; it never raises.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from verdigris.schema.sources.binary import NAMES, text_of
from verdigris.schema.sources.recording import Full, Recorder, Run
from verdigris.schema.sources.tokens import of_session, pieces
from verdigris.schema.sources.wire import Bind, Messages, Parse, Reader, bind_of, parse_of

__all__ = ["Conversation"]

FRONTEND = b"QPBECDSHFXdcfp"
BACKEND = b"RSKZTDCEINAGHWVcdnst123v"
PENDING_MOST = 20_000
"""What may be sent and not yet answered, and what may be prepared at one time."""
MUCH = "there is more unanswered, or prepared, than is followed"
HELD_MOST = 64 * 2**20
"""Bytes of that, of one connection."""
ENCODINGS = {
    "UTF8": "utf-8",
    "SQL_ASCII": "utf-8",
    "LATIN1": "latin-1",
    "LATIN9": "latin-9",
    "WIN1252": "cp1252",
}


@dataclass(slots=True)
class Prepared:
    """A statement that was parsed; `found` are the types of its parameters as the server told them."""

    sql: str
    oids: tuple[int, ...]
    found: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A message that is to be answered: its kind, and what it would execute."""

    kind: str
    prepared: Prepared | None = None
    run: Run | None = None


class Conversation:
    """`missed` is how many sendings it could not read; `deaf` is why it no longer listens, "" while it does."""

    def __init__(self, recorder: Recorder, connection: str) -> None:
        self.missed = 0
        self.deaf = ""
        self._recorder = recorder
        self._connection = connection
        self._encoding: str | None = "utf-8"
        self._front = Messages(wanted=b"QPBECD", known=FRONTEND)
        self._back = Messages(wanted=b"tSZ", known=BACKEND)
        self._held = 0
        self._named = 0
        self._prepared: dict[bytes, Prepared] = {}
        self._portals: dict[bytes, Asked] = {}
        self._asked: deque[Asked] = deque()

    def sent(self, data: bytes) -> None:
        """Bytes of the application, after its startup message."""
        try:
            for kind, body in () if self.deaf else self._front.feed(data):
                self._ask(kind, body)
        except (ValueError, Full) as error:
            self._fall_silent(str(error))

    def answered(self, data: bytes) -> None:
        """Bytes of the server."""
        try:
            for kind, body in () if self.deaf else self._back.feed(data):
                self._answer(kind, body)
        except (ValueError, Full) as error:
            self._fall_silent(str(error))

    def _fall_silent(self, why: str) -> None:
        self.deaf = why
        self._prepared.clear()
        self._portals.clear()
        self._asked.clear()

    # --- what the application asks for ---

    def _ask(self, kind: str, body: bytes | None) -> None:
        if max(len(self._asked), len(self._prepared), len(self._portals)) >= PENDING_MOST:
            raise ValueError(MUCH)
        self._held += len(body or b"")
        if self._held + self._named > HELD_MOST:
            raise ValueError(MUCH)
        match kind:
            case "P":
                self._asked.append(Asked("P", self._parse(body)))
            case "B":
                self._asked.append(self._bind(body))
            case "E":
                portal = self._portals.get(Reader(body or b"\0").name())
                self._asked.append(Asked("E", *((portal.prepared, portal.run) if portal else ())))
            case "D":
                self._asked.append(self._describe(body or b"P\0"))
            case "C":
                self._close(body or b"P\0")
                self._asked.append(Asked("C"))
            case "S" | "F":
                self._asked.append(Asked(kind))
            case "Q":
                # What a statement of its own would do with these ends with it.
                self._portals.pop(b"", None)
                self._know(b"", None)
                sql = None if body is None else self._text(Reader(body).name())
                self._asked.append(Asked("Q", Prepared(sql, ()) if sql is not None else None, ()))

    def _parse(self, body: bytes | None) -> Prepared | None:
        if body is None:  # its name is not known either, and the shortest is the likeliest
            self._know(b"", None)
            return None
        said: Parse = parse_of(body)
        sql = self._text(said.sql)
        return self._know(said.name, None if sql is None else Prepared(sql, said.oids))

    def _know(self, name: bytes, prepared: Prepared | None) -> Prepared | None:
        """What that name stands for from now on, if anything."""
        before = self._prepared.pop(name, None)
        self._named += (len(prepared.sql) if prepared else 0) - (len(before.sql) if before else 0)
        if prepared is not None:
            self._prepared[name] = prepared
        return prepared

    def _bind(self, body: bytes | None) -> Asked:
        if body is None:
            self._portals.pop(b"", None)
            return Asked("B")
        said: Bind = bind_of(body)
        prepared = self._prepared.get(said.statement)
        asked = self._portals[said.portal] = Asked("B", prepared, self._run(said, prepared))
        return asked

    def _run(self, said: Bind, prepared: Prepared | None) -> Run | None:
        """The parameters as text; None when one of them cannot be read."""
        oids = (prepared.found or prepared.oids) if prepared else ()
        run = []
        for place, (binary, data) in enumerate(said.values):
            oid = oids[place] if place < len(oids) else 0
            value = None if data is None else text_of(oid, data) if binary else self._text(data)
            if value is None and data is not None:
                return None
            run.append(value)
        return tuple(run)

    def _describe(self, body: bytes) -> Asked:
        of_statement = body[:1] == b"S"
        return Asked("D", self._prepared.get(Reader(body[1:]).name()) if of_statement else None)

    def _close(self, body: bytes) -> None:
        name = Reader(body[1:]).name()
        if body[:1] == b"S":
            self._know(name, None)
        else:
            self._portals.pop(name, None)

    def _text(self, data: bytes) -> str | None:
        try:
            return data.decode(self._encoding) if self._encoding else None
        except UnicodeDecodeError:
            return None

    # --- what the server answers ---

    def _answer(self, kind: str, body: bytes | None) -> None:
        match kind:
            case "1" | "2" | "3":
                self._head({"1": "P", "2": "B", "3": "C"}[kind])
            case "t":
                self._types(body)
            case "T" | "n":
                self._described()
            case "C" | "I" | "s":
                self._done()
            case "E":
                self._failed()
            case "Z":
                self._ready(body)
            case "S":
                self._told(body or b"")
            case "G":
                self._copied_in()
            case "W":
                raise ValueError("it is a connection for replication")

    def _head(self, kind: str) -> Asked:
        """The first that is not answered, which has to be of that kind, and is answered now."""
        if not self._asked or self._asked[0].kind != kind:
            raise ValueError("there is an answer to what was not asked")
        return self._asked.popleft()

    def _types(self, body: bytes | None) -> None:
        if self._asked and self._asked[0].prepared and body is not None:
            self._asked[0].prepared.found = Reader(body).oids()

    def _described(self) -> None:
        if self._asked and self._asked[0].kind == "D":
            self._asked.popleft()
        elif not self._asked or self._asked[0].kind not in "QE":
            raise ValueError("there is an answer to what was not asked")

    def _done(self) -> None:
        if self._asked and self._asked[0].kind == "E":
            self._keep(self._asked.popleft())

    def _failed(self) -> None:
        """What failed was tried as well; all up to the next Sync was not even that. A simple query goes on to Z."""
        if not self._asked or self._asked[0].kind in "QFS":
            return
        if self._asked[0].kind in "PBE":
            self._keep(self._asked[0])
        while self._asked and self._asked[0].kind not in "SQF":
            self._asked.popleft()

    def _ready(self, body: bytes | None) -> None:
        if not self._asked:
            return  # the one after the startup
        asked = self._asked.popleft()
        if asked.kind not in "SQF":
            raise ValueError("it is ready before it has answered")
        if asked.kind == "Q":
            self._keep(asked)
        if body == b"I":  # no transaction is open, and with it every portal is gone
            self._portals.clear()
        if not self._asked and len(self._portals) <= 1:
            self._held = 0

    def _copied_in(self) -> None:
        """While it takes in a COPY the server overhears every Sync that was sent with the statement."""
        while len(self._asked) > 1 and self._asked[1].kind == "S":
            del self._asked[1]

    def _told(self, body: bytes) -> None:
        reader = Reader(body)
        if reader.name() == b"client_encoding":
            self._encoding = ENCODINGS.get(reader.name().decode(errors="replace"))

    def _keep(self, asked: Asked) -> None:
        if asked.prepared is None:
            self.missed += 1
            return
        types = tuple([NAMES.get(oid, "") for oid in asked.prepared.oids])
        sql = asked.prepared.sql
        for piece in pieces(sql) if asked.kind == "Q" else (sql,):
            if piece.strip() and not of_session(piece):
                self._recorder.add(piece, asked.run, types if any(types) else (), self._connection)
