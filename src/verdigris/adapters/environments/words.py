"""Words from outside, made fit for a terminal and a log line: escaped, and never longer than a bound."""

from __future__ import annotations

__all__ = ["joined", "shown"]


def shown(words: str | bytes, most: int = 200) -> str:
    """The first `most` characters on one line; whatever a terminal could act on is escaped."""
    text = words.decode(errors="backslashreplace") if isinstance(words, bytes) else words
    head = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:most])
    return f"{head}…" if len(text) > most else head


def joined(names: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1] if names else "") if part)
