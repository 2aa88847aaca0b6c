"""One request and its answer, below any framework: a whole body in, JSON out. A refusal is a status and a sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping

from verdigris_kit.asgi import Receive, Send

__all__ = ["Refused", "document_in", "respond", "whole_body"]

LARGEST_BODY = 1024 * 1024


class Refused(Exception):
    """A request that cannot be served, with its status and a sentence."""

    def __init__(self, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        """The sentence is what the client reads."""
        super().__init__(sentence)
        self.status = status
        self.headers = headers or {}


async def whole_body(receive: Receive) -> bytes:
    """The body; raise `Refused` for one that is too large, or that its client does not finish."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "the client went before its request was whole")
        body, more = body + message.get("body", b""), message.get("more_body", False)
        if len(body) > LARGEST_BODY:
            raise Refused(413, f"a body has at most {LARGEST_BODY} bytes")
    return body


def document_in(body: bytes) -> object:
    """What the body says in JSON; raise `Refused` when it does not."""
    try:
        document = json.loads(body)
        # Half of a pair of surrogates can be written in JSON, and in nothing else.
        json.dumps(document, ensure_ascii=False).encode()
    except RecursionError as error:
        raise Refused(400, "the body is nested too deep") from error
    except ValueError as error:
        raise Refused(400, f"the body is not JSON: {error}") from error
    return document


async def respond(send: Send, status: int, document: object, more: Mapping[str, str] | None = None) -> None:
    """Answer with a document, or without one where there is nothing to be said (204)."""
    body = b"" if status == 204 else json.dumps(document).encode()
    headers = {"content-type": "application/json", "content-length": str(len(body)), **_lower(more or {})}
    if status == 204:
        headers = {}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
