"""What a session holds, once for every version that may have to read it.

A new version writes its own payload and, by the declared downgrades, that of the versions before it, so that a way
back logs nobody out. Whoever changes a session writes it as a whole: what the others knew is made from that again,
and nothing that was taken away comes back. A payload that only a newer version can read is refused and left alone.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from verdigris_kit import counts
from verdigris_kit.once import first
from verdigris_kit.versions import Versions

__all__ = ["Reading", "read", "refused", "written"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reading:
    """The data of a session in the version of today; or None, and `refused` says in a word why.

    `newer` is the payload of a version to come: the user is not logged in here, and must stay so there. Take neither
    cookie nor session away.
    """

    data: "Optional[dict[str, Any]]" = None
    refused: str = ""


def written(versions: Versions, data: "Mapping[str, Any]") -> "dict[str, Any]":
    """The payloads of all versions that can be written, by their number. Raise `TypeError` for what is no mapping."""
    if not isinstance(data, Mapping):
        raise TypeError(f"a session holds a mapping, not {type(data).__name__}. Give its values names.")
    bodies = {versions.current: dict(data)}
    try:
        bodies.update(versions.down(dict(data)))
    except Exception as error:
        counts.add("sessions.downgrade_failed")
        log.warning("a session has no older version: %s: %s", type(error).__name__, error)
    return {str(version): body for version, body in bodies.items()}


def read(versions: Versions, bodies: Any) -> Reading:
    """Our own payload or the newest that can be upgraded. Whatever it is given, it raises nothing."""
    if not isinstance(bodies, Mapping):
        return refused("malformed")
    for version in (versions.current, *versions.readable):
        if str(version) in bodies:
            return _upgraded(versions, bodies[str(version)], version)
    return refused("newer" if _newer(versions, bodies) else "unknown_version")


def refused(reason: str) -> Reading:
    """No data, and counted."""
    counts.add(f"sessions.{reason}")
    return Reading(None, reason)


def _upgraded(versions: Versions, body: Any, version: int) -> Reading:
    try:
        data = versions.up(body, version)
    except Exception as error:
        if first("sessions.upgrade_failed", version, type(error)):
            log.warning("a session of version %d is of no use: %s", version, type(error).__name__)
        return refused("upgrade_failed")
    return Reading(data) if isinstance(data, dict) else refused("malformed")


def _newer(versions: Versions, bodies: "Mapping[Any, Any]") -> bool:
    numbers = (int(name) for name in bodies if isinstance(name, str) and name.isdecimal() and len(name) < 10)
    return any(number > versions.current for number in numbers)
