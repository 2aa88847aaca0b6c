from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from verdigris_kit.webhooks import Callbacks

PUBLIC = "https://api.example.com"


def test_a_callback_is_the_public_base_and_the_path():
    assert "https://api.example.com/webhooks/paid" == Callbacks(PUBLIC, environ={}).url("/webhooks/paid")


@pytest.mark.parametrize("base", ["https://example.com/shop", "https://example.com/shop/"])
def test_a_prefix_of_the_base_stays(base):
    callbacks = Callbacks(base, environ={})
    assert ("https://example.com/shop", "https://example.com/shop/a") == (callbacks.base, callbacks.url("/a"))


def test_what_is_no_letter_of_a_url_is_encoded():
    url = Callbacks(PUBLIC, environ={}).url("/orders/ü%20{x}", {"order": "a&b", "try": 2})
    assert "https://api.example.com/orders/%C3%BC%20%7Bx%7D?order=a%26b&try=2" == url


PATHS = [
    *("", "paid", "//evil.example/a", "https://evil.example/a", "/\\evil", "/a?b", "/a#b", "/a b", "/a\r\nb"),
    *("/a/../b", "/..", "/%2e%2E/b", "/a\x7f"),
]


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_leads_elsewhere_is_refused(path):
    with pytest.raises(ValueError, match="is no plain path. Give one as '/webhooks/paid'"):
        Callbacks(PUBLIC, environ={}).url(path)


@given(st.text(max_size=40).map("/".__add__) | st.text(max_size=40))
@example("/@evil.example")
@example("/%2e%2e/%2f/evil.example")
@example("/:443@evil.example/..;/")
def test_whatever_path_is_taken_stays_below_the_base(path):
    try:
        url = Callbacks("https://example.com/shop", environ={}).url(path)
    except ValueError:
        return
    parts = urlsplit(url)
    assert ("https", "example.com", "", "") == (parts.scheme, parts.netloc, parts.query, parts.fragment)
    assert url.isascii() and url.isprintable() and parts.path.startswith("/shop/")
    assert ".." not in parts.path.lower().replace("%2e", ".").split("/")


INNER = [
    *("localhost", "api.localhost", "LOCALHOST.", "web", "db.internal", "api.local", "nas.lan"),
    *("127.0.0.1", "127.8.8.8", "127.1", "2130706433", "0x7f.1", "0.0.0.0", "10.0.0.5", "172.16.0.1"),
    *(
        "192.168.1.1",
        "169.254.1.1",
        "100.64.0.1",
        "[::1]",
        "[::]",
        "[fd00::1]",
        "[fe80::1]",
        "[::ffff:127.0.0.1]",
    ),
]


@pytest.mark.parametrize("host", INNER)
def test_a_base_that_only_an_inner_network_knows_is_refused_unless_allowed(host):
    with pytest.raises(ValueError, match="only an inner network knows. Give the address of the front door"):
        Callbacks(f"https://{host}/x", environ={})
    assert Callbacks(f"https://{host}/x", private=True, environ={}).url("/a").endswith("/x/a")


@pytest.mark.parametrize(
    "host", ["api.example.com", "93.184.216.34", "[2606:2800:220:1::1]", "xn--bcher-kva.example"]
)
def test_a_public_base_is_taken(host):
    assert Callbacks(f"https://{host}:8443", environ={"PORT": "20001"}).url("/a") == f"https://{host}:8443/a"


def test_a_base_without_tls_is_refused_unless_allowed():
    with pytest.raises(ValueError, match="it is not https. Give http=True"):
        Callbacks("http://api.example.com", environ={})
    assert "http://api.example.com/a" == Callbacks("http://api.example.com", http=True, environ={}).url("/a")


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize(
    "slots", [{"environ": {"PORT": "20001"}}, {"environ": {}, "slot_ports": range(20000, 20010)}]
)
def test_the_port_of_a_slot_is_refused_even_where_private_addresses_are_allowed(private, slots):
    host = "127.0.0.1" if private else "api.example.com"
    with pytest.raises(ValueError, match="port 20001 is a slot's. Give the port of the front door"):
        Callbacks(f"https://{host}:20001", private=private, **slots)
    Callbacks(f"https://{host}:8443", private=private, **slots)


@pytest.mark.parametrize(
    "base", ["", "api.example.com", "ftp://a.example", "https://", "https://a.example:x", "https://["]
)
def test_what_is_no_address_is_refused(base):
    with pytest.raises(ValueError, match="cannot be given away as a callback"):
        Callbacks(base, environ={})


@pytest.mark.parametrize("rest", ["?a=b", "#a", "/../x", "/a b", "/a\nb"])
def test_a_base_with_more_than_an_address_in_it_is_refused(rest):
    with pytest.raises(ValueError, match="it holds more than scheme, host, port and path"):
        Callbacks(PUBLIC + rest, environ={})


def test_a_base_with_a_password_is_refused_and_not_shown():
    with pytest.raises(ValueError, match="'api.example.com' cannot be given away") as refused:
        Callbacks("https://me:hunter2@api.example.com", environ={})
    assert "hunter2" not in str(refused.value)


def test_the_port_of_this_process_is_read_from_its_own_variables(monkeypatch):
    monkeypatch.setenv("PORT", "20001")
    with pytest.raises(ValueError, match="port 20001 is a slot's"):
        Callbacks("https://api.example.com:20001")


@pytest.mark.parametrize(
    "host",
    [
        "①②⑦.0.0.1",
        "１２７.0.0.1",
        "ⓛocalhost",
        "[64:ff9b::a00:7]",
        "[64:ff9b:1::808:808]",
        "[2002:a00:7::1]",
        "[::ffff:10.0.0.7]",
        "224.0.0.1",
        "[ff0e::1]",
    ],
)
def test_an_inner_address_in_other_clothes_is_one(host):
    with pytest.raises(ValueError, match="that only an inner network knows"):
        Callbacks(f"https://{host}")


@pytest.mark.parametrize("host", ["bücher.example", "[64:ff9b::808:808]", "[2606:4700::1111]"])
def test_what_everybody_reaches_is_given_away_as_it_was_written(host):
    assert f"https://{host}/paid" == Callbacks(f"https://{host}").url("/paid")
