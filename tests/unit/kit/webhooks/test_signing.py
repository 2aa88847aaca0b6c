"""The signatures, with the vector that the specification's own libraries test themselves with."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris_kit import counts
from verdigris_kit.webhooks import Delivery, Signatures, new_secret

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
GOOD = {"webhook-id": ID, "webhook-timestamp": str(AT), "webhook-signature": SIGNATURE}
OTHER = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="


def at(moment, *secrets):
    return Signatures(*secrets or (SECRET,), clock=lambda: moment)


def counted(work):
    """What `work` gives, and what it added to the counts."""
    before = counts.read()
    found = work()
    after = counts.read()
    return found, {name: n - before.get(name, 0) for name, n in after.items() if n != before.get(name, 0)}


def test_the_published_vector_is_signed_as_published():
    assert GOOD == at(AT).headers(ID, BODY)


@pytest.mark.parametrize("secret", [SECRET, SECRET.removeprefix("whsec_"), f" {SECRET}\n"])
def test_the_published_vector_is_good(secret):
    verdict = at(AT, secret).verify(GOOD, BODY)
    assert (True, "", Delivery(ID, AT, BODY)) == (bool(verdict), verdict.reason, verdict.delivery)


@pytest.mark.parametrize(
    "headers",
    [
        {name.title(): value for name, value in GOOD.items()},
        list(GOOD.items()),
        [(name.encode(), value.encode()) for name, value in GOOD.items()],
    ],
    ids=["other case", "pairs", "bytes"],
)
def test_headers_are_taken_as_frameworks_have_them(headers):
    assert at(AT).verify(headers, BODY)


@pytest.mark.parametrize(
    "signature",
    [
        f"{OTHER} v2,{SIGNATURE[3:]} {SIGNATURE} {OTHER}",
        f"v1a,abc {SIGNATURE}",
        f"{SIGNATURE}  nonsense",
    ],
)
def test_one_good_signature_among_several_is_enough(signature):
    assert at(AT).verify(GOOD | {"webhook-signature": signature}, BODY)


def test_while_a_secret_is_rotated_both_sign_and_either_is_enough():
    new, old = new_secret(), new_secret()
    sent = at(AT, new, old).headers(ID, BODY)
    assert 2 == len(sent["webhook-signature"].split(" "))
    assert [True] * 3 == [bool(at(AT, *known).verify(sent, BODY)) for known in ((new,), (old,), (new, old))]
    assert at(AT, new, old).verify(at(AT, old).headers(ID, BODY), BODY)
    assert not at(AT, new).verify(at(AT, old).headers(ID, BODY), BODY)


@pytest.mark.parametrize(
    "signature",
    [
        SIGNATURE[:8],
        "v1,",
        "v1",
        OTHER,
        SIGNATURE[3:],
        "v2," + SIGNATURE[3:],
        "v1a," + SIGNATURE[3:],
        "v1,ü",
        "v1,\udcff",
        " ".join([OTHER] * 16 + [SIGNATURE]),
    ],
)
def test_any_other_signature_is_forged(signature):
    verdict, added = counted(lambda: at(AT).verify(GOOD | {"webhook-signature": signature}, BODY))
    assert (False, {"webhooks.forged": 1}) == (bool(verdict), added)
    assert "no signature of it is by a secret of ours" == verdict.reason


@pytest.mark.parametrize("body", [b'{"test":2432232314}', BODY + b"\n", b""])
def test_a_body_that_was_read_and_written_again_is_another_body(body):
    assert not at(AT).verify(GOOD, body)


def test_the_id_and_the_timestamp_are_signed_as_well():
    assert not at(AT).verify(GOOD | {"webhook-id": "msg_2"}, BODY)
    assert not at(AT).verify(GOOD | {"webhook-timestamp": str(AT + 1)}, BODY)


@pytest.mark.parametrize(("moment", "good"), [(AT + 300, True), (AT - 300, True)])
def test_five_minutes_are_allowed_in_both_directions(moment, good):
    assert good == bool(at(moment).verify(GOOD, BODY))


@pytest.mark.parametrize(
    ("moment", "why", "said"),
    [
        (AT + 301, "old", "it is 301 s old, more than 300 s"),
        (AT - 301, "early", "it is 301 s in the future, more than 300 s"),
    ],
)
def test_beyond_that_a_good_signature_is_refused(moment, why, said):
    verdict, added = counted(lambda: at(moment).verify(GOOD, BODY))
    assert (False, said, {f"webhooks.{why}": 1}) == (bool(verdict), verdict.reason, added)


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", [None, "", "a b", "\r\n", "a" * 300])
def test_a_missing_or_malformed_header_is_refused(name, value):
    headers = {k: v for k, v in (GOOD | {name: value}).items() if v is not None}
    verdict, added = counted(lambda: at(AT).verify(headers, BODY))
    assert (False, 1) == (bool(verdict), sum(added.values()))


@pytest.mark.parametrize(
    "value", ["hello", "-1", "1614265330.0", "１６１４２６５３３０", "9" * 400, "1e9", " 1614265330"]
)
def test_a_timestamp_is_seconds_in_plain_digits(value):
    assert (False, {"webhooks.malformed": 1}) == counted(
        lambda: bool(at(AT).verify(GOOD | {"webhook-timestamp": value}, BODY))
    )


def test_a_header_that_came_twice_is_refused():
    assert not at(AT).verify([*GOOD.items(), ("Webhook-Id", ID)], BODY)


@pytest.mark.parametrize("id", ["", "a.b", "a b", "ü", "a\n", "a" * 201])
def test_an_id_that_could_not_be_signed_is_refused_when_sending_and_when_receiving(id):
    with pytest.raises(ValueError, match="1 to 200 printable ASCII characters without a full stop"):
        at(AT).headers(id, BODY)
    assert not at(AT).verify(GOOD | {"webhook-id": id}, BODY)


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "whsec_!!", "whsec_" + base64.b64encode(b"a" * 23).decode(), "ü", "whsec_" + "A" * 100],
)
def test_a_secret_that_is_none_is_refused_at_start_and_not_shown(secret):
    with pytest.raises(ValueError, match="secrets: number 2 is not whsec_ and 24 to 64 bytes") as refused:
        Signatures(SECRET, secret)
    assert len(secret) < 7 or secret not in str(refused.value)


def test_without_a_secret_nothing_can_be_verified():
    with pytest.raises(ValueError, match="secrets: none is given"):
        Signatures()


def test_a_secret_without_its_padding_is_the_same_secret():
    key = base64.b64encode(b"a" * 25).decode()
    assert at(AT, key.rstrip("=")).verify(at(AT, key).headers(ID, BODY), BODY)


def test_no_secret_is_shown():
    shown = repr(vars(at(AT).verify(GOOD, b""))) + repr(at(AT))
    assert SECRET[6:] not in shown


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*GOOD, "x"]) | st.binary(max_size=20),
            st.text(max_size=50) | st.binary(max_size=50),
        ),
        max_size=6,
    ),
    st.binary(max_size=50),
)
def test_whatever_strangers_send_is_refused_without_an_exception(headers, body):
    assert not at(AT).verify(headers, body)


@given(st.binary(max_size=200))
def test_what_was_signed_is_good_whatever_the_body(body):
    assert at(AT).verify(at(AT).headers(ID, body), body)
