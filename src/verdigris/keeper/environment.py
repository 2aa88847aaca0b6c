"""The environment of an instance: built from nothing, never inherited from the keeper.

References (`env:NAME`, `file:/path`, `credential:NAME`) are resolved at each start. Their values are
returned to the caller and are never stored, logged or put into a message.
"""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Mapping
from pathlib import Path

from verdigris.keeper.names import local, realm_of
from verdigris.keeper.protocol import KeeperError, Spec

__all__ = ["base", "check", "instance_environment", "passable", "relearned", "resolve"]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
REFERENCE = ("env:", "file:", "credential:")
RESERVED = frozenset({"ENVIRONMENT_NAME", "API_VERSION", "PORT"})
RESERVED_BEGINNINGS = ("VERDIGRIS_",)
REFUSED = frozenset(
    {"BASH_ENV", "ENV", "IFS", "GCONV_PATH", "GLIBC_TUNABLES", "PYTHONINSPECT", "PYTHONSTARTUP"}
)
REFUSED_BEGINNINGS = ("LD_", "DYLD_", "BASH_FUNC_")
LITERAL_ONLY = frozenset(
    {"PATH", "PYTHONPATH", "PYTHONHOME", "NODE_OPTIONS", "NODE_PATH", "RUBYOPT", "PERL5OPT"}
)
"""Where code is looked for: may be written into the configuration, never taken from outside it."""

VALUE_MOST = 64 << 10
FALLBACK_PATH = "/usr/local/bin:/usr/bin:/bin"


def check(env: Mapping[str, str]) -> None:
    """KeeperError `refused` names the first variable that an instance may not be given."""
    for name, value in env.items():
        if not NAME.fullmatch(name):
            raise KeeperError(
                "refused", f"env: {name[:80]!r} is not a variable name; use letters, digits and _"
            )
        if name in RESERVED or name.startswith(RESERVED_BEGINNINGS):
            raise KeeperError("refused", f"env: {name} is set by verdigris itself; choose another name")
        if name in REFUSED or name.startswith(REFUSED_BEGINNINGS):
            raise KeeperError(
                "refused", f"env: {name} changes which code runs and is refused; set it in a wrapper script"
            )
        if name in LITERAL_ONLY and value.startswith(REFERENCE):
            raise KeeperError(
                "refused", f"env: {name} says where code is found; write its value, not a reference"
            )
        if "\0" in value:
            raise KeeperError("refused", f"env: {name} holds a NUL byte; remove it")


def passable(text: str) -> bool:
    """Whether a process can be given it: no NUL byte, no half of a character."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def base(keeper: Mapping[str, str]) -> dict[str, str]:
    """The four variables every process may know."""
    home = keeper.get("HOME") or pwd.getpwuid(os.geteuid()).pw_dir
    clean = {"PATH": keeper.get("PATH", FALLBACK_PATH), "HOME": home, "LANG": keeper.get("LANG", "C.UTF-8")}
    return clean | ({"TZ": keeper["TZ"]} if "TZ" in keeper else {})


def instance_environment(
    spec: Spec, slot: str, name: str, port: int, secrets: Mapping[str, str], keeper: Mapping[str, str]
) -> dict[str, str]:
    """All variables of one instance. KeeperError `failed` names a reference that has no value.

    `blue` is `blue` to the application, whichever apps run beside it.
    """
    own = {key: resolve(key, value, port, secrets, keeper) for key, value in spec.env.items()}
    ours = {
        "ENVIRONMENT_NAME": local(slot),
        "API_VERSION": spec.api_version,
        "PORT": str(port),
        "VERDIGRIS_RELEASE": spec.version,
        "VERDIGRIS_SLOT": local(slot),
        "VERDIGRIS_INSTANCE": local(name),
        "VERDIGRIS_GRACE": f"{spec.grace:g}",
    }
    app = {"VERDIGRIS_APP": realm} if (realm := realm_of(slot)) else {}
    return base(keeper) | own | ours | app


def relearned(spec: Spec, environ: Mapping[str, str]) -> dict[str, str]:
    """The values of `env:NAME` references, read back from the environment of an instance that was given them.

    So a keeper that was killed, and has lost what was handed to it, can still start the instance again.
    """
    named = ((key, value.removeprefix("env:")) for key, value in spec.env.items() if value.startswith("env:"))
    return {name: environ[key] for key, name in named if key in environ}


def resolve(key: str, value: str, port: int, secrets: Mapping[str, str], keeper: Mapping[str, str]) -> str:
    """The value of one variable: a literal with its `{port}`, or what a reference points at now."""
    kind, _, target = value.partition(":")
    if f"{kind}:" not in REFERENCE:
        return value.replace("{port}", str(port))
    if kind == "env":
        return _variable(key, target, secrets, keeper)
    if kind == "file":
        return _file(key, Path(target))
    return _credential(key, target, keeper.get("CREDENTIALS_DIRECTORY", ""))


def _variable(key: str, name: str, secrets: Mapping[str, str], keeper: Mapping[str, str]) -> str:
    found = secrets.get(name, keeper.get(name))
    if found is None:
        raise KeeperError(
            "failed",
            f"{key} needs the variable {name}, which has no value here; export {name} and deploy again",
        )
    if len(found) > VALUE_MOST or not passable(found):
        raise KeeperError(
            "failed",
            f"{key} needs the variable {name}, whose value is over 64 KiB or holds a NUL byte or half a character;"
            " correct it and deploy again",
        )
    return found


def _credential(key: str, name: str, directory: str) -> str:
    if not directory or "/" in name or name in ("", ".", ".."):
        raise KeeperError(
            "failed",
            f"{key} needs the credential {name[:80]!r}; name it with LoadCredential= in the keeper's unit",
        )
    return _file(key, Path(directory) / name)


def _file(key: str, path: Path) -> str:
    try:
        if not path.is_absolute() or not path.is_file():
            raise OSError("not an absolute path of a file")
        with path.open("rb") as file:
            raw = file.read(VALUE_MOST + 1)
        text = raw.decode()
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else "not UTF-8") or str(error)
        raise KeeperError(
            "failed", f"{key} cannot be read from {path}: {why}; correct the reference or the file"
        ) from None
    if len(raw) > VALUE_MOST or "\0" in text:
        raise KeeperError("failed", f"{key} in {path} is over 64 KiB or holds a NUL byte; shorten it")
    return text.removesuffix("\n")
