"""Pictures of a trial: everything is inside the paper, has words, and is told by more than its colour."""

import re
from dataclasses import replace
from itertools import pairwise
from xml.etree.ElementTree import fromstring

import pytest

from tests.unit.cli.expected import same_screen
from tests.unit.cli.show.judged import SETTINGS, counted, ticks
from tests.unit.cli.show.test_history import BACK, NOW
from verdigris.cli.show.html import page
from verdigris.cli.show.plots import pictures
from verdigris.cli.show.series import curves
from verdigris.cli.show.svg import HEIGHT, LEFT, RIGHT, WIDTH, Panel
from verdigris.core.judging.counts import Arm, Counts

SVG = "{http://www.w3.org/2000/svg}"


def drawn(seen):
    return pictures(curves(seen), seen[-1].after, seen[-1].heading)


@pytest.fixture(scope="module")
def seen():
    return ticks(counted())


@pytest.fixture(scope="module")
def made(seen):
    return drawn(seen)


def test_there_are_three_with_a_title_and_words_of_their_own(made):
    assert ["evidence", "errors", "latency"] == [one.name for one in made]
    for one in made:
        root = fromstring(one.svg)
        assert (root.get("aria-labelledby") or "").split() == [root[0].get("id"), root[1].get("id")]
        assert one.said == root[1].text


def test_everything_is_inside_the_paper(made):
    for one in made:
        for path in fromstring(one.svg).iter(f"{SVG}path"):
            for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path.get("d") or ""):
                assert 0 <= float(x) <= WIDTH, one.name
                assert 0 <= float(y) <= HEIGHT, one.name


def test_words_at_the_edge_are_never_upon_each_other(made):
    for one in made:
        texts = [t for t in fromstring(one.svg).iter(f"{SVG}text") if float(t.get("x") or 0) > WIDTH - RIGHT]
        heights = sorted(float(t.get("y") or 0) for t in texts)
        assert all(b - a >= 12 for a, b in pairwise(heights)), one.name


@pytest.mark.parametrize(("at", "anchor"), [(0.0, "start"), (50.0, "start"), (99.0, "end"), (100.0, "end")])
def test_the_words_of_a_stage_end_before_what_stands_at_the_edge(at, anchor):
    drawn = fromstring(f"<g>{Panel((0.0, 100.0), (0.0, 1.0)).down_at(at, 'stage', '100 %')}</g>")
    said = drawn[1]
    assert (anchor, True) == (said.get("text-anchor"), float(said.get("x") or 0) < WIDTH - RIGHT)


def test_no_line_is_told_from_another_by_its_colour_alone(made):
    for one in made:
        kinds = re.findall(r'<path class="curve ([^"]*)" d="M\d', one.svg)
        without_colour = [kind.split(" ", 1)[1:] for kind in kinds]
        assert len({tuple(kind) for kind in without_colour}) == len(set(kinds)), one.name


def test_the_limit_and_the_decision_are_where_they_belong(seen, made):
    [dot] = fromstring(made[0].svg).iter(f"{SVG}circle")
    limit = next(p for p in fromstring(made[0].svg).iter(f"{SVG}path") if p.get("class") == "limit")
    at = float(re.findall(r"M[\d.]+ ([\d.]+)H", limit.get("d") or "")[0])
    assert float(dot.get("cy") or 0) <= at
    assert "It was reached" in made[0].said


def test_without_a_decision_the_words_say_how_near_it_came():
    made = drawn(ticks(counted(bad_from=999)))
    assert "It was not reached: the highest was" in made[0].said
    assert "<circle" not in made[0].svg


def test_without_latencies_two_are_enough_and_a_slot_that_nobody_asks_breaks_its_line():
    rows = [Counts(t, Arm(90, 1), Arm(10 if t % 20 < 10 else 0, 0), (), 0.1) for t in range(1, 60)]
    made = drawn(ticks(rows))
    assert ["evidence", "errors"] == [one.name for one in made]
    assert 2 <= made[1].svg.count('class="curve green" d="M') + made[1].svg.count(" M")


def test_an_absurd_trial_is_drawn_all_the_same():
    rows = [Counts(t, Arm(1, 1), Arm(1, 1), (), 1.0) for t in (1, 2, 50_000)]
    assert 2 == len(drawn(ticks(rows)))
    assert 1 <= len(drawn(ticks(rows[:1])))


def test_a_panel_keeps_what_is_beyond_its_edge_at_the_edge():
    panel = Panel((0, 10), (1.0, 100.0), logarithmic=True)
    assert (LEFT, WIDTH - RIGHT) == (panel.across(-5), panel.across(50))
    assert panel.down(1000.0) == panel.down(100.0)


def test_the_page_as_a_whole():
    same_screen("report-html", page(BACK, ticks(counted(rate=80, stages=((30, 0.1), (30, 0.5)))), "", NOW))


def test_names_and_causes_are_text_and_nothing_else(seen):
    evil = "<script>alert(1)</script> \u202e & \x1b[2J \"'"
    d = replace(BACK.deployment, cause=evil, actor=evil)
    text = page(replace(BACK, deployment=d), seen, evil, NOW)
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; \\u202e &amp; \\x1b[2J" in text


def test_the_same_counts_make_the_same_bytes(seen):
    assert [one.svg for one in drawn(seen)] == [one.svg for one in drawn(ticks(counted()))]
    assert 5 == SETTINGS.grace
