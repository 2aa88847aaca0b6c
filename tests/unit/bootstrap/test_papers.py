"""Files that sites name are looked at before somebody needs them."""

from datetime import UTC, datetime

import pytest
from cryptography.x509 import load_pem_x509_certificate

from tests.certifying import KEY, certificate, pem
from verdigris.adapters.routers.haproxy.settings import Door, Maintenance, Site, Tls
from verdigris.bootstrap.papers import certificates, maintenance_pages

NOW = datetime.now(UTC)


@pytest.fixture
def door(tmp_path):
    def make(text, key=KEY, hosts=("api.example.com",)):
        both = tmp_path / "both.pem"
        both.write_bytes(text + pem(key))
        tls = Tls("127.0.0.1:8443", both)
        return Door(tmp_path / "router", (Site("api", "127.0.0.1:8080", hosts=hosts, tls=tls),))

    return make


@pytest.mark.parametrize(
    ("hosts", "whose"), [(("api.example.com",), "api.example.com"), ((), "any host")], ids=["named", "any"]
)
def test_a_good_certificate_is_told_with_its_days(hosts, whose, door):
    text = certificate("api.example.com", days=60.5)
    [check] = certificates(door(text, hosts=hosts), NOW)
    until = load_pem_x509_certificate(text).not_valid_after_utc
    assert (True, f"api: good for {whose} for 60 days, until {until:%Y-%m-%d}") == (
        check.passed,
        check.sentence,
    )


@pytest.mark.parametrize(
    ("days", "words"), [(10.5, "expires in 10 days"), (2.5, "EXPIRES in 2 days"), (-1, "expired on")]
)
def test_one_that_ends_soon_does_not_pass(days, words, door):
    [check] = certificates(door(certificate("api.example.com", days=days, lived=60)), NOW)
    assert (False, True) == (check.passed, words in check.sentence)


def test_a_file_that_is_missing_is_named(door, tmp_path):
    made = door(certificate("api.example.com"))
    (tmp_path / "both.pem").unlink()
    [check] = certificates(made, NOW)
    assert (False, True) == (check.passed, f"{tmp_path / 'both.pem'}: cannot be read" in check.sentence)
    assert not made.directory.exists(), "doctor writes nothing"


def test_without_tls_there_is_nothing_to_say(tmp_path):
    door = Door(tmp_path, (Site("api", "127.0.0.1:8080"),))
    assert ([], []) == (certificates(door, NOW), maintenance_pages(door))


@pytest.mark.parametrize(
    ("content", "passed", "words"),
    [
        (b"<p>Back at ten</p>", True, "can be shown"),
        (None, False, "cannot be read"),
        (b"\xff\xfe", False, "is not UTF-8"),
        (b"x" * 20_000, False, "is longer than"),
    ],
    ids=["good", "missing", "no text", "long"],
)
def test_a_maintenance_page_is_read_before_it_is_needed(content, passed, words, tmp_path):
    page = tmp_path / "page.html"
    if content is not None:
        page.write_bytes(content)
    door = Door(tmp_path, (Site("api", "127.0.0.1:8080", maintenance=Maintenance(page)),))
    [check] = maintenance_pages(door)
    assert (passed, True) == (check.passed, words in check.sentence and str(page) in check.sentence)
