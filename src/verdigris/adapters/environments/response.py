"""Whether an answer to a deep health probe is a pass, and in words why not. Pure.

An answer passes when nothing can be said against it: status, form, what the JSON has to contain, its own checks,
and that it comes from the release and the slot that were asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from verdigris.adapters.environments.words import joined, shown
from verdigris.core.world import Slot

__all__ = ["BODY_MOST", "HealthCheck", "Scalar", "judge_response"]

BODY_MOST = 64 << 10
"""More bytes than this are not read; an answer that has more does not pass."""

NAMED_MOST = 8
"""How many false checks, or wrong values, are named in one sentence."""

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """How an instance is asked whether it is well, and what it has to answer.

    `statuses` are ranges with both ends included; `body` are values that the JSON has at a path of keys; `smoke` are
    paths that a fresh instance has to answer below 400 besides. Seconds, and probes in a row.
    """

    path: str = "/health"
    timeout: float = 5.0
    interval: float = 10.0
    healthy: int = 3
    unhealthy: int = 2
    statuses: tuple[tuple[int, int], ...] = ((200, 200),)
    body: tuple[tuple[tuple[str, ...], Scalar], ...] = ()
    smoke: tuple[str, ...] = ()
    host: str = ""
    """What the Host header says; empty for the address itself."""
    grpc: str | None = None
    """The service whose health is asked for over gRPC instead, empty for the whole server; None for HTTP."""


def judge_response(
    check: HealthCheck, status: int, headers: Mapping[str, str], body: bytes, version: str, slot: Slot
) -> tuple[bool, str]:
    """Whether the answer passes, and what is to be said of it. The names of `headers` are in small letters."""
    found = list(_objections(check, status, headers, body, version, slot))
    return not found, "; ".join(found) or "healthy"


def _objections(
    check: HealthCheck, status: int, headers: Mapping[str, str], body: bytes, version: str, slot: Slot
) -> Iterator[str]:
    if not any(low <= status <= high for low, high in check.statuses):
        yield _wrong_status(check, status, headers)
    if len(body) > BODY_MOST:
        yield f"the body has more than {BODY_MOST >> 10} KiB"
        return
    document, complaint = _read(headers, body, needed=bool(check.body))
    if complaint:
        yield complaint
        return
    if isinstance(document, dict):
        yield from _false_checks(document)
        yield from _wrong_values(check, document)
        yield from _wrong_origin(document, version, slot)


def _wrong_status(check: HealthCheck, status: int, headers: Mapping[str, str]) -> str:
    wanted = " or ".join(str(low) if low == high else f"{low}-{high}" for low, high in check.statuses)
    if 300 <= status < 400 and "location" in headers:
        return f"it redirects to {shown(headers['location'])}, which is not followed: set `health.path` to where it is"
    return f"the status is not {wanted}"


def _read(headers: Mapping[str, str], body: bytes, needed: bool) -> tuple[Any, str]:
    """The JSON document, None where there is none and none is needed, and what is wrong with its form."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if headers.get("content-encoding", "identity").lower() not in ("identity", ""):
        return (
            None,
            f"the body is compressed ({shown(headers['content-encoding'], 40)}), which was not asked for",
        )
    if kind in ("text/html", "application/xhtml+xml"):
        return None, "the body is HTML: a health endpoint answers with JSON or plain text"
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        expected = needed or kind.endswith("json")
        return None, f"the body is not valid JSON: {shown(str(error), 120)}" if expected else ""
    if needed and not isinstance(document, dict):
        return None, f"the body is a JSON {type(document).__name__}, not an object"
    return document, ""


def _false_checks(document: dict[str, Any]) -> Iterator[str]:
    checks = document.get("checks")
    false = (
        [shown(name, 60) for name, value in checks.items() if value is False]
        if isinstance(checks, dict)
        else []
    )
    if false:
        more = [f"{len(false) - NAMED_MOST} more"] if len(false) > NAMED_MOST else []
        yield f"{joined(false[:NAMED_MOST] + more)} {'are' if len(false) > 1 else 'is'} false"


def _wrong_values(check: HealthCheck, document: dict[str, Any]) -> Iterator[str]:
    wrong = [(path, value, _at(document, path)) for path, value in check.body]
    for path, value, found in [w for w in wrong if not _same(w[1], w[2])][:NAMED_MOST]:
        name = ".".join(path)
        yield f"{name} is missing" if found is _MISSING else f"{name} is {_told(found)}, not {_told(value)}"


_MISSING = object()


def _at(document: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(document, dict) or name not in document:
            return _MISSING
        document = document[name]
    return document


def _same(wanted: Scalar, found: Any) -> bool:
    """Equal, and of one kind: in JSON `true` is not 1."""
    return isinstance(wanted, bool) == isinstance(found, bool) and bool(wanted == found)


def _told(value: Any) -> str:
    """A value as JSON. An object or a list only as what it is: it may be deeper than can be written out."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return shown(json.dumps(value, ensure_ascii=False), 60)


def _wrong_origin(document: dict[str, Any], version: str, slot: Slot) -> Iterator[str]:
    """Who it says it is. Only the name of a slot in `environment` means ours: many applications say `production`."""
    for name, wanted in (("release", version), ("slot", str(slot))):
        if document.get(name) and document[name] != wanted:
            yield f"it answers as {name} {_told(document[name])}, asked was {_told(wanted)}"
    environment = document.get("environment")
    if environment in tuple(Slot) and environment != slot:
        yield f"it answers as environment {_told(environment)}, asked was {_told(str(slot))}"
