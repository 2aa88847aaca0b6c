"""The same page in both kinds of application, with the whole kit around it: python sites.py asgi|wsgi PORT."""

import socketserver
import sys
import wsgiref.simple_server

import uvicorn

from verdigris_kit import Health, Kit, WsgiKit
from verdigris_kit.events import Events

events = Events()
events.declare("order.paid", {"type": "object", "properties": {"id": {"type": "string"}}})
health = Health({"database": lambda: True})


async def page(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})


def wsgi_page(environ, start_response):
    start_response("404 Not Found", [])
    return [environ["PATH_INFO"].encode()]


class Threads(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


if __name__ == "__main__":
    kind, port = sys.argv[1:]
    if kind == "asgi":
        app = Kit(page, health=health, events=events, keep_serving=60)
        uvicorn.run(app, host="127.0.0.1", port=int(port))
    else:
        site = WsgiKit(wsgi_page, health=health, events=events, keep_serving=4)
        site.leaving.listen()
        wsgiref.simple_server.make_server("127.0.0.1", int(port), site, Threads).serve_forever()
