"""Migrations as SQL files that another program than ours should run: Flyway, sqlx, goose, dbmate, whatever it is.

What is owed is seen in its directory and in its table; what applies it is the user's command, so that its table, its
check sums and its hooks stay its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from verdigris.core.errors import ActionError
from verdigris.schema.script import Script
from verdigris.schema.tools.conventions import REPEATABLE, VERSIONED, Convention, recognised, version_of
from verdigris.schema.tools.files import directory
from verdigris.schema.tools.ledger import unapplied
from verdigris.schema.tools.project import Project, connected
from verdigris.schema.tools.tool import PATIENCE, Patience, Step

__all__ = ["Command"]

BLANK = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Command:
    """`{name}` and `{version}` in the project's command are filled in; without them it applies whatever is owed.

    Such a command has to apply exactly one step, or all up to it: with several steps owed it is asked once for each.
    """

    project: Project
    migrations: Path
    convention: Convention | None = None

    def pending(self, url: str) -> tuple[Step, ...]:
        """Files that its table does not have, in their order."""
        return tuple(Step(each.name, each.declared, each.name, each.alone) for each in self.scripts(url))

    def scripts(self, url: str) -> tuple[Script, ...]:
        """The same with their statements."""
        convention = self.convention or recognised(self.migrations)
        with connected(url) as connection:
            return unapplied(connection, convention, directory(self.migrations, convention))

    def run(self, url: str, step: Step, patience: Patience = PATIENCE) -> None:
        """Apply that one. ActionError too where the command ended well and its table does not have the step."""
        filled = tuple(self._filled(word, step) for word in self.project.command)
        self.project.with_command(filled).carry_out(url, step, (), patience)
        if not REPEATABLE.fullmatch(step.name) and any(each.name == step.name for each in self.pending(url)):
            raise ActionError(
                f"{filled[0]} ended well and did not apply {step.name}; see that it reads {self.project.url_env}, "
                f"and the directory {self.migrations}"
            )

    def _filled(self, word: str, step: Step) -> str:
        """Only our own two blanks: other braces are the tool's."""
        convention = self.convention or recognised(self.migrations)
        versioned = VERSIONED.fullmatch(step.name)
        version = versioned[1].replace("_", ".") if versioned else version_of(step.name, convention)
        words = {"name": step.name, "version": version}
        return BLANK.sub(lambda found: words.get(found[1], found[0]), word)
