"""Vector files: ours is what the slow way makes of it, the fast way passes it, and nothing passes that was not run."""

import json
from copy import deepcopy

import pytest

from tests.unit.core.judging import slow
from verdigris.testing.vectors import KINDS, run, run_all

OURS = json.loads(slow.FILE.read_text("utf-8"))
BY_ID = {one["id"]: one for one in OURS["vectors"]}


@pytest.mark.parametrize("name", BY_ID)
def test_two_ways_come_to_the_same(name):
    report = run(BY_ID[name])
    assert (True, "") == (report.passed, report.trouble)
    assert report.checks


def test_the_file_is_what_the_slow_way_writes():
    name = "few requests wait for each other"
    again = slow.ratio_set(name, BY_ID[name]["ticks_eg_eb_ng_nb"])
    assert BY_ID[name] == json.loads(json.dumps(again))


def wrong(name, change):
    one = deepcopy(BY_ID[name])
    change(one)
    return run(one)


def test_a_millionth_is_allowed_and_ten_are_not():
    def moved(by):
        return lambda one: one["ln_e"].__setitem__(3, one["ln_e"][3] + by)

    assert wrong("defaults", moved(5e-7)).passed
    report = wrong("defaults", moved(1e-5))
    assert report.passed is False
    assert "ln E at tick 4: found " in report.trouble


def test_a_decision_one_tick_off_fails():
    report = wrong("defaults", lambda one: one.update(decision_tick=one["decision_tick"] + 1))
    assert (False, True) == (report.passed, "decision tick: found " in report.trouble)


def test_a_set_that_lacks_something_has_failed_and_says_what():
    report = wrong("defaults", lambda one: one.pop("R"))
    assert (False, "cannot be run: KeyError: 'R'") == (report.passed, report.trouble)
    assert run({"id": "none", "kind": "phi", "cases": []}).passed is False


def test_a_process_that_is_longer_than_what_was_computed_has_failed():
    assert wrong("defaults", lambda one: one["ln_e"].pop()).passed is False


def test_a_kind_that_nobody_knows_was_not_run():
    report = run({"id": "new", "kind": "astrology"})
    assert (None, True) == (report.passed, "not run" in report.trouble)


# One set of each kind that the slow way does not write, small enough to be computed by hand.
BY_HAND = [
    {"kind": "ratio_factor", "cases": [
        {"eg": 0, "eb": 0, "ng": 500, "nb": 500, "r0": 1.25, "delta": 0.0005, "R": 3, "ln_factor": -0.25 * 2 / 4.75},
    ]},
    {"kind": "exceed_factor", "cases": [
        {"kg": 0, "kb": 0, "ng": 5, "nb": 5, "pb": 0.5, "psi": 1, "ln_factor": 0.0},
    ]},
    {"kind": "guard_factor", "cases": [{"k": 2, "n": 2, "x": 0.25, "R": 2, "ln_factor": 1.3862943611}]},
    {"kind": "safe_factor", "cases": [
        {"eg": 1, "eb": 0, "ng": 5, "nb": 5, "r1": 2, "d1": 0.001, "q": 0.0, "ln_factor": None},
        {"eg": 0, "eb": 1, "ng": 5, "nb": 5, "r1": 2, "d1": 0.0, "q": 0.5, "ln_factor": 0.6931471806},
    ]},
    {"kind": "drop_factor", "cases": [
        {"n": 0, "dt": 1, "lam": 20, "a": 0.05, "ln_factor": 19.0},
        {"n": 1, "dt": 1, "lam": 20, "a": 0, "ln_factor": None},
    ]},
    {"kind": "exceed_expectation", "cases": [
        {"ng": 1, "nb": 1, "p_both": 0.5, "pb_working": 0.5, "psi": 1, "expectation": 1.0},
    ]},
    {"kind": "kl_ucb", "cases": [{"e": 0, "n": 1, "alpha": 0.25, "ucb": 0.75}]},
    {"kind": "ratio_lower", "cases": [
        {"eg": 0, "eb": 9, "ng": 9, "nb": 9, "alpha": 0.05, "R": [2], "pi": [1], "ratio_lower": 0.0},
    ]},
    {"kind": "srm", "cases": [{"counts": [1, 0], "rho": [0.5, 0.5], "kappa": 2, "ln_e": 0.0}]},
    {"kind": "srm_margin", "cases": [{
        "n_green": 1, "n": 1, "rho": 0.5, "margin": 0.0, "odds_multipliers": [3],
        "ln_e_high": 0.4054651081, "ln_e_low": -0.6931471806, "ln_e": 0.0,
    }]},
    {"kind": "merge", "weights": [0.25, 0.75], "alpha": 0.01, "cases": [
        {"e": [397.0, 1.0], "e_total": 100.0, "reject": True}, {"e": [0.0, 0.0], "e_total": 0.0, "reject": False},
    ]},
    {"kind": "e_bh", "alpha": 0.05, "cases": [{"e": [20, 40], "rejected_indices": [0, 1]}]},
    {"kind": "censored", "cases": [
        {"starts_cum": [5, 9], "done_cum": [1, 1], "tau_ticks": 1, "pending_older": [0, 4]},
    ]},
]  # fmt: skip


@pytest.mark.parametrize("one", BY_HAND, ids=lambda one: one["kind"])
def test_by_hand(one):
    report = run(one)
    assert (True, "") == (report.passed, report.trouble)


def test_every_kind_is_tried():
    assert set(KINDS) == {one["kind"] for one in (*BY_HAND, *OURS["vectors"])}


def test_a_file_is_reported_set_by_set():
    assert [one["id"] for one in OURS["vectors"]] == [report.id for report in run_all(OURS)]
