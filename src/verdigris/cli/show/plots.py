"""The pictures of a trial: its evidence, and errors and latencies of both slots with what the candidate is allowed.

Every picture says in words what it shows, and no line is told from another by its colour alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, exp, log, log10

from verdigris.cli.show.series import Curves, Sums
from verdigris.cli.show.svg import HEIGHT, RIGHT, TOP, WIDTH, Panel, text
from verdigris.core.judging.lines import Heading
from verdigris.core.judging.state import State
from verdigris.core.judging.telling import odds, percent
from verdigris.core.words import span

__all__ = ["Picture", "pictures"]

Points = list[tuple[float, float | None]]
STEPS = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
LOWEST = log(0.1)
COLOURS = ("blue", "green")


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG element, and what it shows in words."""

    name: str
    svg: str
    said: str


def pictures(c: Curves, final: State, heading: Heading) -> tuple[Picture, ...]:
    """All three; latencies only where they were counted."""
    made = (evidence(c, final, heading), errors(c, heading), latencies(c, heading))
    return tuple(one for one in made if one is not None)


def evidence(c: Curves, final: State, heading: Heading) -> Picture:
    """Odds that the candidate is worse, on a logarithmic scale, with the limit and the stages."""
    limit, top = heading.settings.limit, max(value for _, value in c.evidence)
    high = max(limit * 1.25, min(top, limit * 2.0) * 1.05)
    panel = Panel((c.first, c.last), (LOWEST, high))
    decades = range(-1, int(high / log(10.0)) + 1)
    ticks = [(n * log(10.0), odds(n * log(10.0))) for n in decades]
    last = c.evidence[-1]
    said = [f"Evidence that {heading.candidate} is worse than {heading.live}. The limit is {odds(limit)}."]
    body = [*panel.frame(ticks, moments(c)), *stages(panel, c)]
    body += [panel.across_at(limit, "limit"), panel.curve(c.evidence, "evidence")]
    labels = [
        (limit, f"limit {odds(limit)}", "limit"),
        (last[1], f"evidence {odds(last[1])}", "curve evidence"),
    ]
    if final.decided is not None:
        body.append(panel.dot(final.decided.after, final.decided.ln_e))
        said.append(
            f"It was reached {span(final.decided.after)} after exposure, at {odds(final.decided.ln_e)}."
        )
    else:
        said.append(f"It was not reached: the highest was {odds(top)}, the last {odds(last[1])}.")
    body += panel.beside(labels)
    return picture("evidence", f"Evidence against {heading.candidate}", " ".join(said), body)


def errors(c: Curves, heading: Heading) -> Picture:
    """The part of the requests that failed in each slot, and what is allowed: the ratio to live's, and the margin."""
    s = heading.settings
    live: Points = [(middle(one.at, c), one.live.rate) for one in c.stretches]
    candidate: Points = [(middle(one.at, c), one.candidate.rate) for one in c.stretches]
    allowed: Points = [(x, None if y is None else y * s.error_ratio + s.error_margin) for x, y in live]
    high = nice(max([0.001, *known(live), *known(candidate), *known(allowed)]) * 1.05)
    panel = Panel((c.first, c.last), (0.0, high))
    ticks = [(high * n / 4, percent(high * n / 4)) for n in range(5)]
    body = [*panel.frame(ticks, moments(c)), *stages(panel, c)]
    body += [panel.band([(x, 0.0 if y is not None else None) for x, y in allowed], allowed)]
    body += [
        panel.curve(live, f"{colour(heading.live)} thin"),
        panel.curve(candidate, colour(heading.candidate)),
    ]
    body += panel.beside(ends(heading, live, candidate, percent, ""))
    both = total(c)
    said = (
        f"Failed requests in stretches of {span(c.length)}. In all {heading.candidate} failed in "
        f"{rate(both[1])}, {heading.live} in {rate(both[0])}. The band is what {heading.candidate} is allowed: "
        f"{s.error_ratio:g} times {heading.live}, and {percent(s.error_margin)} more."
    )
    return picture("errors", "Failed requests of each slot", said, body)


