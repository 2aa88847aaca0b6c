"""What a house reads and says about itself while nothing runs in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from verdigris.adapters.routers.haproxy.expiry import EXPIRIES, Expiry, noted
from verdigris.bootstrap.house import House
from verdigris.core.errors import ConfigError


def test_making_a_house_opens_nothing(tmp_path):
    house = House(tmp_path / "no-such.yaml", tmp_path / "no-such-state")
    assert (None, None) == (house.controller(), house.keeper())
    assert [] == list(tmp_path.iterdir())


def test_paths_are_absolute_whatever_directory_is_left(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    house = House(Path("verdigris.yaml"), Path(".verdigris"))
    assert (tmp_path / "verdigris.yaml", tmp_path / ".verdigris") == (house.config, house.state)


# --- its app ----------------------------------------------------------------------------------------------------


def test_the_name_that_was_given_is_the_apps(make_house):
    house = make_house(app="orders")
    (house.state / "seen-other.json").touch()
    assert "orders" == house.app


def test_the_only_app_that_was_ever_seen_needs_no_sound_file(make_house):
    house = make_house("this is: [broken")
    (house.state / "seen-orders.json").touch()
    assert "orders" == house.app


def test_of_several_seen_apps_the_file_names_the_one(make_house):
    house = make_house()
    for name in ("one", "two"):
        (house.state / f"seen-{name}.json").touch()
    assert "orders" == house.app


def test_what_the_file_says_is_believed_once_it_was_read(make_house):
    house = make_house()
    assert "orders" == house.settings.app
    (house.state / "seen-other.json").touch()
    assert "orders" == house.app


def test_a_rehearsal_that_nothing_here_can_do_is_refused(make_house):
    with pytest.raises(ConfigError, match=r"verdigris\.yaml: rehearse\.samples: .* leave it out"):
        _ = make_house("rehearse: {samples: 20}\n").settings


SEVERAL = """\
apps:
  api: {run: {command: [serve, "{port}"]}, route: {path: /api}}
  search: {run: {command: [serve, "{port}"]}, route: {path: /search}}
"""


def of_several(make_house, app=None):
    house = make_house(app=app)
    house.config.write_text(SEVERAL)
    return house


@pytest.mark.parametrize("ask", [lambda house: house.settings, lambda house: house.app])
def test_of_several_apps_none_is_guessed_and_all_are_named(make_house, ask):
    with pytest.raises(
        ConfigError, match=r"has several apps \(api, search\)\. Say which one is meant with --app"
    ):
        ask(of_several(make_house))


def test_of_several_apps_the_named_one_is_meant(make_house):
    house = of_several(make_house, "search")
    assert ("search", "search", ["api", "search"]) == (house.app, house.settings.app, list(house.apps))


def test_an_app_that_the_file_does_not_have_is_refused_with_those_that_it_has(make_house):
    with pytest.raises(ConfigError, match=r"has no app 'serach'. It has: api, search"):
        _ = of_several(make_house, "serach").settings


def test_a_look_is_about_the_named_app_or_all_that_were_seen_or_all_of_the_file(make_house):
    house = of_several(make_house)
    assert ("api", "search") == house.names
    for name in ("search", "ads"):
        (house.state / f"seen-{name}.json").touch()
    assert ("ads", "search") == house.names
    assert ("api",) == of_several(make_house, "api").names


# --- its id ---------------------------------------------------------------------------------------


def test_an_installation_has_one_id_for_ever_and_only_we_can_read_it(make_house):
    house = make_house()
    first = house.installation()
    assert (16, first) == (len(first), make_house().installation())
    assert 0o600 == (house.state / "installation").stat().st_mode & 0o777


# --- its certificates -------------------------------------------------------------------------------------------


def test_certificates_of_an_app_are_complained_about_and_no_others(make_house):
    house = make_house()
    assert () == house.expiring("orders")
    notes = house.state / "router" / EXPIRIES
    notes.parent.mkdir(parents=True)
    old = datetime(2020, 1, 1, tzinfo=UTC)
    notes.write_text(noted([Expiry(app, (), old, old + timedelta(days=90)) for app in ("orders", "search")]))
    [said] = house.expiring("orders")
    assert said.startswith("orders: the certificate expired on 2020-03-31")


def test_the_header_of_a_slot_lies_in_the_routers_directory(make_house):
    house = make_house()
    assert house.state / "router" / "preview-green.header" == house.preview_header("green")
