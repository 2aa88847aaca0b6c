"""What nobody outside may ask an application for: paths of ours, `/.verdigris` and everything below, however written.

Nothing is decoded first: what cannot be decoded would pass. Each letter is looked for as itself and as its code.
"""

from __future__ import annotations

from collections.abc import Iterator

from verdigris.adapters.routers.haproxy.words import answer

__all__ = ["rules"]

NAME = ".verdigris"


def rules() -> Iterator[str]:
    """A part of any path that is our name, at whatever prefix an app has. The first look is the cheap one."""
    ours = "".join(map(_letter, NAME))
    yield "    # Ours alone: what the controller asks an instance, it asks at the instance's own port.\n"
    yield "    acl dotted path -m sub .v .V %\n"
    yield f"    acl reserved path -m reg -i '(^|/|%2f|%5c|[\\\\]){ours}($|[^a-z0-9_-])'\n"
    yield f"    http-request return status 404 {answer('reserved')} if dotted reserved\n"


def _letter(letter: str) -> str:
    """`i` as itself, `%69` and `%49`."""
    codes = "|".join(sorted({f"%{ord(one):02x}" for one in (letter, letter.upper())}))
    return f"({'[.]' if letter == '.' else letter}|{codes})"
