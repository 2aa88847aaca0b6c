import json

import pytest

from verdigris_kit.testing import Answer, Visitor, back_and_forth

LOGIN = Answer(200, (("Set-Cookie", 'who="Ada L"; Path=/; HttpOnly'), ("Set-Cookie", "theme=dark")))


def version(understands=lambda headers: True):
    """One that sets two cookies at /login, ends one at /logout, and tells at /me whom it knows."""

    def ask(method, path, headers, body):
        if path == "/login":
            return LOGIN
        if path == "/logout":
            return Answer(200, (("set-cookie", "who=null; expires=Thu, 01 Jan 1970 00:00:00 GMT"),))
        if path == "/forget":
            return Answer(200, (("set-cookie", "theme=x; Max-Age=0"),))
        cookie = headers.get("cookie", "")
        known = "who=" in cookie and understands(headers)
        return Answer(200 if known else 401, (), json.dumps([method, cookie]).encode())

    return ask


def login(visitor):
    visitor.post("/login", {"name": "Ada"})


def known(visitor):
    return visitor.get("/me").status == 200


def test_a_user_who_is_known_everywhere_makes_the_whole_way():
    assert [
        *("logged in on old", "known on old", "known on new", "known on old"),
        *("logged in on new", "known on new", "known on old", "known on new"),
    ] == back_and_forth(version(), version(), login, known, rounds=1)


def test_the_first_step_where_a_user_is_lost_is_named():
    with pytest.raises(
        AssertionError, match="logged in on old, known on old, and was not known on new: False"
    ):
        back_and_forth(version(), version(lambda headers: False), login, known)


def test_cookies_are_kept_as_they_were_set_until_they_are_ended():
    visitor = Visitor(version())
    login(visitor)
    assert ["GET", 'who="Ada L"; theme=dark'] == visitor.get("/me").json()
    visitor.get("/logout")
    assert {"theme": "dark"} == visitor.cookies
    visitor.get("/forget")
    assert {} == visitor.cookies


def test_headers_of_its_own_go_with_every_request():
    seen = version(lambda headers: headers.get("authorization") == "Bearer x")
    visitor = Visitor(seen, {"authorization": "Bearer x"})
    login(visitor)
    assert known(visitor)


def test_what_is_no_base_url_is_refused():
    with pytest.raises(ValueError, match="'localhost:80' is no base URL"):
        Visitor("localhost:80").get("/")
