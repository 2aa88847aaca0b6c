"""One cell of the matrix: a version's statements against one schema, layer after layer, the cheapest first.

What an earlier layer disproves, a later one is not asked about again; where only a later one fails, that one is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from verdigris.schema.finding import Cell, Finding, Layer, Outcome, Stage, Version
from verdigris.schema.proof.alone import alone
from verdigris.schema.proof.literals import masked
from verdigris.schema.proof.omitted import omitted
from verdigris.schema.proof.reference import Probe, Reference, probe
from verdigris.schema.proof.repair import REPAIRABLE
from verdigris.schema.proof.replay import replay
from verdigris.schema.proof.shape import shape
from verdigris.schema.proof.signature import Fault, Signature
from verdigris.schema.proof.unable import unable
from verdigris.schema.shadow.database import Database
from verdigris.schema.shadow.server import Server
from verdigris.schema.statement import Statement

__all__ = ["LAYERS", "Findings", "Place", "across", "at_home", "by_itself", "only_told", "server_says"]

Findings = dict[int, Finding]
"""What is not well, by the place of the statement."""
SYNTAX = "42601"
NO_PERMISSION = "42501"
FOREIGN = re.compile(r"%s|%\(\w+\)s|(?<![\w?])\?(?![\w?|&])|(?<![\w:]):[a-zA-Z_]\w*")
"""Placeholders of drivers that never reach a server."""
REPLAYED = 20_000
"""Statements of a run that is replayed."""
UNSEEN = "{} with parameters, of which none were seen: what depends on their values was not tried"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cell is: the server to make copies on, the schema to look at, and whom to be there."""

    server: Server
    target: Database
    role: str = ""


def at_home(version: Version, stage: Stage, seen: Reference) -> Cell:
    """The statements on the schema that they are measured by: they work there or are unproven everywhere."""
    findings = [
        Finding(statement, Outcome.UNPROVEN, None, *unproven(signature, stage))
        if signature.reason or signature.fault
        else Finding(statement, Outcome.PROVEN)
        for statement, signature in zip(seen.statements, seen.signatures, strict=True)
    ]
    return Cell(version, stage, tuple(findings), notes=notes_of(seen))


def across(version: Version, stage: Stage, seen: Reference, home: Stage, place: Place) -> Cell:
    """The statements on another schema than the one that they are known to work on."""
    said = probe(place.target, seen.signatures, place.role)
    found = breaks(seen, place, said)
    findings = []
    for n, (statement, signature) in enumerate(zip(seen.statements, seen.signatures, strict=True)):
        if signature.reason or signature.fault:
            findings.append(Finding(statement, Outcome.UNPROVEN, None, *unproven(signature, home)))
        else:
            findings.append(found.get(n) or Finding(statement, Outcome.PROVEN))
    return Cell(version, stage, tuple(findings), shapes(seen, said, found), notes_of(seen))


def only_told(version: Version, stage: Stage, seen: Reference, place: Place) -> Cell:
    """What parsing and planning say, for a cell that decides nothing."""
    found = server_says(seen, probe(place.target, seen.signatures, place.role))
    findings = [
        found.get(n)
        or Finding(statement, Outcome.UNPROVEN if signature.reason or signature.fault else Outcome.PROVEN)
        for n, (statement, signature) in enumerate(zip(seen.statements, seen.signatures, strict=True))
    ]
    return Cell(version, stage, tuple(findings))


def by_itself(
    version: Version, stage: Stage, seen: Reference, place: Place, later: Database | None = None
) -> Cell:
    """The statements of a version on the first schema that it is meant for: there it must work, whatever was before.

    Unproven is only what no schema could answer for: no SQL, or constants whose types nobody knows any more. What is
    demanded here and not `later`, on the schema that it ends on, is what a new version forgets most easily.
    """
    broken = {**unable(seen, place.target, place.role), **(unmet(seen, later) if later else {})}
    findings = []
    for n, (statement, signature) in enumerate(zip(seen.statements, seen.signatures, strict=True)):
        fault = signature.fault
        if fault is not None and not unanswerable(statement, fault):
            layer = Layer.PLAN if signature.unplanned else Layer.PARSE
            findings.append(Finding(statement, Outcome.DISPROVEN, layer, fault.sqlstate, fault.message))
        elif signature.reason or fault:
            findings.append(Finding(statement, Outcome.UNPROVEN, None, *unproven(signature, stage)))
        else:
            findings.append(broken.get(n) or Finding(statement, Outcome.PROVEN))
    return Cell(version, stage, tuple(findings), notes=notes_of(seen))


