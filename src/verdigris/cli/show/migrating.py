"""What of the schema is carried out, proven and owed, on a few lines."""

from __future__ import annotations

from collections.abc import Iterator
from time import time
from typing import Any

from verdigris.cli.show.amounts import moment
from verdigris.cli.show.ink import Ink, Line, line
from verdigris.core.deployment import Deployment
from verdigris.core.world import Proven
from verdigris.schema.jobs.papers import Papers, Question

__all__ = ["findings", "schema_document", "schema_lines"]

ASKED = {
    Question.KEEPS: "what live sends works on the expanded schema",
    Question.SERVES: "what the candidate sends works on it",
    Question.CONTRACTS: "what the candidate sends works on the contracted schema",
}
INKS = {
    Proven.PROVEN: Ink.GOOD, Proven.DISPROVEN: Ink.BAD, Proven.UNPROVEN: Ink.WARN, Proven.OWED: Ink.DIM,
}  # fmt: skip


def schema_lines(d: Deployment, papers: Papers, busy: bool) -> list[Line]:
    """For people."""
    return list(lines(d, papers, busy))


def lines(d: Deployment, papers: Papers, busy: bool) -> Iterator[Line]:
    yield line((f"{d.app} {d.release.version}", Ink.BOLD), f", {d.id} in {d.phase}")
    for question, about in ASKED.items():
        answer = papers.answers.get(question)
        outcome = answer.outcome if answer else Proven.OWED
        yield line("  ", (f"{outcome:<11}", INKS[outcome]), about)
        if answer and answer.sentence:
            yield line(f"  {'':<11}", (answer.sentence, Ink.DIM))
    yield line("  ", f"{'expanded':<11}", "yes" if papers.expanded else "not yet")
    yield line("  ", f"{'contracted':<11}", contracted(d, papers))
    if papers.done:
        yield line("  ", f"{'done':<11}", ", ".join(papers.done))
    for hazard in papers.hazards:
        yield line("  ", (f"{'hazard':<11}", Ink.WARN), hazard)
    for note in papers.notes:
        yield line("  ", (f"{'note':<11}", Ink.DIM), note)
    if papers.doing:
        yield line("  ", f"{'now' if busy else 'last':<11}", papers.doing)


def contracted(d: Deployment, papers: Papers) -> str:
    if papers.contracted:
        return f"yes{kept(papers)}"
    owed = ", ".join(papers.owed)
    return f"{owed} is owed, once {d.live} is gone" if owed else "not yet"


def kept(papers: Papers) -> str:
    if not papers.due:
        return ""
    until = moment(papers.due, time(), seconds=False)
    return f"; what it took away is dropped after {until}, and `verdigris schema restore` gives it back until then"


def findings(papers: Papers) -> tuple[str, ...]:
    """What a report says of it: what came of each question, whom a step lets wait, and what is worth a note."""
    answers = (answer.sentence for answer in papers.answers.values() if answer.sentence)
    return (*answers, *papers.hazards, *papers.notes)


def schema_document(d: Deployment, papers: Papers, busy: bool) -> dict[str, Any]:
    """For programs."""
    answers = {
        question: {"verdict": str(answer.outcome), "sentence": answer.sentence}
        for question, answer in papers.answers.items()
    }
    return {
        "deployment": d.id, "version": d.release.version, "phase": d.phase, "proofs": answers,
        "expanded": papers.expanded, "contracted": papers.contracted, "kept_until": papers.due or None,
        "done": list(papers.done), "owed": list(papers.owed),
        "doing": papers.doing, "running": busy, "hazards": list(papers.hazards), "notes": list(papers.notes),
    }  # fmt: skip
