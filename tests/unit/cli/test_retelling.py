"""What a deployment's trial was told comes out of the report, and comes to the same verdict in `verdigris judge`."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Type
from tests.unit.cli.house import FakeHouse, Nature
from tests.unit.cli.test_judge import told
from verdigris.core.judging.trial import ln_e
from verdigris.core.policy import Policy, Step
from verdigris.core.trials import settings_of
from verdigris.core.world import Verb
from verdigris.engine import counted
from verdigris.engine.loop import Engine
from verdigris.engine.parts import in_turn
from verdigris.testing.stage import at_once

POLICY = Policy(
    ramp=(Step(10, 15.0), Step(50, 30.0), Step(95, 0.0)),
    holdback=5,
    drain=20.0,
    bake=60.0,
    stabilize=60.0,
    max_error_rate=0.5,
    grace=5.0,
    sticky=True,  # the host shares by rounding, not by dice
)
BAD = Nature(error_rate=0.3, milliseconds=35.0)


@pytest.fixture
def shipped(house: FakeHouse) -> FakeHouse:
    house.policy = POLICY
    house.ship("1.0")
    return house


@pytest.fixture
def back(shipped: FakeHouse) -> FakeHouse:
    """A release that failed too often was found by the comparison and rolled back."""
    shipped.ship("2.0", BAD, phase="rolled_back")
    return shipped


def decided(house: FakeHouse):
    trial = house.memory.newest("orders").deployment.trial
    assert trial.decided is not None
    return trial


def test_the_counts_of_a_rollback_come_to_the_same_decision(
    back: FakeHouse, type_: Type, monkeypatch: pytest.MonkeyPatch
):
    counts = type_("report", "d-2", "--counts")
    assert (0, "") == (counts.code, counts.err)
    monkeypatch.setattr("sys.stdin", StringIO(counts.out))
    judged = type_("judge", "--quiet")
    result, trial = told(judged.out)[-1], decided(back)
    assert (15, "regressed") == (judged.code, result["verdict"])
    assert (trial.decided.at + trial.clock, trial.decided.after) == (result["t"], result["after"])
    assert trial.decided.ln_e == pytest.approx(result["ln_e"], abs=1e-6)
    assert str(result["sentence"]).startswith(back.memory.newest("orders").deployment.cause)


def test_they_do_after_a_controller_that_died_on_the_way_as_well(
    shipped: FakeHouse, type_: Type, monkeypatch: pytest.MonkeyPatch
):
    shipped.ship("2.0", replace(BAD, turns_bad_after=30.0), phase="cutover")
    for _ in range(4):
        shipped.pause(7.0)
        shipped.engine = Engine("orders", shipped.parts, together=in_turn, deadline=at_once)
    shipped.until("rolled_back")
    counts = type_("report", "--counts")
    assert ("", True) == (counts.err, '"goes_on":true' in counts.out)
    monkeypatch.setattr("sys.stdin", StringIO(counts.out))
    result, trial = told(type_("judge").out)[-1], decided(shipped)
    assert (trial.decided.after, trial.decided.ln_e) == (
        result["after"],
        pytest.approx(result["ln_e"], abs=1e-6),
    )


def test_the_evidence_of_every_second_is_stored_as_it_is_recomputed(
    back: FakeHouse, type_: Type, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sys.stdin", StringIO(type_("report", "--counts").out))
    rows = [(row["t"], row["ln_e"]) for row in told(type_("judge").out)[:-1]]
    stored = dict(back.memory.evidence("d-2", "orders"))
    assert rows == [(at, pytest.approx(stored[at], abs=1e-6)) for at, _ in rows]


def test_counts_that_are_not_complete_are_told_and_say_so(
    shipped: FakeHouse, type_: Type, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(counted, "LONGEST", 10)
    shipped.ship("2.0", phase="stabilize")
    typed = type_("report", "--counts")
    assert "d-2: not every second of its trial was kept" in typed.err
    assert typed.out.startswith('{"settings":')


def test_one_report_at_a_time(back: FakeHouse, type_: Type, tmp_path: Path):
    typed = type_("report", "--counts", "--html", str(tmp_path / "page.html"))
    assert (2, "", True) == (typed.code, typed.out, "Ask for one of them" in typed.err)
    assert not (tmp_path / "page.html").exists()


def test_of_a_first_deployment_there_are_no_counts(shipped: FakeHouse, type_: Type):
    typed = type_("report", "--counts")
    assert (1, "") == (typed.code, typed.out)
    assert "d-1 has no counts: nothing was compared in it" in " ".join(typed.err.split())


# --- the page -----------------------------------------------------------------------------------------------------


class Found(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}


def test_the_page_tells_why_with_pictures_and_how_to_recompute_it(
    back: FakeHouse, type_: Type, tmp_path: Path
):
    typed = type_("report", "d-2", "--html", str(tmp_path / "page.html"))
    assert (0, f"d-2 is told in {tmp_path / 'page.html'}\n") == (typed.code, typed.out)
    page = (tmp_path / "page.html").read_text("utf-8")
    assert 3 == Found(page).tags.count("svg")
    assert "Green fails at least" in page
    assert "verdigris report d-2 --counts | verdigris judge" in page
    assert "missing" not in page


def test_the_page_asks_nobody_and_runs_nothing(back: FakeHouse, type_: Type, tmp_path: Path):
    type_("report", "--html", str(tmp_path / "page.html"))
    page = (tmp_path / "page.html").read_text("utf-8")
    found = Found(page)
    assert not {"script", "link", "iframe", "img", "object", "form", "base"} & set(found.tags)
    assert not {
        name for name in found.attributes if name.startswith("on") or name in ("src", "href", "style")
    }
    assert not re.search(r"url\(|@import", page)
    assert "default-src 'none'" in page


def test_its_own_policy_lets_its_style_through_and_nothing_else(back: FakeHouse, type_: Type, tmp_path: Path):
    type_("report", "--html", str(tmp_path / "page.html"))
    page = (tmp_path / "page.html").read_text("utf-8")
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert f"style-src 'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" in page


def test_counts_that_somebody_damaged_are_said_to_be(
    back: FakeHouse, type_: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    lines = back.memory.counts("d-2", "orders")
    monkeypatch.setattr(back.memory, "counts", lambda d, app: (*lines[:3], "{}", *lines[3:]))
    assert 0 == type_("report", "--html", str(tmp_path / "page.html")).code
    assert "the counts of d-2, line 4: live is missing" in (tmp_path / "page.html").read_text("utf-8")
    assert "line 4: live is missing" in " ".join(type_("report", "--counts").err.split())


def test_a_page_without_counts_says_what_is_missing(shipped: FakeHouse, type_: Type, tmp_path: Path):
    typed = type_("report", "--html", str(tmp_path / "page.html"), "--json")
    assert False is json.loads(typed.out)["counts_complete"]
    assert "The counts are missing or not complete" in (tmp_path / "page.html").read_text("utf-8")


def test_a_page_that_cannot_be_written_is_an_error(back: FakeHouse, type_: Type, tmp_path: Path):
    typed = type_("report", "--html", str(tmp_path / "nowhere" / "page.html"))
    assert 2 == typed.code
    assert "cannot be written: No such file or directory" in " ".join(typed.err.split())


def test_what_is_stored_is_what_the_trial_has_come_to(back: FakeHouse):
    trial = decided(back)
    settings = settings_of(back.policy)
    assert (trial.decided.at + trial.clock, pytest.approx(ln_e(trial, settings))) == back.memory.evidence(
        "d-2", "orders"
    )[-1]


# --- what is said of it -------------------------------------------------------------------------------------------


def test_a_release_that_is_promoted_says_how_little_could_have_been_wrong_with_it(
    shipped: FakeHouse, type_: Type
):
    shipped.policy = replace(POLICY, ramp=(Step(10, 15.0), Step(95, 0.0)), bake=20.0)
    shipped.version = "2.0"
    deployed = type_("deploy")
    assert 0 == deployed.code
    said = "no regression was found; the smallest that would have been found (95 %): an error rate of"
    assert said in " ".join(deployed.out.split())
    assert "The smallest that would have been found (95 %)" in " ".join(type_("report").out.split())


def test_after_a_rollback_without_a_comparison_report_explain_and_page_say_whose_it_was(
    shipped: FakeHouse, type_: Type, tmp_path: Path
):
    shipped.policy = replace(POLICY, ramp=(Step(100, 0.0),), holdback=0, gate=True)
    shipped.ship("2.0", BAD, phase="gate")
    shipped.pause(30.0)
    shipped.command(Verb.PROMOTE, "ada")
    shipped.until("restore")
    shipped.host.natures["1.0"] = replace(shipped.host.natures["1.0"], error_rate=0.9)
    shipped.until("rolled_back")
    type_("report", "--html", str(tmp_path / "page.html"))
    said = "a shared incident, not this release"
    for told_so in (type_("report").out, type_("explain").out, (tmp_path / "page.html").read_text("utf-8")):
        assert said in " ".join(told_so.split())


def test_a_finding_that_rests_on_the_time_before_is_recomputed_as_well(
    shipped: FakeHouse, type_: Type, monkeypatch: pytest.MonkeyPatch
):
    shipped.policy = replace(POLICY, ramp=(Step(100, 0.0),), holdback=0, gate=True)
    monkeypatch.setattr(counted, "BEFORE_MOST", 20)
    shipped.ship("2.0", BAD, phase="gate")
    shipped.pause(70.0)
    shipped.command(Verb.PROMOTE, "ada")
    shipped.until("rolled_back")
    counts = type_("report", "--counts")
    assert ("", True) == (counts.err, '"baseline":' in counts.out)
    monkeypatch.setattr("sys.stdin", StringIO(counts.out))
    result, trial = told(type_("judge").out)[-1], decided(shipped)
    assert (["baseline"], trial.decided.after) == (result["regressed"], result["after"])
    assert trial.decided.ln_e == pytest.approx(result["ln_e"], abs=1e-6)


def test_status_explain_and_watch_draw_how_the_evidence_grew(shipped: FakeHouse, type_: Type):
    shipped.ship("2.0", Nature(error_rate=0.05), phase="cutover")
    shipped.pause(14.0)
    for verb in ("status", "explain"):
        assert "full height is 100:1" in " ".join(type_(verb).out.split()), verb
