import contextvars

import pytest

from verdigris_kit import counts, rehearsal
from verdigris_kit.guard import HELD_MAX, Answer, Guard, HeldBack


def rehearsed(work):
    """What `work` gives inside a rehearsal; the middleware has tests of its own."""

    def run():
        rehearsal._rehearsing.set(True)
        return work()

    return contextvars.copy_context().run(run)


@pytest.mark.parametrize(
    ("listed", "host", "held"),
    [
        ("api.example.com", "api.example.com", True),
        ("API.example.com.", "api.EXAMPLE.com", True),
        ("api.example.com", "api.example.com.", True),
        ("api.example.com", "example.com", False),
        ("api.example.com", "evil-api.example.com", False),
        ("*.example.com", "api.example.com", True),
        ("*.example.com", "a.b.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "badexample.com", False),
        ("*", "anything", True),
        ("bücher.example", "xn--bcher-kva.example", True),
        ("xn--bcher-kva.example", "bücher.example", True),
        ("BÜCHER.example", "XN--bcher-kva.EXAMPLE.", True),
        ("*.bücher.example", "api.xn--bcher-kva.example", True),
        ("straße.example", "xn--strae-oqa.example", True),
        ("bücher.example", "bücher。example", True),
        ("xn--a\x80.example", "xn--a\x80.example", True),
        ("xn--bcher-kva.example", "bucher.example", False),
        ("::1", "::1", True),
    ],
)
def test_a_host_is_a_name_all_names_below_one_or_all(listed, host, held):
    guard = Guard(listed, record=True)
    assert held == rehearsed(lambda: guard.holds("GET", host, "/"))


@pytest.mark.parametrize(
    "name", ["", "https://api.example.com", "api.example.com:443", "a/b", "*.", "a.*.b", "a b", "a／b"]
)
def test_what_is_no_host_is_refused_because_it_would_match_nothing(name):
    with pytest.raises(ValueError, match="hosts: .* is no host. Give a name as"):
        Guard(name)


@pytest.mark.parametrize(("status", "body"), [(101, b""), (600, b""), (204, b"x")])
def test_an_answer_that_is_none_is_refused(status, body):
    with pytest.raises(ValueError, match=f"answer: {status} with"):
        Answer(status, body)


def test_an_answer_keeps_to_its_own_lines():
    with pytest.raises(ValueError, match="a header value is printable ASCII"):
        Answer(type="text/plain\r\nX: y")


def test_outside_of_a_rehearsal_nothing_is_held():
    assert not Guard("*").holds("GET", "api.example.com", "/")


def test_what_is_held_is_counted_and_remembered_up_to_a_bound():
    guard = Guard("*", record=True)
    before = counts.read().get("guard.held", 0)
    rehearsed(lambda: [guard.holds("GET", "a", f"/{n}?card=4242") for n in range(HELD_MAX + 1)])
    assert before + HELD_MAX + 1 == counts.read()["guard.held"]
    assert (HELD_MAX, f"/{HELD_MAX}") == (len(guard.held), guard.held[-1].path)


def test_a_refused_call_is_remembered_too():
    guard = Guard("*")
    with pytest.raises(HeldBack):
        rehearsed(lambda: guard.holds("GET", "a", "/"))
    assert 1 == len(guard.held)
