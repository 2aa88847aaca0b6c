"""One request and its answer, below any framework: a whole body in, JSON out. A refusal is a status and a sentence."""

from __future__ import annotations

import json

from verdigris_kit.asgi import Receive, Send

__all__ = ["Refused", "document_in", "respond", "whole_body"]

LARGEST_BODY = 1024 * 1024


class Refused(Exception):
    """A request that cannot be served, with its status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        """The sentence is what the client reads."""
        super().__init__(sentence)
        self.status = status


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
        return json.loads(body)
    except ValueError as error:
        raise Refused(400, f"the body is not JSON: {error}") from error


async def respond(send: Send, status: int, document: object) -> None:
    """Answer with a document."""
    body = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
