import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.adapters.notifiers.addresses import Forbidden, checked_socket, forbidden

NEVER = [
    "169.254.169.254",
    "169.254.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:169.254.169.254",
    "::169.254.169.254",
    "64:ff9b::169.254.169.254",
    "2002:a9fe:a9fe::1",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "0.0.0.0",
    "::",
    "::ffff:0.0.0.0",
    "224.0.0.1",
    "ff02::1",
]


@pytest.mark.parametrize("address", NEVER)
def test_is_never_connected_to(address: str):
    assert address.partition("%")[0] in forbidden(address)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "203.0.113.7", "2001:db8::1", "::ffff:10.0.0.1"],
)
def test_may_be_connected_to(address: str):
    assert "" == forbidden(address)


@given(st.integers(0, 0xFFFF), st.sampled_from(["::ffff:", "64:ff9b::", "::"]))
def test_no_way_to_write_a_link_local_address_gets_through(low: int, beginning: str):
    address = ipaddress.IPv4Address((169 << 24) + (254 << 16) + low)
    assert forbidden(str(address))
    assert forbidden(f"{beginning}{address}")


def test_the_checked_address_is_the_one_that_gets_the_socket():
    with checked_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 80))) as made:
        assert (socket.AF_INET, socket.SOCK_STREAM) == (made.family, made.type)
    with pytest.raises(Forbidden, match="link-local or metadata"):
        checked_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("169.254.169.254", 80)))
