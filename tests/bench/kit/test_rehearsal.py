"""What knowing of rehearsals adds to a request that is none, and to one that is."""

import dataclasses

from tests.bench.kit.test_middleware import bare_asgi, bare_wsgi, figure, send, start_response
from tests.bench.results import show
from verdigris_kit.rehearsal import Rehearsal, RehearsalWSGI
from verdigris_kit.secret import token

HEADERS = [(b"name-%d" % n, b"value") for n in range(10)]


def asgi(app, headers):
    def request():
        try:
            app({"type": "http", "method": "GET", "headers": headers}, None, send).send(None)
        except StopIteration:
            return

    return request


def wsgi(app, **marked):
    return lambda: list(app({"REQUEST_METHOD": "GET", **marked}, start_response))


def rare(name, bare, rehearsed):
    """No bar: nobody waits for a rehearsal."""
    return dataclasses.replace(figure(name, bare, rehearsed), bar="")


def test_what_rehearsals_cost(tmp_path):
    path = tmp_path / "slot.secret"
    path.touch(0o600)
    path.write_text("8f14e45fceea167a5a36dedd4bea2543")
    environ = {"VERDIGRIS_SECRET_FILE": str(path)}
    mark = token("rehearsal", environ)
    asgi_app, wsgi_app = Rehearsal(bare_asgi, environ), RehearsalWSGI(bare_wsgi, environ)
    marked = [*HEADERS, (b"x-verdigris-rehearsal", mark.encode())]
    show(
        "rehearsals, a request with 10 headers",
        [
            figure("Rehearsal, ASGI, unmarked", asgi(bare_asgi, HEADERS), asgi(asgi_app, HEADERS)),
            rare("Rehearsal, ASGI, marked", asgi(bare_asgi, marked), asgi(asgi_app, marked)),
            figure("RehearsalWSGI, unmarked", wsgi(bare_wsgi), wsgi(wsgi_app)),
            rare(
                "RehearsalWSGI, marked",
                wsgi(bare_wsgi, HTTP_X_VERDIGRIS_REHEARSAL=mark),
                wsgi(wsgi_app, HTTP_X_VERDIGRIS_REHEARSAL=mark),
            ),
        ],
    )
