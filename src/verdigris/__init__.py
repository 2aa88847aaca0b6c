"""verdigris ships a new version of an HTTP API without a failed request and takes it back when it is worse."""

__all__ = ["__version__"]

__version__ = "0.1.0"
