"""The lock trace as lines and as a document: what each statement would hold, for how long, and a way without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verdigris.cli.show.amounts import plural
from verdigris.cli.show.ink import Ink, Line, fit, line, wrapped
from verdigris.schema.trace.advice import holding, safer
from verdigris.schema.trace.tracing import Trace
from verdigris.schema.trace.weigh import Weighed

__all__ = ["document", "trace_lines"]

LOCK, KIND, INDENT = 22, 10, 5
SQL_LEAST = 20


def trace_lines(traces: Sequence[Trace], width: int) -> list[Line]:
    """All migrations in their order; what is to be noted of the shadow stands once, at the end."""
    notes = dict.fromkeys(note for trace in traces for note in trace.notes)
    lines: list[Line] = []
    for trace in traces:
        lines += [*([()] if lines else []), *migration(trace, width)]
    for note in notes:
        lines += hanging("note ", note, width, Ink.DIM)
    return lines


def migration(trace: Trace, width: int) -> list[Line]:
    """A line for each statement, below it what it means for whoever uses the tables, and last how many are a hazard."""
    if not trace.statements:
        return [line((f"{trace.name}: there is no statement in it", Ink.WARN))]
    lines: list[Line] = [line((f"{trace.name} on PostgreSQL {trace.major}", Ink.BOLD)), ()]
    lines.append(line((f"{'':4} {'lock':{LOCK}} {'class':{KIND}} statement", Ink.DIM)))
    for one in trace.statements:
        lines += rows(one, trace, width)
    return [*lines, (), *wrapped(ending(trace), width, Ink.BAD if trace.hazards else Ink.GOOD)]


def rows(one: Weighed, trace: Trace, width: int) -> list[Line]:
    """One statement."""
    traced = one.traced
    lock = traced.lock.words if traced.lock else "none"
    ink = Ink.BAD if one.hazard else Ink.WARN if one.warning else Ink.PLAIN
    sql = " ".join(traced.sql.split())
    head = line(
        (f"{one.number:4} ", Ink.DIM), (f"{lock:{LOCK}} ", ink), (f"{traced.kind:{KIND}} ", Ink.PLAIN)
    )
    found = [(*head, *fit(line(sql), max(width - LOCK - KIND - INDENT - 2, SQL_LEAST)))]
    if sentence := holding(one, trace.sizes):
        mark = "✖ " if one.hazard else "~ " if one.warning else ""
        found += hanging(" " * INDENT + mark, sentence, width, ink if mark else Ink.DIM)
    for way in safer(one):
        found += hanging(" " * INDENT + "→ ", way[0].upper() + way[1:] + ".", width, Ink.PLAIN)
    return found


def hanging(head: str, text: str, width: int, ink: Ink) -> list[Line]:
    """A text beside its head, in as many rows as it needs."""
    pieces = wrapped(text, max(width - len(head), SQL_LEAST), ink)
    return [(*line((head if n == 0 else " " * len(head), ink)), *one) for n, one in enumerate(pieces)]


def ending(trace: Trace) -> str:
    """The result in one sentence."""
    count = plural(len(trace.statements), "statement")
    warnings = sum(one.warning is not None for one in trace.statements)
    small = f", and {warnings} would if its tables were larger" if warnings else ""
    if not trace.hazards:
        return f"{count}: none lets anybody wait for longer than a moment{small}."
    lets = "lets" if trace.hazards == 1 else "let"
    unknown = (
        "" if trace.sizes else " How long depends on the sizes of the tables: --database URL reads them."
    )
    return f"{count}: {trace.hazards} {lets} somebody wait for as long as a table is large{small}.{unknown}"


def document(traces: Sequence[Trace]) -> dict[str, Any]:
    """The same for programs."""
    return {
        "type": "result",
        "migrations": [trace.name for trace in traces],
        "server": traces[0].major,
        "hazards": sum(trace.hazards for trace in traces),
        "statements": [statement(one, trace) for trace in traces for one in trace.statements],
        "notes": list(dict.fromkeys(note for trace in traces for note in trace.notes)),
    }


def statement(one: Weighed, trace: Trace) -> dict[str, Any]:
    """One statement. `held` are locks of earlier ones that it runs under, `until` the last that runs under its own."""
    traced = one.traced
    return {
        "sql": traced.sql,
        "lock": traced.lock.words if traced.lock else None,
        "rewrite": traced.rewrite,
        "scan": traced.scan,
        "hazard": one.hazard is not None,
        "class": traced.kind.value,
        "relations": [touch.relation for touch in traced.touches],
        "migration": trace.name,
        "number": one.number,
        "why": (one.hazard or one.warning or None),
        "warning": one.warning is not None,
        "locks": {touch.relation: touch.lock.words for touch in traced.touches if touch.lock},
        "rows": sum(touch.rows for touch in traced.touches),
        "transaction": traced.transaction if traced.inside else None,
        "until": one.until,
        "held": [
            {"relation": held.relation, "lock": held.lock.words, "since": held.since} for held in one.held
        ],
        "sentence": holding(one, trace.sizes),
        "safer": list(safer(one)),
    }
