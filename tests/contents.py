"""What stands in the files of a directory in which somebody is at work."""

from pathlib import Path

__all__ = ["contents"]


def contents(place: Path) -> dict[Path, bytes]:
    """Of every file but links; one that was put in another's place before it could be read is left out."""
    return {path: text for path in place.rglob("*") if (text := content(path)) is not None}


def content(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() and not path.is_symlink() else None
    except FileNotFoundError:
        return None
