"""What people are told about a certificate's time, and the note from which `status` tells it."""

from datetime import UTC, datetime, timedelta

import pytest

from verdigris.adapters.routers.haproxy.expiry import EXPIRIES, Expiry, noted, told_by

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def living(left, lives=90 * DAY, **more):
    return Expiry("api", ("api.example.com",), NOW + left - lives, NOW + left, **more)


@pytest.mark.parametrize(
    ("left", "lives", "said"),
    [
        (60 * DAY, 90 * DAY, ""),
        (14 * DAY, 90 * DAY, ""),
        (13 * DAY, 90 * DAY, "expires in 13 days: see whether its renewal still runs"),
        (2.5 * DAY, 90 * DAY, "EXPIRES in 2 days, then clients refuse it: renew it now"),
        (30 * DAY / 24, 90 * DAY, "EXPIRES in 30 hours, then clients refuse it: renew it now"),
        (-DAY, 90 * DAY, "expired on 2026-11-24: clients refuse it. Renew it now"),
        (3 * DAY, 6 * DAY, ""),
        (1.5 * DAY, 6 * DAY, "expires in 36 hours: see whether its renewal still runs"),
        (10 * DAY, 9 * DAY, "begins on 2026-11-26 12:00 UTC: clients refuse it. Check the clock"),
    ],
)
def test_who_has_to_renew_hears_of_it_in_time_and_not_all_the_time(left, lives, said):
    assert (f"api: the certificate {said}" if said else "") == living(left, lives).complaint(NOW)


def test_newer_files_that_were_not_taken_are_told_with_what_is_served_meanwhile():
    words = living(13 * DAY, trouble="/x.pem: is damaged").complaint(NOW)
    assert (
        "api: /x.pem: is damaged. The earlier certificate stays, it expires on 2026-12-08;"
        " api: the certificate expires in 13 days: see whether its renewal still runs"
    ) == words


def test_a_site_without_any_certificate_says_only_why():
    assert "api: /x.pem: is damaged" == Expiry("api", (), trouble="/x.pem: is damaged").complaint(NOW)


def test_the_note_says_what_was_known(tmp_path):
    known = (living(13 * DAY, trouble="oh", without=("b.example.com",)), Expiry("shop", (), trouble="none"))
    (tmp_path / EXPIRIES).parent.mkdir()
    (tmp_path / EXPIRIES).write_text(noted(known))
    assert known == told_by(tmp_path)


@pytest.mark.parametrize("text", [None, "", "[", "{}", "[1]", '[{"app": "api"}]', "null", '"x"'])
def test_a_note_that_is_none_says_nothing(text, tmp_path):
    (tmp_path / EXPIRIES).parent.mkdir()
    if text is not None:
        (tmp_path / EXPIRIES).write_text(text)
    assert () == told_by(tmp_path)
