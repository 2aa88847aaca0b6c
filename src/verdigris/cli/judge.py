"""`verdigris judge`: the judge by itself, over counts from a file or a pipe. It reads only, and always speaks JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from verdigris.cli.counting import seconds
from verdigris.cli.cumulative import differences
from verdigris.cli.exits import Exit
from verdigris.cli.options import duration_of, session_of
from verdigris.cli.retelling import Tick, ticks_of
from verdigris.cli.show.found import numbers_of
from verdigris.cli.strictly import named
from verdigris.cli.voice import Voice
from verdigris.core.errors import ConfigError
from verdigris.core.judging.finding import Finding, Kind, find, kind_of
from verdigris.core.judging.lines import Heading
from verdigris.core.judging.settings import Settings
from verdigris.core.judging.state import State
from verdigris.core.judging.telling import sentence
from verdigris.core.judging.trial import ln_e, ln_es

__all__ = ["judge"]

ENCODING = "utf-8-sig"
"""With or without the mark that some editors and shells put before a text."""
NO_COUNTS = "there are no counts in it; one JSON object per second is expected"
NO_DIFFERENCE = (
    "there are no counts in it; --cumulative needs two lines, for the first says where counting begins"
)
OPTIONS = {"slo_errors": "--max-error-rate", "slo_p99": "--max-p99"}
CODES = {Kind.REGRESSED: Exit.REGRESSED, Kind.INVALID: Exit.INVALID}


def judge(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="Counts, one second per line; - is the pipe.")] = "-",
    vectors: Annotated[
        Path | None, typer.Option(help="Run a file of judge vectors instead, and report each set.")
    ] = None,
    alpha: Annotated[float, typer.Option(help="At most this part of healthy releases is condemned.")] = 0.01,
    grace: Annotated[str, typer.Option(help="After exposure, before the slots are compared.")] = "30s",
    window: Annotated[str, typer.Option(help="How long regressions are expected to begin.")] = "15m",
    error_ratio: Annotated[float, typer.Option(help="Errors allowed, times those of live.")] = 1.25,
    error_margin: Annotated[float, typer.Option(help="And on top of that, as a rate.")] = 0.0005,
    max_error_rate: Annotated[float | None, typer.Option(help="The candidate's own limit of errors.")] = None,
    max_p99: Annotated[float | None, typer.Option(help="Its own limit of the p99, in ms.")] = None,
    cumulative: Annotated[
        bool, typer.Option("--cumulative", help="The counts only grow; one that falls was started again.")
    ] = False,
    candidate: Annotated[str, typer.Option(help="What the sentence calls the candidate.")] = "candidate",
    live: Annotated[str, typer.Option(help="What it calls the live slot.")] = "live",
) -> None:
    """Say from counts whether the candidate is worse. JSON lines: the evidence of every second, and last the verdict.

    Exit 15 when it is worse, 16 when nothing can be said, 1 when a set of vectors failed or was not run.
    """
    voice = session_of(context).voice
    if vectors is not None:
        raise typer.Exit(run_vectors(vectors, voice))
    try:
        settings = Settings(
            alpha=alpha, grace=round(duration_of("--grace", grace)), window=round(duration_of("--window", window)),
            error_ratio=error_ratio, error_margin=error_margin, slo_errors=max_error_rate, slo_p99=max_p99,
            learned=True,
        )  # fmt: skip
        names = named(candidate, "--candidate"), named(live, "--live")
    except ValueError as error:
        raise ConfigError(as_typed(str(error))) from None
    raise typer.Exit(over(file, settings, names, voice, cumulative))


def as_typed(sentence: str) -> str:
    """A complaint of the settings, by the name that the option has on the command line."""
    name, _, rest = sentence.partition(" ")
    return f"{OPTIONS.get(name, f'--{name}'.replace('_', '-'))}: {rest}" if "-" not in name else sentence


def over(file: str, settings: Settings, names: tuple[str, str], voice: Voice, cumulative: bool) -> int:
    """Every second of the file, and what it comes to. Counts with a heading are judged by that."""
    last: Tick | None = None
    name = "stdin" if file == "-" else file
    with opened(file) as lines:
        entries = differences(seconds(lines, name), name) if cumulative else seconds(lines, name)
        for last in ticks_of(entries, Heading(settings, (), *names)):
            if last.told and not voice.quiet:
                voice.object(evidence(last.after, last.heading.settings))
    if last is None:
        raise ConfigError(f"{name}: {NO_DIFFERENCE if cumulative else NO_COUNTS}")
    state, by = last.after, last.heading
    found = find(state, by.settings)
    code = CODES.get(found.kind, Exit.GOOD)
    voice.object(result(found, state, by.settings, (by.candidate, by.live)) | {"exit": int(code)})
    return code


@contextmanager
def opened(file: str) -> Iterator[TextIO]:
    """The pipe or the file; bytes that are no text are shown as such in the error that they make."""
    if file == "-":
        if sys.stdin.isatty():
            raise ConfigError("judge: name a file of counts, or send them through a pipe")
        if isinstance(sys.stdin, TextIOWrapper):
            sys.stdin.reconfigure(encoding=ENCODING, errors="backslashreplace")
        yield sys.stdin
        return
    try:
        lines = open(file, encoding=ENCODING, errors="backslashreplace")  # noqa: SIM115 - closed below
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    with lines:
        yield lines


def evidence(state: State, s: Settings) -> dict[str, Any]:
    """One second: ln E in all and per metric, in nats."""
    parts = zip(state.weights, ln_es(state, s), strict=True)
    return {
        "type": "evidence",
        "t": state.at,
        "verdict": kind_of(state, s),
        "ln_e": round(ln_e(state, s), 9),
        "metrics": {metric: round(one, 9) for (metric, _), one in parts},
    }


def result(found: Finding, state: State, s: Settings, names: tuple[str, str]) -> dict[str, Any]:
    return {
        "type": "result",
        "verdict": found.kind,
        "sentence": sentence(found, state, s, *names),
        "t": state.decided.at if state.decided else state.at,
        "exposed_at": state.exposed_at,
        **numbers_of(found),
    }


def run_vectors(path: Path, voice: Voice) -> int:
    """Each set of the file; good when every one was run and passed."""
    from verdigris.testing.vectors import run_all

    try:
        reports = run_all(json.loads(path.read_text("utf-8")))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise ConfigError(
            f"{path}: is no file of judge vectors: {{'vectors': [{{'id', 'kind', ...}}]}}"
        ) from None
    for report in reports:
        voice.object({"type": "set", **asdict(report)})
    passed = sum(report.passed is True for report in reports)
    not_run = sum(report.passed is None for report in reports)
    code = Exit.GOOD if reports and passed == len(reports) else Exit.ERROR
    voice.object({
        "type": "result", "sets": len(reports), "passed": passed,
        "failed": len(reports) - passed - not_run, "not_run": not_run, "exit": int(code),
    })  # fmt: skip
    return code
