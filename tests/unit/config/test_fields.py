"""The kinds of text that a key can hold, each with its check."""

from __future__ import annotations

import pytest

from verdigris.config import fields
from verdigris.config.fields import duration, percentage, size, statuses, text

WAIT = duration("1s", "1h", "off")
SHARE = percentage("1%", "99%", whole=True)
SIZE = size("0B", "2MiB", "none")
WORD = text("[a-z]+", "a word like orders")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (WAIT, "1s"),
        (WAIT, "1h"),
        (WAIT, "off"),
        (SHARE, "50%"),
        (percentage("0%", "100%", whole=False), "0.5%"),
        (WORD, "orders"),
        (fields.argv, ["serve", "--port", "{port}"]),
        (SIZE, "0B"),
        (SIZE, "1.5 KiB"),
        (SIZE, "none"),
        (fields.status, [200, "300-399"]),
        (fields.body, {"status": "ok", "db": {"up": True}}),
        (fields.webhook, "none"),
        (fields.webhook, "env:HOOK"),
        (fields.webhook, "https://example.com/alerts"),
    ],
)
def test_what_passes_stays_as_it_was_written(kind, value):
    assert value is kind.check(value)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (WAIT, "59m61s", "must be 1s to 1h, got 59m61s"),
        (WAIT, "500ms", "must be 1s to 1h"),
        (SHARE, "0%", "must be 1% to 99%"),
        (WORD, "Orders", "must be a word like orders, got 'Orders'"),
        (WORD, 7, "must be a word like orders: write it in quotes"),
        (fields.argv, "serve --port 'a b'", r'no shell reads it: write \["serve", "--port", "a b"\]'),
        (fields.argv, [], "one or more texts"),
        (fields.argv, ["serve", 8080], "one or more texts"),
        (SIZE, "3MiB", "must be 0B to 2MiB, got 3MiB"),
        (SIZE, "10", "needs a unit: write 10B instead of 10"),
        (SIZE, "any", "must be a size like 10MiB, 512KB or 4096B, got 'any'"),
        (fields.body, {"checks": [1]}, "checks is a list: leave it out"),
        (fields.body, "ok", "must be a mapping like {status: healthy}"),
        (fields.webhook, "http://example.com", "or an https URL"),
        (fields.webhook, "https://[", "or an https URL"),
        (fields.webhook, "https://u:p@example.com", "seems to hold a secret"),
        (fields.webhook, "https://example.com/T0/B0/x7Yk29sQm1Zp0aBc", "seems to hold a secret"),
    ],
)
def test_what_does_not_pass_says_what_it_must_be(kind, value, words):
    with pytest.raises(ValueError, match=words):
        kind.check(value)


def test_a_webhook_is_never_shown():
    with pytest.raises(ValueError) as caught:
        fields.webhook.check("ftp://s3cret")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "ranges"),
    [(200, ((200, 200),)), ("200-299", ((200, 299),)), ([200, "300-399"], ((200, 200), (300, 399)))],
)
def test_statuses_are_ranges(value, ranges):
    assert ranges == statuses(value)


@pytest.mark.parametrize("value", [True, None, 99, 600, "200-", "299-200", [], [[200]], 200.0])
def test_what_is_no_status_is_none(value):
    with pytest.raises(ValueError, match=r"must be a status|at least one status"):
        statuses(value)
