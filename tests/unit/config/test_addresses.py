"""The kinds of text that say where requests come in, and from whom."""

from __future__ import annotations

import pytest

from verdigris.adapters.routers.haproxy.settings import Identity, Site, split_address
from verdigris.config import addresses
from verdigris.config.addresses import address_of, hosts_of, identity_of, network_of

GOOD_HOSTS = [
    "localhost",
    "api.example.com",
    "*.example.com",
    "xn--bcher-kva.de",
    "10.0.0.1",
    f"{'a' * 63}.de",
]
GOOD_PREFIXES = ["/", "/search", "/v1/~me", f"/{'x' * 64}", "/.well-known"]
GOOD_IDENTITIES = ["header:X-User-Id", "cookie:session_id"]


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("[0::1]:65535", ("::1", 65535)),
        ("0.0.0.0:1", ("0.0.0.0", 1)),
    ],
)
def test_an_address_is_taken_apart_into_its_one_form(text, pair):
    assert pair == address_of(text) == address_of(text.replace("0::1", "::1"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (8080, "must be an address and a port like 127.0.0.1:8080, in quotes, got 8080"),
        ("8080", "must be an address and a port"),
        (":80", 'write "0.0.0.0:80" to be reached from everywhere'),
        ("localhost:80", "must begin with an IP address, .*: write 127.0.0.1:80"),
        ("[127.0.0.1]:80", "needs brackets around IPv6 only: write 127.0.0.1:80"),
        ("::1:80", r"needs brackets around IPv6: write \[::1\]:80"),
        ("[fe80::1%eth0]:80", "must begin with an IP address without a zone"),
        ("[::1:80", "must begin with an IP address"),
        ("127.0.0.1:0", "a port from 1 to 65535"),
        ("127.0.0.1:080", "a port from 1 to 65535, got '080'"),
        ("127.0.0.1:65536", "a port from 1 to 65535"),
        ("127.0.0.1:http", "a port from 1 to 65535"),
    ],
)
def test_what_is_no_address_says_what_it_must_be(text, words):
    with pytest.raises(ValueError, match=words):
        address_of(text)


def test_hosts_are_read_in_small_letters_and_any_is_none_of_them():
    assert () == hosts_of("any")
    assert ("api.example.com",) == hosts_of("API.Example.com")
    assert ("a.de", "*.b.de") == hosts_of(["a.de", "*.B.de"])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("a b", r"must be any, a host like api.example.com or \*.example.com, or a list of these, got 'a b'"),
        (None, "or a list of these, got nothing"),
        ([["a.de"]], "or a list of these, got a list"),
        ("-a.de", "or a list of these"),
        ("a..de", "or a list of these"),
        ("a_b.de", "or a list of these"),
        (".".join(["a" * 60] * 5), "or a list of these"),
        ("https://a.de", "must be a host without scheme and path, got 'https://a.de'"),
        ("a.de:8080", "must be a host without a port, got 'a.de:8080'"),
        ("api.*.de", r"must be a host where \* stands for the whole first part only, as in \*.example.com"),
        ("*", r"must be a host where \*"),
        ("bücher.de", "must be a host in its ASCII form, which has xn-- in it"),
        ([], "must name 1 to 256 hosts, or be any"),
        (["any", "a.de"], "must be any or a list of names, not both"),
        (["a.de", "A.de"], "names a.de twice"),
    ],
)
def test_what_is_no_host_says_what_it_must_be(value, words):
    with pytest.raises(ValueError, match=words):
        hosts_of(value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("search", "got 'search': write /search"),
        ("/search/", "without a slash at its end, got '/search/': write /search"),
        ("/a b", "got '/a b'$"),
        ("/a/../b", "got '/a/../b'$"),
        ("//", "got '//': write /$"),
        ("/a?b", r"got '/a\?b'$"),
        (7, "got 7$"),
    ],
)
def test_what_is_no_prefix_says_what_is_near(value, words):
    with pytest.raises(ValueError, match=words):
        addresses.prefix.check(value)


def test_a_network_has_one_form():
    assert ["10.0.0.0/8", "10.0.0.7/32", "fd00::/8", "10.0.0.0/8"] == [
        network_of(text) for text in ("10.0.0.0/8", "10.0.0.7", "fd00:0::/8", "10.0.0.0/255.0.0.0")
    ]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("10.0.0.1/8", "names an address inside of its network: write 10.0.0.0/8"),
        ("10.0.0.0/33", "must be a network like 10.0.0.0/8 or 10.0.0.7"),
        ("::1%lo } evil", "must be a network"),
        ("proxy.example.com", "must be a network"),
        (10, "must be a network like 10.0.0.0/8 or 10.0.0.7, got 10"),
    ],
)
def test_what_is_no_network_says_what_it_must_be(value, words):
    with pytest.raises(ValueError, match=words):
        addresses.network.check(value)


def test_an_identity_is_a_kind_and_a_name():
    assert ("none", "") == identity_of("none")
    assert [("header", "X-User-Id"), ("cookie", "session_id")] == [
        identity_of(text) for text in GOOD_IDENTITIES
    ]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("X-User", "got 'X-User': write header:X-User or cookie:X-User"),
        ("heder:X-User", "got 'heder:X-User', did you mean header:X-User"),
        ("Cookie: sid", "did you mean cookie:sid"),
        ("header:", "must be none, header:NAME or cookie:NAME, got 'header:'$"),
        ("header:A B", "got 'header:A B'$"),
        (True, "got true"),
        ("header:X-Environment", "names a header that belongs to the front door"),
        ("header:x-verdigris-user", "names a header that belongs to the front door"),
        ("cookie:verdigris-cohort", "names a cookie that belongs to the front door, .*: take another"),
    ],
)
def test_what_tells_nobody_apart_is_refused(value, words):
    with pytest.raises(ValueError, match=words):
        addresses.identity.check(value)


@pytest.mark.parametrize("value", [17, "s3cret token", "s3cret\x00", "s3cret" * 50, ""])
def test_a_user_is_never_shown(value):
    with pytest.raises(ValueError, match=r"must be (a user without blanks|text)") as caught:
        addresses.user.check(value)
    assert "s3cret" not in str(caught.value)


def test_the_router_takes_all_that_passes_here():
    listen = "[::1]:8080"
    assert split_address(listen) == address_of(listen)
    for prefix in GOOD_PREFIXES:
        trust = tuple(network_of(text) for text in ("10.0.0.7", "fd00::/8"))
        hosts = hosts_of(GOOD_HOSTS)
        path = str(addresses.prefix.check(prefix))
        Site("a" * 40, listen, hosts, path, trust=trust)
    for text in GOOD_IDENTITIES:
        Identity(*identity_of(text), allow=(str(addresses.user.check("ada@example.com;x=1")),))
