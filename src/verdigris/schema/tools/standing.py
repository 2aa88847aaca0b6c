"""Which drops of a tool's step may have stand-ins: tried on the shadow, with the stand-ins in place.

A step that does anything but drop has none: it might save what is about to go, and would find it empty. Nor has any
step of a contract of which one fails with them: in production it would stop half way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from verdigris.core.errors import VerdigrisError
from verdigris.schema.running.burying import find
from verdigris.schema.running.drops import Drop
from verdigris.schema.running.session import connecting
from verdigris.schema.running.stand_ins import stand_in
from verdigris.schema.running.tombstone import KEEP, owed
from verdigris.schema.running.words import Name
from verdigris.schema.shadow.database import Database, client, first_line
from verdigris.schema.shadow.server import Server
from verdigris.schema.tools.tool import Step, Tool

__all__ = ["Named", "dropped", "named", "stood"]

Named = Mapping[tuple[int, int], Drop]
"""Tables and columns by the numbers that the catalog gave them: a table's column is 0."""
MORE = "it does more than drop, and what it saves elsewhere it would find empty"
NAMED = """
    SELECT c.oid::bigint, a.attnum, n.nspname::text, c.relname::text, a.attname::text
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'verdigris_schema')
    AND n.nspname !~ '^pg_(temp|toast)' ORDER BY c.oid, a.attnum
"""


def named(database: Database) -> Named:
    """What there is."""
    found = dict[tuple[int, int], Drop]()
    with database.connected() as connection:
        for oid, number, schema, table, column in connection.execute(NAMED).fetchall():
            found[oid, 0] = Drop(Name(schema, table))
            if number:
                found[oid, number] = Drop(Name(schema, table), column)
    return found


def dropped(before: Named, after: Named) -> tuple[Drop, ...]:
    """What is gone, by its name of before; of a table that is gone no columns."""
    gone = [key for key in before if key not in after]
    return tuple(before[key] for key in gone if key[1] == 0 or (key[0], 0) in after)


def stood(
    server: Server, expanded: Database, tool: Tool, steps: Sequence[Step], drops: Mapping[str, tuple[Drop, ...]],
    tell: Callable[[str], None],
) -> tuple[dict[str, tuple[Drop, ...]], tuple[str, ...]]:  # fmt: skip
    """By the name of each step that can be carried out on stand-ins what it drops; notes on those that cannot."""
    found, notes = dict[str, tuple[Drop, ...]](), list[str]()
    dropping = [step for step in steps if drops.get(step.name)]
    if not dropping:
        return {}, ()
    with server.copy(expanded) as copy:
        for step in steps:
            wanted = drops.get(step.name, ())
            tell(f"{step}: tried on the shadow with stand-ins")
            try:
                why = trial(copy, tool, step, wanted)
            except (VerdigrisError, client().Error) as error:
                why = str(error) if isinstance(error, VerdigrisError) else first_line(error)
                return {}, tuple(gone(each, why) for each in dropping)
            if why:
                notes.append(gone(step, why))
            elif wanted:
                found[step.name] = wanted
    return found, tuple(notes)


def gone(step: Step, why: str) -> str:
    return f"what {step} drops is gone at once and cannot be taken back: {why}"


def trial(copy: Database, tool: Tool, step: Step, drops: tuple[Drop, ...]) -> str:
    """Carry it out there; why it may not have stand-ins, "" where it may."""
    if not drops or not step.only_drops:
        tool.run(copy.url(), step)
        return MORE if drops else ""
    connect = connecting(copy.url())
    with connect() as connection:
        before = {stone.number for stone in owed(connection)}
    stand_in(connect, drops, KEEP)
    tool.run(copy.url(), step)
    with connect() as connection:
        lost = [stone for stone in owed(connection) if stone.number not in before]
        lost = [stone for stone in lost if find(connection, stone.grave) is None]
    if lost:
        return f"{lost[0]} would be gone under another name too"
    back = set(named(copy).values()) & set(drops)
    return f"{back.pop()} is there again after it" if back else ""
