"""The endpoint in real frameworks: what strangers get, and what a sender gets."""

import json

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from flask import Flask, request

from verdigris_kit.webhooks import (
    AsyncInbox,
    AsyncReceiver,
    Inbox,
    MemoryStore,
    Receiver,
    Signatures,
    new_secret,
)

SECRET = new_secret()
BODY = json.dumps({"type": "order.paid", "data": {"id": 7}}).encode()


@pytest.fixture
def paid():
    return []


@pytest.fixture
def by_flask(paid):
    app, receiver = Flask("shop"), Receiver(Signatures(SECRET), Inbox(MemoryStore()))

    @app.post("/webhooks/paid")
    def hook():
        answer = receiver.receive(
            request.headers, request.get_data(), lambda d: paid.append(json.loads(d.body))
        )
        return answer.body, answer.status, answer.headers

    return httpx.Client(transport=httpx.WSGITransport(app), base_url="http://shop")


def fast_app(handle):
    app, receiver = FastAPI(), AsyncReceiver(Signatures(SECRET), AsyncInbox(MemoryStore()))

    @app.post("/webhooks/paid")
    async def hook(request: Request):
        answer = await receiver.receive(request.headers, await request.body(), handle)
        return Response(answer.body, answer.status, answer.headers)

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://shop")


def test_flask_handles_a_delivery_once_and_is_content_with_the_second(by_flask, paid):
    headers = Signatures(SECRET).headers("msg_1", BODY)
    with by_flask as client:
        answers = [client.post("/webhooks/paid", content=BODY, headers=headers) for _ in range(2)]
    assert ([204, 204], [json.loads(BODY)]) == ([answer.status_code for answer in answers], paid)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"webhook-id": "a"},
        Signatures(new_secret()).headers("msg_1", BODY),
        Signatures(SECRET).headers("a", BODY, 1),
    ],
    ids=["none", "half", "forged", "old"],
)
def test_a_stranger_gets_401_and_a_sentence(by_flask, paid, headers):
    with by_flask as client:
        answer = client.post("/webhooks/paid", content=BODY, headers=headers)
    assert (401, ["error"], []) == (answer.status_code, list(answer.json()), paid)


async def test_fastapi_tells_a_sender_to_come_again_while_the_first_is_handled():
    inner = []

    async def handle(delivery):
        inner.append(await client.post("/webhooks/paid", content=BODY, headers=headers))

    headers = Signatures(SECRET).headers("msg_1", BODY)
    async with fast_app(handle) as client:
        assert 204 == (await client.post("/webhooks/paid", content=BODY, headers=headers)).status_code
    assert [(409, "5")] == [(answer.status_code, answer.headers["retry-after"]) for answer in inner]


async def test_fastapi_s_own_500_makes_the_sender_try_again():
    tries = []

    async def handle(delivery):
        tries.append(delivery.id)
        if len(tries) == 1:
            raise RuntimeError("the database is away")

    headers = Signatures(SECRET).headers("msg_1", BODY)
    async with fast_app(handle) as client:
        statuses = [
            (await client.post("/webhooks/paid", content=BODY, headers=headers)).status_code for _ in range(3)
        ]
    assert ([500, 204, 204], ["msg_1"] * 2) == (statuses, tries)
