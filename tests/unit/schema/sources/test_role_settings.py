"""What becomes of the settings on a server is in test_roles."""

import pytest

from verdigris.schema.sources.role_settings import setting, worth


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("search_path", '"$user", public', "'the app', 'public'"),
        ("search_path", "$user,a , B", "'the app', 'a', 'B'"),
        ("search_path", '"Odd, ""one""", public', "'Odd, \"one\"', 'public'"),
        ("search_path", "", "''"),
        ("temp_tablespaces", "fast, slow", "'fast', 'slow'"),
        ("TimeZone", "Europe/Berlin", "'Europe/Berlin'"),
        ("shop.tenant", 'it\'s, "$user"', "'it''s, \"$user\"'"),
    ],
)
def test_a_list_of_names_is_quoted_name_by_name_and_a_value_as_a_whole(name, value, expected):
    assert expected == worth(name, value, "the app").as_string(None)


def test_a_setting_of_an_extension_has_two_names():
    assert ('"TimeZone"', '"shop"."tenant"') == tuple(
        setting(name).as_string(None) for name in ("TimeZone", "shop.tenant")
    )
