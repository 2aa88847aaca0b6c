"""What pydantic found wrong, in our words."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from verdigris.config.complaints import complaints
from verdigris.config.document import dotted
from verdigris.config.models import App, Apps

SMALL = {"app": "orders", "run": {"command": ["serve", "{port}"]}, "health": {"path": "/health"}}


def said(value, root=App) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        root.model_validate(value)
    return [f"{dotted(found.key)}: {found.sentence}" for found in complaints(caught.value, root)]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"bak": {}}, "bak: unknown key, did you mean bake?"),
        ({"drain": "3s"}, "drain: unknown key here, did you mean cutover.drain?"),
        ({"xyzzy": 1}, "xyzzy: unknown key. Known here: run, route,"),
        ({"run": []}, "run: must be a mapping of keys, got a list"),
        ({"router": "haproxi"}, "router.kind: must be haproxy, got 'haproxi', did you mean haproxy?"),
        ({"run": {**SMALL["run"], "instances": 0}}, "run.instances: must be at least 1, got 0"),
        ({"run": {**SMALL["run"], "instances": 1.5}}, "run.instances: must be a whole number, got 1.5"),
        ({"app": 7}, "app: must be"),
        ({"route": {"strip": "yes"}}, "route.strip: must be true or false, got 'yes'"),
    ],
)
def test_a_complaint_says_what_it_must_be_and_what_was_meant(more, words):
    found = said({**SMALL, **more})
    assert any(sentence.startswith(words) for sentence in found), found


def test_what_is_missing_says_what_it_is_for():
    beginnings = ("run: is missing. ", "health: is missing. ", "run.command: is missing. ")
    assert any(sentence.startswith(beginnings) for sentence in said({"app": "orders"}))


def test_what_stands_beside_apps_belongs_under_each():
    value = {"apps": {"orders": {key: SMALL[key] for key in ("run", "health")}}, "bake": {}}
    assert "bake: stands beside apps: write it under each app that it is for" in said(value, Apps)


def test_a_secret_is_not_repeated():
    assert not any(
        "s3cret" in text for text in said({**SMALL, "run": {**SMALL["run"], "env": {"A": ["s3cret"]}}})
    )
