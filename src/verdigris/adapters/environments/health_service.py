"""What the standard gRPC health service is asked, as bytes, and whether its answer is a pass. Pure.

The protocol is https://github.com/grpc/grpc/blob/master/doc/health-checking.md: one message with one text, answered
by one message with one number. Whoever serves gRPC has a library that brings the service along.
"""

from __future__ import annotations

from collections.abc import Mapping

from verdigris.adapters.environments.words import shown

__all__ = ["METHOD", "judge_call", "message"]

METHOD = "/grpc.health.v1.Health/Check"

SERVING = 1
SAID = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")
CODES = {
    "1": "CANCELLED", "2": "UNKNOWN", "4": "DEADLINE_EXCEEDED", "5": "NOT_FOUND", "7": "PERMISSION_DENIED",
    "8": "RESOURCE_EXHAUSTED", "12": "UNIMPLEMENTED", "13": "INTERNAL", "14": "UNAVAILABLE", "16": "UNAUTHENTICATED",
}  # fmt: skip
ADVICE = {
    "5": ": the service of `health.grpc` is not registered with the health service. Register it, or write `true`",
    "12": ": the server has no health service. Add the one of your gRPC library (grpc.health.v1.Health)",
}
PREFIX = 5
"""Before each message stand a byte, 0 for uncompressed, and its length in four."""


def message(service: str) -> bytes:
    """The question for the service, at most 127 letters; an empty name asks for the server as a whole."""
    name = service.encode()
    field = bytes((0x0A, len(name))) + name if name else b""
    return b"\0" + len(field).to_bytes(PREFIX - 1, "big") + field


def judge_call(status: int, headers: Mapping[str, str], body: bytes) -> tuple[bool, str]:
    """Whether the answer passes, and what is to be said of it. Trailers, where there are any, are among `headers`."""
    if status != 200:
        return False, f"the HTTP status is {status}, so nobody speaks gRPC there"
    code = headers.get("grpc-status", "0")
    if code != "0":
        return False, _failed(code, headers.get("grpc-message", ""))
    said = _said(body)
    if said is None:
        return False, "no health status came back"
    if said >= len(SAID):
        return False, f"it answers {said}, which no version of the health service says"
    return said == SERVING, SAID[said] if said == SERVING else f"it answers {SAID[said]}"


def _failed(code: str, why: str) -> str:
    named = CODES.get(code, f"grpc-status {shown(code, 8)}")
    return f"the call failed with {named} ({shown(why, 120) or 'no message'}){ADVICE.get(code, '')}"


def _said(body: bytes) -> int | None:
    """The number in the first message: field 1, and 0 when it is left out."""
    found = body[PREFIX:]
    if len(body) < PREFIX or body[0] or int.from_bytes(body[1:PREFIX], "big") != len(found):
        return None
    if not found:
        return 0
    return found[1] if len(found) > 1 and found[0] == 0x08 else None
