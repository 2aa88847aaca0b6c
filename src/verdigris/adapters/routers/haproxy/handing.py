"""Handing a certificate to a process that serves, over its runtime socket, and seeing that it was taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verdigris.adapters.routers.haproxy.pair import Pair
    from verdigris.adapters.routers.haproxy.socket import Conversation

__all__ = ["fingerprint", "hand_over"]


async def fingerprint(conversation: Conversation, name: str) -> str:
    """The certificate that the process serves under this name; empty when it knows none."""
    [said] = await conversation.ask(f"show ssl cert {name}")
    found = (line.partition("SHA1 FingerPrint: ") for line in said.splitlines())
    return next((fingerprint.strip() for _, sign, fingerprint in found if sign), "")


async def hand_over(conversation: Conversation, name: str, pair: Pair) -> str:
    """Give it to the process; why that was refused, or nothing. An empty line ends the text, which has none."""
    [said] = await conversation.ask(f"set ssl cert {name} <<\n{pair.text}")
    if "Transaction" in said:
        [said] = await conversation.ask(f"commit ssl cert {name}")
        if "Success!" in said and await fingerprint(conversation, name) == pair.fingerprint:
            return ""
    await conversation.ask(f"abort ssl cert {name}")
    words = " ".join(said.replace("+ ", "").split())
    return f"HAProxy did not take the new certificate ({words[:200]}); it is tried again"
