"""Whose turn it is to change the schema: nobody's beside a job, and nobody's where it cannot be seen."""

import os

import pytest
import typer

from tests.unit.cli.house import FakeHouse
from verdigris.bootstrap.house import DATABASE, House
from verdigris.cli.schema.turn import refuse_another, turn
from verdigris.cli.session import Session
from verdigris.core.errors import ObservationError, Refused
from verdigris.schema.jobs.papers import Desk


def session(house):
    return Session(build=lambda config, state, app: house)


def test_there_is_one_turn_at_a_time_and_jobs_see_that_it_is_taken(tmp_path):
    house = FakeHouse(state=tmp_path)
    with turn(session(house)) as ours:
        assert Desk(ours.home, "d-1").busy()
        with pytest.raises(typer.Exit) as raised, turn(session(house)):
            raise AssertionError("it is not free")
    assert (14, False) == (raised.value.exit_code, Desk(ours.home, "d-1").busy())


def test_where_nothing_was_set_up_nothing_is_left_behind(tmp_path):
    with turn(session(House(tmp_path / "none.yaml", tmp_path / "none"))) as ours:
        assert (None, True) == (ours.of, ours.home.is_dir())
    assert ([], False) == (list(tmp_path.iterdir()), ours.home.exists())


def test_a_store_that_cannot_be_read_is_no_store_without_deployments(tmp_path):
    (tmp_path / DATABASE).write_text("no database")
    with pytest.raises(ObservationError), turn(session(House(tmp_path / "none.yaml", tmp_path, "api"))):
        raise AssertionError("nobody knows whether a rollback is on offer")


def test_nobody_leaves_anything_in_a_state_directory_of_somebody_else(tmp_path):
    refuse_another(tmp_path, os.geteuid())
    refuse_another(tmp_path / "none", os.geteuid() + 1)
    with pytest.raises(Refused, match=f"{tmp_path} belongs to .*: sudo -u .* verdigris schema"):
        refuse_another(tmp_path, os.geteuid() + 1)
    assert [] == list(tmp_path.iterdir())
