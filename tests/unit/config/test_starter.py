"""The verdigris.yaml that `verdigris init` writes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from verdigris.config import load_config
from verdigris.config.detect import Detected
from verdigris.config.starter import PLACEHOLDER, init_text
from verdigris.core.errors import ConfigError

FOUND = Detected(
    what="FastAPI in app.py",
    command=("uvicorn", "app:app", "--port", "{port}"),
    build=(("pip", "install", "-r", "requirements.txt"),),
    env=(("PYTHONUNBUFFERED", "1"),),
    health="/healthz",
    notes=("it was the only one",),
)
NOTHING = Detected(what="")


def test_what_was_found_loads_as_it_was_found(tmp_path):
    path = tmp_path / "verdigris.yaml"
    path.write_text(init_text("orders", FOUND))
    settings = load_config(path)
    assert ("orders", FOUND.command, FOUND.build) == (settings.app, settings.run.command, settings.run.build)
    assert ("/healthz", 2) == (settings.health.path, settings.policy.instances)


def test_what_could_not_be_told_is_refused_until_a_person_writes_it(tmp_path):
    path = tmp_path / "verdigris.yaml"
    path.write_text(init_text("orders", NOTHING))
    assert PLACEHOLDER in path.read_text()
    with pytest.raises(ConfigError, match=r"run\.command"):
        load_config(path)


def test_an_editor_finds_the_schema_in_the_first_line():
    first = init_text("orders", FOUND, "schema.json").splitlines()[0]
    assert "# yaml-language-server: $schema=schema.json" == first


def test_a_file_with_a_strange_name_stays_in_its_comment(tmp_path):
    path = tmp_path / "verdigris.yaml"
    path.write_text(init_text("orders", replace(FOUND, what="a\nrun: {command: [evil]}", notes=("b\x1b",))))
    assert FOUND.command == load_config(path).run.command
    assert "\x1b" not in path.read_text()