def latencies(c: Curves, heading: Heading) -> Picture | None:
    """The median and the 99th percentile of each slot in ms, and how much longer the candidate may take."""
    s, edges = heading.settings, c.edges
    lines = {
        (who, share): [(middle(one.at, c), getattr(one, who).percentile(share, edges)) for one in c.stretches]
        for who in ("live", "candidate")
        for share in (0.5, 0.99)
    }
    values = [value for line in lines.values() for value in known(line)]
    if not values:
        return None
    panel = Panel((c.first, c.last), (min(values) / 1.3, max(values) * 1.6), logarithmic=True)
    ticks = [(value, milliseconds(value)) for value in log_ticks(*panel.y)]
    body = [*panel.frame(ticks, moments(c)), *stages(panel, c)]
    labels: list[tuple[float, str, str]] = []
    for share, margin, name, fine in ((0.99, s.slow_tail, "p99", ""), (0.5, s.slow_body, "p50", " fine")):
        live, candidate = lines["live", share], lines["candidate", share]
        body.append(panel.band(live, [(x, y and y * (1.0 + margin)) for x, y in live]))
        body.append(panel.curve(live, f"{colour(heading.live)} thin{fine}"))
        body.append(panel.curve(candidate, f"{colour(heading.candidate)}{fine}"))
        labels += ends(heading, live, candidate, milliseconds, f"{name} ", fine)
    said = (
        f"How long requests took, in stretches of {span(c.length)}, on a logarithmic scale: the 99th percentile and, "
        f"dotted, the median. The bands are what {heading.candidate} is allowed: {percent(s.slow_tail)} longer than "
        f"{heading.live} at the 99th percentile, {percent(s.slow_body)} at the median."
    )
    return picture("latency", "Latency of each slot", said, [*body, *panel.beside(labels)])


# --- what they have in common -------------------------------------------------------------------------------------


def picture(name: str, title: str, said: str, body: Sequence[str]) -> Picture:
    """One of them, with its words for who does not see it."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="{name}-title {name}-words">'
    )
    words = f'<title id="{name}-title">{text(title)}</title>\n<desc id="{name}-words">{text(said)}</desc>'
    heading = f'<text class="mark" x="{WIDTH - RIGHT + 6}" y="{TOP - 7}">{text(name.capitalize())}</text>'
    return Picture(name, "\n".join([head, words, *filter(None, body), heading, "</svg>"]), said)


def stages(panel: Panel, c: Curves) -> Iterator[str]:
    """Where the share changed, and to what."""
    for at, share in c.stages:
        yield panel.down_at(at, "stage", percent(share))


def moments(c: Curves) -> list[tuple[float, str]]:
    """Some moments after exposure, as a clock shows them."""
    step = next((one for one in STEPS if (c.last - c.first) / one <= 8), STEPS[-1])
    whole = range(ceil(c.first / step) * step, c.last + 1, step)
    return [(at, f"{'-' if at < 0 else ''}{abs(at) // 60}:{abs(at) % 60:02}") for at in whole]


def ends(
    heading: Heading,
    live: Points,
    candidate: Points,
    words: Callable[[float], str],
    before: str,
    fine: str = "",
) -> list[tuple[float, str, str]]:
    """What stands at the end of each line: its slot and its last value."""
    rows = [
        (heading.candidate, candidate, f"curve {colour(heading.candidate)}{fine}"),
        (heading.live, live, f"curve {colour(heading.live)} thin{fine}"),
    ]
    return [
        (known(line)[-1], f"{before}{name} {words(known(line)[-1])}", kind)
        for name, line, kind in rows
        if known(line)
    ]


def known(line: Points) -> list[float]:
    return [y for _, y in line if y is not None]


def middle(at: int, c: Curves) -> float:
    return at + c.length / 2


def colour(slot: str) -> str:
    return slot if slot in COLOURS else "other"


def total(c: Curves) -> tuple[Sums, Sums]:
    """Live and candidate since exposure."""
    after = [one for one in c.stretches if one.at + c.length > 0]
    live, candidate = ([getattr(one, who) for one in after] for who in ("live", "candidate"))
    return added(live), added(candidate)


def added(parts: Sequence[Sums]) -> Sums:
    return Sums(sum(one.requests for one in parts), sum(one.errors for one in parts))


def rate(sums: Sums) -> str:
    return "none" if sums.rate is None else percent(sums.rate)


def nice(value: float) -> float:
    """The next number above with one digit that divides by four."""
    size = 10.0 ** int(log10(value) - (value < 1.0))
    return next(n * size for n in (1, 1.2, 2, 2.4, 4, 6, 8, 12, 20) if n * size >= value * (1 - 1e-9))


def milliseconds(value: float) -> str:
    return f"{value:g} ms" if value < 1000 else f"{value / 1000:.3g} s"


def log_ticks(low: float, high: float) -> list[float]:
    sizes = range(int(log10(low)) - 1, int(log10(high)) + 2)
    found = [n * 10.0**size for size in sizes for n in (1, 2, 5) if low <= n * 10.0**size <= high]
    return (
        found
        if len(found) <= 7
        else [one for one in found if exp(log(one)) and f"{one:g}".strip("0.")[0] == "1"]
    )
