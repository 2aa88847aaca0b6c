"""Files of certificates by whoever writes them: a pair that belongs together, or a sentence that repeats no key."""

from __future__ import annotations

import base64
import os
import random
import re
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from tests.certifying import KEY, OTHER, certificate, pem
from tests.hostile.strategies import CHUNKS, mutated, part
from verdigris.adapters.routers.haproxy.binary import bundled
from verdigris.adapters.routers.haproxy.certificates import Certificates
from verdigris.adapters.routers.haproxy.files import Files
from verdigris.adapters.routers.haproxy.pair import TEXT_MOST, Pair, read
from verdigris.adapters.routers.haproxy.settings import Door, Site, Tls
from verdigris.bootstrap import papers
from verdigris.core.errors import ConfigError

pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
"""A serial number below one is warned about; whoever issued it is not ours to mend."""

LEAF = certificate("api.example.com", "127.0.0.1")
CHAIN = LEAF + certificate("ca.example.com", key=OTHER)
OLD = KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
KEYS = {
    "of another": pem(OTHER),
    "two": pem(OTHER) + pem(KEY),
    "an old one": OLD,
    "RSA": pem(rsa.generate_private_key(65537, 2048)),
    "DSA": pem(dsa.generate_private_key(1024)),
    "Ed25519": pem(ed25519.Ed25519PrivateKey.generate()),
    "X25519": pem(x25519.X25519PrivateKey.generate()),
    "of a rare curve": pem(ec.generate_private_key(ec.BrainpoolP256R1())),
}
PIECES = (
    *CHUNKS,
    b"-----BEGIN CERTIFICATE-----\n",
    b"-----END CERTIFICATE-----\n",
    b"-----BEGIN PRIVATE KEY-----\n",
)
CPU_MOST = 10.0


def armoured(der: bytes, kind: str) -> bytes:
    return b"-----BEGIN %s-----\n%s-----END %s-----\n" % (
        kind.encode(),
        base64.encodebytes(der),
        kind.encode(),
    )


def bare(text: bytes) -> bytes:
    return base64.b64decode(b"".join(text.splitlines()[1:-1]))


CERTIFICATES = (
    mutated((LEAF, CHAIN, LEAF + pem(KEY)), PIECES)
    | mutated((bare(LEAF),)).map(lambda der: armoured(der, "CERTIFICATE"))
    | st.builds(
        lambda at, byte: armoured(swapped(bare(LEAF), at, byte), "CERTIFICATE"),
        st.integers(0, 600),
        st.integers(0, 255),
    )
)
PRIVATE = (
    mutated((pem(KEY), OLD, *KEYS.values()), PIECES)
    | mutated((bare(pem(KEY)),)).map(lambda der: armoured(der, "PRIVATE KEY"))
    | st.builds(
        lambda at, byte: armoured(swapped(bare(pem(KEY)), at, byte), "PRIVATE KEY"),
        st.integers(0, 200),
        st.integers(0, 255),
    )
)


def swapped(data: bytes, at: int, byte: int) -> bytes:
    at %= len(data)
    return data[:at] + bytes((byte,)) + data[at + 1 :]


def judged(chain: bytes, key: bytes | None) -> Pair | None:
    """The pair in such files; None when they are refused, in a sentence that names the file and repeats no key."""
    began = time.process_time()
    with tempfile.TemporaryDirectory() as place:
        one, other = Path(place) / "fullchain.pem", Path(place) / "privkey.pem"
        one.write_bytes(chain)
        if key is not None:
            other.write_bytes(key)
        try:
            return found(read(one, other if key is not None else None))
        except ConfigError as error:
            told(str(error), place, chain + (key or b""))
            return None
        finally:
            assert time.process_time() - began < CPU_MOST


def found(pair: Pair) -> Pair:
    """What can be told of it, and what HAProxy's socket can be given."""
    assert "PRIVATE" not in repr(pair)
    assert "" not in pair.text.splitlines()
    assert len(pair.text) <= TEXT_MOST
    assert re.fullmatch("[0-9A-F]{40}", pair.fingerprint)
    assert isinstance(pair.valid(datetime.now(UTC)), bool)
    assert pair.without(("api.example.com",)) in ((), ("api.example.com",))
    return pair


def told(sentence: str, place: str, secret: bytes) -> None:
    said = sentence.replace(place, "")
    assert place in sentence
    assert said.isprintable()
    assert len(said) < 500
    pieces = {secret[n : n + 12] for n in range(0, len(secret) - 12, 4) if secret[n : n + 12].isalnum()}
    assert [] == [piece for piece in pieces if piece in said.encode()]


