"""The corpus put before the proof, and before what people use today: `PREPARE` alone, and squawk."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.schema.scenario import Application, Scenario
from verdigris.schema.finding import Finding, Layer, Outcome, Stage
from verdigris.schema.proof.applied import way_of
from verdigris.schema.proof.matrix import Schemas, prove
from verdigris.schema.script import Script
from verdigris.schema.shadow.database import Database
from verdigris.schema.shadow.server import Server

__all__ = ["ROLE", "Found", "Tally", "based", "found", "squawk", "squawk_version", "tally"]

ROLE = "app"
WITHIN = 60.0
HYGIENE = frozenset({
    "require-lock-timeout", "require-statement-timeout", "require-timeout-settings", "prefer-robust-stmts",
    "prefer-text-field", "prefer-bigint-over-int", "prefer-bigint-over-smallint", "prefer-identity",
    "prefer-timestamp-tz", "ban-char-field", "require-enum-value-ordering", "identifier-too-long",
})  # fmt: skip
"""What squawk asks of nearly every file, whatever it does: not counted for it, nor against it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What came of one migration: the verdict on the old version, and the first layer that disproves it."""

    scenario: Scenario
    outcome: Outcome
    findings: tuple[Finding, ...]
    shapes: int

    @property
    def layer(self) -> Layer | None:
        layers = {finding.layer for finding in self.findings if finding.outcome is Outcome.DISPROVEN}
        return min((layer for layer in layers if layer), key=lambda layer: layer.value, default=None)

    @property
    def disproven(self) -> bool:
        return self.outcome is Outcome.DISPROVEN

    @property
    def sqlstates(self) -> set[str]:
        return {finding.sqlstate for finding in self.findings if finding.outcome is Outcome.DISPROVEN}

    @property
    def right(self) -> bool:
        """Whether the verdict is the one that it should be, and names the error that it should."""
        return self.disproven == self.scenario.disproven and (
            not self.scenario.sqlstate or self.scenario.sqlstate in self.sqlstates
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of many, counted. `wrong` are harmless ones that are called a break."""

    breaks: int
    caught: int
    prepared: int
    harmless: int
    wrong: int
    unproven: int


def tally(all_found: Sequence[Found]) -> Tally:
    breaks = [each for each in all_found if each.scenario.sqlstate]
    rest = [each for each in all_found if not each.scenario.disproven]
    return Tally(
        len(breaks),
        sum(each.disproven for each in breaks),
        sum(each.layer is Layer.PARSE for each in breaks),
        len(rest),
        sum(each.disproven for each in rest),
        sum(each.outcome is Outcome.UNPROVEN for each in rest),
    )


@contextmanager
def based(server: Server, application: Application) -> Iterator[Database]:
    """The application's base schema, and its role."""
    base = server.create()
    with base.connected() as connection:
        connection.execute(
            f"DO $$ BEGIN CREATE ROLE {ROLE}; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
        connection.execute(application.schema)
    yield base
    server.drop(base)


def found(
    server: Server, base: Database, application: Application, scenarios: Iterable[Scenario]
) -> Iterator[Found]:
    """The proof of each migration by itself."""
    for scenario in scenarios:
        with server.copy(base) as expanded:
            with expanded.connected() as connection:
                connection.execute(scenario.sql)
            schemas = Schemas(base, expanded, expand=way_of([Script(scenario.name, (scenario.sql,))]))
            proof = prove(server, schemas, application.statements, role=ROLE)
            (cell,) = (cell for cell in proof.cells if cell.stage is Stage.EXPANDED)
            yield Found(scenario, cell.outcome, cell.findings, len(cell.shapes))


def squawk(scenario: Scenario, directory: Path) -> tuple[str, ...]:
    """The names of the rules that it breaks, without those that nearly every file breaks."""
    path = directory / "migration.sql"
    path.write_text(scenario.sql)
    said = subprocess.run(
        [program(), "--reporter=json", path], capture_output=True, text=True, timeout=WITHIN, check=False
    )
    return tuple(sorted({str(each["rule_name"]) for each in json.loads(said.stdout)} - HYGIENE))


def squawk_version() -> str:
    said = subprocess.run(
        [program(), "--version"], capture_output=True, text=True, timeout=WITHIN, check=True
    )
    return said.stdout.split()[-1]


def program() -> Path:
    return Path(sys.executable).with_name("squawk")
