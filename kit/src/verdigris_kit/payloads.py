"""Schemas of payloads, and whether who reads one of them understands what is written by another.

The subset of JSON Schema: `type` (a word or several), `properties`, `required`, `additionalProperties` (true or
false), `items`, `enum`; and words for people, which are not compared. Pure.
"""

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["Schema", "check", "gaps"]

Schema = Mapping[str, Any]

TYPES = frozenset({"string", "integer", "number", "boolean", "object", "array", "null"})
KNOWN = frozenset({"type", "properties", "required", "additionalProperties", "items", "enum"})
FOR_PEOPLE = frozenset(
    {"$schema", "$id", "title", "description", "format", "examples", "default", "deprecated"}
)

DEPTH_MAX = 32
"""How deep a schema may be: what is deeper is a mistake, or a schema that holds itself."""


def check(schema: Any, path: str, depth: int = 0) -> None:
    """Raise `ValueError`, naming the place, for whatever is not in the subset."""
    if not isinstance(schema, Mapping):
        raise ValueError(f"{path}: has to be a schema, got {schema!r:.60}.")
    if depth > DEPTH_MAX:
        raise ValueError(f"{path}: is more than {DEPTH_MAX} levels deep. Does it hold itself?")
    for word in sorted(map(str, set(schema) - KNOWN - FOR_PEOPLE)):
        raise ValueError(f"{path}: {word} cannot be compared. Known are: {', '.join(sorted(KNOWN))}.")
    _check_words(schema, path)
    for name, inner in schema.get("properties", {}).items():
        check(inner, f"{path}.{name}", depth + 1)
    if "items" in schema:
        check(schema["items"], f"{path}[]", depth + 1)


def gaps(reads: Schema, writes: Schema, path: str = "", removed: bool = False) -> Iterator[tuple[str, str]]:
    """Where who knows `reads` may stumble over a payload by `writes`: pairs of a path and a sentence.

    With `removed`, a property that is gone counts even where it was never promised: somebody looked at it.
    """
    if new := _types(writes) - _types(reads):
        yield path, f"type may be {_list(new)} now, it was {_list(_types(reads))}"
    yield from _values(reads, writes, path)
    for name in sorted({*_properties(reads), *_required(reads)}):
        yield from _property(name, reads, writes, f"{path}.{name}".lstrip("."), removed)
    if reads.get("additionalProperties") is False:
        for name in sorted(set(_properties(writes)) - set(_properties(reads))):
            yield f"{path}.{name}".lstrip("."), "is new, where no further properties were to come"
        if writes.get("additionalProperties") is not False and "object" in _types(writes):
            yield path, "further properties may come now, where none were to come"
    if "items" in reads:
        yield from gaps(reads["items"], writes.get("items", {}), f"{path}[]", removed)


def _property(
    name: str, reads: Schema, writes: Schema, path: str, removed: bool
) -> Iterator[tuple[str, str]]:
    expected, given = _properties(reads).get(name), _properties(writes).get(name)
    needed, promised = name in _required(reads), name in _required(writes)
    if given is None and not promised and (needed or removed):
        yield path, "is gone"
    elif needed and not promised:
        yield path, "is needed, and may be missing"
    if expected is not None and given is not None:
        yield from gaps(expected, given, path, removed)


def _values(reads: Schema, writes: Schema, path: str) -> Iterator[tuple[str, str]]:
    if "enum" not in reads:
        return
    if "enum" not in writes:
        yield path, f"may be anything now, it was one of {_list(reads['enum'])}"
    elif new := [
        value for value in writes["enum"] if not any(_same(value, known) for known in reads["enum"])
    ]:
        yield path, f"may be {_list(new)} now, it was one of {_list(reads['enum'])}"


def _same(one: Any, other: Any) -> bool:
    """Whether two values are one in JSON: `true` is not 1, as it is in Python."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    return bool(one == other)


def _types(schema: Schema) -> set[str]:
    """Which types may come; every integer is a number, and without a word anything may come."""
    said = schema.get("type", sorted(TYPES))
    types = {said} if isinstance(said, str) else set(said)
    return types | {"integer"} if "number" in types else types


def _properties(schema: Schema) -> Mapping[str, Any]:
    return schema.get("properties", {})  # type: ignore[no-any-return]


def _required(schema: Schema) -> set[str]:
    return set(schema.get("required", ()))


def _list(values: Any) -> str:
    return " or ".join(sorted(map(str, values)))


def _check_words(schema: Mapping[str, Any], path: str) -> None:
    said = schema.get("type", "string")
    types = [said] if isinstance(said, str) else said
    if not isinstance(types, (list, tuple)) or not types or not all(str(one) in TYPES for one in types):
        raise ValueError(f"{path}: type is {said!r:.60}. Known are: {', '.join(sorted(TYPES))}.")
    if not isinstance(schema.get("properties", {}), Mapping):
        raise ValueError(f"{path}: properties has to be an object.")
    for word in ("required", "enum"):
        if not isinstance(schema.get(word, []), (list, tuple)):
            raise ValueError(f"{path}: {word} has to be a list.")
    if not all(isinstance(name, str) for name in schema.get("required", ())):
        raise ValueError(f"{path}: required has to be a list of names.")
    if not isinstance(schema.get("additionalProperties", True), bool):
        raise ValueError(f"{path}: additionalProperties has to be true or false.")
