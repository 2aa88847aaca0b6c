"""A certificate with its private key, read from the files of whoever renews it.

What gets past here belongs together and can be served. The key stands in `Pair.text` and nowhere else: no sentence,
no repr and no error repeats a byte of it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from verdigris.core.errors import ConfigError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate

__all__ = ["FILE_MOST", "TEXT_MOST", "Pair", "read"]

FILE_MOST = 64 << 10
TEXT_MOST = 15 << 10
"""HAProxy's runtime socket takes 16 KiB in one command; whatever is longer would need a reload."""

KEY = re.compile(rb"-----BEGIN ((?:[A-Z0-9]+ )?PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)
SEALED = re.compile(rb"BEGIN ENCRYPTED|Proc-Type: *4,ENCRYPTED")


@dataclass(frozen=True, slots=True)
class Pair:
    """A key, its certificate and the chain above it, as one PEM text; and what the certificate says of itself.

    `fingerprint` is the certificate's SHA-1 in capitals, the way HAProxy tells it. `names` are hosts and addresses.
    """

    text: str = field(repr=False)
    fingerprint: str
    names: tuple[str, ...]
    since: datetime
    until: datetime

    def valid(self, now: datetime) -> bool:
        return self.since <= now < self.until

    def without(self, hosts: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the hosts that it has no name for."""
        return tuple(host for host in hosts if not any(_covers(name, host) for name in self.names))


def read(certificate: Path, key: Path | None = None) -> Pair:
    """The pair in these files, `key` None when one file has both. `ConfigError` says what is wrong with which."""
    chain = _chain(certificate)
    private = _private(key or certificate)
    with _said_of(certificate):
        leaf = _belonging(chain, private)
    if leaf is None:
        raise ConfigError(
            f"{key or certificate}: the key belongs to no certificate in {certificate}; give the pair that was issued"
            " together"
        )
    with _said_of(certificate):
        pair = _pair(leaf, [above for above in chain if above is not leaf], private)
    if len(pair.text) > TEXT_MOST:
        raise ConfigError(
            f"{certificate}: key and chain are {len(pair.text)} bytes, at most {TEXT_MOST} can be renewed without a"
            " reload; leave out the root certificate and what is not part of the chain"
        )
    return pair


def _pair(leaf: Certificate, above: list[Certificate], private: PrivateKeyTypes) -> Pair:
    """Written anew, so that the text has no empty line, no remark and nothing twice."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain = dict.fromkeys(each.public_bytes(Encoding.PEM) for each in (leaf, *above))
    return Pair(
        b"".join((key, *chain)).decode("ascii"),
        leaf.fingerprint(hashes.SHA1()).hex().upper(),  # noqa: S303 - to compare with what HAProxy tells
        _names(leaf),
        leaf.not_valid_before_utc,
        leaf.not_valid_after_utc,
    )


def _chain(path: Path) -> list[Certificate]:
    from cryptography import x509

    content = _content(path)
    if b"-----BEGIN CERTIFICATE-----" not in content:
        raise ConfigError(
            f"{path}: there is no certificate in it; give a PEM file, like certbot's fullchain.pem"
        )
    with _said_of(path):
        return x509.load_pem_x509_certificates(content)


def _private(path: Path) -> PrivateKeyTypes:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    found = KEY.search(_content(path))
    if found is None:
        raise ConfigError(
            f"{path}: there is no private key in it; give a PEM file, like certbot's privkey.pem"
        )
    if len(found[0]) > TEXT_MOST:  # to look into one of 60 KiB takes a minute
        raise ConfigError(
            f"{path}: the private key is longer than {TEXT_MOST} bytes; no server needs such a one"
        )
    if SEALED.search(found[0]):
        raise ConfigError(
            f"{path}: the private key is encrypted, and nobody is there to type its password; store it without one"
            " (`openssl pkey -in … -out …`), readable by this user alone"
        )
    with _said_of(path):
        return load_pem_private_key(found[0], password=None)


def _belonging(chain: list[Certificate], private: PrivateKeyTypes) -> Certificate | None:
    """The certificate of the key: it need not be the first one."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    mine = private.public_key().public_bytes(*form)
    return next((each for each in chain if each.public_key().public_bytes(*form) == mine), None)


def _names(leaf: Certificate) -> tuple[str, ...]:
    """Clients look at these alone: the common name has not counted for years."""
    from cryptography import x509

    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    hosts = (name.lower() for name in names.get_values_for_type(x509.DNSName))
    return (*hosts, *map(str, names.get_values_for_type(x509.IPAddress)))


def _covers(name: str, host: str) -> bool:
    """`*.example.com` covers one level, and itself."""
    _, _, above = host.partition(".")
    return name == host or (name == f"*.{above}" and not host.startswith("*."))


def _content(path: Path) -> bytes:
    """`ConfigError` for what is no file, or larger than any certificate is."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            content = file.read(FILE_MOST + 1) if regular else b""
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); name the file in route.tls and make it readable"
        ) from None
    if not regular:
        raise ConfigError(f"{path}: is no file; name the PEM file itself in route.tls")
    if len(content) > FILE_MOST:
        raise ConfigError(
            f"{path}: is larger than {FILE_MOST >> 10} KiB; a certificate with its chain is not"
        )
    return content


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe would wait for somebody to write


@contextmanager
def _said_of(path: Path) -> Iterator[None]:
    """What the library cannot read is said of the file, without the library's words: they may quote it."""
    from cryptography import x509
    from cryptography.exceptions import InternalError, UnsupportedAlgorithm

    unread = (x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
    try:
        yield
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError, *unread) as error:
        raise ConfigError(
            f"{path}: is damaged or of an unknown kind ({type(error).__name__}); `openssl x509 -text -in` or"
            " `openssl pkey -check -in` says more"
        ) from None
