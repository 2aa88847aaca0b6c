"""What releases of the simulator change of the schema: what they bring, what is done of it, what is asked."""

import random

from verdigris.core.world import Proven
from verdigris.testing.changes import QUESTIONS, Change, Production, some_change, some_truth


def test_a_release_brings_its_own_steps_and_those_before_it_that_nobody_has_done():
    first, second, third = Change(contracted=True), Change(contracts=False), Change()
    production = Production(changes={"1": first, "2": second, "3": third})
    assert [first, second] == production.owes("2", "expand")
    assert [] == production.owes("2", "contract")
    assert [third] == production.owes("3", "contract")
    second.expanded = True
    assert [first, third] == production.owes("3", "expand")


def test_papers_are_of_one_deployment_and_steps_are_productions():
    production = Production("salt")
    papers = production.asked("d-2", "1.1")
    papers.answer("keeps", Proven.PROVEN)
    assert papers is production.asked("d-2", "1.1")
    again = production.asked("d-3", "1.1")
    assert {Proven.OWED} == set(again.told.values())
    assert production.change("1.1") is production.change("1.1")


def test_a_release_is_not_served_by_what_a_later_one_took_away():
    production = Production(changes={"1": Change(contracted=True), "2": Change()})
    assert not production.too_narrow_for("1")
    production.changes["2"].contracted = True
    assert production.too_narrow_for("1")
    assert not production.too_narrow_for("2")
    assert not production.too_narrow_for("unknown")


def test_an_answer_ends_the_row_of_failures():
    papers = Production().asked("d-1", "1")
    papers.failures = 3
    papers.answer("serves", Proven.UNPROVEN)
    assert (0, Proven.UNPROVEN) == (papers.failures, papers.told["serves"])


def test_the_same_dice_make_the_same_change_and_others_another():
    def several(seed):
        return [some_change(random.Random(f"{seed} {n}")) for n in range(50)]

    assert several(1) == several(1) != several(2)
    assert {True, False} == {change.hopeless for change in several(1)}


def test_what_is_asked_anew_may_be_answered_otherwise():
    truths = [some_truth(1, "1.1", before) for before in range(30)]
    assert set(Proven) - {Proven.OWED} == {truth[question] for truth in truths for question in QUESTIONS}
    assert some_truth(1, "1.1", 4) == truths[4]
