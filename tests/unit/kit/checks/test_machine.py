import http.server
import threading

import pytest

from verdigris_kit.checks.machine import disk
from verdigris_kit.checks.machine import http as answers_http


class Teapot(http.server.BaseHTTPRequestHandler):
    """Answers with the status that the path says, and with a way to 200 where it redirects."""

    def do_GET(self):
        status = int(self.path.strip("/?"))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/200")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Teapot) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "passed"), [(200, True), (204, True), (302, False), (404, False), (503, False)]
)
def test_a_service_answers_when_its_status_is_of_the_two_hundreds(address, status, passed):
    found = answers_http(f"{address}/{status}")()
    assert (passed, "" if passed else f"it answered {status}") == (found.passed, found.reason)


def test_the_query_of_an_address_is_asked_for_too(address):
    assert answers_http(f"{address}/?200")().passed


def test_nobody_there_is_an_error():
    with pytest.raises(OSError, match="refused"):
        answers_http("http://127.0.0.1:1")()


@pytest.mark.parametrize("url", ["localhost:80", "ftp://host/", "http://", "file:///etc/passwd"])
def test_what_is_no_address_of_a_service_is_refused_at_start(url):
    with pytest.raises(ValueError, match=r"is no address of a service: write http://host:port/path"):
        answers_http(url)


def test_there_is_room_or_the_reason_says_how_little(tmp_path):
    assert disk(tmp_path, free_percent=0.001)().passed
    found = disk("/proc/self", free_percent=0.001)()
    assert found.passed, "a file system that counts nothing has room"
    full = disk(tmp_path, free_percent=99.999)()
    assert not full.passed
    assert "% of the bytes" in full.reason
    assert full.reason.endswith("wanted 99.999 %")


@pytest.mark.parametrize("percent", [0, 100, -1])
def test_a_share_that_is_none_is_refused(percent):
    with pytest.raises(ValueError, match="it lies between 0 and 100"):
        disk("/", free_percent=percent)
