"""What stands in a directory: how an API there is probably installed and started, for `verdigris init` to propose.

It reads a bounded number of files, runs nothing, and never fails: what it cannot tell, the person is asked for.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

__all__ = ["Detected", "app_name", "detect"]

FILES_MAX = 200
BYTES_MAX = 256 * 1024
SKIPPED = {
    "venv",
    "env",
    "node_modules",
    "tests",
    "test",
    "docs",
    "build",
    "dist",
    "examples",
    "migrations",
    "scripts",
}
LIKELY = ("app", "main", "api", "server", "application", "asgi", "wsgi", "index", "__init__")

ASYNCHRONOUS = {"FastAPI", "Starlette", "Quart", "Litestar"}
FRAMEWORKS = "|".join([*sorted(ASYNCHRONOUS), "Flask"])
OBJECT = re.compile(rf"^(\w+)(?:\s*:\s*[\w.]+)?\s*=\s*(?:\w+\.)?({FRAMEWORKS})\(", re.MULTILINE)
# A function at the left edge whose own lines, the indented ones after it, make or return the application.
FACTORY = re.compile(
    rf"^def (\w+)\(.*\)[^\n]*:\n(?:[ \t]+.*\n|\n)*?[ \t]+(?:\w+\s*=\s*|return )(?:\w+\.)?({FRAMEWORKS})\(",
    re.MULTILINE,
)
HEALTH = re.compile(r"""["'](/(?:[\w-]+/)*(?:healthz?|readyz|livez|_health)(?:/[\w-]+)*)/?["']""", re.ASCII)
PORT_VARIABLE = re.compile(r"\$(PORT\b|\{PORT(:-?[0-9]+)?\})")
PORT_OPTION = re.compile(r"(--port=|--bind=|-b=)?([\w.\[\]*]*:)?([0-9]{2,5})")
SHELL = re.compile(r"[|&;<>()`$\n]|^\w+=")

Command = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Detected:
    """What was found; `command` is empty where it could not be told. `notes` is what the person should look at."""

    what: str = ""
    build: tuple[Command, ...] = ()
    command: Command = ()
    env: tuple[tuple[str, str], ...] = ()
    health: str = ""
    notes: tuple[str, ...] = ()


def detect(directory: str | os.PathLike[str]) -> Detected:
    """How an API in the directory is probably installed and started."""
    root = Path(directory)
    sources = {path: text for path in _sources(root) if (text := _read(path))}
    health = next((found[1] for text in sources.values() if (found := HEALTH.search(text))), "")
    ways = (_procfile(root), _python(root, sources), _node(root), _dockerfile(root))
    unknown = Detected(build=_python_build(root) or _node_build(root))
    return replace(next((way for way in ways if way), unknown), health=health)


def app_name(directory: str | os.PathLike[str]) -> str:
    """A name for the app, after its directory."""
    name = re.sub(r"[^a-z0-9]+", "-", Path(os.path.abspath(directory)).name.lower()).strip("-")
    return re.sub(r"^[^a-z]+", "", name)[:40] or "api"


def _procfile(root: Path) -> Detected | None:
    found = re.search(r"^web:[ \t]*(\S.*)$", _read(root / "Procfile"), re.MULTILINE)
    if not found:
        return None
    build = _python_build(root) or _node_build(root)
    return _started("the web process of the Procfile", found[1].strip(), build)


def _dockerfile(root: Path) -> Detected | None:
    found = re.findall(r"^CMD[ \t]+(\S.*)$", _read(root / "Dockerfile"), re.MULTILINE | re.IGNORECASE)
    if not found:
        return None
    words = _json(found[-1])
    line = shlex.join(map(str, words)) if isinstance(words, list) else found[-1].strip()
    detected = _started("the CMD of the Dockerfile", line, ())
    return detected and replace(
        detected,
        notes=(
            "The image is not built: what its Dockerfile installs has to be on this machine, or in build.",
        ),
    )


def _started(what: str, line: str, build: tuple[Command, ...]) -> Detected | None:
    """A command line of somebody else's, if no shell is needed to run it."""
    line = PORT_VARIABLE.sub("{port}", line)
    if SHELL.search(line) or not line.isprintable():
        return None
    try:
        words = shlex.split(line)
    except ValueError:
        return None
    if not words or not words[0].strip():
        return None
    words = words if any("{port}" in word for word in words) else _with_port(words)
    if ".venv/bin/pip" in (word for command in build for word in command) and "/" not in words[0]:
        words[0] = f".venv/bin/{words[0]}"
    env = () if any("{port}" in word for word in words) else (("PORT", "{port}"),)
    return Detected(what, build, tuple(words), env)


def _with_port(words: list[str]) -> list[str]:
    """The same command with its fixed port replaced, where an option names one."""
    before = ["", *words[:-1]]
    return [
        _replaced(word, option in ("--port", "--bind", "-p", "-b"))
        for option, word in zip(before, words, strict=True)
    ]


def _replaced(word: str, named: bool) -> str:
    found = PORT_OPTION.fullmatch(word)
    return f"{found[1] or ''}{found[2] or ''}{{port}}" if found and (named or found[1]) else word


def _python(root: Path, sources: dict[Path, str]) -> Detected | None:
    for path, text in sources.items():
        if path.suffix == ".py" and (found := OBJECT.search(text) or FACTORY.search(text)):
            return _served(root, path.relative_to(root), found)
    if (root / "manage.py").is_file():
        module = next((p.parent.name for p in sources if p.name == "wsgi.py" and p.parent != root), "")
        return _wsgi(root, "a Django project", f"{module}.wsgi:application", []) if module else None
    return None


def _served(root: Path, path: Path, found: re.Match[str]) -> Detected:
    name, framework = found[1], found[2]
    factory = found.re is FACTORY
    parts = path.with_suffix("").parts
    inside = ["--app-dir", "src"] if parts[0] == "src" else []
    module = ".".join(parts[1:] if inside else parts).removesuffix(".__init__")
    what = f"{'an' if framework[0] in 'AEIOU' else 'a'} {framework} application in {path}"
    if framework in ASYNCHRONOUS:
        options = [*(["--factory"] if factory else []), *inside, "--host", "127.0.0.1", "--port", "{port}"]
        return _with_server(root, what, "uvicorn", [f"{module}:{name}", *options])
    return _wsgi(
        root, what, f"{module}:{name}{'()' if factory else ''}", ["--chdir", "src"] if inside else []
    )


def _wsgi(root: Path, what: str, target: str, options: list[str]) -> Detected:
    return _with_server(root, what, "gunicorn", [target, *options, "--bind", "127.0.0.1:{port}"])


def _with_server(root: Path, what: str, server: str, arguments: list[str]) -> Detected:
    build = _python_build(root)
    program = f".venv/bin/{server}" if build else server
    named = "\n".join(_read(root / name) for name in ("requirements.txt", "pyproject.toml", "uv.lock"))
    missing = server not in named and not (server == "uvicorn" and "fastapi[" in named)
    notes = (f"{server} is not among the dependencies: add it, or name another server.",) if missing else ()
    return Detected(what, build, (program, *arguments), notes=notes)


def _python_build(root: Path) -> tuple[Command, ...]:
    environment = ("python3", "-m", "venv", ".venv")
    if (root / "uv.lock").is_file():
        return (("uv", "sync", "--frozen", "--no-dev"),)
    if (root / "requirements.txt").is_file():
        return (environment, (".venv/bin/pip", "install", "-r", "requirements.txt"))
    if (root / "pyproject.toml").is_file():
        return (environment, (".venv/bin/pip", "install", "."))
    return ()


def _node(root: Path) -> Detected | None:
    package = _json(_read(root / "package.json"))
    scripts = package.get("scripts") if isinstance(package, dict) else None
    start = scripts.get("start") if isinstance(scripts, dict) else None
    if not isinstance(start, str):
        return None
    what = "the start script of package.json"
    # npm stands between us and the program, and its signals: what can be started without it, is.
    plain = _started(what, start, _node_build(root)) if start.startswith("node ") else None
    return plain or Detected(what, _node_build(root), ("npm", "start"), (("PORT", "{port}"),))


def _node_build(root: Path) -> tuple[Command, ...]:
    package = _json(_read(root / "package.json"))
    if not isinstance(package, dict):
        return ()
    install = ("npm", "ci") if (root / "package-lock.json").is_file() else ("npm", "install")
    scripts = package.get("scripts")
    return (
        (install, ("npm", "run", "build")) if isinstance(scripts, dict) and "build" in scripts else (install,)
    )


def _sources(root: Path) -> list[Path]:
    """Source files near the top, the likely ones first."""
    near = [
        path
        for folder in _folders(root)
        for path in _listed(folder)
        if path.suffix in (".py", ".js", ".ts", ".mjs")
    ]
    order = {name: rank for rank, name in enumerate(LIKELY)}
    return sorted(near, key=lambda p: (order.get(p.stem, len(order)), len(p.parts), p))[:FILES_MAX]


def _folders(root: Path) -> Iterator[Path]:
    yield root
    for folder in _listed(root):
        if folder.is_dir() and folder.name not in SKIPPED and not folder.name.startswith((".", "_")):
            yield folder
            if folder.name == "src":
                yield from (inner for inner in _listed(folder) if inner.is_dir())


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())[:FILES_MAX]
    except OSError:
        return []


def _read(path: Path) -> str:
    """The beginning of a file; nothing of what is missing, unreadable or no file."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return file.read(BYTES_MAX).decode("utf-8", "replace")
    except OSError:
        return ""


def _json(text: str) -> object:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value
