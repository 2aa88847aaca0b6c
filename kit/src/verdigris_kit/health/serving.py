"""A request for the health document and its answer, without any framework; and who may see the details."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Callable, Optional, Union

from verdigris_kit.contract import HealthReport

__all__ = ["Asked", "MaySee", "Reply", "bears_control_token", "refusal", "reply_to"]


@dataclass(frozen=True)
class Asked:
    """A request. Names of `headers` are in lower case; `peer` is the address of the other end, empty if unknown."""

    method: str
    headers: Mapping[str, str]
    peer: str = ""


@dataclass(frozen=True)
class Reply:
    """The answer, as any framework can send it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


MaySee = Union[bool, Callable[[Asked], bool]]
"""Who may see reasons, times and schema: everybody, nobody, or whom the function says."""


def bears_control_token(asked: Asked) -> bool:
    """Whether the request bears the slot's control token: `Authorization: Bearer ...`.

    That it comes from loopback proves nothing: behind a router on the same machine everybody does.
    """
    from verdigris_kit import counts
    from verdigris_kit.secret import trusted

    scheme, _, shown = asked.headers.get("authorization", "").partition(" ")
    if not shown:
        return False
    held = scheme.lower() == "bearer" and trusted("control", shown.strip())
    if not held:
        counts.add("health.details")
    return held


def refusal(asked: Asked) -> Optional[Reply]:
    """The answer to a method that does not read."""
    if asked.method in ("GET", "HEAD"):
        return None
    return _json(405, {"error": "health is read with GET"}, ("allow", "GET, HEAD"))


def reply_to(asked: Asked, report: HealthReport) -> Reply:
    """200 when healthy, 503 when degraded; HEAD gets the same without the body."""
    reply = _json(200 if report["status"] == "healthy" else 503, report)
    return Reply(reply.status, reply.headers, b"") if asked.method == "HEAD" else reply


def _json(status: int, document: object, *headers: tuple[str, str]) -> Reply:
    body = json.dumps(document).encode()
    usual = (("content-type", "application/json"), ("content-length", str(len(body))))
    return Reply(status, (*usual, ("cache-control", "no-store"), *headers), body)
