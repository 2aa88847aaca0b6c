"""Serves what can be in flight, around which stands Leaving: python serve.py PORT KEEP_SERVING SPREAD."""

import asyncio
import json
import signal
import sys

import uvicorn

from verdigris_kit.leaving import Leaving

released = asyncio.Event()
told: list[str] = []


async def answer(send, body=b"", kind=b"text/plain", more=False):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def held(receive, send):
    # By a signal, for the time when nobody can connect any more.
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, released.set)
    await answer(send, b"begun,", more=True)
    await released.wait()
    await send({"type": "http.response.body", "body": b"done"})


async def busy_events(receive, send):
    """Each event in two parts, and never a moment without one."""
    await answer(send, b": hello\n\n", b"text/event-stream", more=True)
    gone = asyncio.ensure_future(_until_gone(receive))
    number = 0
    while not gone.done():
        number += 1
        for part in (f"id: {number}\n".encode(), b"data: whole\n\n"):
            await send({"type": "http.response.body", "body": part, "more_body": True})
            await asyncio.wait({gone}, timeout=0.01)


async def idle_events(receive, send):
    await answer(send, b"data: whole\n\n", b"text/event-stream", more=True)
    await _until_gone(receive)
    told.append("idle events")


async def _until_gone(receive):
    while (await receive())["type"] != "http.disconnect":
        pass


async def http(scope, receive, send):
    path = scope["path"]
    if path == "/release":
        released.set()
        await answer(send, b"released")
    elif path == "/drain":
        leaving.drain(float(scope["query_string"] or 0))
        await answer(send)
    elif path == "/resume":
        await answer(send, str(leaving.resume()).encode())
    elif path == "/seen":
        await answer(send, json.dumps({"in_flight": leaving.in_flight(), "told": told}).encode())
    else:
        pages = {"/held": held, "/busy": busy_events, "/idle": idle_events}
        await pages[path](receive, send)


async def websocket(receive, send):
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] != "websocket.disconnect":
        if message["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
    told.append(f"websocket {message['code']}")


async def app(scope, receive, send):
    if scope["type"] == "http":
        await http(scope, receive, send)
    elif scope["type"] == "websocket":
        await websocket(receive, send)
    else:
        raise RuntimeError("no lifespan here")


async def page_or_404(scope, receive, send):
    try:
        await app(scope, receive, send)
    except KeyError:
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b"none"})


if __name__ == "__main__":
    port, keep_serving, spread = sys.argv[1:]
    leaving = Leaving(page_or_404, keep_serving=float(keep_serving), spread=float(spread))
    uvicorn.run(leaving, host="127.0.0.1", port=int(port), log_level="info")
