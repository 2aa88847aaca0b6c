"""A repository, a state directory, and what a test makes releases of."""

import os
import subprocess
from pathlib import Path

from verdigris.adapters.environments.process.recipe import Recipe
from verdigris.adapters.environments.process.releases import Made, Releases

COMMAND = ("python3", "app.py", "{port}")


class Workshop:
    """An application in a git repository, beside a state directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.app = root / "app"
        self.state = root / "state"
        self.app.mkdir()
        self.state.mkdir(mode=0o700)
        self.releases = Releases(self.state, "api")
        self.said: list[str] = []

    def write(self, name: str, text: str = "print('hello')\n") -> Path:
        path = self.app / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def git(self, *arguments: str) -> str:
        me = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main")
        done = subprocess.run(
            ["git", *me, *arguments], cwd=self.app, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self) -> str:
        """Everything there is, as a commit; its short name as a version has it."""
        if not (self.app / ".git").exists():
            self.git("init")
        self.git("add", "--all")
        self.git("commit", "-m", "work")
        return self.git("rev-parse", "--short=12", "HEAD")

    def make(self, **recipe: object) -> Made:
        asked = Recipe(**{"directory": self.app, "command": COMMAND, **recipe})
        return self.releases.make(asked, dict(os.environ), self.said.append)

    def left(self) -> list[str]:
        """The names of everything in the place of the app's releases."""
        place = self.state / "releases" / "api"
        return sorted(path.name for path in place.iterdir()) if place.exists() else []


def files(directory: str) -> list[str]:
    """All files and links of a release, but the one that says which it is."""
    root = Path(directory)
    found = (str(path.relative_to(root)) for path in root.rglob("*") if path.is_symlink() or path.is_file())
    return sorted(name for name in found if name != ".verdigris-release")
