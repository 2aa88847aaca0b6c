"""The file in which a real keeper says the role, where it cannot be written, was taken away, or outlived its keeper."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.ground import Ground
from tests.faults.registry import tried_by
from tests.faults.scenarios.processes_keeper import with_a_keeper
from tests.unit.keeper import test_telling
from tests.unit.keeper.test_telling import be, role_of, variables
from tests.waiting import eventually
from verdigris.keeper.client import KeeperError

row = tried_by("processes")

row("F-122")(with_a_keeper(test_telling.test_what_somebody_took_away_is_made_again))
row("F-122")(with_a_keeper(test_telling.test_a_role_is_told_seen_and_stays_when_the_keeper_is_killed))
row("F-123")(with_a_keeper(test_telling.test_an_instance_starts_where_no_secret_can_be_written))


@row("F-123")
async def the_file_cannot_be_replaced(ground: Ground) -> None:
    """Who was live is it no more, who asked is told why, and it is said again when there is room."""
    house = ground.keeper()
    await house.start(house.release())
    env = await variables(house)
    await be(house, "live")
    role = Path(env["VERDIGRIS_ROLE_FILE"])
    in_the_way = role.with_name(f".{role.name}.next")
    in_the_way.mkdir()
    with pytest.raises(
        KeeperError, match="blue cannot be told that it is retained: Is a directory; make room"
    ):
        await be(house, "retained")
    assert not there(role)
    seen = await house.slot()
    assert seen is not None
    assert "candidate" == seen.role
    in_the_way.rmdir()
    await eventually(lambda: there(role), "the file again")
    assert "candidate" == role_of(env)
    assert "live" == await be(house, "live")


def there(file: Path) -> bool:
    return file.exists()
