"""How a deployment ended, in one line with its numbers, and where it failed the whole of why."""

from __future__ import annotations

from typing import Any

from verdigris.cli.exits import Exit
from verdigris.cli.show.amounts import count, duration
from verdigris.cli.show.chapters import failed_words, weights_words
from verdigris.cli.show.failure import Failure, evidence_of, traffic_words
from verdigris.cli.show.found import found_at_the_end
from verdigris.cli.show.story import Numbers, Story
from verdigris.core.deployment import Deployment

__all__ = ["failure_of", "result_document", "result_line"]


def result_line(d: Deployment, story: Story, code: Exit, now: float) -> str:
    """One line: what became of the release, requests, failures, time, where traffic is."""
    said = f"{d.app} {d.release.version} {became(d, code)}"
    numbers = story.counts[d.candidate]
    facts = [f"{count(numbers.requests)} requests to it, {failed(numbers)}"] if numbers.requests else []
    facts += [f"{d.id} took {duration(took(story, now))}"] if story.began is not None else []
    facts += [weights_words(story.snapshot)] if story.snapshot else []
    facts += [promoted_on(d, story)] if code is Exit.GOOD and promoted_on(d, story) else []
    return " · ".join((said, *facts))


def promoted_on(d: Deployment, story: Story) -> str:
    """How little could have been wrong with it, by the policy that it was last seen under."""
    s = story.snapshot
    return found_at_the_end(d, s.policy) if s is not None and s.deployment.id == d.id else ""


def became(d: Deployment, code: Exit) -> str:
    if code is Exit.RUNNING:
        return f"is still in {d.phase}"
    words = {
        "rolled_back": "was rolled back",
        "aborted": "was aborted, no traffic moved",
        "stuck": f"is stuck in {d.stuck_in}",
        "succeeded": "serves alone"
        if not d.superseded_by
        else f"served until {d.superseded_by} superseded it",
    }
    return words.get(d.phase, f"serves, now in {d.phase}")


def failed(numbers: Numbers) -> str:
    return f"{count(numbers.failed)} failed" if numbers.failed else "0 failed"


def took(story: Story, now: float) -> float:
    """From the first event to the last one that ended a phase, or to now."""
    ended = story.chapters[-1].ended if story.chapters else None
    return (ended if ended is not None else now) - (story.began if story.began is not None else now)


def failure_of(d: Deployment, story: Story, logs: tuple[tuple[str, tuple[str, ...]], ...]) -> Failure:
    """Why it ended as nobody wanted."""
    turned = next((c for c in reversed(story.chapters) if c.phase in ("restore", "abort", "stuck")), None)
    counted = story.counts[d.candidate]
    evidence = [
        turned.evidence if turned else "",
        story.afterwards,
        f"{d.candidate}: {failed_words(counted)}" if counted.requests else "",
        *evidence_of(story.ailing),
    ]
    return Failure(
        cause=f"{d.release.version} {failed_in(d, story)}{d.cause or 'no cause was written down'}",
        evidence=tuple(text for text in evidence if text),
        logs=logs,
        traffic=traffic_words(story.snapshot),
        next=next_of(d),
    )


def failed_in(d: Deployment, story: Story) -> str:
    before = [
        c.phase for c in story.chapters if c.phase not in ("restore", "settle", "abort", "discard", d.phase)
    ]
    where = f" in {before[-1]}" if before else ""
    return {"aborted": f"got no traffic, it failed{where}: ", "stuck": f"is stuck{where}: "}.get(
        d.phase, f"was rolled back{where}: "
    )


def next_of(d: Deployment) -> tuple[str, ...]:
    if d.phase == "stuck":
        return ("verdigris explain", "verdigris resume", f"verdigris logs {d.candidate}")
    return (
        f"verdigris logs {d.candidate}",
        f"verdigris report {d.id}",
        "verdigris deploy   (after mending it)",
    )


def result_document(d: Deployment, story: Story, code: Exit, now: float) -> dict[str, Any]:
    """The same for a program: the last line of `--json`."""
    numbers = story.counts[d.candidate]
    reading = story.snapshot.world.router.reading if story.snapshot else None
    weights = getattr(getattr(getattr(reading, "value", None), "routing", None), "weights", None)
    return {
        "type": "result",
        "exit": int(code),
        "app": d.app,
        "deployment": d.id,
        "version": d.release.version,
        "slot": d.candidate.value,
        "phase": d.phase,
        "cause": d.cause,
        "requests": numbers.requests,
        "failed": numbers.failed,
        "counts_complete": not story.torn,
        "seconds": round(took(story, now), 3),
        "weights": {"blue": weights.blue, "green": weights.green} if weights else None,
        "sentence": result_line(d, story, code, now),
    }
