"""The words that HAProxy's configuration, its files and this adapter have in common."""

from __future__ import annotations

__all__ = [
    "ANSWERS",
    "CERTIFICATES",
    "COHORT_COOKIE",
    "LATCH",
    "LINES",
    "LUA",
    "PREVIEW",
    "PREVIEW_COOKIE",
    "SHARE",
    "SITES",
    "SOCKET",
    "STREAMS",
    "USERS",
    "answer",
    "milliseconds",
    "page_of",
]

SOCKET = "haproxy.sock"
LINES = "lines.sock"
SHARE = "share.map"
LATCH = "latch.map"
PREVIEW = "preview.map"
SITES = "sites.map"
USERS = "users.map"
LUA = "hold.lua"
CERTIFICATES = "certs"
STREAMS = "streams"
COHORT_COOKIE = "verdigris-cohort"
PREVIEW_COOKIE = "verdigris-preview"

ANSWERS = {
    400: "bad-request",
    408: "too-slow",
    413: "too-large",
    500: "internal",
    502: "bad-answer",
    503: "unreached",
    504: "timeout",
}
"""What `X-Verdigris-Error` says when the router itself answers."""


def answer(kind: str) -> str:
    """The end of a rule that answers in our name: a short JSON document with the id of the request."""
    body = f'"{{\\"error\\":\\"{kind}\\",\\"request_id\\":\\"%[var(txn.id)]\\"}}\\n"'
    return f"content-type application/json lf-string {body} hdr X-Verdigris-Error {kind}"


def page_of(app: str) -> str:
    """The file with what an app answers during maintenance."""
    return f"maintenance-{app}.html"


def milliseconds(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"
