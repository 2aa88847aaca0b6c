"""All of the kit around one application, in the order in which the parts have to stand.

From the outside: who answered, the controller's questions and health, which are nobody's traffic and are not
counted; then what is in flight; then whether it is a rehearsal; and innermost what it came to for its user.
"""

from collections.abc import Awaitable, Iterable
from typing import Optional

from .asgi import ASGIApp, Receive, Scope, Send, VersionHeaders
from .contract import CONTROL_PREFIX, Identity
from .control import Control, ControlWSGI, Declared
from .health import Health
from .leaving.asgi import Leaving, path_of
from .leaving.wsgi import LeavingWSGI
from .outcomes import Outcomes, OutcomesWSGI
from .rehearsal import Rehearsal, RehearsalWSGI
from .wsgi import Environ, StartResponse, WSGIApp
from .wsgi import VersionHeaders as VersionHeadersWSGI

__all__ = ["Kit", "WsgiKit"]


class Kit(VersionHeaders):
    """An ASGI application with everything around it: `app = Kit(api, health=Health({...}))`.

    `leaving` is the part that can be asked whether the process leaves. What the arguments mean stands in `Health`,
    `Leaving` and `Control`.
    """

    def __init__(
        self,
        app: ASGIApp,
        health: Optional[Health] = None,
        *,
        health_path: str = "/health",
        ready: str = "/ready",
        keep_serving: float = 5.0,
        spread: float = 10.0,
        events: Optional[Declared] = None,
        identity: Optional[Identity] = None,
    ) -> None:
        """Raise `ValueError` for a time that is out of bounds, or a variable that could not stand in a header."""
        super().__init__(self._inside, identity)
        self.leaving = Leaving(Rehearsal(Outcomes(app)).served, keep_serving, spread, ready)
        # Without checks it says that the process answers, and who it is.
        self._health, self._health_path = health or Health({}, identity=identity), health_path
        self._own = Control(self._health, self.leaving, events, identity=identity)

    def _inside(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # One look at the path, for traffic does not have to pass through what it is not for.
        path = path_of(scope)
        asks_health = path == self._health_path and scope["type"] == "http"
        own = asks_health or path.startswith(CONTROL_PREFIX)
        return (self._own if own else self.leaving.served)(scope, receive, send)


class WsgiKit(VersionHeadersWSGI):
    """A WSGI application with everything around it: `app = WsgiKit(site, health=Health({...}))`.

    Call `leaving.listen()` where SIGTERM shall be heard before the server hears it.
    """

    def __init__(
        self,
        app: WSGIApp,
        health: Optional[Health] = None,
        *,
        health_path: str = "/health",
        ready: str = "/ready",
        keep_serving: float = 5.0,
        events: Optional[Declared] = None,
        identity: Optional[Identity] = None,
    ) -> None:
        """Raise `ValueError` for a time that is out of bounds, or a variable that could not stand in a header."""
        super().__init__(self._inside, identity)
        self.leaving = LeavingWSGI(RehearsalWSGI(OutcomesWSGI(app)), keep_serving, ready)
        self._health, self._health_path = health or Health({}, identity=identity), health_path
        self._own = ControlWSGI(self._health.wsgi, self.leaving, events, identity=identity)

    def _inside(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        own = path == self._health_path or path.startswith(CONTROL_PREFIX)
        return (self._own if own else self.leaving)(environ, start_response)
