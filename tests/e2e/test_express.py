"""One contract, two languages: the API in Python and the one on Express are shipped alike, and pass the same check."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.contract import keeps_the_contract
from tests.e2e.project import CONFIG, MIX, Project, merged, project_in
from tests.node import EXPRESS, needs_node

RATE = 300.0

pytestmark = pytest.mark.timeout(180)


class ExpressProject(Project):
    """The same API on Express; each of its releases brings its packages with it."""

    source = EXPRESS
    defaults = merged(
        CONFIG, {"run": {"build": [["npm", "ci", "--omit=dev"]], "command": ["node", "server.js"]}}
    )

    def __init__(self, place: Path, **sections: object) -> None:
        super().__init__(place, **sections)
        self.configure(run={"env": {"ORDERS_FILE": str(place / "orders.jsonl"), "PORT": "{port}"}})


@pytest.fixture
def express(router: str, tmp_path: Path) -> Iterator[Project]:
    needs_node()
    with project_in(tmp_path, ExpressProject, router={"bin": router}) as project:
        yield project


def test_an_api_on_express_is_switched_under_load_and_taken_back_when_it_is_bad(express, figure):
    first = express.ship()
    with express.load(RATE, MIX) as load:
        second = express.ship()
    figure(f"Express, blue to green: {load.result}")
    assert {} == dict(load.result.by_error)
    assert {first, second} == set(load.result.by_version)
    assert ({"blue", "green"}, second) == (set(load.result.by_slot), express.serves)

    express.configure(bake={"for": "30s"})
    with express.load(RATE) as load:
        bad = express.ship("fails", code=10, requests=20, seconds=0.0, share=1.0)
    figure(f"Express, a release that fails: {load.result}")
    assert (second, "rolled_back") == (express.serves, express.phase())
    assert {bad} >= {record.version for record in load.result.records if record.error and record.version}

    express.version = second
    keeps_the_contract(express)


def test_the_api_in_python_passes_the_same_check(project):
    project.ship()
    keeps_the_contract(project)
