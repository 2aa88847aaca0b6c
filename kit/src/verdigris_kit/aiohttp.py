"""The version headers for aiohttp's own server, which speaks neither ASGI nor WSGI.

Its signal comes before the head of any response is sent: errors, unhandled exceptions and WebSocket handshakes as
well. What no handler was found for, because the request was not HTTP, has no application and no such headers.
"""

from typing import Any, Optional

from .contract import API_VERSION_HEADER, ENVIRONMENT_HEADER, Identity

__all__ = ["version_headers"]


def version_headers(app: Any, identity: Optional[Identity] = None) -> None:
    """Set `X-API-Version` and `X-Environment` on every response of `app`, an `aiohttp.web.Application`.

    Raise `ValueError` when a value could not stand in a header.
    """
    identity = identity or Identity.of()
    headers = {API_VERSION_HEADER: identity.api_version, ENVIRONMENT_HEADER: identity.environment}

    async def mark(request: Any, response: Any) -> None:
        response.headers.update(headers)

    app.on_response_prepare.append(mark)
