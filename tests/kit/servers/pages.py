"""One page in both kinds of application, with the whole kit around it: python pages.py SERVER PORT RECIPES.

gunicorn takes `application` from here. How waitress and hypercorn are run stands in files of that name in the directory
RECIPES. What asks for `/slow` is in flight until somebody writes into the pipe that `SLOW` names.
"""

import asyncio
import os
import runpy
import socketserver
import sys
import wsgiref.simple_server
from pathlib import Path

from verdigris_kit import Health, Kit, WsgiKit

KEEPS_SERVING = 2.0
health = Health({"database": lambda: True})


def answered(path):
    if path == "/broken":
        raise RuntimeError("boom")
    if path == "/slow":
        return Path(os.environ["SLOW"]).read_bytes()
    return path.encode()


def page(environ, start_response):
    body = answered(environ["PATH_INFO"])
    start_response("404 Not Found" if body == b"/ready" else "200 OK", [("Content-Type", "text/plain")])
    return [body]


async def asgi_page(scope, receive, send):
    if scope["type"] == "http":
        body = await asyncio.to_thread(answered, scope["path"])
        await send(
            {"type": "http.response.start", "status": 404 if body == b"/ready" else 200, "headers": []}
        )
        await send({"type": "http.response.body", "body": body})
    elif scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
    else:
        for done in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{done}.complete"})


application = WsgiKit(page, health=health, keep_serving=KEEPS_SERVING)
app = Kit(asgi_page, health=health, keep_serving=KEEPS_SERVING, spread=1)


class Threads(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    """One thread for each request. It knows nothing of signals."""


def wsgiref_(port):
    application.leaving.listen()
    wsgiref.simple_server.make_server("127.0.0.1", port, application, Threads).serve_forever()


if __name__ == "__main__":
    port, recipes = int(sys.argv[2]), Path(sys.argv[3])
    if sys.argv[1] == "wsgiref":
        wsgiref_(port)
    elif sys.argv[1] == "waitress":
        runpy.run_path(recipes / "waitress.py")["main"](application, port)
    else:
        asyncio.run(runpy.run_path(recipes / "hypercorn.py")["main"](app, port))
