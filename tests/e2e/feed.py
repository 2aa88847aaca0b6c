"""An API whose answers last, for tests to ship: `python feed.py PORT`. WebSockets at /ws get back what they send,
/events speaks now and then to whoever listens, /until answers when the file that it names is there.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

from aiohttp import web

NOW_AND_THEN = 0.25
LOOK = 0.05
HEALTH = {
    "status": "healthy",
    "release": os.environ.get("VERDIGRIS_RELEASE", ""),
    "slot": os.environ.get("VERDIGRIS_SLOT", ""),
}


async def root(request: web.Request) -> web.Response:
    return web.json_response({"version": os.environ["API_VERSION"]})


async def health(request: web.Request) -> web.Response:
    return web.json_response(HEALTH)


async def echo(request: web.Request) -> web.WebSocketResponse:
    answer = web.WebSocketResponse()
    await answer.prepare(request)
    async for message in answer:
        await answer.send_str(message.data)
    return answer


async def events(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await answer.prepare(request)
    with contextlib.suppress(ConnectionResetError):
        while True:
            await answer.write(b"data: tick\n\n")
            await asyncio.sleep(NOW_AND_THEN)  # noqa: TID251 - the application takes its time, not its test
    return answer


async def until(request: web.Request) -> web.Response:
    while not os.access(request.query["file"], os.F_OK):  # noqa: ASYNC110 - a file has no event
        await asyncio.sleep(LOOK)  # noqa: TID251 - see above
    return await root(request)


async def version(request: web.Request, answer: web.StreamResponse) -> None:
    answer.headers["X-API-Version"] = os.environ["API_VERSION"]


def main(port: int) -> None:
    app = web.Application()
    routes = {"/": root, "/health": health, "/ws": echo, "/events": events, "/until": until}
    app.add_routes([web.get(path, handler) for path, handler in routes.items()])
    app.on_response_prepare.append(version)
    web.run_app(app, host="127.0.0.1", port=port, backlog=2048, shutdown_timeout=1.0, print=None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
