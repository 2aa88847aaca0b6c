"""Signed sessions with the real PyJWT: keys that overlap, versions that overlap, and what strangers send."""

import base64
import json
import sys
import time

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris_kit import counts
from verdigris_kit.sessions import Key, KeySet, Reading, Tokens, Versions

NOW = time.time()
DAY = 86_400
OLD_KEY = Key("2026-10", "o" * 32, NOW - 30 * DAY, NOW + DAY)
NEW_KEY = Key("2026-11", "n" * 32, NOW - DAY)
NEXT_KEY = Key("2026-12", "x" * 32, NOW + 30 * DAY)
KEYS = KeySet([OLD_KEY, NEW_KEY, NEXT_KEY])
UP = {1: lambda data: {"user": {"id": data["user_id"]}}}
DOWN = {2: lambda data: {"user_id": data["user"]["id"]}}
TOKENS = Tokens(KEYS)


def refusal(tokens, token):
    """Why it was refused, which is counted."""
    before = counts.read()
    reading = tokens.read(token)
    assert reading.data is None
    assert before.get(f"sessions.{reading.refused}", 0) + 1 == counts.read()[f"sessions.{reading.refused}"]
    return reading.refused


def by_hand(header, claims):
    """A token that nobody signed."""
    parts = (json.dumps(part).encode() for part in (header, claims))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


def signed(key, algorithm="HS256", **changes):
    claims = {
        "iat": int(NOW),
        "exp": int(NOW) + 3_600,  # longer than all tests together
        "aud": "session",
        "session": {"1": {"user_id": 7}},
    } | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key.secret, algorithm=algorithm, headers={"kid": key.kid})


def test_what_was_issued_is_read():
    assert Reading({"user_id": 7}) == TOKENS.read(TOKENS.issue({"user_id": 7}))


def test_the_newest_key_whose_time_has_come_signs():
    assert "2026-11" == jwt.get_unverified_header(TOKENS.issue({}))["kid"]


def test_an_old_key_is_accepted_until_its_end():
    token = signed(OLD_KEY)
    assert Reading({"user_id": 7}) == TOKENS.read(token)
    later = KeySet([OLD_KEY, NEW_KEY], clock=lambda: NOW + 2 * DAY)
    assert "ended_key" == refusal(Tokens(later), token)


def test_a_rotation_logs_nobody_out_whichever_slot_answers():
    """The old slot has the next key before it signs, and the new one still has the old key."""
    now = [NOW]
    slots = [Tokens(KeySet([OLD_KEY, NEW_KEY, NEXT_KEY], clock=lambda: now[0])) for _ in range(2)]
    tokens = [slots[0].issue({"user_id": 7})]
    now[0] = NOW + 31 * DAY
    tokens.append(Tokens(KeySet([NEXT_KEY], clock=lambda: now[0])).issue({"user_id": 7}))
    assert ["2026-11", "2026-12"] == [jwt.get_unverified_header(token)["kid"] for token in tokens]
    assert [{"user_id": 7}] * 4 == [slot.read(token).data for slot in slots for token in tokens]


def test_a_key_whose_time_has_not_come_is_refused_but_for_what_clocks_differ():
    assert "future_key" == refusal(TOKENS, signed(NEXT_KEY))
    near = KeySet([NEW_KEY, Key("soon", "s" * 32, NOW + 30)], clock=lambda: NOW)
    assert Reading({"user_id": 7}) == Tokens(near).read(signed(Key("soon", "s" * 32)))


REFUSED = {
    "unknown_key": [signed(Key("stranger", "z" * 32)), signed(Key("", "z" * 32))],
    "wrong_signature": [signed(Key("2026-11", "z" * 32)), signed(NEW_KEY)[:-4] + "AAAA"],
    "wrong_algorithm": [
        by_hand({"alg": "none", "kid": "2026-11"}, {"session": {"1": {}}}),
        by_hand({"alg": "HS512", "kid": "2026-11"}, {}),
        signed(Key("2026-11", "n" * 64), "HS512"),
    ],
    "expired": [signed(NEW_KEY, exp=int(NOW) - 60)],
    "oversized": ["x" * 5_000],
    "malformed": [
        *("", None, 7, b"bytes", "a.b.c", "....", "ä", "\ud800"),
        signed(NEW_KEY, aud="password reset"),
        signed(NEW_KEY, aud=None),
        signed(NEW_KEY, exp=None),
        signed(NEW_KEY, session=None),
        signed(NEW_KEY, session={"1": [7]}),
        by_hand([], {}),
    ],
    "unknown_version": [signed(NEW_KEY, session={})],
}


