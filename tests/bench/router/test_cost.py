"""What a request costs in our router, beside a bare HAProxy that forwards to the same application without a log.

Closed loop: each of the connections asks again as soon as it was answered, and is kept alive on both sides. The bare
one has as many threads as ours, keeps its connections as ours does, and sends nothing again. All sides take turns,
round after round, so that what else the machine does meets all of them; shown is the round with the middle ratio.
"""

import shutil
import ssl
import statistics
import subprocess
import sys

import pytest

from tests.bench.results import Figure, middle, show
from tests.bench.router.closed_loop import BACKEND, CONNECTIONS, HOST, REQUESTS, Side, cost, request
from tests.certifying import KEY, certificate, pem
from tests.street.streets import StreetOf
from verdigris.adapters.routers.haproxy import Identity, Site, Tls
from verdigris.adapters.routers.haproxy.binary import threads
from verdigris.core.world import Cohort, Slot

pytestmark = pytest.mark.timeout(300)

ROUNDS = 9
HOW = (
    f"closed loop, {CONNECTIONS} connections, {ROUNDS} rounds of {REQUESTS:,} requests in turns, of which the one "
    "with the middle ratio"
)


@pytest.fixture(scope="module")
def application():
    """The port of an application that answers as fast as it is asked."""
    with subprocess.Popen([sys.executable, "-c", BACKEND], stdout=subprocess.PIPE) as process:
        yield int(process.stdout.readline())
        process.kill()


class Secure(StreetOf):
    """A street whose first site is reached by HTTPS as well."""

    def _site(self, pair, **more):
        return Site(listen=self.listen("front"), tls=Tls(self.listen("secure"), pair), **more)


@pytest.fixture
async def changed(beside, tmp_path):
    """Starts ours anew with a changed text: the same files, the same reader of its lines."""

    async def start(street, name, change):
        place = tmp_path / name
        shutil.copytree(street.directory, place, ignore=shutil.ignore_patterns("*.sock"))
        (place / "lines.sock").symlink_to(street.directory / "lines.sock")
        before = (street.directory / "haproxy.cfg").read_text()
        after = change(before)
        assert before != after
        return await beside(after, place)

    return start


def side(street, *more):
    return Side(street.port, street.runner.current.pid, request(*more))


def without_pause(text):
    """No pause, no maintenance: the lines that stand there for an app that never was paused."""
    return "".join(line for line in text.splitlines(keepends=True) if " paused" not in line)


def without_resending(text):
    return text.replace("retry-on conn-failure empty-response", "retry-on conn-failure")


async def sides(ours, beside, changed, tmp_path):
    """Every router of the comparison, by what it does."""
    (tmp_path / "api.pem").write_bytes(certificate(HOST) + pem(KEY))
    trusting = ssl.create_default_context(cadata=certificate(HOST).decode())
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    plain, half = await ours(), await ours(50, Slot.BLUE)
    cohort = await ours(50, Slot.BLUE, Cohort("d-1", Slot.GREEN), identity=Identity("cookie", "user"))
    secure = await ours(kind=Secure, pair=tmp_path / "api.pem")
    bare_secure = await beside(how=f"ssl crt {tmp_path / 'api.pem'} alpn h2,http/1.1 ssl-min-ver TLSv1.2")
    bare_secure.tls = trusting
    return {
        "bare": await beside(),
        "ours": side(plain),
        "no resending": await changed(plain, "once", without_resending),
        "no pause": await changed(plain, "awake", without_pause),
        "preview": side(plain, plain.preview("green")),
        "kept hot": side(await ours(0, Slot.GREEN)),
        "share": side(half, "Cookie: user=ada"),
        "cohort": side(cohort, "Cookie: user=ada"),
        "bare, TLS": bare_secure,
        "ours, TLS": Side(secure.ports["secure"], secure.runner.current.pid, tls=trusting),
    }


ROWS = (
    ("bare forward, without a log", "bare", None, ""),
    ("share, headers, id and full log", "ours", "bare", "≤ 1.3"),
    ("the same, safe methods are not sent again", "no resending", "bare", ""),
    ("… so sending again costs", "ours", "no resending", ""),
    ("lines for pause and maintenance, unpaused", "ours", "no pause", ""),
    ("a slot kept hot, to fall back on", "kept hot", "ours", ""),
    ("a preview", "preview", "ours", ""),
    ("both slots by share, one to fall back on", "share", "ours", ""),
    ("cohort by cookie, beside the share alone", "cohort", "share", ""),
    ("bare forward, TLS to clients", "bare, TLS", None, ""),
    ("TLS to clients, beside a bare one with TLS", "ours, TLS", "bare, TLS", ""),
    ("TLS to clients, beside ours without", "ours, TLS", "ours", ""),
)


def compared(spent):
    """The rows of the table, from what each side spent round by round."""
    for name, which, peer, bar in ROWS:
        if peer is None:
            yield Figure(f"CPU of a request: {name}", statistics.median(spent[which]), "µs", how=HOW)
        else:
            mine, theirs = middle(spent[which], spent[peer])
            yield Figure(f"CPU of a request: {name}", mine, "µs", theirs, bar, HOW)


async def test_a_request_through_our_router_beside_one_through_a_bare_one(ours, beside, changed, tmp_path):
    asked = await sides(ours, beside, changed, tmp_path)
    spent = {name: [] for name in asked}
    for _ in range(ROUNDS):
        for name, one in asked.items():
            spent[name].append(await cost(one))
    show(f"The router's CPU, HAProxy on {threads()} thread(s)", compared(spent))
