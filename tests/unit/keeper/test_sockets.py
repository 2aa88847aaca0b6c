"""The front door's addresses. The door itself is opened by real keepers in the tests of the router."""

from __future__ import annotations

import pytest

from verdigris.keeper.protocol import KeeperError
from verdigris.keeper.sockets import parse_address


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("[::1]:65535", ("::1", 65535)),
        ("[0:0::0001]:1", ("::1", 1)),
    ],
)
def test_an_address_is_an_ip_address_and_a_port(text, pair):
    assert pair == parse_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8080",
        "localhost:80",
        "127.0.0.1",
        *(
            f"127.0.0.1:{port}"
            for port in ("", "0", "65536", "-1", "+80", " 80", "8_0", "080", "80 ", "８０")
        ),
        *(
            f"{host}:80"
            for host in ("", "[127.0.0.1]", "::1", "[::1", "::1]", "[[::1]]", "[]", "127.1", "[::1] ")
        ),
    ],
)
def test_anything_else_is_refused_with_how_to_write_it(text):
    with pytest.raises(KeeperError, match=r"is not an address; write it like 127\.0\.0\.1:8080") as caught:
        parse_address(text)
    assert "invalid" == caught.value.kind
