"""Whether every value of one type is one of another and reads the same there, so that no statement notices.

By PostgreSQL's own rules for changes without a rewrite; whatever is not listed is not wider.
"""

from __future__ import annotations

import re

__all__ = ["narrower", "plain", "wider", "without_equality"]

TYPE = re.compile(
    r"(?P<name>[^(]+?)\s*(?:\((?P<first>-?\d+)(?:,(?P<second>-?\d+))?\))?(?P<zone> with(?:out)? time zone)?"
)
TEXTS = frozenset({"character varying", "text"})
BOUNDED = frozenset({"character varying", "bit varying"})
MOMENTS = frozenset({"timestamp", "time", "interval"})
NO_EQUALITY = frozenset({"json", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle"})
INTEGERS = ("smallint", "integer", "bigint")
UNBOUNDED = 10**9


def plain(type_name: str) -> tuple[str, int | None, int | None]:
    """Name, length or precision, and scale: `numeric(10,2)` is ("numeric", 10, 2)."""
    found = TYPE.fullmatch(type_name)
    if found is None:
        return type_name, None, None
    first, second = (int(part) if part else None for part in (found["first"], found["second"]))
    return found["name"] + (found["zone"] or ""), first, second


def wider(before: str, after: str, timezone: str) -> bool:
    """Whether it holds at least as much without a rewrite. `timezone` decides over timestamps without one."""
    (old, length, scale), (new, longer, scale_after) = plain(before), plain(after)
    at_most, at_most_after = (UNBOUNDED if one is None else one for one in (length, longer))
    if old == new == "numeric":
        return longer is None or (
            length is not None and longer >= length and (scale or 0) == (scale_after or 0)
        )
    if {old, new} <= TEXTS or (old == new and old in BOUNDED):
        return at_most_after >= at_most
    if old == new and old.split(" ")[0] in MOMENTS:
        return at_most_after >= at_most
    if {old, new} == {"timestamp without time zone", "timestamp with time zone"}:
        return timezone in {"UTC", "Etc/UTC", "GMT"} and at_most_after >= at_most
    if new.rsplit(".", 1)[-1] == "citext" or old.rsplit(".", 1)[-1] == "citext":
        return {old.rsplit(".", 1)[-1], new.rsplit(".", 1)[-1]} <= TEXTS | {
            "citext"
        } and at_most_after >= at_most
    return (old, new) == ("cidr", "inet")


def narrower(before: str, after: str) -> bool:
    """Whether it is the same sort of value and holds less: then the new version can live in the wider one as well."""
    old, new = plain(before)[0], plain(after)[0]
    if old in INTEGERS and new in INTEGERS:
        return INTEGERS.index(new) < INTEGERS.index(old)
    same = old == new or {old, new} <= TEXTS
    return same and not wider(before, after, "") and wider(after, before, "")


def without_equality(type_name: str) -> bool:
    """Whether its values cannot be compared: then `SELECT DISTINCT *` and `GROUP BY` over the whole row fail."""
    return plain(type_name.removesuffix("[]"))[0] in NO_EQUALITY
