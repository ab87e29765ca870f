"""rilo-reader: a terminal news reader over Markdown files that you own."""

from pathlib import Path

__version__ = "0.1.0"


def find_version() -> str:
    """Return the version, with the commit if this is a clone or was built in one (pyproject.toml).

    That of a commit with the tag of the version is the version alone.
    """
    package = Path(__file__).resolve().parent
    clone, built = package.parent.parent, package / "VERSION"
    if (clone / ".git").exists() and (commit := _ask_git(clone, "rev-parse --short=7 HEAD")):
        if _ask_git(clone, f"tag --points-at HEAD --list v{__version__}"):
            return __version__
        return f"{__version__}.dev{_ask_git(clone, 'rev-list --count HEAD')}+g{commit}"
    return built.read_text("utf-8").strip() if built.exists() else __version__


def _ask_git(clone: Path, words: str) -> str:
    """Return what git prints; "" if there is no git, or no commit."""
    import subprocess

    command = ["git", "-C", str(clone), *words.split()]
    try:
        return subprocess.check_output(command, stderr=subprocess.DEVNULL, text=True).strip()
    except (OSError, subprocess.SubprocessError):
        return ""
