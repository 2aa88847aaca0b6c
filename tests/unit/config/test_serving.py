"""The keys that say what runs and where: what they are when nobody says anything."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from verdigris.config.serving import Alerts, Environment, Health, Router, RouterTimeouts, Run


@pytest.mark.parametrize("section", [Alerts, Environment, Health, Router, RouterTimeouts])
def test_only_what_runs_has_to_be_said(section):
    assert section.model_validate({}) == section()
    with pytest.raises(ValidationError, match="command"):
        Run.model_validate({})


def test_defaults_are_careful():
    health = Health()
    assert ("/health", 3, 2, 200) == (health.path, health.healthy, health.unhealthy, health.status)
    assert "none" == Alerts().webhook


@pytest.mark.parametrize(("section", "word"), [(Router, "haproxy"), (Environment, "process")])
def test_a_word_is_short_for_a_section(section, word):
    assert section.model_validate({"kind": word}) == section.model_validate(word)


@pytest.mark.parametrize("name", ["/a b", "health", "/" + "x" * 1024, "/ä", '/"', "/#top"])
def test_a_path_is_a_path(name):
    with pytest.raises(ValidationError, match="a path that begins with /"):
        Health.model_validate({"path": name})


@pytest.mark.parametrize("written", [False, True, "shop.v1.Orders", "orders"])
def test_health_may_be_asked_by_grpc(written):
    assert written is Health.model_validate({"grpc": written}).grpc


@pytest.mark.parametrize("written", ["", "a b", "x" * 128, 1, None, ["a.B"], "a\nb", "ä"], ids=repr)
def test_a_grpc_service_has_a_name_that_is_one(written):
    with pytest.raises(ValidationError, match="true, false or the name of a service like shop.v1.Orders"):
        Health.model_validate({"grpc": written})
