"""Optional dependencies (extras in pyproject.toml) and how to install them."""

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
    feature: str  # what needs it; a plural that begins a sentence

    @property
    def install_advice(self) -> str:
        """A sentence that ends in the command that installs it; "" if it is there."""
        if not self.is_missing:
            return ""
        home = Path(sys.prefix)
        pip = f"{sys.executable} -m pip install"
        install = next((how for file, how in _BY_FILE if (home / file).exists()), pip)
        return (
            f'{self.feature} need the extra "{self.name}": {install} {_make_requirement(self.name)}'
        )

    @property
    def is_missing(self) -> bool:
        """True if it is not installed."""
        return find_spec(self.module) is None


def _make_requirement(name: str) -> str:
    """The program with an extra, as an installer is told it: from where it was installed."""
    # Only where one is missing.
    import json
    from importlib.metadata import PackageNotFoundError, distribution
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        origin = json.loads(distribution("rilo-reader").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        origin = {}
    url = str(origin.get("url", ""))
    folder = url2pathname(urlsplit(url).path) if "dir_info" in origin else ""
    if folder and Path(folder).is_dir():
        editable = "-e " if origin["dir_info"].get("editable") else ""
        return f'{editable}"{folder}[{name}]"'
    vcs = origin.get("vcs_info", {}).get("vcs", "")
    source = f" @ {vcs}{'+' if vcs else ''}{url}" if url and not folder else ""
    return f'"rilo-reader[{name}]{source}"'


PAGES = Extra("pages", "trafilatura", "Whole pages")
MAIL = Extra("mail", "imapclient", "Mailboxes")
PICTURES = Extra("pictures", "PIL", "Pictures")
WEB = Extra("web", "textual_serve", "Readers in a browser")
