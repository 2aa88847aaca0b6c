"""SQL as PostgreSQL's own grammar reads it: the statements of a text, and the tree of each.

The libraries are C: whatever could crash them is refused before it gets there. What they say is a first opinion only;
the shadow server is the real parser.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any, TypeVar

from verdigris.core.errors import ConfigError
from verdigris.schema.libraries import Grammar, Refusal, TooDeep, Tree, available

__all__ = ["STATEMENT_MAX", "TEXT_MAX", "Grammar", "Refusal", "Tree", "grammar", "pieces", "trees", "walk"]

T = TypeVar("T")
TEXT_MAX = 32 * 1024 * 1024
"""Characters that one file of statements may have."""
STATEMENT_MAX = 1024 * 1024
"""Characters of one statement whose tree is looked at."""
SHORT = 8192
"""Characters that cannot nest deep enough to fill an ordinary stack: 20,000 operators in a row do [measured]."""
CHAIN_MAX = 5_000
"""Operators in a row that are looked at: each is one level deeper, and the time grows with the square of the depth."""
STACK = 512 * 1024 * 1024
"""Bytes of the stack that longer statements are parsed on; memory that is not used is not taken."""


@lru_cache(maxsize=1)
def grammar() -> Grammar:
    """The library that is there."""
    return available()[0]


def checked(text: str, most: int, what: str) -> str:
    """The text as it may be handed to C: bounded, without NUL (where C would stop reading), and encodable."""
    if len(text) > most:
        raise ConfigError(
            f"{what} of {len(text):,} characters is longer than the {most:,} that are read: split it"
        )
    at = text.find("\x00")
    if at >= 0:
        raise Refusal(text, "a NUL character: the file is damaged, or not encoded in UTF-8", at)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Refusal(
            text, "what stands here is not UTF-8: save the file in that encoding", error.start
        ) from None
    return text


def pieces(text: str) -> list[str]:
    """The statements of a text: without the comments before them and the semicolons after them.

    Raises `Refusal` with line and column where the grammar stops.
    """
    text = checked(text.removeprefix("\ufeff"), TEXT_MAX, "a text")
    whole = text.encode()
    found = deep(lambda: grammar().split(text), len(text))
    return [piece for start, end in found if (piece := bare(whole[start:end].decode()))]


IGNORED = re.compile(r"(?:[\s;]+|--[^\n]*)+")
BORDER = re.compile(r"/\*|\*/")


def bare(text: str) -> str:
    """Without what precedes the first word: blanks, comments (those of C nest), semicolons."""
    at = 0
    while True:
        ignored = IGNORED.match(text, at)
        at = ignored.end() if ignored else at
        if not text.startswith("/*", at):
            return text[at:].rstrip()
        level = 0
        for border in BORDER.finditer(text, at):
            level += 1 if border[0] == "/*" else -1
            if level == 0:
                break
        at = border.end()


@lru_cache(maxsize=256)
def trees(sql: str) -> tuple[Tree, ...]:
    """The tree of each statement in a text. They are shared: never change one. Raises `Refusal`.

    What nests too deep for one library is given to the next: they stop at different depths.
    """
    sql = checked(sql.removeprefix("\ufeff"), STATEMENT_MAX, "a statement")
    if len(sql) > SHORT and chain(sql) > CHAIN_MAX:
        raise TooDeep
    for each in available():
        with suppress(TooDeep):
            return tuple(deep(partial(each.parse, sql), len(sql)))
    raise TooDeep


QUOTED = re.compile(r"'(?:[^']|'')*'|--[^\n]*")
LINKS = re.compile(
    r"[-+*/<>=~!@#%^&|?:]+|\b(?:union|except|intersect|join|is|collate|i?like)\b", re.IGNORECASE
)


def chain(sql: str) -> int:
    """The most operators in one stretch without a comma: at most so deep does what stands left of each nest."""
    stretches = QUOTED.sub("''", sql).replace(";", ",").split(",")
    return max(sum(1 for _each in LINKS.finditer(stretch)) for stretch in stretches)


def deep(work: Callable[[], T], length: int) -> T:
    """The work, on a stack that no text of this length can fill: an overflow there ends the whole process."""
    if length <= SHORT:
        return work()
    done: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:
            failed.append(error)

    with ONE_AT_A_TIME:
        before = threading.stack_size(STACK)
        try:
            thread = threading.Thread(target=run, name="grammar", daemon=True)
            thread.start()
        finally:
            threading.stack_size(before)
    thread.join()
    if failed:
        raise failed[0]
    return done[0]


ONE_AT_A_TIME = threading.Lock()
"""The size of the next thread's stack is a setting of the whole process."""


def walk(node: Any) -> Iterator[tuple[str, Tree]]:
    """Each named node of a tree with its fields, outer before inner."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            for name, value in one.items():
                if name[:1].isupper() and isinstance(value, dict):
                    yield name, value
            waiting.extend(reversed(list(one.values())))
        elif isinstance(one, list | tuple):
            waiting.extend(reversed(one))
