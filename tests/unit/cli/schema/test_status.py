"""`schema status` reads the papers of the newest deployment, and no database."""

import json

from tests.unit.cli.conftest import Type
from tests.unit.cli.house import FakeHouse
from verdigris.adapters.schemas.jobs import desk_of
from verdigris.core.world import Proven
from verdigris.schema.jobs.papers import Answer, Papers, Question


def test_before_anything_was_deployed_it_says_what_to_type(type_: Type):
    typed = type_("schema", "status")
    assert 1 == typed.code
    assert "verdigris deploy" in typed.err


def test_what_the_jobs_left_is_shown(house: FakeHouse, type_: Type):
    d = house.ship("1.0")
    d = house.desk().newest("orders").deployment
    desk = desk_of(house.state / "schema" / "orders", d)
    with desk.at_work():
        desk.write(Papers({Question.KEEPS: Answer(Proven.DISPROVEN, "`SELECT total` fails")}))
    assert "disproven" in type_("schema", "status").out
    told = json.loads(type_("schema", "status", "--json").out.splitlines()[-1])
    assert ("orders", "disproven", False) == (
        told["app"],
        told["proofs"]["keeps"]["verdict"],
        told["expanded"],
    )
