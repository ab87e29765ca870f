"""The extras of pyproject.toml: what the program can do once more is installed with it."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

_BY_FILE = (("uv-receipt.toml", "uv tool install"), ("pipx_metadata.json", "pipx install --force"))
"""A file that lies in each environment of an installer, and how that one adds an extra."""


class Extra(NamedTuple):
    """An extra, which may be missing."""

    name: str  # in pyproject.toml
    module: str  # one that only this extra brings
    what: str  # what needs it; a plural that begins a sentence

    @property
    def missing(self) -> str:
        """What to install for it, a sentence that ends in a command; "" if it is there."""
        if find_spec(self.module) is not None:
            return ""
        home = Path(sys.prefix)
        pip = f"{sys.executable} -m pip install"
        install = next((how for file, how in _BY_FILE if (home / file).exists()), pip)
        return f'{self.what} need the extra "{self.name}": {install} "rilo-reader[{self.name}]"'


PAGES = Extra("pages", "trafilatura", "Whole pages")
POSTGRESQL = Extra("postgresql", "psycopg", "Shared archives")
