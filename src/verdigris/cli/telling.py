"""Tells a deployment as it goes: drawn in place on a terminal, else line by line, or as JSON objects.

A heartbeat comes at least every ten seconds, so that a log of a CI job never looks dead.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

from verdigris.cli.follow import Look
from verdigris.cli.session import Session
from verdigris.cli.show.amounts import duration
from verdigris.cli.show.chapters import chapter_words, meter_words
from verdigris.cli.show.gap import gap_document, gap_sentence
from verdigris.cli.show.ink import Ink
from verdigris.cli.show.progress import progress_lines
from verdigris.cli.show.story import Chapter, phase_of
from verdigris.core.lifecycle import ENDINGS
from verdigris.ports import Event

if TYPE_CHECKING:
    from rich.live import Live

__all__ = ["HEARTBEAT", "Telling", "event_document", "telling"]

HEARTBEAT = 9.0
TELLING_WHY = ("preflight", "restore", "abort", "stuck")
"""Phases that say why they were entered; those after them would say it again."""
INKS = {"alert": Ink.BAD, "failed": Ink.WARN, "refused": Ink.WARN, "command": Ink.BOLD}


class Telling(Protocol):
    """Somebody who listens to a deployment."""

    def tell(self, look: Look) -> None: ...

    def close(self) -> None:
        """Nothing more comes; a drawing stays where it is."""
        ...


def telling(session: Session, after: int = 0) -> Telling:
    """The way of telling that fits where the words go. Events numbered up to `after` are known already."""
    if session.voice.as_json:
        return Objects(session, after)
    return Drawing(session) if session.voice.draws else Lines(session, after)


class Lines:
    """One line for each event that matters, and a heartbeat."""

    def __init__(self, session: Session, after: int) -> None:
        self.session = session
        self.after = after
        self.spoke_at = session.clock()
        self.trouble = ""

    def tell(self, look: Look) -> None:
        if look.trouble != self.trouble:
            self.trouble = look.trouble
            self.say(look.trouble or "it can be followed again", Ink.WARN)
        for event in self.news(look):
            if look.gap.ends_at(event.number):
                self.say(gap_sentence(look.gap, look.deployment.id))
            for sentence in sentences(event, look):
                self.say(sentence, INKS.get(event.kind, Ink.PLAIN), event.wall)
        if self.session.clock() - self.spoke_at >= HEARTBEAT and look.deployment.phase not in ENDINGS:
            self.say(heartbeat(look))

    def news(self, look: Look) -> list[Event]:
        return [event for event in look.events if event.number > self.after]

    def say(self, sentence: str, ink: Ink = Ink.PLAIN, at: float | None = None) -> None:
        self.spoke_at = self.session.clock()
        self.session.voice.say(sentence, ink, at)

    def close(self) -> None:
        """Lines need no end."""


class Objects(Lines):
    """The same as JSON: every event as it stands in the log."""

    def tell(self, look: Look) -> None:
        for event in self.news(look):
            if look.gap.ends_at(event.number):
                self.object(gap_document(look.gap, look.deployment.id))
            self.object(event_document(event))
        if self.session.clock() - self.spoke_at >= HEARTBEAT and look.deployment.phase not in ENDINGS:
            self.object(
                {"type": "progress", "wall": self.session.voice.wall(), "phase": look.deployment.phase}
                | {"deployment": look.deployment.id, "sentence": heartbeat(look)}
            )

    def object(self, document: dict[str, Any]) -> None:
        self.spoke_at = self.session.clock()
        self.session.voice.object(document)


class Drawing:
    """The table of phases, redrawn in place."""

    def __init__(self, session: Session) -> None:
        from verdigris.cli.drawing import console, live

        self.session = session
        self.last: Look | None = None
        self.live: Live = live(console(session.voice.err, session.voice.color))
        self.live.start()

    def tell(self, look: Look) -> None:
        self.last = look
        self.draw(look, ended=False)

    def draw(self, look: Look, ended: bool) -> None:
        from verdigris.cli.drawing import text

        voice = self.session.voice
        self.live.update(text(progress_lines(look.story, voice.wall(), voice.width, ended)), refresh=True)

    def close(self) -> None:
        if self.last is not None:
            self.draw(self.last, ended=True)
        self.live.stop()


def sentences(event: Event, look: Look) -> list[str]:
    """What to say of an event: a phase says first what came of the one before it."""
    if event.kind == "passed over":
        return []
    if event.kind != "phase":
        return [f"{event.kind}: {event.sentence}" + (f" ({event.evidence})" if event.evidence else "")]
    phase, cause = phase_of(event)
    before = left_for(phase, event.wall, look)
    done = [outcome(before)] if before else []
    told = event.sentence if phase in TELLING_WHY else phase
    return [*done, f"● {told}" + (f" ({event.evidence})" if event.evidence and cause else "")]


def left_for(phase: str, wall: float, look: Look) -> Chapter | None:
    """The chapter that ended when this phase was entered; None where it lasted no time at all."""
    entered = [before for before, c in pairwise(look.story.chapters) if (c.phase, c.began) == (phase, wall)]
    return entered[-1] if entered and entered[-1].took(wall) > 0 else None


def outcome(c: Chapter) -> str:
    """What came of a phase that is over."""
    words = chapter_words(c)
    return f"{'✖' if c.turned else '✔'} {c.phase} took {duration(c.took(0))}" + (
        f": {words}" if words else ""
    )


def heartbeat(look: Look) -> str:
    """Where it stands and what is waited for."""
    s, phase = look.story.snapshot, look.deployment.phase
    if s is None:
        return f"{look.deployment.id} is in {phase}, the controller has not looked yet"
    current = next((c for c in reversed(look.story.chapters) if c.phase == phase), None)
    facts = [
        meter_words(s),
        chapter_words(current) if current else "",
        f"waiting for {s.waiting_for}" if s.waiting_for else "",
    ]
    return f"still {phase}: " + " · ".join(fact for fact in facts if fact)


def event_document(event: Event) -> dict[str, Any]:
    return {
        "type": event.kind,
        "wall": event.wall,
        "number": event.number,
        "app": event.app,
        "deployment": event.deployment,
        "phase": event.phase,
        "sentence": event.sentence,
        "evidence": event.evidence,
    }
