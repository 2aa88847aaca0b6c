"""Certificates as clients see them: TLS clients before a real HAProxy, and files as certbot and lego leave them."""

import os
import re
import socket
import ssl
import stat
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from tests.certifying import KEY, OTHER, certificate, pem, serial_of
from tests.unit.adapters.routers.haproxy.conftest import Source
from tests.waiting import eventually_sync
from verdigris.adapters.routers.haproxy.expiry import told_by
from verdigris.adapters.routers.haproxy.handing import fingerprint
from verdigris.adapters.routers.haproxy.settings import Door, Site, Tls
from verdigris.core.errors import ConfigError

API, SEARCH = "api.example.com", "search.example.com"


def refused(certificates):
    with pytest.raises(ConfigError) as caught:
        certificates.prepare()
    return str(caught.value)


async def test_each_host_gets_its_own_certificate_and_unknown_ones_that_of_the_site_for_all(front, tmp_path):
    sources = {name: Source(tmp_path / name) for name in ("api", "search", "wild")}
    texts = {
        "api": sources["api"].write(certificate(API, SEARCH)),
        "search": sources["search"].write(certificate(SEARCH, key=OTHER), OTHER),
        "wild": sources["wild"].write(certificate("*.example.org")),
    }
    hosts = {"search": (SEARCH,), "wild": ("*.example.org",), "api": ()}
    sites = [
        Site(app, "127.0.0.1:8080", hosts=of, tls=sources[app].tls(), path=f"/{app}")
        for app, of in hosts.items()
    ]
    started = await front(*sites).start()
    serials = {name: serial_of(text) for name, text in texts.items()}
    assert serials["search"] == started.served(SEARCH)
    assert serials["wild"] == started.served("shop.example.org")
    assert serials["api"] == started.served("two.levels.example.org")
    assert serials["api"] == started.served(API)
    assert serials["api"] == started.served("unheard-of.example.net")
    assert serials["api"] == started.served()


async def test_tls_1_1_is_refused_and_1_2_is_spoken(api):
    await api.start()
    with pytest.warns(DeprecationWarning), pytest.raises(ssl.SSLError):
        api.connect(API, newest=ssl.TLSVersion.TLSv1_1)
    with api.connect(API, newest=ssl.TLSVersion.TLSv1_2) as connection:
        assert "TLSv1.2" == connection.version()


async def test_the_oldest_version_is_each_sites_own(front, source, tmp_path):
    strict = Source(tmp_path / "strict")
    strict.write(certificate("*.example.org"))
    sites = (
        Site("api", "127.0.0.1:8080", hosts=(API,), tls=source.tls()),
        Site("bank", "127.0.0.1:8080", hosts=("*.example.org",), tls=strict.tls(oldest="1.3")),
    )
    started = await front(*sites).start(oldest="1.2")
    with pytest.raises(ssl.SSLError):
        started.connect("bank.example.org", newest=ssl.TLSVersion.TLSv1_2)
    for name in (API, "unheard-of.example.net"):
        started.connect(name, newest=ssl.TLSVersion.TLSv1_2).close()


async def test_http_2_is_offered(api):
    await api.start()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", api.port), timeout=10) as plain,
        context.wrap_socket(plain) as s,
    ):
        assert "h2" == s.selected_alpn_protocol()


async def test_nothing_is_done_while_nothing_changes(api, source):
    await api.start()
    await api.renew()
    stored = api.directory / "certs/api.pem"
    before = stored.stat()
    long_ago = datetime.now(UTC).timestamp() - 60
    os.utime(source.certificate, (long_ago, long_ago))
    assert () == await api.renew()
    assert before == stored.stat()


