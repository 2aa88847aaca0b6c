"""The SQL of a sync trigger: composed from names that the catalog gave and from two expressions, and sent nowhere."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from verdigris.schema.shadow.database import client

__all__ = ["FIRST", "SCHEMA", "Facts", "backfill_sql", "disagreeing_sql", "function_sql", "triggers_of"]

SCHEMA = "verdigris_schema"
FIRST = "~verdigris_sync_"
"""Triggers fire in the order of their names' bytes: `~` is after all letters, so ours sees what others did."""
VALUE = "{value}"

FUNCTION = """
DECLARE
    verdigris_up {new_type};
    verdigris_down {old_type};
    verdigris_both boolean := {count_inserts};
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.{new} IS NULL THEN
            NEW.{new} := {up};
            RETURN NEW;
        END IF;
        IF NEW.{old} IS NULL THEN
            NEW.{old} := {down};
            RETURN NEW;
        END IF;
    ELSE
        IF NOT {new_changed} THEN
            verdigris_down := {down};
            IF {old_disagrees} THEN
                NEW.{new} := {up};
            END IF;
            RETURN NEW;
        END IF;
        verdigris_both := {old_changed};
    END IF;
    verdigris_down := {down};
    IF {old_disagrees} THEN
        verdigris_up := {up};
        IF {new_disagrees} THEN
            NEW.{old} := verdigris_down;
            IF verdigris_both THEN
                BEGIN
                    PERFORM pg_catalog.nextval({counter});
                EXCEPTION WHEN OTHERS THEN
                    NULL; -- a counter that cannot count is no reason to refuse a write
                END;
            END IF;
        END IF;
    END IF;
    RETURN NEW;
END
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the SQL is made of. Types are as the server writes them, with and without their modifiers (`(10,2)`)."""

    oid: int
    schema: str
    table: str
    old: str
    new: str
    mark: str
    old_type: str = ""
    old_plain: str = ""
    new_type: str = ""
    new_plain: str = ""
    up_text: str = ""
    down_text: str = ""
    old_default: bool = False

    @classmethod
    def named(cls, oid: int, schema: str, table: str, old: str, new: str) -> Facts:
        """With a mark that is the same whenever these two are twins of a table of that name."""
        mark = hashlib.sha256("\0".join((schema, table, old, new)).encode()).hexdigest()[:12]
        return cls(oid, schema, table, old, new, mark)

    def with_types(
        self,
        old_type: str,
        old_plain: str,
        new_type: str,
        new_plain: str,
        up: str,
        down: str,
        *,
        old_default: bool,
    ) -> Facts:
        return replace(
            self, old_type=old_type, old_plain=old_plain, new_type=new_type, new_plain=new_plain, up_text=up,
            down_text=down, old_default=old_default,
        )  # fmt: skip

    @property
    def relation(self) -> Any:
        return client().sql.Identifier(self.schema, self.table)

    @property
    def function(self) -> Any:
        return client().sql.Identifier(SCHEMA, f"sync_{self.mark}")

    @property
    def counter(self) -> Any:
        return client().sql.Identifier(SCHEMA, f"sync_{self.mark}_conflicts")

    @property
    def up(self) -> Any:
        """The new value of the row `new`, before the column's own modifiers."""
        return mapped(self.up_text, self.old, self.new_plain)

    @property
    def down(self) -> Any:
        return mapped(self.down_text, self.new, self.old_plain)

    def differ(self, which: str, one: Any, other: Any) -> Any:
        """Whether two values of the twin `which` are unlike."""
        return differ(self.new_plain if which == self.new else self.old_plain, one, other)

    def changed(self, which: str) -> Any:
        """Whether an UPDATE changes it."""
        sql = client().sql
        new, old = (sql.SQL(f"{row}.{{}}").format(sql.Identifier(which)) for row in ("NEW", "OLD"))
        return self.differ(which, new, old)

    @property
    def custom(self) -> bool:
        return bool(self.up_text or self.down_text)


def differ(type_: str, one: Any, other: Any) -> Any:
    """Byte by byte: json has no equality, and citext takes a change of case for none. Numbers by their value."""
    sql = client().sql
    if type_ == "numeric":
        return sql.SQL("({} IS DISTINCT FROM {})").format(one, other)
    return sql.SQL("pg_catalog.record_image_ne(ROW({}), ROW({}))").format(one, other)


