"""Which certificate is for whom, as HAProxy reads it."""

from pathlib import Path

from verdigris.adapters.routers.haproxy.crt_lists import crt_lists, name_of, served_at
from verdigris.adapters.routers.haproxy.settings import Door, Site, Tls

HTTPS = "127.0.0.1:8443"


def site(app, *hosts, listen=HTTPS, oldest="1.2", path="/"):
    tls = Tls(listen, Path("both.pem"), oldest=oldest)
    return Site(app, "127.0.0.1:8080", hosts=hosts, path=path, tls=tls)


def lists(*sites):
    return crt_lists(Door(Path("router"), sites, Path("/usr/sbin/haproxy")))


def test_the_site_for_all_hosts_is_first_whatever_its_place():
    text = lists(site("shop", "shop.example.com", oldest="1.3"), site("api"))["certs/1.list"]
    assert (
        "certs/api.pem [ssl-min-ver TLSv1.2] !*\ncerts/shop.pem [ssl-min-ver TLSv1.3] shop.example.com\n"
        == text
    )


def test_a_host_that_two_sites_share_by_path_stands_once():
    api, search = (
        site("api", "a.example.com"),
        site("search", "a.example.com", "*.example.org", path="/search"),
    )
    assert [
        "certs/api.pem [ssl-min-ver TLSv1.2] a.example.com",
        "certs/search.pem [ssl-min-ver TLSv1.2] *.example.org",
    ] == lists(api, search)["certs/1.list"].splitlines()


def test_each_address_has_its_own_list_by_its_number():
    assert ["certs/1.list", "certs/2.list"] == list(
        lists(site("api", "a.example.com"), site("shop", "b.example.com", listen="127.0.0.1:9443"))
    )


def test_sites_without_tls_are_in_no_list():
    plain = Site("api", "127.0.0.1:8080")
    assert {} == lists(plain)
    assert [] == served_at([plain], HTTPS)


def test_a_file_is_named_after_its_app():
    assert "certs/api.pem" == name_of("api")
