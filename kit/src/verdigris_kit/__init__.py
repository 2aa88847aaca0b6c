"""What an application does right to be switched without a failed request.

Standard library only, Python 3.9 or newer, and never anything of the control plane: what the two agree on is
the contract of headers, variables and JSON in `verdigris_kit.contract`. Nothing is imported before it is used.
"""

TYPE_CHECKING = False  # type checkers know the name; `typing` would cost more than all else here
if TYPE_CHECKING:
    from .asgi import VersionHeaders
    from .control import Control
    from .health import Health
    from .kit import Kit, WsgiKit
    from .leaving import Leaving
    from .outcomes import outcome

__all__ = ["Control", "Health", "Kit", "Leaving", "VersionHeaders", "WsgiKit", "__version__", "outcome"]

__version__ = "0.1.0"

_PLACES = {
    "Control": "control",
    "Health": "health",
    "Kit": "kit",
    "Leaving": "leaving",
    "VersionHeaders": "asgi",
    "WsgiKit": "kit",
    "outcome": "outcomes",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_PLACES[name]}", __name__), name)


def __dir__() -> "list[str]":
    return sorted({*globals(), *__all__})
