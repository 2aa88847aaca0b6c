"""How the core says amounts, and words from outside, in its sentences."""

__all__ = ["brief", "shown", "span"]


def span(seconds: float) -> str:
    """ "41 s", "14 min 30 s", "23 h 53 min": whole seconds up to two minutes, then two units."""
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 120:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def brief(seconds: float) -> str:
    """ "43 ms", "1.4 s": what is over before anybody has counted to ten."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def shown(words: str | bytes, most: int = 200) -> str:
    """The first `most` characters on one line; whatever a terminal could act on is escaped."""
    text = words.decode(errors="backslashreplace") if isinstance(words, bytes) else words
    head = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:most])
    return f"{head}…" if len(text) > most else head
