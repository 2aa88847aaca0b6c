import pytest

from verdigris_kit.leaving.streams import EventStream, Gone, WebSocket, is_event_stream, whole

NEW, OLD = {"asgi": {"spec_version": "2.10"}}, {"asgi": {"spec_version": "2.3"}}


class Sent(list):
    async def __call__(self, message):
        self.append(message)


def part(body, more=True):
    return {"type": "http.response.body", "body": body, "more_body": more}


END = {"type": "http.response.body", "body": b"", "more_body": False}


@pytest.mark.parametrize("tail", [b"", b"a\n\n", b"\r\n\r\n", b"\n\r\n", b"a\r\r", b"a\r\n\r", b"\r\n\n"])
def test_an_event_is_whole_at_a_blank_line(tail):
    assert whole(tail)


@pytest.mark.parametrize("tail", [b"\n", b"\r\n", b"a\r\n", b"data", b"\n\na", b"\n\nb\n"])
def test_an_event_is_not_whole_elsewhere(tail):
    assert not whole(tail)


async def test_an_idle_event_stream_is_ended_at_once():
    sent = Sent()
    stream = EventStream(OLD, sent)
    await stream.pass_on(part(b"data: 1\n\n"))
    await stream.end()
    assert END == sent[-1]


async def test_an_event_stream_within_an_event_is_ended_behind_it_even_when_the_line_is_split():
    sent = Sent()
    stream = EventStream(OLD, sent)
    for body in (b"data: 1\n\n", b"data: 2"):
        await stream.pass_on(part(body))
    await stream.end()
    for body in (b"\n", b"", b"\n", b"data: 3\n\n"):
        await stream.pass_on(part(body))
    assert b"data: 1\n\ndata: 2\n\n" == b"".join(message["body"] for message in sent)
    assert END == sent[-1]


async def test_a_compressed_event_stream_is_ended_behind_any_part():
    sent = Sent()
    stream = EventStream(OLD, sent, compressed=True)
    await stream.pass_on(part(b"\x1f\x8b\x08"))
    await stream.end()
    assert END == sent[-1]


async def test_an_event_stream_that_the_application_ended_is_not_ended_twice():
    sent = Sent()
    stream = EventStream(OLD, sent)
    await stream.pass_on(part(b"data: 1\n\n", more=False))
    await stream.end()
    assert 1 == len(sent)


async def test_a_websocket_that_the_application_closed_is_not_closed_twice():
    sent = Sent()
    socket = WebSocket(NEW, sent)
    await socket.pass_on({"type": "websocket.close"})
    await socket.end()
    assert [{"type": "websocket.close"}] == sent


async def test_a_client_that_left_first_is_no_error():
    async def send(message):
        raise OSError("gone")

    await WebSocket(NEW, send).end()
    await EventStream(OLD, send).end()


@pytest.mark.parametrize("make", [WebSocket, EventStream])
async def test_what_is_sent_too_late_is_swallowed_or_raises_as_the_version_of_asgi_has_it(make):
    sent = Sent()
    for scope in (OLD, NEW):
        stream = make(scope, sent)
        await stream.end()
        if scope is OLD:
            await stream.pass_on(part(b"late"))
        else:
            with pytest.raises(Gone, match="has ended"):
                await stream.pass_on(part(b"late"))
    assert b"late" not in [message.get("body") for message in sent]


@pytest.mark.parametrize("value", [b"text/event-stream", b"Text/Event-Stream; charset=utf-8"])
def test_event_streams_are_known_by_their_content_type(value):
    assert is_event_stream([(b"a", b"b"), (b"content-type", value)])
    assert not is_event_stream([(b"a", value)])
