"""Where a database is, from a URL that a person gave: its password is in no sentence, log or command."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from verdigris.core.errors import ConfigError
from verdigris.schema.shadow.database import CONNECT_WITHIN, client

__all__ = ["Address"]

SECRET = ("password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key")
HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class Address:
    """`words` are libpq's keywords with their values, `environ` the same as variables of libpq where it has them."""

    words: dict[str, str] = field(repr=False)
    environ: dict[str, str] = field(repr=False)

    @classmethod
    def of(cls, url: str) -> Address:
        """Read a `postgresql://` URL or libpq's `key=value` words. A ConfigError does not repeat what was given."""
        psycopg = client()
        try:
            if "\0" in url or not url.strip():
                raise psycopg.ProgrammingError
            options = psycopg.pq.Conninfo.parse(url.encode())
        except (psycopg.Error, UnicodeEncodeError):
            # Nor with a cause: its message repeats what could not be read, and a password may stand there.
            raise ConfigError(
                "the database is no URL that PostgreSQL understands: write postgresql://user@host:5432/name, "
                "and percent-encode what is special in a password"
            ) from None
        given = [option for option in options if option.val is not None]
        words = {option.keyword.decode(): option.val.decode() for option in given}
        return cls(words, {option.envvar.decode(): option.val.decode() for option in given if option.envvar})

    @property
    def shown(self) -> str:
        """For people: user, host, port and name."""
        words = self.words
        who = f"{words['user']}@" if "user" in words else ""
        port = f":{words['port']}" if "port" in words else ""
        host = words.get("host") or words.get("hostaddr") or "localhost"
        return f"{who}{host}{port}/{words.get('dbname', '')}"

    def connected(self) -> Any:
        """A connection in autocommit that does not wait for ever. Errors are psycopg's."""
        defaults = {
            "connect_timeout": CONNECT_WITHIN,
            "application_name": "verdigris",
            "client_encoding": "utf8",
        }
        return client().connect(**defaults | self.words, autocommit=True, prepare_threshold=None)

    def safe(self, sentence: str) -> str:
        """The sentence without any secret of this address that may have come into it."""
        for secret in filter(None, (self.words.get(name) for name in SECRET)):
            sentence = sentence.replace(secret, HIDDEN)
        return sentence
