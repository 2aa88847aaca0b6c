"""A conversation that went wrong is over, and says why."""

import asyncio

import pytest

from verdigris.adapters.routers.haproxy.socket import Conversation
from verdigris.core.errors import ObservationError


@pytest.fixture
async def impostor(tmp_path):
    """Something else at HAProxy's socket: it answers as it is told."""
    servers, writers = [], []

    async def start(answer):
        async def serve(reader, writer):
            writers.append(writer)
            await answer(reader, writer)

        servers.append(await asyncio.start_unix_server(serve, tmp_path / "haproxy.sock"))
        return tmp_path

    yield start
    for closing in (*writers, *servers):
        closing.close()


async def test_nobody_there_is_said_with_the_place_to_look(tmp_path):
    with pytest.raises(ObservationError, match=r"HAProxy cannot be asked .* see haproxy.log in "):
        await Conversation.open(tmp_path)


async def test_an_answer_without_end_is_cut_off(impostor):
    async def endless(reader, writer):
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    directory = await impostor(endless)
    with pytest.raises(ObservationError, match="longer than"):
        await Conversation.open(directory)


async def test_one_that_goes_away_is_an_error_and_not_an_empty_answer(impostor):
    async def leave(reader, writer):
        writer.write(b"half an ans")
        writer.close()

    directory = await impostor(leave)
    with pytest.raises(ObservationError, match="ended the conversation"):
        await Conversation.open(directory)


async def test_a_question_that_was_given_up_spoils_no_later_answer(house):
    conversation = await Conversation.open(house.directory)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await conversation.ask("show info")
    assert conversation.over


async def test_answers_come_in_the_order_of_the_questions(house):
    conversation = await Conversation.open(house.directory)
    batches = [conversation.ask("show map share.map", "nonsense", "") for _ in range(20)]
    for rows, unknown, nothing in await asyncio.gather(*batches):
        assert "api green=100" in rows
        assert "Unknown command" in unknown
        assert "Unknown command" in nothing or nothing == ""
    conversation.close()
