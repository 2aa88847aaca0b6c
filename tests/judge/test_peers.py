"""The others' rules, as we understood them: small dialogues, so that nobody has to believe our tables blindly."""

from tests.bench.judge.peers import Minute, argo, flagger, kayenta, shifted

GOOD, BAD = Minute(0.001, 0.001), Minute(0.02, 0.001)


def test_flagger_acts_one_tick_after_the_fifth_failed_check():
    assert 360 == flagger([BAD] * 15)
    assert flagger([BAD] * 5) is None


def test_flagger_never_forgives_a_failed_check():
    assert 11 * 60 == flagger([GOOD, BAD] * 7)


def test_flagger_sees_nothing_below_its_threshold():
    assert flagger([Minute(0.009, 0.0001)] * 15) is None


def test_argo_fails_with_the_fourth_failed_measurement():
    assert 240 == argo([BAD] * 15)
    assert argo([BAD] * 3 + [GOOD] * 12) is None


def test_kayenta_has_an_interval_from_five_points_on():
    assert 300 == kayenta([Minute(0.002 + i * 1e-5, 0.001 + i * 1e-5) for i in range(15)])
    assert kayenta([Minute(0.001 + i % 2 * 1e-4, 0.001 + (i + 1) % 2 * 1e-4) for i in range(15)]) is None


def test_kayenta_calls_high_what_is_higher_by_a_quarter_of_its_own_estimate():
    live = [1.0, 1.1, 1.2, 1.3, 1.4]
    assert shifted([x + 1.0 for x in live], live)
    assert not shifted([x + 0.5 for x in live], live)
    assert not shifted([x - 1.0 for x in live], live)


def test_kayenta_does_not_see_by_how_much_if_only_every_minute_is_worse():
    """Its tolerance is relative to the shift itself, so there is no margin."""
    live = [1.0 + i * 1e-6 for i in range(5)]
    assert shifted([x + 0.001 for x in live], live)


def test_kayenta_finds_no_difference_between_nothing_and_nothing():
    assert not shifted([0.0] * 5, [0.0] * 5)


def test_a_late_regression_drowns_in_kayentas_window():
    assert kayenta([GOOD] * 8 + [BAD] * 7) is None