MISTAKES = {
    "the key of another": (certificate(API), pem(OTHER), "belongs to no certificate in"),
    "no certificate": (b"hello\n", pem(KEY), "there is no certificate in it"),
    "no key": (certificate(API), b"", "there is no private key in it"),
    "half a certificate": (certificate(API)[:300], pem(KEY), "is damaged or of an unknown kind"),
    "a damaged key": (
        certificate(API),
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "is damaged or of an unknown kind",
    ),
    "a key with a password": (
        certificate(API),
        KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"tulips")),
        "the private key is encrypted",
    ),
    "an old key with a password": (
        certificate(API),
        KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"tulips")),
        "the private key is encrypted",
    ),
    "a flood": (certificate(API) + b"x" * 70_000, pem(KEY), "is larger than 64 KiB"),
    "a long chain": (
        b"".join((certificate(API), *(certificate(f"c{n}.example.com") for n in range(30)))),
        pem(KEY),
        "leave out the root certificate",
    ),
    "one that has expired": (certificate(API, days=-1), pem(KEY), "expired on"),
    "one that has not begun": (certificate(API, lived=-2), pem(KEY), "begins on"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_what_cannot_be_served_leaves_what_is(mistake, api, source):
    await api.start()
    before = (api.served(API), (api.directory / "certs/api.pem").read_bytes())
    text, key, reason = MISTAKES[mistake]
    source.certificate.write_bytes(text)
    source.key.write_bytes(key)
    [complaint] = await api.renew()
    assert reason in complaint
    assert "The earlier certificate stays" in complaint
    assert str(source.certificate.parent) in complaint
    assert before == (api.served(API), (api.directory / "certs/api.pem").read_bytes())
    assert () == await api.renew(), "said once, not every ten seconds"
    mended = source.write(certificate(API))
    assert () == await api.renew()
    assert serial_of(mended) == api.served(API)


@pytest.mark.parametrize("mistake", [name for name in MISTAKES if not name.startswith("one that")])
def test_without_a_good_pair_nothing_starts(mistake, api, source):
    text, key, reason = MISTAKES[mistake]
    source.certificate.write_bytes(text)
    source.key.write_bytes(key)
    said = refused(api.certificates)
    assert said.startswith("api: ")
    assert reason in said
    assert not list((api.directory / "certs").glob("*.pem"))


def test_no_sentence_repeats_a_piece_of_a_key(api, source):
    body = b"".join(pem(KEY).splitlines()[1:-1]).decode()
    source.key.write_bytes(pem(KEY).replace(b"M", b"!", 1))
    said = refused(api.certificates)
    source.key.write_bytes(pem(KEY))
    api.certificates.prepare()
    known = repr(api.certificates._places) + repr(api.certificates.expiries())
    note = (api.directory / "certs/expiries.json").read_text()
    assert not [n for n in range(0, len(body) - 8, 4) if body[n : n + 8] in said + known + note]


@pytest.mark.parametrize("path", ["nowhere.pem", "."])
def test_what_is_no_file_is_said_with_its_name(path, front, source, tmp_path):
    tls = Tls("127.0.0.1:8443", tmp_path / path, source.key)
    said = refused(front(Site("api", "127.0.0.1:8080", tls=tls)).certificates)
    assert str(tmp_path / path) in said
    assert "route.tls" in said


def test_a_pipe_nobody_writes_to_does_not_hold_up_anything(front, source, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    tls = Tls("127.0.0.1:8443", tmp_path / "pipe", source.key)
    assert "is no file" in refused(front(Site("api", "127.0.0.1:8080", tls=tls)).certificates)


def test_one_that_only_haproxy_refuses_is_refused_before_it_can_do_harm(api, source):
    weak = rsa.generate_private_key(65537, 1024)
    source.write(certificate(API, key=weak, signed=hashes.SHA256()), weak)
    binary = api.directory / "refusing"
    binary.write_text("#!/bin/sh\necho '[ALERT]    (1) : config : ee key too small' >&2\nexit 1\n")
    binary.chmod(0o700)
    api.files.binary = binary
    said = refused(api.certificates)
    assert "HAProxy refuses the certificate: config : ee key too small" in said
    assert ["expiries.json"] == os.listdir(api.directory / "certs")


def test_an_expired_pair_is_served_rather_than_none_and_told(api, source):
    source.write(certificate(API, days=-5))
    [complaint] = api.certificates.prepare()
    assert re.fullmatch(
        r"api: the certificate expired on [-\d]+: clients refuse it. Renew it now", complaint
    ), complaint


def test_certificate_and_key_may_be_in_one_file_in_any_order_with_remarks(front, tmp_path):
    both = tmp_path / "both.pem"
    leaf = certificate(API, key=OTHER)
    both.write_bytes(b"subject: CN\n\n" + certificate("ca.example.com") + b"\n\n" + leaf + b"\n" + pem(OTHER))
    made = front(Site("api", "127.0.0.1:8080", tls=Tls("127.0.0.1:8443", both)))
    assert () == made.certificates.prepare()
    stored = (made.directory / "certs/api.pem").read_text()
    assert "" not in stored.splitlines()
    assert serial_of(leaf) == x509.load_pem_x509_certificates(stored.encode())[0].serial_number


def test_files_and_directory_are_the_owners_alone(api):
    api.certificates.prepare()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (api.directory / "certs").iterdir()}
    assert {"api.pem": 0o600, "expiries.json": 0o600} == modes
    assert 0o700 == stat.S_IMODE((api.directory / "certs").stat().st_mode)


@pytest.mark.parametrize(
    ("names", "hosts", "missing"),
    [
        ([API], [API], []),
        (["*.example.com"], [API, SEARCH], []),
        (["*.example.com"], ["*.example.com"], []),
        (["*.example.com"], ["example.com", "a.b.example.com"], ["example.com", "a.b.example.com"]),
        ([API], ["*.example.com"], ["*.example.com"]),
        ([], [API], [API]),
        (["API.Example.com"], [API], []),
        (["127.0.0.1"], ["127.0.0.1"], []),
        ([API], [], []),
    ],
)
def test_hosts_that_the_certificate_has_no_name_for_are_named(names, hosts, missing, front, source):
    source.write(certificate(*names))
    complaints = front(
        Site("api", "127.0.0.1:8080", hosts=tuple(hosts), tls=source.tls())
    ).certificates.prepare()
    words = f"api: the certificate has no name for {', '.join(missing)}: clients refuse it there. Issue one that has"
    assert ((words,) if missing else ()) == complaints


async def test_what_changed_while_no_controller_ran_reaches_the_process_that_kept_running(api, source):
    await api.start()
    renewed = source.write(certificate(API))
    api.certificates = api.another()
    api.certificates.prepare()
    assert serial_of(renewed) != api.served(API)
    await api.renew()
    assert serial_of(renewed) == api.served(API)


async def test_a_broken_source_at_the_start_of_a_controller_leaves_what_is_stored(api, source):
    await api.start()
    source.certificate.write_text("oh")
    api.certificates = api.another()
    [complaint] = api.certificates.prepare()
    assert "there is no certificate in it" in complaint
    assert () == await api.renew()


async def test_what_the_process_refuses_is_said_and_tried_again(api, source):
    await api.start()
    await api.renew()
    [begun] = await api.conversation.ask(
        f"set ssl cert certs/api.pem <<\n{(api.directory / 'certs/api.pem').read_text()}"
    )
    assert "Transaction created" in begun, "somebody is at it by hand"
    renewed = source.write(certificate(API))
    assert () == await api.renew(), "and ours takes its place"
    assert serial_of(renewed) == api.served(API)


async def test_a_process_that_does_not_know_the_certificate_yet_is_told_of(api, source, tmp_path):
    await api.start()
    shop = Source(tmp_path / "shop")
    shop.write(certificate("shop.example.com"))
    api.door = Door(
        api.directory, (*api.door.sites, Site("shop", "127.0.0.1:8081", tls=shop.tls(), path="/shop"))
    )
    api.certificates = api.another()
    api.certificates.prepare()
    [complaint] = await api.renew()
    assert "shop: HAProxy did not take the new certificate (Can't replace a certificate" in complaint


async def test_no_fingerprint_is_told_of_what_the_process_does_not_have(api):
    await api.start()
    assert "" == await fingerprint(api.conversation, "certs/shop.pem")


async def test_keys_of_sites_that_are_no_more_are_removed(api):
    await api.start()
    for name in ("gone.pem", "7.list", "api.check"):
        (api.directory / "certs" / name).write_text("old")
    await api.renew()
    assert {"api.pem", "1.list", "expiries.json"} == set(os.listdir(api.directory / "certs"))


async def test_a_text_of_the_greatest_size_goes_through_the_socket(api, source):
    await api.start()
    chain = certificate(API)
    while len(chain) + len(certificate("more.example.com")) + len(pem(KEY)) < 15 << 10:
        chain += certificate("more.example.com")
    source.write(chain)
    assert () == await api.renew()
    assert serial_of(chain) == api.served(API)


def test_status_can_tell_of_certificates_without_reading_one(api):
    api.certificates.prepare()
    assert api.certificates.expiries() == told_by(api.directory)


def test_doctor_can_ask_before_anything_was_started_and_nothing_is_written(api, source):
    [expiry] = api.certificates.expiries()
    assert (89, "") == (expiry.days(datetime.now(UTC)), expiry.trouble)
    source.key.unlink()
    [expiry] = api.another().expiries()
    assert f"{source.key}: cannot be read (No such file or directory)" in expiry.trouble
    assert expiry.not_after is None
    assert [] == os.listdir(api.directory)


def test_nothing_heavy_is_imported_for_who_has_no_certificates(tmp_path):
    program = (
        "import sys; import verdigris.adapters.routers.haproxy.certificates;"
        " import verdigris.adapters.routers.haproxy.pair; print('cryptography' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "False\n" == told.stdout


def test_the_files_are_read_again_as_long_as_their_times_are_fresh(api, source):
    """Two writes within one tick of the file system's clock leave the same marks."""
    api.certificates.prepare()
    [place] = api.certificates._places.values()
    assert place.seen is None
    eventually_sync(lambda: (api.certificates._take_over(), place.seen)[1], "the files to have settled")
