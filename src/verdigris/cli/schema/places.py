"""Where production and the shadow are, as words of a command line say it: URLs, or where one is written.

A URL holds a password: it is in no message, and `env:NAME` or `file:/path` keep it out of the list of processes.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from verdigris.cli.show.ink import clean
from verdigris.cli.voice import Voice
from verdigris.core.errors import ConfigError

if TYPE_CHECKING:
    from verdigris.schema.shadow.production import Production
    from verdigris.schema.shadow.roles import Role
    from verdigris.schema.shadow.server import Server

__all__ = ["base_of", "referred", "role_of", "shadowed", "teller"]

DUMPED = re.compile(r"^-- Dumped from database version (\d+)\.", re.MULTILINE)
"""What pg_dump writes at the head of a schema."""
HEAD = 4_000
"""Characters in which that stands."""


def referred(option: str, value: str) -> str:
    """A URL, or what the variable or the file holds that is named in its place."""
    kind, _, name = value.partition(":")
    if kind == "env":
        found = os.environ.get(name, "")
        if not found:
            raise ConfigError(f"{option} {value}: there is no such variable, or nothing is in it")
        return found
    if kind == "file":
        try:
            return Path(name).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{option} {value}: cannot be read") from error
    return value


def base_of(schema: Path | None, url: str, production: Production | None) -> tuple[str, str]:
    """The text of the schema, and what to call it."""
    from verdigris.schema.shadow.base import read
    from verdigris.schema.shadow.dump import dump

    if schema is not None:
        return read(schema), str(schema)
    assert production is not None
    return dump(url, production.major), f"the schema of {production.database}"


def role_of(name: str, url: str) -> Role | None:
    """The application's role as production has it, or as it is called."""
    from verdigris.schema.shadow.roles import Role
    from verdigris.schema.shadow.roles import role_of as known

    if not name:
        return None
    found = known(url, name) if url else Role(name)
    if found is None:
        raise ConfigError(f"--role {name}: production has no role of that name")
    return found


@contextmanager
def shadowed(
    url: str, production: Production | None, text: str, tell: Callable[[str], None]
) -> Iterator[Server]:
    """The server that is given, or one of our own, of the version that the schema comes from where there is one."""
    from verdigris.schema.shadow.embedded import embedded
    from verdigris.schema.shadow.given import given
    from verdigris.schema.shadow.programs import chosen

    if url:
        with given(url, production) as server:
            yield server
        return
    tell("starting a shadow")
    dumped = DUMPED.search(text[:HEAD])
    major = production.major if production else int(dumped[1]) if dumped else None
    with embedded(chosen(major), like=production) as server:
        yield server


def teller(voice: Voice) -> Callable[[str], None]:
    """Progress for people, on stderr. With --json there is one object and nothing else."""

    def tell(sentence: str) -> None:
        if not voice.quiet:
            print(clean(sentence), file=voice.err if not voice.as_json else sys.stderr, flush=True)

    return tell
