"""What things are called at the keeper: slots `api.blue`, their instances `api.blue-1`.

What stands before the dot is the slot's realm: the app whose controller may speak for it. Generations and handed
values of one realm mean nothing to another. A process is never told the realm as a part of its slot's name.
"""

from __future__ import annotations

import re

__all__ = ["INSTANCE", "REALM", "ROUTER", "SLOT", "instance_name", "local", "realm_of"]

ROUTER = "router"
"""The realm of the router. No slot may be in it."""

WORD = "[a-z][a-z0-9-]{0,62}"
SLOT = re.compile(rf"(?!{ROUTER}\.)(?:{WORD}\.)?{WORD}")
INSTANCE = re.compile(rf"{SLOT.pattern}-[1-9][0-9]{{0,8}}")
REALM = re.compile(rf"(?:{WORD})?")


def realm_of(name: str) -> str:
    """The app of a slot or instance; "" of one that stands without."""
    realm, dot, _ = name.partition(".")
    return realm if dot else ""


def local(name: str) -> str:
    """The name within its realm: `blue` of `api.blue`."""
    return name.rpartition(".")[2]


def instance_name(slot: str, number: int) -> str:
    return f"{slot}-{number}"
