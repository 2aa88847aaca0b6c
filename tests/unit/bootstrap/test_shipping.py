"""The releases of the app that is shipped."""

from __future__ import annotations

from verdigris.bootstrap.shipping import recipe, versions_in_use


def test_nothing_is_in_use_where_nothing_runs(make_house):
    assert set() == versions_in_use(make_house())


def test_a_release_is_made_as_the_file_says_under_the_name_that_was_given(make_house):
    house = make_house()
    house.config.write_text(
        house.config.read_text().replace("run: {", "run: {source: app, api_version: 2.1.0, ")
    )
    made = recipe(house.settings, "v7")
    assert (house.config.parent, house.config.parent / "app") == (made.directory, made.source)
    assert (("serve", "--port", "{port}"), "2.1.0", "v7") == (made.command, made.api_version, made.version)
