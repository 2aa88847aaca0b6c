import pytest

from verdigris_kit.leaving.bounds import LONGEST, within_grace


@pytest.mark.parametrize(
    ("environ", "ours"),
    [
        ({}, LONGEST),
        ({"VERDIGRIS_GRACE": ""}, LONGEST),
        ({"VERDIGRIS_GRACE": "10"}, 7.5),
        ({"VERDIGRIS_GRACE": "0.4"}, 0.3),
        ({"VERDIGRIS_GRACE": "0"}, 0),
    ],
)
def test_what_is_ours_ends_a_quarter_of_the_grace_before_sigkill(environ, ours):
    assert pytest.approx(ours) == within_grace(environ)


@pytest.mark.parametrize("said", ["soon", "-1", "nan", "inf", "1e9", "1\n2", "9" * 5000])
def test_a_grace_that_makes_no_sense_bounds_nothing_and_is_told(said, caplog):
    assert LONGEST == within_grace({"VERDIGRIS_GRACE": said})
    assert "VERDIGRIS_GRACE is no number of seconds" in caplog.text
    assert len(caplog.text) < 300
