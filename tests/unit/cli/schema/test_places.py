"""Where a database is may be written elsewhere, and what is written there is in no complaint."""

import pytest

from verdigris.cli.schema.places import referred
from verdigris.core.errors import ConfigError


def test_a_url_is_taken_from_a_variable_a_file_or_as_it_stands(tmp_path, monkeypatch):
    (tmp_path / "url").write_text("postgresql://a\n")
    monkeypatch.setenv("URL", "postgresql://b")
    assert "postgresql://a" == referred("--database", f"file:{tmp_path / 'url'}")
    assert ["postgresql://b", "postgresql://c", ""] == [
        referred("--database", given) for given in ("env:URL", "postgresql://c", "")
    ]


@pytest.mark.parametrize("given", ["env:NOT_THERE", "file:/not/there"])
def test_what_is_not_there_is_named(given):
    with pytest.raises(ConfigError, match=f"--database {given}: "):
        referred("--database", given)
