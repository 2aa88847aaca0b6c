"""drill: filed, followed until traffic is home, and told with what it found."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.unit.cli.conftest import Type
from tests.unit.cli.house import POLICY, FakeHouse, Nature
from verdigris.core.world import Verb, Weights

QUICK = replace(POLICY, drill_for=3.0, drill_share=10, stabilize=6000.0)


def hot(house: FakeHouse) -> FakeHouse:
    """Two good slots, the old one kept hot for long enough."""
    house.policy = QUICK
    house.ship("1.0")
    house.ship("2.0", phase="stabilize")
    return house


@pytest.mark.parametrize(("words", "share"), [((), 10), (("--share", "100%"), 100)])
def test_it_says_how_long_it_took_and_what_failed(house: FakeHouse, type_: Type, words, share):
    hot(house)
    typed = type_("drill", *words)
    assert 0 == typed.code, typed.err
    assert f"✔ the way back works: {share} % to blue (1.0), there in" in typed.out
    assert "requests failed" in typed.out
    assert f"{share} % of the traffic is sent to blue (1.0) and back, for" in typed.err
    assert Weights(0, 100) == house.host.routing.weights


def test_status_report_and_history_know_of_it(house: FakeHouse, type_: Type):
    hot(house)
    assert "never tried: `verdigris drill`" in type_("status").out
    document = json.loads(type_("drill", "--json").out.splitlines()[-1])
    assert (0, 10, "blue") == (document["exit"], document["drill"]["share"], document["drill"]["slot"])
    assert "10 % to blue (1.0), there in" in " ".join(type_("status").out.split())
    assert ("d-2", 0) == (document["drill"]["deployment"], document["drill"]["unanswered"])
    assert document["drill"] == json.loads(type_("status", "--json").out)["last_drill"]
    assert "drill         the way back works" in type_("report").out
    assert "  drill " in type_("history").out


def test_an_old_slot_that_fails_is_12_with_what_was_seen(house: FakeHouse, type_: Type):
    hot(house)
    house.host.natures["1.0"] = Nature(error_rate=1.0)
    typed = type_("drill", "--share", "100%")
    assert 12 == typed.code
    assert "the way back does not work: the last" in " ".join(typed.err.split())
    assert "verdigris logs blue" in typed.err
    assert Weights(0, 100) == house.host.routing.weights
    assert "the way back did not work" in type_("status").out


def test_the_next_deployment_says_that_it_was_the_one_before_that_was_tried(house: FakeHouse, type_: Type):
    hot(house)
    assert 0 == type_("drill").code
    house.ship("3.0", phase="stabilize")
    for verb in ("status", "report"):
        said = " ".join(type_(verb).out.split())
        assert "last drill in d-2, " in said
        assert "the way back to green (2.0) was not tried yet" in said
    assert 1 == type_("history").out.count("  drill ")


def test_one_that_failed_and_is_cut_off_is_12_and_everybody_is_told(house: FakeHouse, type_: Type):
    hot(house)
    house.host.natures["1.0"] = Nature(error_rate=1.0)
    filed, pause = [], house.pause

    def goes_on(seconds: float) -> None:
        """As soon as it has turned, somebody deploys."""
        pause(seconds)
        d = house.memory.newest_deployment("orders")
        if d is not None and d.drill is not None and d.drill.turned is not None and not filed:
            house.version, house.nature = "3.0", Nature()
            filed.append(house.file(house.make_release(None, house.said.append), "key-3.0", "ada", False))

    house.pause = goes_on
    typed = type_("drill", "--share", "100%")
    assert (12, 1) == (typed.code, len(filed)), typed.err
    assert "cut off before it was home (superseded by d-3)" in " ".join(typed.err.split())
    for words in (("status",), ("report",), ("report", "d-2"), ("history",)):
        assert "the way back did not work" in type_(*words).out.replace("\n", " "), words


def test_status_without_a_controller_in_mid_drill_says_so_and_what_to_type(house: FakeHouse, type_: Type):
    hot(house)
    house.command(Verb.DRILL, "ada", share=100)
    house.pause(3.0)
    house.running = False
    said = " ".join(type_("status").out.split())
    assert "no controller runs, so 100 % of the traffic stays on blue (1.0)" in said
    assert "next verdigris up brings the drill's traffic home" in said
    assert "verdigris up" == json.loads(type_("status", "--json").out)["next"][0]
    house.running = True
    house.pause(40.0)
    assert "verdigris up" not in type_("status").out


@pytest.mark.parametrize("share", ["0%", "101%", "10", "half", "1.5%"])
def test_a_share_that_is_none_is_2(house: FakeHouse, type_: Type, share):
    hot(house)
    typed = type_("drill", "--share", share)
    assert 2 == typed.code
    assert "--share" in typed.err


def test_it_is_refused_where_there_is_nothing_to_try(house: FakeHouse, type_: Type):
    assert "verdigris deploy" in type_("drill").err
    house.ship("1.0")
    typed = type_("drill")
    assert (1, True) == (typed.code, "there is nothing to try" in typed.err)
    house.ship("2.0", phase="bake")
    typed = type_("drill")
    assert (1, True) == (typed.code, "no way back can be tried in bake" in " ".join(typed.err.split()))


def test_without_a_controller_nobody_can_try_it(house: FakeHouse, type_: Type):
    hot(house).running = False
    typed = type_("drill")
    assert (1, True) == (typed.code, "verdigris up" in typed.err)
