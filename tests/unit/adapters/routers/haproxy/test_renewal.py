"""A renewal as it happens: under load, by certbot's links, over lego's files, by a hook, through the whole router."""

import asyncio
import contextlib
import shutil
import socket
import ssl
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.certifying import KEY, OTHER, certificate, pem, serial_of
from tests.unit.adapters.conftest import Clock, Direct
from tests.waiting import eventually
from verdigris.adapters.routers.haproxy import FrontDoor, HaproxyRouter
from verdigris.adapters.routers.haproxy.settings import Door, Site, Tls

API = "api.example.com"


def ask(connection):
    """One request over a connection that stays open."""
    connection.sendall(b"GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n")
    answer = b""
    while not answer.endswith(b"hello"):
        piece = connection.recv(4096)
        assert piece, "the connection was closed in the middle of a request"
        answer += piece
    return answer.split(b"\r\n")[0]


async def test_a_renewed_certificate_is_served_without_a_failed_request(api, source):
    await api.start()
    stop = asyncio.Event()
    kept = api.connect(API)

    def load():
        """Requests over one old connection and over new ones, as long as it takes."""
        count = 0
        while not stop.is_set():
            assert b"HTTP/1.1 200 OK" == ask(kept)
            with api.connect(API) as fresh:
                assert b"HTTP/1.1 200 OK" == ask(fresh)
            count += 2
        return count

    running = asyncio.create_task(asyncio.to_thread(load))
    try:
        for _ in range(5):
            renewed = source.write(certificate(API, key=OTHER), OTHER)
            assert () == await api.renew()
            assert serial_of(renewed) == await asyncio.to_thread(api.served, API)
    finally:
        stop.set()
    assert await running > 0
    assert b"HTTP/1.1 200 OK" == ask(kept)
    kept.close()


def certbot_issues(live, archive, number, text, key):
    """What `certbot renew` does before it runs the deploy hook: new files in archive/, then the links one by one."""
    for name, content in (("fullchain", text), ("privkey", pem(key))):
        (archive / f"{name}{number}.pem").write_bytes(content)
        link = live / f"{name}.pem"
        with contextlib.suppress(FileNotFoundError):
            link.unlink()
        link.symlink_to(f"../../archive/{API}/{name}{number}.pem")


async def test_certbots_links_are_followed_when_they_point_elsewhere(front, tmp_path):
    live, archive = tmp_path / "live" / API, tmp_path / "archive" / API
    live.mkdir(parents=True)
    archive.mkdir(parents=True)
    certbot_issues(live, archive, 1, certificate(API), KEY)
    tls = Tls("127.0.0.1:8443", live / "fullchain.pem", live / "privkey.pem")
    started = await front(Site("api", "127.0.0.1:8080", hosts=(API,), tls=tls)).start()
    renewed = certificate(API, key=OTHER)
    certbot_issues(live, archive, 2, renewed, OTHER)
    assert () == await started.renew()
    assert serial_of(renewed) == started.served(API)


async def test_a_look_between_two_files_of_a_renewal_takes_neither(api, source):
    await api.start()
    before = api.served(API)
    renewed = certificate(API, key=OTHER)
    source.certificate.write_bytes(renewed)
    [complaint] = await api.renew()
    assert "belongs to no certificate" in complaint
    assert before == api.served(API)
    source.key.write_bytes(pem(OTHER))
    assert () == await api.renew()
    assert serial_of(renewed) == api.served(API)


async def test_legos_files_are_taken_over_in_place(front, tmp_path):
    """lego writes certificates/<domain>.crt, with the chain in it, and .key over the earlier ones."""
    folder = tmp_path / ".lego" / "certificates"
    folder.mkdir(parents=True)
    crt, key = folder / f"{API}.crt", folder / f"{API}.key"
    crt.write_bytes(certificate(API))
    key.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    started = await front(Site("api", "127.0.0.1:8080", tls=Tls("127.0.0.1:8443", crt, key))).start()
    renewed = certificate(API, key=OTHER)
    crt.write_bytes(renewed)
    key.write_bytes(OTHER.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    assert () == await started.renew()
    assert serial_of(renewed) == started.served(API)


async def test_a_deploy_hook_that_copies_with_install_is_enough(api, source, tmp_path):
    """The hook of the guide for a verdigris that may not read /etc/letsencrypt."""
    await api.start()
    lineage = tmp_path / "lineage"
    lineage.mkdir()
    renewed = certificate(API, key=OTHER)
    (lineage / "fullchain.pem").write_bytes(renewed)
    (lineage / "privkey.pem").write_bytes(pem(OTHER))
    for name in ("privkey.pem", "fullchain.pem"):
        target = str(source.certificate.parent / name)
        command = [shutil.which("install"), "-m", "600", str(lineage / name), target]
        await asyncio.to_thread(subprocess.run, command, check=True)
    assert () == await api.renew()
    assert serial_of(renewed) == api.served(API)


async def test_the_front_door_serves_https_and_takes_a_renewed_certificate_over(tmp_path, source):
    """The whole adapter: what it renders, and what a look does."""
    listening = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    plain, secure = (f"127.0.0.1:{each.getsockname()[1]}" for each in listening)
    site = Site("api", plain, hosts=(API,), tls=Tls(secure, source.certificate, source.key, redirect=True))
    runner = Direct(*listening)
    door = FrontDoor(Door(tmp_path / "router", (site,)), "4f2a9c", Clock(), runner)
    try:
        await door.prepare()
        router = HaproxyRouter(door, "api")
        await eventually(lambda: _seen(router), "HAProxy to be seen")
        renewed = source.write(certificate(API, key=OTHER), OTHER)
        door._renewed = float("-inf")
        await router.observe()
        with _secured(listening[1].getsockname()[1]) as connection:
            answer = await asyncio.to_thread(_answer, connection)
            presented = connection.getpeercert(binary_form=True)
        assert serial_of(renewed) == x509.load_der_x509_certificate(presented).serial_number
        assert b"HTTP/1.1 503" in answer, "there is no release yet"
        with socket.create_connection(listening[0].getsockname(), timeout=10) as connection:
            answer = await asyncio.to_thread(_answer, connection)
        assert f"location: https://{API}:{secure.rpartition(':')[2]}/".encode() in answer
        await router.close()
    finally:
        await door.close()
        runner.close()


async def _seen(router):
    return getattr((await router.observe()).reading, "value", None)


def _secured(port):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=10), server_hostname=API)


def _answer(connection):
    connection.sendall(f"GET / HTTP/1.1\r\nHost: {API}\r\nConnection: close\r\n\r\n".encode())
    return b"".join(iter(lambda: connection.recv(4096), b""))
