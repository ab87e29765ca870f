"""The dialects of a library's folders: what the user has set, else the nearest folder with a sign.

    the folder of the article, or one above it in the library
    a folder above the library, below the home folder and within the checkout of git

A sign may come or go at any time, so what was found holds for one listing or commit: then the
library makes another of these.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from rilo_reader.dialects import ANY, DIALECT_NAMES, DIALECTS, Sign
from rilo_reader.files import READ

HEAD_BYTES = 4096  # of a file, in which words of a sign are looked for

CHECKOUT = ".git"

SIGN_NAMES = frozenset(
    {CHECKOUT, *(sign.path.partition("/")[0] for row in DIALECTS for sign in row.signs)}
)
"""Names in a folder that may be signs, or have them in it; and that of a checkout of git."""

_PARTS = {
    part
    for row in DIALECTS
    for sign in row.signs
    for part in (*sign.path.split("/"), *sign.beside.split("/"))
}


class Site(NamedTuple):
    """The site that a folder is of."""

    dialect: str = ""  # the name of its dialect, "" if nothing tells
    top: str = ""  # its folder in the library; "" for the whole library, also if it begins above
    evidence: str = ""  # the sign, or that of each, "" if there is none
    is_set: bool = False  # whether a setting says so
    checkout: str | None = None  # the folder of the checkout of git in the library that it is in

    @property
    def bounds(self) -> str:
        """The folder in which articles may include files: the checkout, else the site."""
        return self.top if self.checkout is None else self.checkout

    @property
    def digest(self) -> int:
        """A number that changes with what its articles show; 0 if that is as anywhere."""
        said = f"{self.dialect}:{self.bounds}"
        return zlib.crc32(said.encode(errors="replace")) if said != ":" else 0


class Sites:
    """The sites of a library, each folder of which is looked into once."""

    def __init__(self, root: Path, chosen: Mapping[str, str] | None = None) -> None:
        """Look within and above `root`; `chosen` has dialects by folder, as users write both."""
        self._root = os.fspath(root)
        self._chosen = dict(_iter_chosen(self._root, chosen or {}))
        self._found: dict[str, Site] = {}  # by folder
        # of files that are Markdown in the dialect of their folder, too
        self.suffixes = markdown_suffixes(chosen or {})

    def of(self, path: str) -> Site:
        """Return the site of an article, by its path in the library."""
        return self.of_folder(path.rpartition("/")[0])

    def of_folder(self, folder: str) -> Site:
        """Return the site of a folder, "" for that of the library itself."""
        found = self._found.get(folder)
        return self.add_folder(folder, _names_in(self._place(folder))) if found is None else found

    def add_folder(self, folder: str, names: Collection[str]) -> Site:
        """Note which of SIGN_NAMES a folder has; return its site."""
        above = self.of(folder) if folder else None
        checkout = folder if CHECKOUT in names else above.checkout if above else None
        if (name := self._chosen.get(folder)) is not None:
            site = Site(name, folder, is_set=True)
        elif above and above.is_set:
            site = above
        elif found := _find_sign(self._place(folder), names):
            site = Site(found[0], folder, found[1])
        else:
            site = above or self._find_above()
        self._found[folder] = site = site._replace(checkout=checkout)
        return site

    @property
    def tops(self) -> dict[str, Site]:
        """The sites that were found so far, by their folders."""
        return {site.top: site for site in self._found.values() if site.dialect or site.is_set}

    def _place(self, folder: str) -> str:
        return f"{self._root}{os.sep}{folder}" if folder else self._root

    def _find_above(self) -> Site:
        """Find the site that begins above the library."""
        home, place = os.path.expanduser("~"), self._root  # noqa: PTH111  # texts, as all of these
        while place != home and not os.path.lexists(f"{place}{os.sep}{CHECKOUT}"):
            before, place = place, os.path.dirname(place)  # noqa: PTH120
            if place in (before, home):
                break
            if found := _find_sign(place, _names_in(place)):
                return Site(found[0], "", f"{place}{os.sep}{found[1]}")
        return Site()


def _find_sign(place: str, names: Collection[str]) -> tuple[str, str] | None:
    """Return the dialect of which a folder has signs, or of two, and a sign of each."""
    found: dict[str, str] = {}
    for row in DIALECTS if names or place.endswith(".wiki") else ():
        for sign in row.signs:
            if sign.path.partition("/")[0] in names and _has_sign(place, sign):
                found.setdefault(row.name, sign.path)
        if row.folder_suffix and place.endswith(row.folder_suffix):
            found.setdefault(row.name, f"*{row.folder_suffix}")
    dialects, signs = (" + ".join([*each][:2]) for each in (found, found.values()))
    return (dialects, signs) if found else None


def markdown_suffixes(chosen: Mapping[str, str]) -> frozenset[str]:
    """Return the suffixes among the dialects that are set: `".smdx" = "any"`."""
    return frozenset(key.lower() for key in chosen if is_suffix(key))


def is_suffix(written: str) -> bool:
    """Return whether a key of `[dialects]` is a suffix, not a folder."""
    return re.fullmatch(r"\.[\w+-]{1,12}", written) is not None


def may_be_sign(path: str) -> bool:
    """Return whether a sign may have come or gone if this file or folder was changed."""
    return path.rpartition("/")[2] in _PARTS


def _names_in(place: str) -> Collection[str]:
    return [name for name in SIGN_NAMES if os.path.lexists(f"{place}{os.sep}{name}")]


def _has_sign(place: str, sign: Sign) -> bool:
    file = f"{place}{os.sep}{sign.path}"
    if sign.beside and not os.path.lexists(f"{place}{os.sep}{sign.beside}"):
        return False
    if not sign.holds:
        return os.path.lexists(file)
    try:
        handle = os.open(file, READ)
    except OSError:
        return False
    try:
        return sign.holds in os.read(handle, HEAD_BYTES)
    except OSError:
        return False
    finally:
        os.close(handle)


def _iter_chosen(root: str, chosen: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the folders of a library whose dialects are set, and these; "" for none."""
    for written, name in chosen.items():
        place = os.path.normpath(os.path.join(root, os.path.expanduser(written)))  # noqa: PTH111, PTH118
        known = DIALECT_NAMES.get(name.lower(), ANY)
        if f"{root}{os.sep}".startswith(f"{place}{os.sep}"):
            yield "", "" if known == ANY else known
        elif place.startswith(f"{root}{os.sep}"):
            folder = place[len(root) + 1 :].replace(os.sep, "/")
            yield folder, "" if known == ANY else known
