"""Values as JSON and back: the stored form of everything that outlives a process.

Strict both ways. A field that this version does not know was written by a newer one, and is never dropped in
silence: it is a `Conflict`, or belongs to a row of a newer format, which is shown and never written back.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, TypeVar

from verdigris.core.deployment import FORMAT, Deployment
from verdigris.core.errors import Conflict, StoreUnavailable
from verdigris.core.judging.lines import heading_line, second_line
from verdigris.core.policy import Policy
from verdigris.ports import Counted, Saved

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

__all__ = ["dump", "load", "load_saved", "packed", "plain", "refuse_newer", "unpacked"]

T = TypeVar("T")

BUILT: dict[Any, TypeAdapter[Any]] = {}

UNKNOWN_FIELD = "unexpected_keyword_argument"
TEXT_MOST = 16_000
"""Characters of one sentence or its evidence that are kept."""

NUMBER_MOST = 1 << 53
"""No clock and no count of ours comes to it; beyond it numbers are no longer told apart."""
UNPACKED_MOST = 131_072
"""Bytes of a second and its heading."""
LOGARITHM_MOST = 1.7e308
"""A trial says with the largest numbers that there are that a bet has lost everything, and again in the next second."""


def adapter(kind: Any) -> TypeAdapter[Any]:
    """Built when it is first needed: pydantic costs tens of milliseconds that `--help` does not have."""
    from pydantic import TypeAdapter

    if kind not in BUILT:
        BUILT[kind] = TypeAdapter(kind)
    return BUILT[kind]


def dump(value: object) -> str:
    """The value as JSON. What could not be loaded again is not written: `StoreUnavailable`."""
    from pydantic_core import PydanticSerializationError

    try:
        return adapter(type(value)).dump_json(value, warnings="error").decode()
    except PydanticSerializationError as error:
        raise StoreUnavailable(f"{type(value).__name__} cannot be written down: {error}") from error


def load(kind: type[T], text: str, newer: bool = False) -> T:
    """The value again. Fields of a newer writer are a `Conflict`, or left out where `newer` is expected.

    Anything else that does not fit is damage: `StoreUnavailable`.
    """
    from pydantic import ValidationError
    from pydantic_core import from_json

    try:
        value: T = adapter(kind).validate_json(text, strict=True, extra="ignore" if newer else "forbid")
    except ValidationError as error:
        raise misfit(kind, error) from error
    if not countable(from_json(text)):
        raise StoreUnavailable(
            f"{kind.__name__} cannot be understood, a number in it is endless or none at all. See `verdigris recover`"
        )
    return value


def countable(value: object, most: float = NUMBER_MOST) -> bool:
    """Whether every number in it could be one of ours: an endless one never comes, and none is before or after it."""
    if isinstance(value, dict):
        return all(countable(v, LOGARITHM_MOST if key == "trial" else most) for key, v in value.items())
    if isinstance(value, list):
        return all(countable(one, most) for one in value)
    return not isinstance(value, int | float) or abs(value) <= most


def misfit(kind: type[Any], error: ValidationError) -> Conflict | StoreUnavailable:
    details = error.errors(include_url=False, include_input=False)
    unknown = [_where(e["loc"]) for e in details if e["type"] == UNKNOWN_FIELD]
    if unknown:
        return Conflict(
            f"{kind.__name__} has {', '.join(unknown[:5])}: it was written by a newer verdigris. "
            "Use that version, this one would lose it"
        )
    where, why = _where(details[0]["loc"]) or "its text", details[0]["msg"]
    return StoreUnavailable(f"{kind.__name__} cannot be understood, {where}: {why}. See `verdigris recover`")


def _where(place: tuple[int | str, ...]) -> str:
    """A field in a sentence: short, and harmless on a terminal whoever named it."""
    text = ".".join(map(str, place))[:100]
    return text if text.isprintable() else ascii(text)


def load_saved(deployment: str, policy: str) -> Saved:
    """A stored deployment with its policy. One of a newer format loads as far as it is known, to be left alone."""
    newer = written_by_newer(deployment)
    return Saved(load(Deployment, deployment, newer), load(Policy, policy, newer))


def written_by_newer(deployment: str) -> bool:
    from pydantic_core import from_json

    try:
        found = from_json(deployment)
    except ValueError:  # `load` says what is wrong with it
        return False
    number = found.get("format") if isinstance(found, dict) else None
    return isinstance(number, int) and number > FORMAT


def refuse_newer(d: Deployment) -> None:
    """Guard every write with this: a newer format has fields that were lost when it was loaded."""
    if d.format > FORMAT:
        raise Conflict(
            f"{d.id} was written by a newer verdigris (format {d.format}, this one knows {FORMAT}). "
            "It is left alone: use that version"
        )


def packed(one: Counted) -> bytes:
    """A second with its heading as compressed lines: a third of their room."""
    heading = [heading_line(one.heading)] if one.heading is not None else []
    return zlib.compress("\n".join([*heading, second_line(one.counts)]).encode())


def unpacked(lines: object) -> list[str]:
    """The lines again. `StoreUnavailable` for what is none, or more than a heading and a second can be."""
    try:
        opened = zlib.decompressobj()
        text = opened.decompress(lines if isinstance(lines, bytes) else b"", UNPACKED_MOST).decode()
    except (zlib.error, UnicodeDecodeError):
        text = ""
    if not text or not opened.eof:
        raise StoreUnavailable("counts of a second cannot be understood. See `verdigris recover`")
    return text.split("\n")


def plain(text: str) -> str:
    """Text that any reader can take: no lone surrogates, and not longer than `TEXT_MOST`."""
    text = (
        text if len(text) <= TEXT_MOST else f"{text[:TEXT_MOST]} … ({len(text) - TEXT_MOST} characters more)"
    )
    return text.encode(errors="replace").decode()
