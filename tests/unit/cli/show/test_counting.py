"""What a source of outcomes cannot notice, as `plan` says it."""

from dataclasses import replace

from tests.unit.cli.show.test_plan import BARE, with_holdback
from tests.unit.core.worlds import a_deployment
from verdigris.cli.show.counting import uncounted
from verdigris.cli.show.plan import planned
from verdigris.config.settings import PrometheusSettings, SignalSettings

COUNTED = replace(BARE, signals=SignalSettings(command=("counts", "{slot}")))


def test_a_source_that_can_never_compare_anything_is_said():
    said = "what users get is only compared while both slots have traffic, and they never have (cutover.ramp)"
    beside = replace(with_holdback(), signals=COUNTED.signals)
    plans = [planned(settings, a_deployment("succeeded")) for settings in (COUNTED, BARE, beside)]
    assert [True, False, False] == [said in plan.blind for plan in plans]
    assert [] == uncounted(COUNTED, first=True)


def test_a_query_that_sums_over_instances_is_warned_of():
    sums = PrometheusSettings("http://p:9090", "sum(good_total{slot='{slot}'})", "bad_total{slot='{slot}'}")
    settings = replace(with_holdback(), signals=SignalSettings(prometheus=sums))
    assert ["leave out sum" in text for text in uncounted(settings, first=False)] == [True]
    each = replace(sums, good="good_total{slot='{slot}'}")
    assert [] == uncounted(replace(settings, signals=SignalSettings(prometheus=each)), first=False)
