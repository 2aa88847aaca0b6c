"""Signed sessions without a store: a JSON Web Token that either slot can read, because both have the keys.

Signing and verifying are PyJWT's (`pip install "verdigris-kit[sessions]"`). What is in a token can be read by whoever
has it, and it cannot be taken back before it ends: short lives, and no secrets.
"""

import time
from collections.abc import Mapping
from typing import Any, Callable, Optional

from verdigris_kit.versions import Versions

from .keys import KeySet
from .payload import Reading, read, refused, written

__all__ = ["TOKEN_MAX", "Tokens"]

TOKEN_MAX = 4_000
"""Bytes. More does not fit into a cookie, and is not even looked at."""

LEEWAY = 10
"""Seconds that the clocks of two machines may differ."""


class Tokens:
    """Issues and reads the tokens of one kind of session. Nothing that a client sends makes `read` raise.

    `lifetime` is in seconds. `audience` keeps tokens of one kind from being taken for another's.
    """

    def __init__(
        self,
        keys: KeySet,
        versions: Optional[Versions] = None,
        *,
        lifetime: float = 3_600.0,
        audience: str = "session",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Raise `ImportError` where PyJWT is missing: at start, not at the first login."""
        self._jwt = _pyjwt()
        self._keys = keys
        self._versions = versions or Versions()
        self._lifetime = lifetime
        self._audience = audience
        self._clock = clock

    def issue(self, data: "Mapping[str, Any]") -> str:
        """A token for these data, signed with the newest key. Raise `ValueError` when it would be too long."""
        now, key = int(self._clock()), self._keys.signing()
        claims = {"iat": now, "exp": now + int(self._lifetime), "aud": self._audience}
        claims["session"] = written(self._versions, data)
        token = str(
            self._jwt.encode(claims, key.secret, algorithm=self._keys.algorithm, headers={"kid": key.kid})
        )
        if len(token) > TOKEN_MAX:
            raise ValueError(
                f"session: a token of {len(token)} bytes, at most {TOKEN_MAX} fit into a cookie. Keep less in it, or"
                " use SessionStore."
            )
        return token

    def read(self, token: Any) -> Reading:
        """The data of a token, or why it was refused, which is counted as `sessions.<why>`."""
        if not isinstance(token, str) or not token:
            return refused("malformed")
        if len(token) > TOKEN_MAX:
            return refused("oversized")
        try:
            header = self._jwt.get_unverified_header(token)
        except Exception:
            return refused("malformed")
        if header.get("alg") != self._keys.algorithm:
            return refused("wrong_algorithm")
        key, fault = self._keys.accepted(header.get("kid"))
        return refused(fault) if key is None else self._verified(token, key.secret)

    def _verified(self, token: str, secret: str) -> Reading:
        jwt = self._jwt
        try:
            claims = jwt.decode(
                token,
                secret,
                algorithms=[self._keys.algorithm],
                audience=self._audience,
                # By the clock that issues and chooses keys, not by another one: see below.
                options={"require": ["exp", "iat", "aud"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidSignatureError:
            return refused("wrong_signature")
        except Exception:
            return refused("malformed")
        issued, expires, now = claims["iat"], claims["exp"], self._clock()
        if type(issued) is not int or type(expires) is not int or issued > now + LEEWAY:
            return refused("malformed")
        return refused("expired") if expires <= now - LEEWAY else read(self._versions, claims.get("session"))


def _pyjwt() -> Any:
    try:
        import jwt
    except ImportError:
        raise ImportError('signed sessions need PyJWT: pip install "verdigris-kit[sessions]"') from None
    return jwt