def unmet(seen: Reference, later: Database) -> Findings:
    """What is written here without something that is demanded here, and not any more there."""
    found = omitted(seen.statements, later, seen.database)
    return {n: finding for n, finding in found.items() if finding.outcome is Outcome.DISPROVEN}


def unanswerable(statement: Statement, fault: Fault) -> bool:
    """Whether the fault may lie in how the statement was seen, and not in the schema."""
    return fault.sqlstate == SYNTAX or (statement.normalised and fault.sqlstate in REPAIRABLE)


def unproven(signature: Signature, stage: Stage) -> tuple[str, str]:
    """SQLSTATE and sentence of a statement that cannot be judged."""
    if signature.fault is None:
        return "", signature.reason
    where = "on the base schema already" if stage is Stage.BASE else f"on the {stage} schema already"
    more = ""
    if signature.fault.sqlstate == NO_PERMISSION:
        more = "; grant it to the role, or name the role that the application has"
    elif signature.fault.sqlstate == SYNTAX and FOREIGN.search(masked(signature.sql)):
        more = "; write placeholders as $1, $2"
    return signature.fault.sqlstate, f"it fails {where}: {signature.fault.message}{more}"


def notes_of(seen: Reference) -> tuple[str, ...]:
    """What could not be tried, counted."""
    blind = sum(
        bool(signature.parameters) and not statement.runs
        for statement, signature in zip(seen.statements, seen.signatures, strict=True)
    )
    if not seen.statements:
        return ("no statement of this version is known",)
    return (UNSEEN.format(f"{blind} statement{'s' * (blind != 1)}"),) if blind else ()


def breaks(seen: Reference, place: Place, said: Probe) -> Findings:
    """What works at home and not here, by the first layer that says so."""
    found = server_says(seen, said)
    for layer in LAYERS:
        for n, finding in layer(seen, place, found).items():
            signature = seen.signatures[n]
            if signature.reason or signature.fault:
                continue
            if n not in found or (finding.outcome is Outcome.DISPROVEN is not found[n].outcome):
                found[n] = replace(finding, statement=seen.statements[n])
    return found


def server_says(seen: Reference, said: Probe) -> Findings:
    """What the server parses and plans at home and not here."""
    return {
        n: Finding(seen.statements[n], Outcome.DISPROVEN, layer, fault.sqlstate, fault.message)
        for layer, faults in ((Layer.PLAN, said.unplanned), (Layer.PARSE, said.unparsed))
        for n, fault in faults.items()
    }


def demanded(seen: Reference, place: Place, found: Findings) -> Mapping[int, Finding]:
    return omitted(seen.statements, seen.database, replace(place.target, role=place.role))


def executed(seen: Reference, place: Place, found: Findings) -> Mapping[int, Finding]:
    return alone(seen.statements, seen.signatures, seen.database, place.target, place.role)


def replayed(seen: Reference, place: Place, known: Findings) -> Findings:
    """The run in the order in which it was sent, and what came of it for each different statement.

    What is disproven already is left out on both sides: what others lack because of it is not theirs.
    """
    broken = {n for n, finding in known.items() if finding.outcome is Outcome.DISPROVEN}
    run = [(sent, n) for sent, n in zip(seen.sent, seen.places, strict=True) if n not in broken][:REPLAYED]
    signatures = [seen.signatures[n] for _, n in run]
    said = replay([sent for sent, _ in run], seen.database, place.target, place.role, signatures)
    found: Findings = {}
    for at, finding in said.items():
        n = run[at][1]
        if n not in found or finding.outcome is Outcome.DISPROVEN is not found[n].outcome:
            found[n] = finding
    return found


LayerOf = Callable[[Reference, Place, Findings], Mapping[int, Finding]]
LAYERS: Sequence[LayerOf] = (demanded, executed, replayed)


def shapes(seen: Reference, here: Probe, found: Findings) -> tuple[Finding, ...]:
    """The statements that still work and whose results are other than they were."""
    told = [
        shape(statement, signature.columns, here.columns[n], (signature.parameters, here.parameters[n]))
        for n, (statement, signature) in enumerate(zip(seen.statements, seen.signatures, strict=True))
        if n in here.columns and (n not in found or found[n].outcome is not Outcome.DISPROVEN)
    ]
    return tuple(finding for finding in told if finding is not None)
