from verdigris.schema.running.waiting import Pace, quietly


def test_outside_tests_time_only_grows_and_chance_keeps_its_bounds():
    pace = Pace()
    assert pace.now() <= pace.now()
    pace.sleep(0)
    assert all(0.25 <= pace.between(0.25, 0.5) <= 0.5 for _ in range(100))
    assert quietly("a word") is None
