"""What an application does right to be switched without a failed request.

Standard library only, Python 3.9 or newer, and never anything of the control plane: what the two agree on is
the contract of headers, variables and JSON in `verdigris_kit.contract`.
"""

from .asgi import VersionHeaders
from .health import Health

__all__ = ["Health", "VersionHeaders", "__version__"]

__version__ = "0.1.0"