def test_what_is_tried_here_is_good():
    assert judged(CHAIN, pem(KEY))
    assert judged(LEAF + pem(KEY), None)
    assert judged(LEAF, OLD)


@given(CERTIFICATES, PRIVATE | st.just(pem(KEY)) | st.none())
def test_any_files_are_a_pair_or_refused_in_a_sentence(chain: bytes, key: bytes | None):
    judged(chain, key)


@pytest.mark.parametrize("which", KEYS)
def test_any_kind_of_key_belongs_or_is_refused(which: str):
    pair = judged(LEAF, KEYS[which])
    assert (pair is not None) is (which == "an old one")


def test_a_chain_in_which_a_certificate_is_of_an_unknown_kind_is_refused_in_a_sentence():
    curve = x509.load_pem_x509_certificate(LEAF).public_bytes(Encoding.DER)
    unknown = curve.replace(bytes.fromhex("06082a8648ce3d030107"), bytes.fromhex("06082a8648ce3d0301ff"))
    assert unknown != curve
    assert judged(armoured(unknown, "CERTIFICATE"), pem(KEY)) is None


def test_a_key_longer_than_any_is_not_even_looked_into():
    enormous = b"-----BEGIN RSA PRIVATE KEY-----\n%s-----END RSA PRIVATE KEY-----\n"
    assert judged(LEAF, enormous % base64.encodebytes(rsa_numbers(80_000))) is None


def rsa_numbers(bits: int) -> bytes:
    """An RSA key of numbers that are no primes; to find that out takes a minute."""
    dice = random.Random(1)
    p, q = (dice.getrandbits(bits // 2) | 1 | 1 << (bits // 2 - 1) for _ in "pq")
    d = pow(65537, -1, (p - 1) * (q - 1))
    numbers = (0, p * q, 65537, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    body = b"".join(b"\x02" + length(len(raw)) + raw for raw in map(whole, numbers))
    return b"\x30" + length(len(body)) + body


def whole(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def length(size: int) -> bytes:
    raw = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return raw if size < 128 else bytes((0x80 | len(raw),)) + raw


def loop(path: Path) -> None:
    path.symlink_to(path)


def far_loop(path: Path) -> None:
    (path.parent / "there").symlink_to(path)
    path.symlink_to(path.parent / "there")


PLACES = {
    "nothing": lambda path: None,
    "a loop": loop,
    "a longer loop": far_loop,
    "a directory": Path.mkdir,
    "a pipe": os.mkfifo,
    "no end": lambda path: path.symlink_to("/dev/zero"),
    "a terminal": lambda path: path.symlink_to("/dev/ptmx"),
    "something of the kernel's": lambda path: path.symlink_to("/proc/self/mem"),
    "nothing in it": lambda path: path.write_bytes(b""),
    "a flood": lambda path: os.truncate(made(path), 1 << 40),
}


def made(path: Path) -> Path:
    path.touch()
    return path


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("which", ["fullchain.pem", "privkey.pem"])
def test_wherever_a_name_leads_there_is_a_sentence_for_the_router_and_for_doctor(
    tmp_path: Path, place: str, which: str
):
    source = tmp_path / "source"
    source.mkdir()
    (source / "fullchain.pem").write_bytes(LEAF)
    (source / "privkey.pem").write_bytes(pem(KEY))
    (source / which).unlink()
    PLACES[place](source / which)
    door = door_with(tmp_path, source)
    with pytest.raises(ConfigError) as refused:
        Certificates(door, Files(door.directory, door.binary)).prepare()
    told(str(refused.value), str(source), b"")
    [check] = papers.certificates(door, datetime.now(UTC))
    assert not check.passed
    told(check.sentence, str(source), b"")


@given(CERTIFICATES, PRIVATE | st.just(pem(KEY)))
@part(0.3)
def test_doctor_has_a_line_for_any_files(chain: bytes, key: bytes):
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "fullchain.pem").write_bytes(chain)
        (Path(place) / "privkey.pem").write_bytes(key)
        [check] = papers.certificates(door_with(Path(place), Path(place)), datetime.now(UTC))
    assert check.sentence.isprintable()
    assert len(check.sentence) < 500 + len(place)


def door_with(root: Path, source: Path) -> Door:
    (root / "router").mkdir(mode=0o700, exist_ok=True)
    tls = Tls("127.0.0.1:8443", source / "fullchain.pem", source / "privkey.pem")
    return Door(root / "router", (Site("api", "127.0.0.1:8080", tls=tls),), bundled())
