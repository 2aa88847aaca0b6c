"""A real HAProxy that serves HTTPS with our certificates, and the files of whoever renews them."""

import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from cryptography import x509

from tests.certifying import KEY, certificate, pem
from tests.waiting import eventually
from verdigris.adapters.routers.haproxy.binary import bundled
from verdigris.adapters.routers.haproxy.certificates import Certificates
from verdigris.adapters.routers.haproxy.crt_lists import crt_lists
from verdigris.adapters.routers.haproxy.files import Files
from verdigris.adapters.routers.haproxy.settings import Door, Site, Tls
from verdigris.adapters.routers.haproxy.socket import Conversation
from verdigris.core.errors import ObservationError

API = "api.example.com"
DEBIAN = Path("/usr/sbin/haproxy")
BINARIES = [bundled(), *([DEBIAN] if DEBIAN.exists() else [])]

CONFIG = """\
global
    stats socket unix@haproxy.sock mode 600 level admin
    hard-stop-after 5s
defaults
    mode http
    timeout client 30s
frontend front
    bind fd@${{VERDIGRIS_FD_0}} ssl crt-list certs/1.list alpn h2,http/1.1 ssl-min-ver TLSv{oldest}
    http-request return status 200 content-type text/plain string hello
"""


class Front:
    """HAProxy with one TLS address, started by hand, and the certificates of its sites."""

    def __init__(self, directory, *sites, binary):
        self.directory, self.binary = directory, binary
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listening.getsockname()[1]
        self.door = Door(directory, sites, binary)
        self.files = Files(directory, self.door.binary)
        self.process = self.conversation = None
        self.certificates = self.another()

    def another(self):
        """What a controller that starts anew would have."""
        return Certificates(self.door, self.files)

    async def start(self, oldest="1.2"):
        self.certificates.prepare()
        for name, text in crt_lists(self.door).items():
            self.files.keep(name, text)
        self.files.write("haproxy.cfg", CONFIG.format(oldest=oldest))
        number = self.listening.fileno()
        with (self.directory / "haproxy.log").open("w") as log:
            self.process = subprocess.Popen(  # noqa: ASYNC220 - it is not waited for
                [str(self.door.binary), "-db", "-f", "haproxy.cfg"],
                cwd=self.directory,
                env={"VERDIGRIS_FD_0": str(number)},
                pass_fds=[number],
                stdout=log,
                stderr=log,
            )
        self.conversation = await eventually(self.talking, "HAProxy to answer at its socket")
        return self

    async def talking(self):
        """None for as long as nobody answers: the socket's file is there a moment before that."""
        try:
            return await Conversation.open(self.directory)
        except ObservationError:
            return None

    async def renew(self):
        return await self.certificates.renew(self.conversation)

    def served(self, name=None):
        """The serial number of the certificate that a new client gets."""
        with self.connect(name) as connection:
            return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True)).serial_number

    def connect(self, name=None, newest=ssl.TLSVersion.MAXIMUM_SUPPORTED):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["http/1.1"])
        context.maximum_version = newest
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        try:
            return context.wrap_socket(plain, server_hostname=name)
        except BaseException:
            plain.close()
            raise

    def close(self):
        if self.conversation:
            self.conversation.close()
        if self.process:
            self.process.kill()
            self.process.wait()
        self.listening.close()


class Source:
    """The files of whoever renews a certificate."""

    def __init__(self, directory):
        directory.mkdir()
        self.certificate, self.key = directory / "fullchain.pem", directory / "privkey.pem"

    def write(self, text, key=KEY):
        """One file after the other, and each over itself: as a script would, or lego."""
        self.certificate.write_bytes(text)
        self.key.write_bytes(pem(key))
        return text

    def tls(self, **more):
        return Tls("127.0.0.1:8443", self.certificate, self.key, **more)


@pytest.fixture
def source(tmp_path):
    source = Source(tmp_path / "source")
    source.write(certificate(API))
    return source


@pytest.fixture(params=BINARIES, ids=["bundled", "debian"][: len(BINARIES)])
async def front(tmp_path, request):
    """Makes a front for sites, with each HAProxy that is here."""
    fronts = []

    def make(*sites, directory="router"):
        (tmp_path / directory).mkdir(mode=0o700, exist_ok=True)
        fronts.append(Front(tmp_path / directory, *sites, binary=request.param))
        return fronts[-1]

    yield make
    for each in fronts:
        each.close()


@pytest.fixture
def api(front, source):
    """One site, for every host."""
    return front(Site("api", "127.0.0.1:8080", tls=source.tls()))
