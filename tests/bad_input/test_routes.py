"""Routes that cannot be: a broken certificate, a place with two owners, a page nobody can read, a pause of nothing."""

from __future__ import annotations

from json import dumps
from typing import Any

import pytest

from tests.bad_input.project import Project
from tests.certifying import KEY, OTHER, certificate, pem
from tests.ports import free_port


def tls(project: Project, key: Any = KEY) -> dict[str, Any]:
    """A route with a certificate of the project's own and this key."""
    (project.place / "chain.pem").write_bytes(certificate("localhost"))
    (project.place / "key.pem").write_bytes(pem(key))
    return {"tls": {"listen": f"127.0.0.1:{free_port()}", "certificate": "chain.pem", "key": "key.pem"}}


def test_a_key_of_another_certificate_is_refused_and_what_serves_stays(live: Project):
    live.configure(route=tls(live, OTHER))
    live.deploy("secure").says(1, "chain.pem", "key.pem")
    live.configure()
    live.run("status").says(0, "1.0.0", "100 %")
    live.deploy("plain", "crashes").says(11, "no traffic moved")


@pytest.mark.parametrize(
    "content", [None, b"\x00" * 100, b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"]
)
def test_a_certificate_that_is_none_names_the_file(project: Project, content: bytes | None):
    project.configure(route=tls(project))
    chain = project.place / "chain.pem"
    chain.unlink() if content is None else chain.write_bytes(content)
    project.deploy("1.0.0").says(1, "chain.pem")


def test_a_page_that_cannot_be_read_is_told_by_doctor_and_keeps_nobody_from_deploying(project: Project):
    project.configure(route={"maintenance": {"page": "nowhere.html"}})
    project.deploy("1.0.0").says(0, "api 1.0.0 serves")
    project.run("doctor").says(1, "nowhere.html")
    project.run("maintenance", "on").says(2, "nowhere.html", "Put it there")
    (project.place / "nowhere.html").write_text("back soon")
    project.run("maintenance", "on").says(0)
    project.run("maintenance", "off").says(0)


def test_a_place_with_two_owners_names_the_first(project: Project):
    service = {key: value for key, value in project.defaults().items() if key != "app"}
    (project.place / "verdigris.yaml").write_text(dumps({"apps": {"api": service, "search": service}}))
    project.run("plan", "--app", "search").says(2, "search", "api")


@pytest.mark.parametrize("verb", [("pause",), ("unpause",), ("maintenance", "on"), ("maintenance", "off")])
def test_what_was_never_deployed_cannot_be_paused(project: Project, verb: tuple[str, ...]):
    project.run(*verb).says(1, "verdigris deploy")


def test_what_is_not_paused_cannot_go_on_and_what_is_cannot_be_paused_again(live: Project):
    live.run("unpause").says(1, "paused")
    live.run("pause").says(0)
    live.run("pause").says(1, "paused already")
    live.run("unpause").says(0)
    live.run("pause", "--methods", "some").says(2, "safe", "all")


def test_with_several_apps_the_one_that_is_meant_has_to_be_named(project: Project):
    service = {key: value for key, value in project.defaults().items() if key != "app"}
    other = service | {"route": service["route"] | {"path": "/search"}}
    (project.place / "verdigris.yaml").write_text(dumps({"apps": {"api": service, "search": other}}))
    project.run("deploy").says(2, "--app", "api", "search")
    project.run("deploy", "--app", "serch").says(2, "serch", "search")
