"""Words of applications, on their way to somebody's terminal or log: every verb shows them, and none can act."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings

from tests.hostile.strategies import CONTROLS, WORDS, part, poisoned
from tests.unit.cli.house import FakeHouse, Nature
from verdigris.cli.edge import run
from verdigris.cli.journal import write_log_to
from verdigris.cli.session import Session
from verdigris.cli.show.ink import line, painted, plain
from verdigris.cli.voice import Voice
from verdigris.core.errors import ConfigError, Refused
from verdigris.core.world import Check

OURS = re.compile(r"\x1b\[[0-9;]*m")
"""What our own colours are made of, and nothing else of ours."""

WORST = CONTROLS + "\x1b]0;owned\x07\x1b[2J\r\n2026-01-01T00:00:00 info orders promoted by ada"
VERBS = (
    "status",
    "explain",
    "history",
    "report",
    "report --markdown",
    "report d-2",
    "logs",
    "logs green-1",
    "doctor",
    "watch d-2",
    "plan",
)


class Screen(io.StringIO):
    """A stream that is a terminal, or none."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


class Possessed(FakeHouse):
    """A house in which everything that is not ours says the worst."""

    words: str = WORST

    def checks(self) -> list[Check]:
        return [Check("memory", True, self.words), Check("port", False, self.words)]

    def logs(self, name: str, lines: int):
        return iter([self.words, f"plain {self.words}"])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Possessed:
    house = Possessed(state=tmp_path_factory.mktemp("state"))
    house.ship("1.0")
    house.ship("2.0", Nature(error_rate=0.3, turns_bad_after=9.0), phase="rolled_back")
    house.ship("2.1", phase="bake")
    house.pause(5.0)
    return house


def typed(house: FakeHouse, arguments: str, as_json: bool = False, terminal: bool = False) -> str:
    """All that a command line says."""
    out, err, options = Screen(terminal), Screen(terminal), ["--json"] if as_json else []
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        session = Session(
            build=lambda config, state, app: house,
            pause=house.pause,
            clock=house.clock,
            voice=Voice(wall=house.wall, out=out, err=err),
        )
        run(["--state", str(house.state), *options, *arguments.split()], session)
    return out.getvalue() + err.getvalue()


def harmful(said: str) -> list[str]:
    return sorted({character for character in OURS.sub("", said) if not character.isprintable()} - {"\n"})


@pytest.fixture
def possessed(house: Possessed, monkeypatch: pytest.MonkeyPatch) -> Possessed:
    """Everything that was stored and seen is full of these words."""
    poison(house, WORST, monkeypatch)
    return house


def poison(house: Possessed, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    memory, snapshot = house.memory, house.pinned.snapshot
    for name in ("newest", "deployments", "events"):
        told = getattr(type(memory), name)
        monkeypatch.setattr(memory, name, lambda *a, _told=told, **k: poisoned(_told(memory, *a, **k), words))
    monkeypatch.setattr(house.pinned, "snapshot", poisoned(snapshot, words))
    monkeypatch.setattr(house, "words", words, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_lets_an_application_act_on_a_terminal(possessed: Possessed, verb: str):
    said = typed(possessed, verb)
    assert [] == harmful(said)
    assert "owned" in said or verb in ("plan", "report d-2")


@pytest.mark.parametrize("verb", [verb for verb in VERBS if "watch" not in verb])
def test_nor_in_colours(possessed: Possessed, verb: str):
    assert [] == harmful(typed(possessed, verb, terminal=True))


@pytest.mark.parametrize("verb", VERBS)
def test_nor_in_json_where_every_line_is_one_object_of_plain_characters(possessed: Possessed, verb: str):
    for row in typed(possessed, verb, as_json=True).splitlines():
        assert row.isascii() and row.isprintable()
        assert isinstance(json.loads(row), dict)


@given(WORDS)
@settings(parent=part(0.3), suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(WORST)
def test_no_words_at_all_can_act(house: Possessed, words: str):
    with pytest.MonkeyPatch.context() as patched:
        poison(house, words, patched)
        for verb in ("status", "explain", "history", "report", "report --markdown", "logs"):
            assert [] == harmful(typed(house, verb))


@given(WORDS, WORDS)
def test_a_line_is_harmless_with_and_without_colours(one: str, two: str):
    drawn = [line(one, (two, "bold red"))]
    assert [] == harmful(plain(drawn) + painted(drawn))
    assert 1 == len(plain(drawn).splitlines() or [""])


@pytest.mark.parametrize("error", [Refused, ConfigError, ValueError])
def test_what_went_wrong_is_told_harmlessly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error):
    house = Possessed(state=tmp_path)

    def wrong(*_: object) -> None:
        raise error(WORST)

    monkeypatch.setattr(house, "checks", wrong)
    assert [] == harmful(typed(house, "doctor") + typed(house, "doctor --debug", terminal=True))


@given(WORDS)
@example(WORST)
@example("a\n2026-01-01T00:00:00+0000 info all is well")
def test_no_words_in_the_log_pass_for_a_line_of_it(words: str):
    try:
        raise ValueError(words)
    except ValueError:
        said = logged("of an application: %s", words, exc_info=True)
    first, *others = said.splitlines()
    assert " warning " in first
    assert [] == [other for other in others if not other.startswith("    ")]
    assert [] == harmful(said)


def logged(*arguments: Any, **keywords: Any) -> str:
    log, stream = logging.getLogger("verdigris"), io.StringIO()
    before = log.handlers[:], log.level, log.propagate
    write_log_to(stream)
    try:
        log.warning(*arguments, **keywords)
    finally:
        log.handlers[:], log.level, log.propagate = before[0], before[1], before[2]
    return stream.getvalue()
