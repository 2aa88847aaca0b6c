import io
import timeit
import wsgiref.handlers
import wsgiref.util

import pytest

from verdigris_kit.contract import Identity
from verdigris_kit.wsgi import VersionHeaders

GREEN = Identity(api_version="2.0.0", environment="green")
MARKS = ["X-API-Version: 2.0.0", "X-Environment: green"]


class Server(wsgiref.handlers.SimpleHandler):
    """The server of the standard library, without a socket."""

    def log_exception(self, exc_info):
        self.logged = exc_info[1]


def served(app, method="GET"):
    """Head and body as a client gets them, and the exception that the server logged, or None."""
    environ, out = {"REQUEST_METHOD": method}, io.BytesIO()
    wsgiref.util.setup_testing_defaults(environ)
    server = Server(io.BytesIO(), out, io.StringIO(), environ)
    server.http_version, server.logged = "1.1", None
    server.run(VersionHeaders(app, GREEN))
    head, _, body = out.getvalue().decode().partition("\r\n\r\n")
    return head.split("\r\n"), body, server.logged


def answering(status="200 OK", headers=(("A", "b"),), body=(b"ok",)):
    def app(environ, start_response):
        start_response(status, list(headers))
        return list(body)

    return app


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "503 Service Unavailable"])
def test_every_response_says_who_answered(status):
    head, body, logged = served(answering(status))
    assert (f"HTTP/1.1 {status}", "ok", None) == (head[0], body, logged)
    assert {"A: b", *MARKS} <= set(head)


def test_what_the_application_claims_itself_is_replaced():
    head, _, _ = served(answering(headers=[("x-environment", "blue"), ("X-Api-Version", "9")]))
    assert MARKS == [line for line in head if line.lower().startswith(("x-env", "x-api"))]


def test_an_application_that_raises_still_says_who_it_was_and_the_server_logs_the_error():
    def app(environ, start_response):
        raise RuntimeError("boom")

    head, body, logged = served(app)
    assert ("HTTP/1.1 500 Internal Server Error", "Internal Server Error") == (head[0], body)
    assert {"Content-Length: 21", *MARKS} <= set(head)
    assert "boom" == str(logged)


def test_an_error_after_the_response_was_announced_takes_its_place():
    def app(environ, start_response):
        start_response("200 OK", [("Content-Length", "2")])
        raise RuntimeError("boom")

    head, body, logged = served(app)
    assert ("HTTP/1.1 500 Internal Server Error", "Internal Server Error") == (head[0], body)
    assert (set(MARKS) <= set(head), "boom") == (True, str(logged))


@pytest.mark.parametrize("starts", [False, True])
def test_a_generator_that_raises_before_its_first_byte_is_answered_with_500(starts):
    def app(environ, start_response):
        if starts:
            start_response("200 OK", [])
        raise RuntimeError("boom")
        yield b""

    head, body, logged = served(app)
    assert ("HTTP/1.1 500 Internal Server Error", "Internal Server Error") == (head[0], body)
    assert (set(MARKS) <= set(head), "boom") == (True, str(logged))


def test_a_generator_that_raises_later_is_cut_off_and_not_answered_twice():
    def app(environ, start_response):
        start_response("200 OK", [])
        yield b"begun"
        raise RuntimeError("boom")

    head, body, logged = served(app)
    assert ("HTTP/1.1 200 OK", "begun", "boom") == (head[0], body, str(logged))
    assert set(MARKS) <= set(head)


def test_an_error_after_bytes_were_written_is_raised_by_the_server_itself():
    def app(environ, start_response):
        start_response("200 OK", [])(b"begun")
        raise RuntimeError("boom")

    head, body, logged = served(app)
    assert ("HTTP/1.1 200 OK", "begun", "boom") == (head[0], body, str(logged))


def test_head_gets_the_500_without_a_body():
    def app(environ, start_response):
        raise RuntimeError("boom")

    head, body, _ = served(app, "HEAD")
    assert (True, "") == ("Content-Length: 21" in head, body)


def test_a_response_that_the_application_starts_anew_with_its_error_bears_the_headers():
    def app(environ, start_response):
        start_response("200 OK", [])
        try:
            raise RuntimeError("boom")
        except RuntimeError as error:
            start_response("502 Bad Gateway", [("A", "b")], (RuntimeError, error, error.__traceback__))
        return [b"sorry"]

    head, body, logged = served(app)
    assert ("HTTP/1.1 502 Bad Gateway", "sorry", None) == (head[0], body, logged)
    assert {"A: b", *MARKS} <= set(head)


def test_starting_twice_without_an_error_stays_an_error():
    def app(environ, start_response):
        start_response("200 OK", [])
        start_response("200 OK", [])
        return [b""]

    _, _, logged = served(app)
    assert isinstance(logged, AssertionError)


def test_the_body_is_closed_as_the_application_asked():
    closed = []

    class Body:
        def __iter__(self):
            return iter([b"a", b"b"])

        def close(self):
            closed.append(1)

    def app(environ, start_response):
        start_response("200 OK", [])
        return Body()

    assert ("ab", [1]) == (served(app)[1], closed)


def test_a_file_stays_one_that_the_server_can_send_by_itself():
    file = wsgiref.util.FileWrapper(io.BytesIO(b"bytes"))

    def app(environ, start_response):
        start_response("200 OK", [])
        return file

    environ = {"wsgi.file_wrapper": wsgiref.util.FileWrapper}
    assert file is VersionHeaders(app, GREEN)(environ, lambda status, headers: None)


@pytest.mark.parametrize("value", ["1.0\r\nSet-Cookie: a=b", "\x7f"])
def test_a_value_that_could_not_stand_in_a_header_is_refused_at_start(monkeypatch, value):
    monkeypatch.setenv("API_VERSION", value)
    with pytest.raises(ValueError, match="a header value is printable ASCII"):
        VersionHeaders(answering())


def test_a_request_costs_a_few_microseconds():
    """The bar is 5 µs against the bare application; the bound is wide because the cores are shared."""

    def once(app):
        run = lambda: app({}, lambda status, headers: None)  # noqa: E731
        return min(timeit.repeat(run, number=500, repeat=9)) / 500

    app = answering(headers=[("A", "b")] * 5)
    assert once(VersionHeaders(app, GREEN)) - once(app) < 25e-6