def mapped(expression: str, column: str, type_: str) -> Any:
    """The cast drops modifiers: storing then refuses what is too long, where a cast would cut it off unseen."""
    sql = client().sql
    value = sql.SQL("NEW.{}").format(sql.Identifier(column))
    first, *rest = (sql.SQL(part) for part in (expression or VALUE).split(VALUE))
    text = sql.Composed([first, *(piece for part in rest for piece in (value, part))])
    # On lines of their own, so that a comment in it ends where it ends.
    return sql.SQL("CAST((\n{}\n) AS {})").format(text, sql.SQL(type_))


def function_sql(facts: Facts) -> Any:
    """CREATE OR REPLACE FUNCTION. Expressions mean what they mean to whoever installs them: the search path is kept."""
    sql = client().sql
    counter = sql.SQL("{}::pg_catalog.regclass").format(sql.Literal(f"{SCHEMA}.sync_{facts.mark}_conflicts"))
    new, old = sql.Identifier(facts.new), sql.Identifier(facts.old)
    body = sql.SQL(FUNCTION).format(
        new=new, old=old, up=facts.up, down=facts.down, counter=counter,
        new_type=sql.SQL(facts.new_type), old_type=sql.SQL(facts.old_type),
        new_changed=facts.changed(facts.new), old_changed=facts.changed(facts.old),
        new_disagrees=facts.differ(facts.new, sql.SQL("verdigris_up"), sql.SQL("NEW.{}").format(new)),
        old_disagrees=facts.differ(facts.old, sql.SQL("verdigris_down"), sql.SQL("NEW.{}").format(old)),
        count_inserts=sql.Literal(not facts.old_default),
    )  # fmt: skip
    path = sql.SQL("SET search_path FROM CURRENT" if facts.custom else "")
    return sql.SQL("CREATE OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql {} AS {}").format(
        facts.function, path, sql.Literal(body.as_string(None))
    )


def triggers_of(facts: Facts) -> dict[str, Any]:
    """Two: an UPDATE that touches neither column does not even call the function.

    Both name the columns, so the server knows that they depend on them: who drops one with CASCADE drops both
    triggers in the same moment, and who drops it without is refused before an INSERT could fail.
    """
    sql = client().sql
    changed = sql.SQL("({} OR {})").format(facts.changed(facts.old), facts.changed(facts.new))
    # True of every row: the function looks for itself at what an INSERT gives.
    known = sql.SQL("((NEW.{} IS NULL) IS NOT NULL AND (NEW.{} IS NULL) IS NOT NULL)").format(
        sql.Identifier(facts.old), sql.Identifier(facts.new)
    )
    return {
        (name := f"{FIRST}{facts.mark}_{event}"): sql.SQL(
            "CREATE TRIGGER {} BEFORE {} ON {} FOR EACH ROW WHEN {} EXECUTE FUNCTION {}()"
        ).format(sql.Identifier(name), sql.SQL(event.upper()), facts.relation, when, facts.function)
        for event, when in {"insert": known, "update": changed}.items()
    }


def unlike(facts: Facts) -> Any:
    """Whether neither twin of the row `new` is the other's image."""
    sql = client().sql
    new, old = (sql.SQL("new.{}").format(sql.Identifier(name)) for name in (facts.new, facts.old))
    up = sql.SQL("CAST({} AS {})").format(facts.up, sql.SQL(facts.new_type))
    down = sql.SQL("CAST({} AS {})").format(facts.down, sql.SQL(facts.old_type))
    return sql.SQL("({} AND ({} IS NULL OR {}))").format(
        facts.differ(facts.new, new, up), new, facts.differ(facts.old, old, down)
    )


def disagreeing_sql(facts: Facts) -> Any:
    sql = client().sql
    return sql.SQL("SELECT count(*) FROM {} AS new WHERE {}").format(facts.relation, unlike(facts))


def backfill_sql(facts: Facts) -> tuple[Any, Any]:
    """Before and after the range of keys. Only what is NULL is filled, from the twin that is not; what both versions
    wrote and disagrees is nobody's to decide here, and goes on being counted.
    """
    sql = client().sql
    new, old = sql.Identifier(facts.new), sql.Identifier(facts.old)
    before = sql.SQL(
        "UPDATE {table} AS new SET {new} = CASE WHEN new.{new} IS NULL THEN {up} ELSE new.{new} END,"
        " {old} = CASE WHEN new.{new} IS NOT NULL AND new.{old} IS NULL THEN {down} ELSE new.{old} END"
        " WHERE {unlike} AND (new.{new} IS NULL OR new.{old} IS NULL) AND "
    ).format(table=facts.relation, new=new, old=old, up=facts.up, down=facts.down, unlike=unlike(facts))
    return before, sql.SQL("")
