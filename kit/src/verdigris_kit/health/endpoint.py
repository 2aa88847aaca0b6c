"""The health of one process as a document, and as an endpoint of ASGI, WSGI and frameworks of their own kind."""

import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any, Callable, Optional

from verdigris_kit.asgi import Receive, Scope, Send
from verdigris_kit.contract import CONTRACT_VERSION, HealthReport, Identity

from .engine import Engine, Reading
from .runner import Check, Outcome
from .serving import Asked, MaySee, Reply, bears_control_token, refusal, reply_to

__all__ = ["Health"]

log = logging.getLogger("verdigris_kit.health")


class Health:
    """The health of one process: call `report`, or mount it. The object itself is an ASGI application.

    A check counts as false when it answers anything but True, raises, or is not done `within` seconds. `checks` make
    the process degraded, `informational` ones are shown beside them and change nothing. A result serves everybody
    for `fresh_for` seconds. `details` says who may see reasons, times and schema: whoever bears the slot's control
    token, unless told otherwise.
    """

    def __init__(
        self,
        checks: Mapping[str, Check],
        *,
        informational: Optional[Mapping[str, Check]] = None,
        within: float = 2.0,
        fresh_for: float = 1.0,
        details: MaySee = bears_control_token,
        identity: Optional[Identity] = None,
    ) -> None:
        """Raise `ValueError` for two checks of one name, and for `uptime`, which is the contract's."""
        told = dict(informational or {})
        _refuse_names(checks, told)
        self._critical, self._informational = tuple(checks), tuple(told)
        self._engine = Engine({**checks, **told}, within, fresh_for)
        self._may_see = details
        self._identity = identity or Identity.of()
        self._born = time.monotonic()

    async def report(self, details: bool = False) -> HealthReport:
        """Say how every check went, at the latest after `within` seconds."""
        return self._document(await self._engine.read(), details)

    def report_blocking(self, details: bool = False) -> HealthReport:
        """Say the same to a thread. Checks that are coroutines run in loops of their own."""
        return self._document(self._engine.read_blocking(), details)

    async def reply(self, asked: Asked) -> Reply:
        """Answer a request of any framework that is asynchronous."""
        return refusal(asked) or reply_to(asked, await self.report(self._shows(asked)))

    def reply_blocking(self, asked: Asked) -> Reply:
        """Answer a request of any framework that is not."""
        return refusal(asked) or reply_to(asked, self.report_blocking(self._shows(asked)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer GET and HEAD with the report: 200 when healthy, 503 when degraded."""
        if scope["type"] != "http":
            raise RuntimeError(f"Health serves http, not {scope['type']}: mount it on a path of its own.")
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope.get("headers", ())
        }
        reply = await self.reply(Asked(scope["method"], headers, (scope.get("client") or ("",))[0]))
        raw = [(name.encode(), value.encode()) for name, value in reply.headers]
        await send({"type": "http.response.start", "status": reply.status, "headers": raw})
        await send({"type": "http.response.body", "body": reply.body})

    def wsgi(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as a WSGI application."""
        from http import HTTPStatus

        headers = {
            key[5:].replace("_", "-").lower(): value
            for key, value in environ.items()
            if key.startswith("HTTP_")
        }
        reply = self.reply_blocking(Asked(environ["REQUEST_METHOD"], headers, environ.get("REMOTE_ADDR", "")))
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", list(reply.headers))
        return [reply.body]

    def flask_view(self) -> Any:
        """Answer as a view of Flask: `app.add_url_rule("/health", view_func=health.flask_view)`."""
        from flask import Response, request

        asked = Asked(request.method, _lower(request.headers), request.remote_addr or "")
        reply = self.reply_blocking(asked)
        return Response(reply.body, reply.status, list(reply.headers))

    def django_view(self, request: Any) -> Any:
        """Answer as a view of Django under WSGI: `path("health", health.django_view)`."""
        return _django(self.reply_blocking(_asked_of_django(request)))

    async def django_async_view(self, request: Any) -> Any:
        """Answer as a view of Django under ASGI: `path("health", health.django_async_view)`."""
        return _django(await self.reply(_asked_of_django(request)))

    async def aiohttp_handler(self, request: Any) -> Any:
        """Answer as a handler of aiohttp: `app.router.add_get("/health", health.aiohttp_handler)`."""
        from aiohttp.web import Response

        reply = await self.reply(Asked(request.method, _lower(request.headers), request.remote or ""))
        headers = {name: value for name, value in reply.headers if name != "content-length"}
        return Response(body=reply.body, status=reply.status, headers=headers)

    def _shows(self, asked: Asked) -> bool:
        if isinstance(self._may_see, bool):
            return self._may_see
        try:
            return self._may_see(asked) is True
        except Exception as error:
            log.warning(
                "who may see the health's details cannot be said: %s: %s", type(error).__name__, error
            )
            return False

    def _document(self, reading: Reading, details: bool) -> HealthReport:
        passed = {name: outcome.passed for name, outcome in reading.outcomes.items()}
        critical = {name: passed[name] for name in self._critical}
        document: HealthReport = {
            "status": "healthy" if all(critical.values()) else "degraded",
            "checks": {**critical, "uptime": round(time.monotonic() - self._born, 3)},
            "environment": self._identity.environment,
            "release": self._identity.release,
            "slot": self._identity.slot,
            "version": CONTRACT_VERSION,
            "age": round(reading.age, 3),
        }
        if self._informational:
            document["informational"] = {name: passed[name] for name in self._informational}
        if details:
            _add_details(document, reading.outcomes)
        return document


def _add_details(document: HealthReport, outcomes: Mapping[str, Outcome]) -> None:
    document["milliseconds"] = {name: outcome.milliseconds for name, outcome in outcomes.items()}
    document["reasons"] = {name: outcome.reason for name, outcome in outcomes.items() if outcome.reason}
    schemas = [outcome.schema for outcome in outcomes.values() if outcome.schema]
    if schemas:
        document["schema"] = ", ".join(schemas)


def _refuse_names(checks: Mapping[str, Check], informational: Mapping[str, Check]) -> None:
    if "uptime" in checks or "uptime" in informational:
        raise ValueError("checks: 'uptime' is filled in by the kit. Give the check another name.")
    twice = sorted(set(checks) & set(informational))
    if twice:
        raise ValueError(f"checks: {twice[0]!r} is informational as well. A check is one of the two.")


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _asked_of_django(request: Any) -> Asked:
    return Asked(request.method, _lower(request.headers), request.META.get("REMOTE_ADDR", ""))


def _django(reply: Reply) -> Any:
    from django.http import HttpResponse

    return HttpResponse(reply.body, status=reply.status, headers=dict(reply.headers))
