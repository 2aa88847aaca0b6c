"""SQL files that we run ourselves, as a tool like others: what is not applied yet, and one file after the other.

Files that another tool has applied before count as applied: its own table says so, beside our journal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from verdigris.core.errors import ActionError, ConfigError, Refused
from verdigris.schema.running import journal
from verdigris.schema.running.apply import Broken, carry_out
from verdigris.schema.running.backfill import backfill_of
from verdigris.schema.running.filling import fill
from verdigris.schema.running.parts import parts_of
from verdigris.schema.running.retry import Patience as Retrying
from verdigris.schema.running.session import Connect, connecting, opened
from verdigris.schema.running.sync import install
from verdigris.schema.running.tombstone import KEEP, contract, drop_due
from verdigris.schema.running.twins import twins_of
from verdigris.schema.running.waiting import Pace, Tell, quietly
from verdigris.schema.script import Kind, Script
from verdigris.schema.shadow.address import Address
from verdigris.schema.shadow.database import client, first_line
from verdigris.schema.tools.conventions import Convention, ordered, recognised
from verdigris.schema.tools.files import read, text_of
from verdigris.schema.tools.ledger import unapplied
from verdigris.schema.tools.tool import PATIENCE, Patience, Step

__all__ = ["Scripts"]


@dataclass(frozen=True)
class Scripts:
    """The files of one directory. `tell` hears how it goes.

    With `tombstones` what a file takes away is renamed first and dropped a day later; on a shadow it goes at once, and
    a statement may take `shadow_within` seconds. The journal has them under the name of the `app`: two apps in one
    database may call their files alike.
    """

    directory: Path
    tell: Tell = quietly
    tombstones: bool = False
    shadow_within: float = 60.0
    app: str = ""

    def pending(self, url: str) -> tuple[Step, ...]:
        """Those that are not applied there, in their order."""
        convention, scripts = self._scripts()
        address = Address.of(url)
        try:
            with connecting(url)() as connection:
                if convention is not Convention.PLAIN:
                    scripts = unapplied(connection, convention, scripts)
                rest = [script for script in scripts if not self._done(connection, script)]
                for script in rest:
                    self._refuse_twice(connection, script)
        except client().Error as error:
            raise ActionError(
                f"{address.shown} cannot be asked what is applied: {address.safe(first_line(error))}"
            ) from error
        return tuple(Step(one.name, one.declared, one.name, one.alone) for one in rest)

    def adopt(self, url: str) -> None:
        """What our journal has of these very files without an app is the app's from now on: somebody says so."""
        with opened(connecting(url), Pace()) as connection, connection.transaction():
            for script in self._scripts()[1]:
                journal.adopt(connection, self.app, script.name, self._hash(script))

    def run(self, url: str, step: Step, patience: Patience = PATIENCE) -> None:
        """Apply that one: a backfill in batches, what is declared as twins with the trigger that keeps them alike."""
        lock = patience.lock_timeout or Retrying().lock
        retrying = Retrying(lock, budget=patience.retry_for, within=patience.within)
        if self.tombstones:
            return self._carry_out(self.script(step), connecting(url), retrying)
        try:
            brief = replace(retrying, within=self.shadow_within, build=self.shadow_within)
            self._carry_out(self.script(step), connecting(url), brief)
        except Broken as error:
            # Where there are no rows, and nobody who is in the way, it is the file that has to be another.
            raise ConfigError(f"on a shadow without rows: {error}") from None

    def _carry_out(self, script: Script, connect: Connect, retrying: Retrying) -> None:
        text, script = self._text(script), self._noted(script)
        if script.declared is Kind.BACKFILL:
            fill(connect, backfill_of(script.name, text), patience=retrying, tell=self.tell)
            return
        if script.declared is Kind.CONTRACT:
            # What keeps twins alike goes with the one that is dropped, on a shadow too.
            keep = KEEP if self.tombstones else timedelta(0)
            contract(connect, script, keep=keep, patience=retrying, tell=self.tell)
            if not self.tombstones:
                drop_due(connect, patience=retrying, tell=self.tell)
            return
        carry_out(connect, script, patience=retrying, tell=self.tell)
        declared = twins_of(script.name, text)
        for twins in declared:
            install(connect, twins, patience=retrying, tell=self.tell)
        if declared:
            with opened(connect, Pace()) as connection:
                journal.finish(connection, *synced(script))

    def script(self, step: Step) -> Script:
        """The file of a step. ConfigError where it is gone."""
        for script in self._scripts()[1]:
            if script.name == step.name:
                return script
        raise ConfigError(f"{step.name}: is not in {self.directory} any more")

    def _scripts(self) -> tuple[Convention, tuple[Script, ...]]:
        if not self.directory.is_dir():
            raise ConfigError(f"schema.directory: {self.directory} is no directory of the release")
        convention = recognised(self.directory)
        return convention, tuple(read(path) for path in ordered(self.directory, convention))

    def _text(self, script: Script) -> str:
        """The file as it stands, for what is said in comments; "" where a folder holds it."""
        path = self.directory / script.name
        return text_of(path) if path.is_file() else ""

    def _noted(self, script: Script) -> Script:
        """As the journal calls it."""
        return replace(script, name=f"{self.app}/{script.name}") if self.app else script

    def _hash(self, script: Script) -> str:
        """As the journal has it."""
        if script.declared is Kind.BACKFILL:
            return journal.fingerprint(backfill_of(script.name, self._text(script)).texts)
        return journal.fingerprint(script.statements)

    def _refuse_twice(self, connection: Any, script: Script) -> None:
        """What was carried out without an app is not carried out once more with one, and the other way round."""
        other = journal.elsewhere(connection, self._noted(script).name, self._hash(script))
        if not other:
            return
        app = other.rpartition("/")[0]
        raise Refused(
            f"{script.name}: was carried out as a file of the app {app}, and without an app it would be once more: "
            f"add --app {app}, or run it where its verdigris.yaml is"
            if app
            else f"{script.name}: was carried out without an app, and for the app {self.app} it would be once more: "
            f"`verdigris schema expand --app {self.app}` says that it is the same, and goes on"
        )

    def _done(self, connection: Any, script: Script) -> bool:
        """Whether our journal has all of it."""
        text, script = self._text(script), self._noted(script)
        if script.declared is Kind.BACKFILL:
            return journal.filled(connection, script.name)
        steps = [step for step in journal.steps(connection, script.name) if step.finished is not None]
        done = {number for step in steps for number in range(step.first, step.last + 1)}
        wanted = {number for part in parts_of(script) for number in range(part.first, part.last + 1)}
        if not twins_of(script.name, text):
            return bool(done) and wanted <= done
        # Killed between the last statement and the trigger, it is not done: the trigger is put there once more.
        return wanted <= done and bool(journal.steps(connection, synced(script)[0]))


def synced(script: Script) -> tuple[str, int, int, str]:
    """What the journal has for the triggers of a file, once they are there."""
    return f"{script.name}: sync", 1, 1, journal.fingerprint(script.statements)
