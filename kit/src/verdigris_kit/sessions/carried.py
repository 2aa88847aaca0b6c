"""Versions inside the session of a framework: Starlette's and Flask's signed cookies, Django's sessions.

The framework carries, signs and ends the session; this keeps one payload for each version in it, under one name.
"""

from collections.abc import Mapping, MutableMapping
from typing import Any, Optional

from verdigris_kit import counts
from verdigris_kit.versions import Versions

from .payload import Reading, read, written

__all__ = ["Carried"]


class Carried:
    """The data of a session in any mapping: `request.session`, `flask.session`."""

    def __init__(self, versions: Optional[Versions] = None, *, name: str = "verdigris") -> None:
        """`name` is the key in the framework's session, the same in every version."""
        self._versions = versions or Versions()
        self._name = name

    def read(self, session: "MutableMapping[str, Any]") -> Reading:
        """The data; None with `refused` empty where nobody has begun a session."""
        return read(self._versions, session[self._name]) if self._name in session else Reading()

    def start(self, session: "MutableMapping[str, Any]", data: "Mapping[str, Any]") -> None:
        """Begin anew, as a login does, whatever was there."""
        session[self._name] = written(self._versions, data)

    def write(self, session: "MutableMapping[str, Any]", data: "Mapping[str, Any]") -> bool:
        """Change a session. False, and left alone, when only a newer version can read what is there."""
        if self._name in session and read(self._versions, session[self._name]).refused == "newer":
            counts.add("sessions.kept_newer")
            return False
        self.start(session, data)
        return True

    def end(self, session: "MutableMapping[str, Any]") -> None:
        """Log out, in every version."""
        if self._name in session:
            del session[self._name]
