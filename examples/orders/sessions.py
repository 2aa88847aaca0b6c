"""Who is asking, in a signed token that either slot can read, because `SESSION_KEYS` gives both the same keys.

Anybody who says a name gets a token: what a password is to a larger application, nobody needs here.
"""

from __future__ import annotations

from collections.abc import Mapping

from exchange import Refused
from verdigris_kit.asgi import Scope
from verdigris_kit.sessions import KeySet, Tokens, Versions

__all__ = ["Sessions"]

NAME_LONGEST = 80
LIFETIME = 3600.0


class Sessions:
    """Issues and reads the tokens; without keys everything is refused, and the rest of the API is as it is."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """`SESSION_KEYS` is a JSON list of keys, as the kit reads it. Raise `ValueError` for anything else."""
        keys = environ.get("SESSION_KEYS")
        # Without keys PyJWT is not even loaded.
        self._tokens = Tokens(KeySet.parse(keys), Versions(1), lifetime=LIFETIME) if keys else None

    def log_in(self, document: object) -> str:
        """A token for the name in `{"name": "ada"}`."""
        name = document.get("name") if isinstance(document, dict) else None
        if not isinstance(name, str) or not 0 < len(name) <= NAME_LONGEST:
            raise Refused(422, f'say who you are, as {{"name": "ada"}}: 1 to {NAME_LONGEST} characters')
        return self._known().issue({"user": name})

    def user(self, scope: Scope) -> str:
        """Who bears the token in `Authorization: Bearer`."""
        shown = next((value for name, value in scope["headers"] if name == b"authorization"), b"").decode(
            "latin-1"
        )
        reading = self._known().read(shown.removeprefix("Bearer "))
        if reading.data is None:
            raise Refused(401, f"log in again: the token is refused, {reading.refused}")
        return str(reading.data["user"])

    def _known(self) -> Tokens:
        if self._tokens is None:
            raise Refused(503, "nobody can log in here: SESSION_KEYS is not set")
        return self._tokens
