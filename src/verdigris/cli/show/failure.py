"""What is said when something failed: the cause in one sentence, the evidence, where traffic is, what to type next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verdigris.cli.show.ink import Ink, Line, line, wrapped
from verdigris.cli.show.labelled import labelled
from verdigris.cli.show.lanes import probe_words
from verdigris.core.deployment import Deployment
from verdigris.core.world import Instance, Known, Slot
from verdigris.ports import Snapshot

__all__ = ["Failure", "evidence_of", "failure_lines", "traffic_words"]

TAIL = 20
LABEL = 13


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure as people and programs are told of it."""

    cause: str
    evidence: tuple[str, ...] = ()
    logs: tuple[tuple[str, tuple[str, ...]], ...] = ()
    traffic: str = ""
    next: tuple[str, ...] = ()


def failure_lines(f: Failure, width: int) -> list[Line]:
    """The failure on a terminal."""
    first, *rest = f.cause.splitlines() or [""]
    lines = [
        (*line(("✖ " if n == 0 else "  ", Ink.BAD)), *row) for n, row in enumerate(wrapped(first, width - 2))
    ]
    lines += [line("  ", text) for text in rest]
    for label, texts in (("evidence", f.evidence), ("traffic", (f.traffic,) if f.traffic else ())):
        for index, text in enumerate(texts):
            lines += labelled(label if index == 0 else "", text, width, column=LABEL)
    for name, said in f.logs:
        lines.append(line((f"  the last {len(said)} lines of {name}", Ink.DIM)))
        lines += [line(("    │ ", Ink.DIM), text) for text in said]
    for index, command in enumerate(f.next):
        lines.append(
            line((f"  {('next' if index == 0 else '').ljust(LABEL)}", Ink.DIM), (command, Ink.COMMAND))
        )
    return lines


def evidence_of(instances: Sequence[Instance]) -> tuple[str, ...]:
    """The last probe and the exit code of each instance."""
    return tuple(f"{i.name}: {', '.join(facts)}" for i in instances if (facts := facts_of(i)))


def facts_of(i: Instance) -> list[str]:
    facts = [i.sentence] if i.sentence else []
    if i.exit_code is not None:
        facts.append(f"exit code {i.exit_code}")
    if isinstance(i.health, Known):
        facts.append(f"probes of http://{i.address}: {probe_words(i)}")
    return facts


def traffic_words(s: Snapshot | None) -> str:
    """Where traffic is, as the router last said: empty when nobody ever looked."""
    if s is None:
        return ""
    reading, d = s.world.router.reading, s.deployment
    if not isinstance(reading, Known):
        return "the router does not answer, so nobody here knows. See `verdigris doctor`"
    weights = reading.value.routing.weights
    if reading.value.fell_back_to is not None:
        return f"{served(d, reading.value.fell_back_to)}: the router turned there by itself"
    return ", ".join(f"{served(d, slot)} ({weights[slot]} %)" for slot in Slot if weights[slot])


def served(d: Deployment, slot: Slot) -> str:
    release = d.release_in(slot)
    return f"{slot} serves {release.version}" if release else f"{slot}, which is empty, has"
