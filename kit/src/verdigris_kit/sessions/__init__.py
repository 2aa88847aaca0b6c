"""Sessions that survive a switch and a way back: no request has to return to the slot where its user logged in.

`Tokens` are signed and need no store, `SessionStore` keeps sessions in a shared Redis, `Carried` puts versions into
the session of a framework. All three keep a version in the payload.
"""

from verdigris_kit.versions import Versions

from .carried import Carried
from .keys import Key, KeySet
from .payload import Reading
from .store import AsyncSessionStore, Session, SessionStore, SessionsUnavailable
from .tokens import Tokens

__all__ = [
    "AsyncSessionStore",
    "Carried",
    "Key",
    "KeySet",
    "Reading",
    "Session",
    "SessionStore",
    "SessionsUnavailable",
    "Tokens",
    "Versions",
]
