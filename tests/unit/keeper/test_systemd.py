"""The units: what stops what, and whether systemd itself understands them."""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from verdigris.keeper.systemd import unit_names, units


def parsed(text: str) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment]
    unit.read_string(text)
    return unit


def test_stopping_the_keeper_stops_the_keeper_alone() -> None:
    texts = units(
        Path("/srv/api/.verdigris"), Path("/srv/api/verdigris.yaml"), "/srv/api/.venv/bin/python", "api"
    )
    keeper, controller = (parsed(texts[name]) for name in unit_names(Path("/srv/api/.verdigris")))
    assert keeper["Service"]["KillMode"] == "process"
    assert keeper["Service"]["OOMPolicy"] == "continue"
    assert "PrivateTmp" not in keeper["Service"]
    assert (
        controller["Unit"]["Requires"]
        == controller["Unit"]["After"]
        == unit_names(Path("/srv/api/.verdigris"))[0]
    )
    assert keeper["Service"]["User"] == controller["Service"]["User"] == "api"
    assert keeper["Service"]["NoNewPrivileges"] == "yes"


def test_two_state_directories_have_units_of_their_own() -> None:
    assert not set(unit_names(Path("/a/.verdigris"))) & set(unit_names(Path("/b/.verdigris")))


def test_odd_paths_are_quoted_and_impossible_ones_refused() -> None:
    text = "".join(units(Path("/srv/my 100% api/$x/.verdigris"), Path("/srv/y.yaml"), "/p", "u").values())
    assert '--state "/srv/my 100%% api/$$x/.verdigris"' in text
    with pytest.raises(ValueError, match="control character"):
        units(Path("/srv/a\nExecStart=/bin/evil"), Path("/y"), "/p", "u")


@pytest.mark.parametrize("place", ["state", "my 100% state"])
def test_systemd_finds_nothing_to_complain_about(tmp_path: Path, place: str) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("needs systemd-analyze (Debian package systemd)")
    state = tmp_path / place / ".verdigris"
    for name, text in units(state, state.parent / "verdigris.yaml", sys.executable, "root").items():
        (tmp_path / name).write_text(text)
    names = [str(tmp_path / name) for name in unit_names(state)]
    done = subprocess.run([analyze, "verify", *names], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "verdigris-" in line]
    assert (done.returncode, ours) == (0, []), done.stderr
