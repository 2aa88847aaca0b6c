"""PostgreSQL's grammar in two libraries: they agree, and where one is missing the other serves."""

from __future__ import annotations

import pytest

from tests.unit.schema.test_grammar import TEXTS
from verdigris.core.errors import ConfigError
from verdigris.schema import grammar, libraries
from verdigris.schema.grammar import pieces, walk


@pytest.mark.parametrize("text", [text for text in TEXTS if not text.startswith("\ufeff")])
def test_both_see_the_same_nodes(text):
    first, second = (
        [[name for name, _node in walk(tree)] for tree in load().parse(text)]
        for load in (libraries.postgast, libraries.pgparse)
    )
    assert first == second


def test_without_any_library_the_message_names_what_to_install(monkeypatch):
    real = libraries.import_module

    def none(name):
        if name in {"postgast", "pgparse"}:
            raise ImportError(name)
        return real(name)

    monkeypatch.setattr(libraries, "import_module", none)
    libraries.available.cache_clear()
    grammar.grammar.cache_clear()
    try:
        with pytest.raises(ConfigError, match=r"install verdigris\[postgres\]"):
            pieces("SELECT 1")
    finally:
        libraries.available.cache_clear()
        grammar.grammar.cache_clear()


def test_a_library_that_does_not_load_gives_way_to_the_next(monkeypatch):
    real = libraries.import_module

    def broken(name):
        if name == "postgast":
            raise OSError("invalid ELF header")
        return real(name)

    monkeypatch.setattr(libraries, "import_module", broken)
    libraries.available.cache_clear()
    grammar.grammar.cache_clear()
    try:
        assert "pgparse" == grammar.grammar().name
    finally:
        libraries.available.cache_clear()
        grammar.grammar.cache_clear()
