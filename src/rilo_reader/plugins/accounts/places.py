"""The file of accounts, and the command that adds one."""

from __future__ import annotations

from pathlib import Path

from rilo_reader.paths import Paths

TO_ADD = "rilo-reader account add miniflux URL"


def accounts_file(paths: Paths) -> Path:
    """Return the user's accounts.toml."""
    return paths.config / "accounts.toml"
