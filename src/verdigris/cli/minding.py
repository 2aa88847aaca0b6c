"""Who follows a deployment wants it to go on: a controller that dies meanwhile is started again, or missed aloud."""

from __future__ import annotations

from dataclasses import dataclass, replace

from verdigris.cli.follow import Look
from verdigris.cli.session import Session
from verdigris.core.errors import VerdigrisError

__all__ = ["Minding"]

EVERY = 2.0
"""Seconds between two looks. Only two without a controller count: one that starts anew is away for a moment."""


@dataclass
class Minding:
    """Looks after the controller for as long as somebody follows. `trouble` is what has to be said of it."""

    session: Session
    asked_at: float = float("-inf")
    missed: bool = False
    trouble: str = ""

    def over(self, look: Look) -> Look:
        """The look, with what is wrong with the controller."""
        self.mind()
        return replace(look, trouble=look.trouble or self.trouble)

    def mind(self) -> None:
        """Have a controller, at a bounded pace."""
        if self.session.clock() - self.asked_at < EVERY:
            return
        self.asked_at = self.session.clock()
        gone = self.away()
        if gone and self.missed:
            self.start()
        elif not gone:
            self.trouble = ""
        self.missed = gone

    def away(self) -> bool:
        try:
            return self.session.house.controller() is None
        except VerdigrisError:
            return False

    def start(self) -> None:
        try:
            self.session.house.start(lambda said: None)
            self.trouble = "the controller was gone, another one was started"
        except VerdigrisError as error:
            self.trouble = f"no controller runs, so nothing goes on: {error}"