@pytest.mark.parametrize(
    ("reason", "token"), [(why, token) for why, all_ in REFUSED.items() for token in all_]
)
def test_what_strangers_send_is_refused_by_its_reason_and_counted(reason, token):
    assert reason == refusal(TOKENS, token)


@given(st.text(max_size=80) | st.text("ab.-_=eyJ0", max_size=80))
def test_whatever_is_sent_reading_it_raises_nothing(token):
    assert TOKENS.read(token).data is None


def test_a_user_goes_back_and_forth_between_versions_with_one_token():
    old, new = Tokens(KEYS, Versions(1)), Tokens(KEYS, Versions(2, UP, DOWN))
    by_old, by_new = old.issue({"user_id": 7}), new.issue({"user": {"id": 7}})
    assert [{"user_id": 7}] * 2 == [old.read(by_old).data, old.read(by_new).data]
    assert [{"user": {"id": 7}}] * 2 == [new.read(by_old).data, new.read(by_new).data]


def test_without_a_downgrade_the_old_version_says_that_the_token_is_of_a_newer_one():
    assert "newer" == refusal(Tokens(KEYS, Versions(1)), Tokens(KEYS, Versions(2, UP)).issue({}))


def test_a_token_that_fits_into_no_cookie_is_not_issued():
    with pytest.raises(
        ValueError, match=r"a token of \d+ bytes, at most 4000 fit into a cookie.*SessionStore"
    ):
        TOKENS.issue({"cart": "x" * 4_000})


@pytest.mark.parametrize(
    ("keys", "more", "sentence"),
    [
        ([], {}, "none may sign now"),
        ([NEXT_KEY], {}, "none may sign now"),
        ([Key("a", "short")], {}, "the secret of 'a' has less than 32 bytes"),
        ([NEW_KEY], {"algorithm": "HS512"}, "has less than 64 bytes"),
        ([NEW_KEY], {"algorithm": "none"}, "algorithm is 'none': give one of HS256"),
        ([NEW_KEY, NEW_KEY], {}, "two of them have one kid"),
        ([Key("", "s" * 32)], {}, "kid is not empty"),
        ([Key("a", "s" * 32, 2, 1)], {}, "'a' ends before it begins"),
        ([Key("a", "s" * 32, "monday")], {}, "since and until of 'a' are seconds"),
        ([Key("a", "s" * 32, 0, float("nan"))], {}, "since and until of 'a' are seconds"),
        ([Key("a", "s" * 32, 0, float("inf"))], {}, "since and until of 'a' are seconds"),
        ([Key("a", "s" * 32, 10**400)], {}, "since and until of 'a' are seconds"),
        ([Key("a", "s" * 32, True)], {}, "since and until of 'a' are seconds"),
        (
            [Key("a", "s" * 32, 0, 1794000000000)],
            {},
            "since and until of 'a' are seconds since 1970, not milliseconds",
        ),
    ],
)
def test_keys_that_cannot_work_are_refused_at_start(keys, more, sentence):
    with pytest.raises(ValueError, match=sentence):
        KeySet(keys, **more)


def test_keys_are_read_from_json_and_a_mistake_repeats_no_secret():
    assert "a" == KeySet.parse(json.dumps([{"kid": "a", "secret": "s" * 32}])).signing().kid
    for text in ("{", "7", "[" * 100_000, '[{"kid": "a", "secrt": "hunter2"}]'):
        with pytest.raises(ValueError, match="not a JSON list of objects with kid") as error:
            KeySet.parse(text)
        assert "hunter2" not in str(error.value)
    assert "ssss" not in repr(Key("a", "s" * 32))


def test_without_pyjwt_the_extra_is_named_at_start(monkeypatch):
    monkeypatch.setitem(sys.modules, "jwt", None)
    with pytest.raises(ImportError, match=r"pip install \"verdigris-kit\[sessions\]\""):
        Tokens(KEYS)
