"""The same small site in every framework, put together from the very recipes of the guides.

Each has a page, a page that raises, no other; a health endpoint; and where there are WebSockets, one that is accepted
and one that is refused.
"""

import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["SITES", "Site"]

GUIDES = Path(__file__).parents[3] / "docs" / "guides"
BLOCK = re.compile(r"^```python\n# ([\w, -]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Site:
    """What surrounds the recipes: what stands `before` them, and the pages, which come `after`."""

    name: str
    served_by: str
    serves: str
    after: str
    before: str = ""
    websockets: bool = True

    @property
    def source(self) -> str:
        recipes = [recipe(page, self.name) for page in ("version-headers", "health-endpoint")]
        health = recipe("health-endpoint", "health")
        return "\n\n".join((self.before, recipes[0], health, self.after, recipes[1]))


def recipe(page: str, name: str) -> str:
    """The block of a guide whose first line is a comment with this name."""
    [found] = [
        text
        for names, text in BLOCK.findall((GUIDES / f"{page}.md").read_text())
        if name in names.split(", ")
    ]
    return found


FASTAPI = """
from fastapi import WebSocket

@api.get("/")
async def page():
    return "ok"

@api.get("/broken")
async def broken():
    raise RuntimeError("boom")

@api.websocket("/accepted")
async def accepted(socket: WebSocket):
    await socket.accept()
    await socket.close()

@api.websocket("/refused")
async def refused(socket: WebSocket):
    await socket.close()
"""

STARLETTE = """
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute

async def page(request):
    return PlainTextResponse("ok")

async def broken(request):
    raise RuntimeError("boom")

async def accepted(socket):
    await socket.accept()
    await socket.close()

async def refused(socket):
    await socket.close()

api.routes.extend([
    Route("/", page), Route("/broken", broken),
    WebSocketRoute("/accepted", accepted), WebSocketRoute("/refused", refused),
])
"""

DJANGO_BEFORE = """
from django.conf import settings

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"log": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["log"]},
}
settings.configure(ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, SECRET_KEY="x", LOGGING=LOGGING)
"""

DJANGO = """
from django.http import HttpResponse
from django.urls import path

def page(request):
    return HttpResponse("ok")

def broken(request):
    raise RuntimeError("boom")

urlpatterns = [path("", page), path("broken", broken)]
"""

FLASK = """
@app.get("/")
def page():
    return "ok"

@app.get("/broken")
def broken():
    raise RuntimeError("boom")
"""

AIOHTTP = """
async def page(request):
    return web.Response(text="ok")

async def broken(request):
    raise RuntimeError("boom")

async def accepted(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.close()
    return socket

async def refused(request):
    raise web.HTTPForbidden

app.router.add_get("/", page)
app.router.add_get("/broken", broken)
app.router.add_get("/accepted", accepted)
app.router.add_get("/refused", refused)
"""

SITES = (
    Site("fastapi", "uvicorn", "app", FASTAPI),
    Site("starlette", "uvicorn", "app", STARLETTE),
    Site("django-asgi", "uvicorn", "application", DJANGO, DJANGO_BEFORE, websockets=False),
    Site("django-wsgi", "wsgiref", "application", DJANGO, DJANGO_BEFORE, websockets=False),
    Site("flask", "wsgiref", "app", FLASK, websockets=False),
    Site("aiohttp", "aiohttp", "app", AIOHTTP),
)
