"""What a setting has to be like before it can stand in HAProxy's configuration: each check refuses with a sentence."""

from __future__ import annotations

import ipaddress
import re

from verdigris.core.errors import ConfigError

__all__ = ["between", "match", "network", "seconds"]

NETWORK = re.compile(r"[0-9a-fA-F.:]{2,45}(/[0-9]{1,3})?", re.ASCII)


def network(text: str) -> None:
    try:
        if not NETWORK.fullmatch(text):  # the library takes whatever stands behind a %
            raise ValueError("digits, dots and colons, and the length of the prefix")
        ipaddress.ip_network(text)
    except ValueError as error:
        raise ConfigError(f"route.trust: {text[:80]!r} is no network like 10.0.0.0/8 ({error})") from None


def match(grammar: re.Pattern[str], key: str, value: str, like: str) -> None:
    if not grammar.fullmatch(value):
        raise ConfigError(f"{key}: must be {like}, got {value[:80]!r}")


def between(key: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise ConfigError(f"{key}: must lie between {least} and {most}, got {value}")


def seconds(key: str, value: float, most: float) -> None:
    if not 0.001 <= value <= most:
        raise ConfigError(f"{key}: must lie between 1 ms and {most:g} s, got {value} s")
