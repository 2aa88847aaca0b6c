"""One deployment as a page: a single file without scripts, that asks nobody for anything and may be sent to anyone.

Its own policy forbids whatever is not in it. Everything that is said in it by others is escaped.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256

from verdigris.cli.retelling import Tick
from verdigris.cli.show.amounts import duration, moment
from verdigris.cli.show.gap import gap_sentence
from verdigris.cli.show.history import Told
from verdigris.cli.show.plots import pictures
from verdigris.cli.show.report import SAID, facts
from verdigris.cli.show.series import curves
from verdigris.cli.show.svg import STYLE, text
from verdigris.core.lifecycle import ENDINGS

__all__ = ["page"]

LOOK = f"""
:root {{ color-scheme: light dark }}
body {{ font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; max-width: 780px; margin: 2rem auto; padding: 0 1rem;
  background: #f7f9fb; color: #1f2933 }}
h1 {{ font-size: 1.4rem }} h2 {{ font-size: 1.1rem; margin-top: 2rem }} code {{ font-family: ui-monospace, monospace }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; vertical-align: top; padding: .25rem .7rem .25rem 0;
  border-bottom: 1px solid #d5dbe1; overflow-wrap: anywhere }} th {{ font-weight: 600; white-space: nowrap }}
figure {{ margin: 1rem 0 }} figcaption {{ color: #52606d; font-size: .9rem }}
svg {{ width: 100%; height: auto; display: block }}
.warn {{ border-left: 4px solid #c98a3c; padding-left: .8rem }}
@media (prefers-color-scheme: dark) {{ body {{ background: #0d1117; color: #e4e7eb }} th, td {{ border-color: #30363d }}
  figcaption {{ color: #a9b4bf }} }}
@media print {{ body {{ margin: 0; max-width: none }} figure {{ break-inside: avoid }} }}
{STYLE}
"""


def page(told: Told, ticks: Sequence[Tick], unsaid: str, now: float) -> str:
    """The whole page. `ticks` is its trial told anew, `unsaid` what these lack, if anything."""
    d = told.deployment
    name = text(f"{d.app} {d.release.version}: {d.phase} ({d.id})")
    return "\n".join([
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy()}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{name}</title>",
        f"<style>{LOOK}</style>",
        "</head>",
        "<body>",
        f"<h1>{name}</h1>",
        *table([(label, words) for label, words in facts(told, now)]),
        *comparison(told, ticks, unsaid),
        "<h2>Phases</h2>",
        *table(phases(told, now), ("began", "phase", "took", "why")),
        "<h2>Events</h2>",
        *table(events(told, now), ("when", "what", "")),
        "</body>",
        "</html>",
        "",
    ])  # fmt: skip


def policy() -> str:
    """Nothing may be loaded or run; the one style is known by its hash."""
    digest = b64encode(sha256(LOOK.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def comparison(told: Told, ticks: Sequence[Tick], unsaid: str) -> Iterator[str]:
    """What was compared, as pictures, and how to come to the same result."""
    found = curves(ticks)
    yield "<h2>What was compared</h2>"
    if unsaid:
        yield f'<p class="warn">The counts are missing or not complete: {text(unsaid)}.</p>'
    if found is None:
        yield "<p>There is no second in which both slots could be compared.</p>"
        return
    for made in pictures(found, ticks[-1].after, ticks[-1].heading):
        yield f"<figure>\n{made.svg}\n<figcaption>{text(made.said)}</figcaption>\n</figure>"
    d = told.deployment
    yield "<p>Times are minutes after exposure; the dotted uprights are where the share of the candidate changed.</p>"
    yield f"<p>Recompute it: <code>verdigris report {text(d.id)} --counts | verdigris judge</code></p>"


def table(rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> Iterator[str]:
    """Rows of text; the first cell names the row."""
    yield "<table>"
    if head:
        yield row([heading("col", one) for one in head])
    for first, *rest in rows:
        yield row([heading("row", first), *(f"<td>{text(one)}</td>" for one in rest)])
    yield "</table>"


def row(cells: Sequence[str]) -> str:
    return f"<tr>{''.join(cells)}</tr>"


def heading(of: str, words: str) -> str:
    return f'<th scope="{of}">{text(words)}</th>'


def phases(told: Told, now: float) -> list[tuple[str, ...]]:
    return [
        (
            moment(c.began, now),
            c.phase,
            duration(c.took(now)) if c.phase not in ENDINGS else "",
            because(c.cause, c.evidence),
        )
        for c in told.story.chapters
    ]


def because(cause: str, evidence: str) -> str:
    return f"{cause} ({evidence})" if cause and evidence else cause or evidence


def events(told: Told, now: float) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for e in told.events:
        if told.gap.ends_at(e.number):
            rows.append(("", "", gap_sentence(told.gap, told.deployment.id)))
        if e.kind in SAID and e.kind != "phase":
            rows.append((moment(e.wall, now), e.kind, because(e.sentence, e.evidence)))
    return rows
