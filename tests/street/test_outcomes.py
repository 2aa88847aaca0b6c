"""What the application says that users got, and which route they asked for, as the router tells of it."""

import asyncio

import pytest

from tests.street.test_retries import listening
from tests.waiting import eventually
from verdigris.adapters.signals.lines import ASKED_KEPT, read
from verdigris.adapters.signals.sample import ASKED_MOST
from verdigris.core.world import Known, Slot

HEADER = "X-Verdigris-Outcome"


def says(*values):
    return {"more": "".join(f"{HEADER}: {value}\r\n" for value in values)}


async def counted(signals):
    """By slot: good and bad, None as long as nobody said anything; and the requests of users."""
    seen = await signals.observe()
    if not isinstance(seen, Known):
        return None
    seconds = seen.value

    def of(slot):
        tallies = [second.slots[slot] for second in seconds]
        told = [(tally.good, tally.bad) for tally in tallies if tally.good is not None]
        sums = tuple(map(sum, zip(*told, strict=True))) if told else None
        return sums, sum(tally.requests - tally.own for tally in tallies)

    return of(Slot.BLUE), of(Slot.GREEN)


async def are(signals, *expected):
    """Waited for until as many requests are counted, or more."""
    wanted = [requests for _, requests in expected]

    async def enough():
        told = await counted(signals)
        return told if told and [requests for _, requests in told] >= wanted else None

    assert expected == await eventually(enough, f"{wanted} requests")


async def test_what_users_got_is_counted_for_the_slot_that_answered_and_no_client_sees_it(street):
    blue = await street.instance("blue-1", "blue", **says("good"))
    green = await street.instance("green-1", "green", **says("bad"))
    await street.route("api", 50, 1, blue, green)
    signals = await listening(street)
    # A client says nothing of what it gets.
    answers = [await street.ask("/status/404", headers=[f"{HEADER}: good"]) for _ in range(30)]
    served = {slot: sum(answer.body == slot for answer in answers) for slot in ("blue", "green")}
    assert min(served.values()) > 0
    assert [] == [name for answer in answers for name in answer.headers if name.lower() == HEADER.lower()]
    assert [] == [headers for one in (blue, green) for *_, headers in one.asked if HEADER.lower() in headers]
    for slot in served:
        await street.ask(headers=[street.preview(slot)])
    await are(
        signals,
        ((served["blue"], 0), served["blue"]),
        ((0, served["green"]), served["green"]),
    )


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (("Good",), (5, 0)),
        (("good", "bad"), (0, 5)),
        ((), None),
        (("",), None),
        (("goodness",), None),
        (("good .",), None),
        (("bad\t- - GET / .\t",), None),
        (('g"\\' + "x" * 900,), None),
    ],
)
async def test_a_word_that_is_none_says_nothing_and_breaks_no_line(street, values, told):
    blue = await street.instance("blue-1", "blue", **says(*values))
    await street.route("api", 0, 1, blue)
    signals = await listening(street)
    for _ in range(5):
        assert 200 == (await street.ask()).status
    await are(signals, (told, 5), (None, 0))
    assert "" == street.lines.trouble


async def test_a_request_that_is_tried_again_comes_to_what_its_last_answer_says(street):
    one = await street.instance("green-1", "green", **says("bad"))
    two = await street.instance("green-2", "green", **says("good"))
    await street.route("api", 100, 1, one, two)
    signals = await listening(street)
    await one.die()
    answers = await asyncio.gather(*(street.ask() for _ in range(10)))
    assert {200} == {answer.status for answer in answers}
    lines = await eventually(
        lambda: [line for line in street.told() if not line.own][9:] and street.told(), "ten lines"
    )
    assert 10 == sum(line.good is True for line in lines)
    attempts = sum(line.retries for line in lines if not line.own)
    await are(signals, (None, 0), ((10, 0), 10 + attempts))


STRANGE = (
    ("/orders/17?token=secret", b"GET /orders/17"),
    ("/a%20b/%0a", b"GET /a%20b/%0a"),
    ('/"quoted"', b"GET /#22quoted#22"),
    ("/" + "a" * 1500, b"GET /" + b"a" * 100),
    ("/" + '"' * 1500, b"GET /" + b"#22" * 50),
    ("/a.?b .", None),
    ("http://api/orders/18?token=secret", b"GET /orders/18"),
)


async def test_a_path_that_may_be_asked_again_is_whole_whatever_host_it_is_for(street):
    """As every client of HTTP/2 asks: with scheme and host before the path."""
    blue = await street.instance("blue-1", "blue")
    await street.route("api", 0, 1, blue)
    await listening(street)
    host, path = f"{'h' * 60}.{'o' * 60}.example", f"/{'p' * (ASKED_MOST - len('GET /'))}"
    asked = f"GET http://{host}{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    await street.client().raw(asked.encode())
    told = await eventually(lambda: [line for line in street.told() if not line.own], "the line")
    assert f"GET {path}".encode() == told[0].asked


async def test_a_line_says_the_path_without_its_query_and_no_path_breaks_it(street):
    blue = await street.instance("blue-1", "blue")
    await street.route("api", 0, 1, blue)
    await listening(street)
    for path, _ in STRANGE:
        await street.client().raw(f"GET {path} HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n".encode())
    wanted = [asked for _, asked in STRANGE if asked is not None]
    told = await eventually(
        lambda: [line.asked for line in street.told() if not line.own][len(wanted) - 1 :] and street.told(),
        "the lines",
    )
    asked = [line.asked for line in told if not line.own]
    assert [True] * len(wanted) == [have.startswith(want) for have, want in zip(asked, wanted, strict=True)]
    assert max(map(len, asked)) == ASKED_KEPT
    assert not any(b"secret" in frame for frame in street.lines.frames)
    assert "" == street.lines.trouble
    assert all(read(frame) for frame in street.lines.frames if frame.startswith(b"r2 "))
