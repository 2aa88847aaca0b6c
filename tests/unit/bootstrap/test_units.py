"""Whose services the units of a house are."""

from __future__ import annotations

import os
import pwd

from verdigris.bootstrap.house import House
from verdigris.bootstrap.units import install_units, owner


def test_the_owner_is_who_owns_the_state_directory(make_house, monkeypatch):
    monkeypatch.setenv("SUDO_USER", "ada")
    assert pwd.getpwuid(os.geteuid()).pw_name == owner(make_house())


def test_without_a_state_directory_the_owner_is_who_called_sudo(tmp_path, monkeypatch):
    house = House(tmp_path / "verdigris.yaml", tmp_path / "state")
    monkeypatch.setenv("SUDO_USER", "ada")
    assert "ada" == owner(house)
    monkeypatch.delenv("SUDO_USER")
    assert pwd.getpwuid(os.geteuid()).pw_name == owner(house)


def test_there_is_a_unit_for_the_keeper_and_one_for_the_controller(make_house):
    house = make_house()
    assert all(str(house.state) in text for text in install_units(house).values())
    assert ["verdigris-controller", "verdigris-keeper"] == sorted(
        name.rpartition("-")[0] for name in install_units(house)
    )
