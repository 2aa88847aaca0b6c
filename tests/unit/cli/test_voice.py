"""How the command line speaks, and where."""

from __future__ import annotations

import io
import json

import pytest

from verdigris.cli.show.ink import Ink, line
from verdigris.cli.voice import NARROWEST, WIDEST, Voice

RESULT = [line(("✔ ", Ink.GOOD), "done")]


class Screen(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def a_voice(stream=io.StringIO, **changes) -> Voice:
    return Voice(out=stream(), err=stream(), wall=lambda: 1_700_000_000.0, **changes)


def said(voice: Voice) -> tuple[str, str]:
    return voice.out.getvalue(), voice.err.getvalue()


def test_the_result_goes_to_stdout_and_the_progress_to_stderr():
    voice = a_voice()
    voice.say("on the way")
    voice.tell(RESULT)
    assert ("✔ done\n", "22:13:20 on the way\n") == said(voice)


def test_who_is_asked_to_be_quiet_says_the_result_and_the_failure():
    voice = a_voice(quiet=True)
    voice.say("on the way")
    voice.tell(RESULT)
    voice.fail([line("it broke")], {})
    assert ("✔ done\n", "it broke\n") == said(voice)


def test_programs_get_one_ascii_object_on_a_line_and_nothing_else():
    voice = a_voice(as_json=True)
    voice.say("grün\n\x9b", at=1.0)
    voice.tell(RESULT, {"type": "result"})
    voice.fail([line("it broke")], {"type": "error"})
    out, err = said(voice)
    assert ("", True) == (err, out.isascii())
    assert ["progress", "result", "error"] == [json.loads(row)["type"] for row in out.splitlines()]


def test_a_result_without_a_document_is_its_text():
    voice = a_voice(as_json=True)
    voice.tell(RESULT)
    assert {"type": "result", "text": "✔ done"} == json.loads(voice.out.getvalue())


@pytest.mark.parametrize(
    ("term", "color", "painted"), [("xterm", True, True), ("xterm", False, False), ("dumb", True, False)]
)
def test_colours_are_for_terminals_that_have_them(monkeypatch, term, color, painted):
    monkeypatch.setenv("TERM", term)
    voice = a_voice(Screen, color=color)
    voice.tell(RESULT)
    assert painted is ("\x1b[32m" in voice.out.getvalue())


@pytest.mark.parametrize(
    ("changes", "draws"), [({}, True), ({"as_json": True}, False), ({"quiet": True}, False)]
)
def test_only_on_a_terminal_it_is_drawn(monkeypatch, changes, draws):
    monkeypatch.setenv("TERM", "xterm")
    assert draws is a_voice(Screen, **changes).draws
    assert not a_voice(**changes).draws


@pytest.mark.parametrize(("columns", "width"), [("10", NARROWEST), ("80", 80), ("500", WIDEST)])
def test_the_width_has_bounds(monkeypatch, columns, width):
    monkeypatch.setenv("COLUMNS", columns)
    assert width == a_voice().width


def test_what_is_said_to_be_typed_next_names_the_app_that_was_named():
    out = io.StringIO()
    voice = Voice(out=out, err=out, app="search")
    voice.tell([line("next  ", ("verdigris rollback  ", Ink.COMMAND), "takes it back")])
    voice.tell([line(("verdigris --help", Ink.COMMAND), ("curl x", Ink.COMMAND))])
    assert [
        "next  verdigris rollback --app search  takes it back",
        "verdigris --helpcurl x",
    ] == out.getvalue().splitlines()
    assert "verdigris logs" == Voice().named("verdigris logs")


def test_a_program_gets_the_commands_for_the_app_that_was_named():
    out = io.StringIO()
    Voice(as_json=True, out=out, err=out, app="search").tell([], {"next": ["verdigris rollback"]})
    assert ["verdigris rollback --app search"] == json.loads(out.getvalue())["next"]
