from wsgiref.util import FileWrapper

import pytest

from verdigris_kit.leaving import LeavingWSGI


def asked(app, path="/", **environ):
    """The status, and the body before it was read."""
    statuses = []
    body = app({"PATH_INFO": path, **environ}, lambda status, headers, exc_info=None: statuses.append(status))
    return statuses, body


def answering(body, status="200 OK"):
    def app(environ, start_response):
        start_response(status, [])
        return body

    return app


def generated(closed):
    try:
        yield b"a"
    finally:
        closed.append(True)


@pytest.mark.parametrize(
    "make", [lambda: [b"a"], lambda: (b"a",), lambda: generated([]), lambda: iter([b"a"])]
)
def test_a_request_is_in_flight_until_the_server_closes_its_body(make):
    leaving = LeavingWSGI(answering(make()))
    _, body = asked(leaving)
    assert [b"a"] == list(body)
    assert 1 == leaving.in_flight()["http"]
    body.close()
    body.close()
    assert 0 == leaving.in_flight()["http"]


def test_a_list_stays_a_list_so_that_a_server_can_name_its_length():
    _, body = asked(LeavingWSGI(answering([b"a"])))
    assert isinstance(body, list)


def test_the_body_of_the_application_is_closed():
    closed = []
    _, body = asked(LeavingWSGI(answering(generated(closed))))
    next(iter(body))
    body.close()
    assert [True] == closed


def test_a_file_stays_one_and_is_counted(tmp_path):
    (tmp_path / "file").write_bytes(b"a")
    with (tmp_path / "file").open("rb") as file:
        leaving = LeavingWSGI(answering(FileWrapper(file)))
        _, body = asked(leaving, **{"wsgi.file_wrapper": FileWrapper})
        assert isinstance(body, FileWrapper)
        assert 1 == leaving.in_flight()["http"]
        body.close()
        assert file.closed
    assert 0 == leaving.in_flight()["http"]


def test_a_request_that_fails_is_not_in_flight_for_ever():
    def app(environ, start_response):
        raise RuntimeError("boom")

    leaving = LeavingWSGI(app)
    with pytest.raises(RuntimeError, match="boom"):
        asked(leaving)
    assert 0 == leaving.in_flight()["http"]


def test_an_application_answers_its_own_readiness_until_the_process_leaves():
    closed = []
    leaving = LeavingWSGI(answering(generated(closed), "500 Internal Server Error"))
    statuses, body = asked(leaving, "/ready")
    assert (["500 Internal Server Error"], [b"a"], [True]) == (statuses, body, closed)
    leaving.drain()
    assert ["503 Service Unavailable"] == asked(leaving, "/ready")[0]
    assert leaving.resume()
    assert not leaving.leaving


def test_an_application_without_such_a_page_is_ready():
    assert ["200 OK"] == asked(LeavingWSGI(answering([], "404 Not Found")), "/ready")[0]


@pytest.mark.parametrize("leaves", [True, False])
def test_who_asks_with_head_whether_it_is_ready_gets_no_body(leaves):
    def nothing(environ, start_response):
        start_response("404 Not Found", [])
        return [b"none"]

    site = LeavingWSGI(nothing)
    if leaves:
        site.drain()
    said = []
    body = site({"PATH_INFO": "/ready", "REQUEST_METHOD": "HEAD"}, lambda *given: said.append(given))
    assert ("503" if leaves else "200", []) == (said[0][0][:3], list(body))
    assert int(dict(said[0][1])["Content-Length"]) > 0
