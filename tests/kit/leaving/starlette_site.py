"""Streams as people write them with Starlette: python starlette_site.py PORT KEEP_SERVING SPREAD."""

import asyncio
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

from verdigris_kit import Kit


async def ticks():
    """Never ends by itself, and never looks whether somebody is there."""
    number = 0
    while True:
        number += 1
        yield f"id: {number}\n"
        yield "data: whole\n\n"
        await a_moment()


async def a_moment():
    await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0.01)


async def events(request):
    return StreamingResponse(ticks(), media_type="text/event-stream")


async def speaks(socket):
    """Only sends."""
    await socket.accept()
    try:
        while True:
            await socket.send_text("tick")
            await a_moment()
    except WebSocketDisconnect:
        return


async def listens(socket):
    """Only receives."""
    await socket.accept()
    async for _ in socket.iter_text():
        pass


async def passes_on(request, call_next):
    return await call_next(request)


site = Starlette(
    routes=[Route("/events", events), WebSocketRoute("/speaks", speaks), WebSocketRoute("/listens", listens)]
)
site.add_middleware(BaseHTTPMiddleware, dispatch=passes_on)

if __name__ == "__main__":
    port, keep_serving, spread = sys.argv[1:]
    app = Kit(site, keep_serving=float(keep_serving), spread=float(spread))
    uvicorn.run(app, host="127.0.0.1", port=int(port))
