"""A script as production gets it: what goes into one transaction, and what can be in none.

Every part is noted by itself, so that what was done stays done. A script's own BEGIN and COMMIT around all of it say
what we do anyway; anywhere else they would part a step from its note, and are refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from verdigris.core.errors import ConfigError
from verdigris.schema.running.words import Sentence
from verdigris.schema.script import Script

__all__ = ["Part", "by_itself", "parts_of"]

OPENINGS = ("BEGIN", "START")
ENDINGS = ("COMMIT", "END")
OTHERS = ("ROLLBACK", "ABORT", "PREPARE")
ALONE = (("VACUUM",), ("CREATE", "DATABASE"), ("DROP", "DATABASE"), ("ALTER", "SYSTEM"))
CONCURRENT = (("CREATE",), ("DROP", "INDEX"), ("REINDEX",), ("ALTER", "TABLE"))


@dataclass(frozen=True, slots=True)
class Part:
    """Statements that are done together or not at all; `first` is the number of the first in the script, from 1."""

    first: int
    statements: tuple[str, ...]
    alone: bool = False

    @property
    def last(self) -> int:
        return self.first + len(self.statements) - 1


def parts_of(script: Script) -> tuple[Part, ...]:
    """In their order. One transaction for all, but for statements that PostgreSQL runs in none.

    Where the script asks to be run outside of one, each statement is a part.
    """
    numbered = [(n, text) for n, text in enumerate(script.statements, 1) if Sentence(text).words]
    for number, text in numbered:
        refuse_unsendable(f"{script.name}: statement {number}", text)
    numbered = unwrapped(script.name, numbered)
    found: list[Part] = []
    for alone, run in groupby(numbered, lambda each: by_itself(each[1])):
        if alone or script.alone:
            found += [Part(n, (text,), alone) for n, text in run]
        else:
            first, *rest = run
            found.append(Part(first[0], (first[1], *(text for _, text in rest))))
    return tuple(found)


def refuse_unsendable(where: str, text: str) -> None:
    """A NUL ends a text on its way to the server: half of a statement would be done."""
    if "\0" in text or text.encode(errors="ignore").decode() != text:
        raise ConfigError(f"{where}: there is a NUL, or something that is no UTF-8, in it: mend the file")
    sentence = Sentence(text)
    if sentence.take("COPY") and (sentence.has("STDIN") or sentence.has("STDOUT")):
        raise ConfigError(
            f"{where}: a script has no rows to COPY from or to: write INSERT, or load them by other means"
        )


def unwrapped(name: str, numbered: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Without the script's own BEGIN and COMMIT around everything."""
    if len(numbered) > 1 and says(numbered[0][1], OPENINGS) and says(numbered[-1][1], ENDINGS):
        numbered = numbered[1:-1]
    for number, text in numbered:
        if says(text, (*OPENINGS, *ENDINGS, *OTHERS)) and not within(text):
            word = Sentence(text).words[0].text.upper()
            raise ConfigError(
                f"{name}: statement {number} is {word}: each script is one transaction already;"
                " take it out, or make files of the parts"
            )
    return numbered


def within(text: str) -> bool:
    """PREPARE name AS …, which has nothing to do with transactions, and ROLLBACK TO …, which ends none."""
    sentence = Sentence(text)
    if sentence.take("ROLLBACK"):
        return sentence.has("TO")
    return sentence.take("PREPARE") and not sentence.comes("TRANSACTION")


def says(text: str, words: Iterable[str]) -> bool:
    return Sentence(text).comes(*words)


def by_itself(statement: str) -> bool:
    """Whether PostgreSQL runs it outside of transactions only."""
    if any(Sentence(statement).take(*words) for words in ALONE):
        return True
    return Sentence(statement).has("CONCURRENTLY") and any(
        Sentence(statement).take(*words) for words in CONCURRENT
    )
