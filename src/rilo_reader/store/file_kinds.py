"""Tell articles from other files and their kinds, and make paths printable.

An article is a file with a Markdown suffix, or one with an HTML suffix that begins with front
matter. The scan, the watcher, the importers and `show` all decide by the functions of this module.

A file name may contain invalid UTF-8, line feeds, escape sequences or bidi controls. Elsewhere in
the program a path is text that is safe to print, index and compare: each byte of an unsafe
character is written as U+FFFD and two hex digits (`caf�E9.md`), which `from_text` reverses.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection
from contextlib import suppress

from rilo_reader.dialects import BY_SUFFIX
from rilo_reader.files import READ
from rilo_reader.text import RESERVED, clean_text, lazy_re

MARKDOWN = frozenset(
    {".md", ".markdown", ".mdown", ".mkdown", ".mkdn", ".mkd", ".mdwn", ".mdx", ".rmd", ".qmd"}
).union(BY_SUFFIX)
"""Suffixes of Markdown files, in lower case; R Markdown and Quarto are Markdown with front matter.

Not `.txt`: a folder of articles also holds licences and robots.txt.
"""

HTML = frozenset({".html", ".htm"})
"""Suffixes of files that are articles only if they begin with front matter; others are saved pages
or templates."""

MDX = ".mdx"

TEXTS = frozenset({
    "adoc", "asc", "asciidoc", "creole", "dj", "htm", "html", "mediawiki", "muse", "norg", "org",
    "pod", "rest", "rst", "tex", "text", "textile", "txt", "typ", "wiki", "xhtml",
})  # fmt: skip
"""Kinds of text in which articles may be written, but which rilo-reader does not read."""

TEMPLATE = "html template"
"""The kind of HTML files that are templates of a site generator."""

OTHER = "other"
"""The kind of files without a usable suffix, and of texts that are written for programs."""

HEAD_BYTES = 1024
"""Bytes from the start of an HTML file that decide what it is."""

_FOR_PROGRAMS = frozenset({
    "ads.txt", "cmakelists.txt", "humans.txt", "licence.txt", "license.txt", "requirements.txt",
    "robots.txt", "security.txt",
})  # fmt: skip
_KIND = "[a-z0-9_+-]{1,12}"


def suffix_of(name: str) -> str:
    """The suffix of a file's name or path in lower case, with its dot; "" where it has none."""
    dot = name.rfind(".")
    return name[dot:].lower() if dot > name.rfind("/") + 1 else ""


def may_be_article(name: str, suffixes: Collection[str] = ()) -> bool:
    """Return whether a file of this name can be an article; for HTML its first bytes decide.

    `suffixes` are of Markdown, too, as the user has set (see `dialects.sites`).
    """
    suffix = suffix_of(name)
    return (suffix in MARKDOWN or suffix in HTML or suffix in suffixes) and name[0] != "."


def is_article(name: str, head: bytes, suffixes: Collection[str] = ()) -> bool:
    """Return whether a file is an article; `head` is its first HEAD_BYTES bytes, for HTML."""
    has_to_begin = suffix_of(name) in HTML
    return may_be_article(name, suffixes) and (
        not has_to_begin or bool(re.match(_FRONT_MATTER, head))
    )


# Compiled by `re` on first use: not needed at launch in a folder without HTML. Empty front matter
# merely makes Jekyll process a file, such as a style sheet or a site map.
_FRONT_MATTER = (
    rb"(?:\xef\xbb\xbf)?\s*(?:(---|\+\+\+)[ \t]*\r?\n\s*(?!\1)\S"  # YAML, TOML
    rb'|\{\s*")'  # JSON
)
_TEMPLATE_TAG = rb"\{\{|\{%|<%|<\?php"


def kind_of(name: str, head: bytes = b"") -> str:
    """The kind of a file that is not an article: its suffix, TEMPLATE, or OTHER."""
    suffix = suffix_of(name)
    if suffix in HTML and re.search(_TEMPLATE_TAG, head):
        return TEMPLATE
    kind = suffix[1:]
    return kind if re.fullmatch(_KIND, kind) and name.lower() not in _FOR_PROGRAMS else OTHER


def read_head(file: str, name: str) -> bytes:
    """The first bytes of an HTML file, for `is_article`; b"" for any other file."""
    if suffix_of(name) not in HTML:
        return b""
    handle = os.open(file, READ)
    try:
        return os.read(handle, HEAD_BYTES)
    finally:
        os.close(handle)


MAYBE = "?"
"""Ends a kind that is not known, but whose files begin with front matter, as articles do."""

_LOOKED_AT = 3  # files of a kind that is not known
_WHOLE_HEADER = rb"(?s)\s*(---|\+\+\+)[ \t]*\r?\n.{1,1000}?\n\1[ \t]*\r?\n\s*\S"


def count_other(file: str, name: str, other_kinds: Counter[str]) -> None:
    """Count a file that is not Markdown by its kind; of one that is not known, look into a few."""
    kind = kind_of(name)
    is_known = kind in TEXTS or kind in ("yml", "yaml", OTHER)
    if f"{kind}{MAYBE}" in other_kinds:
        kind = f"{kind}{MAYBE}"
    elif not is_known and other_kinds[kind] < _LOOKED_AT:
        with suppress(OSError):
            handle = os.open(file, READ)
            try:
                if re.match(_WHOLE_HEADER, os.read(handle, HEAD_BYTES)):
                    kind = f"{kind}{MAYBE}"
            finally:
                os.close(handle)
    other_kinds[kind] += 1


def kind_of_hidden(name: str, *, is_folder: bool) -> str:
    """The kind of a file or folder that is left out for its name alone."""
    if name in IGNORED_FOLDERS and is_folder:
        return f"{name} folder"
    return "hidden folder" if is_folder else "hidden file"


# -- paths ----------------------------------------------------------------------------------------

IGNORED_FOLDERS = frozenset(
    {"node_modules", "bower_components", "__pycache__", "_site", "_includes", "_layouts"}
)
"""Folders generated by programs, with copies of articles or read-me files of dependencies, and
Jekyll's template folders."""


def is_ignored(path: str) -> bool:
    """Return whether a relative path (forward slashes) is hidden or below one of LEFT_OUT."""
    return any(part[:1] == "." or part in IGNORED_FOLDERS for part in path.split("/"))


def to_text(name: str) -> str:
    """Convert a file name, or a path with forward slashes, from the operating system to text."""
    if name.isprintable() and "\ufffd" not in name:
        return name
    return "".join(map(_to_printable, name))


def _to_printable(character: str) -> str:
    """A character of a name; if it is not safe to print, its bytes in hex."""
    if character.isprintable() and character != "\ufffd":
        return character
    if clean_text(character) == character and character not in "\n\t\ufffd":
        return character
    return "".join(f"\ufffd{byte:02X}" for byte in os.fsencode(character))


_BYTES = "(?:\ufffd[0-9A-F]{2})+"


def from_text(path: str) -> str:
    """Convert text from `to_text` back to a name or path of the operating system."""
    if "\ufffd" not in path:
        return path
    return re.sub(
        _BYTES, lambda match: os.fsdecode(bytes.fromhex(match[0].replace("\ufffd", ""))), path
    )


_NOT_ON_WINDOWS = lazy_re(rf'[\x00-\x1f"*:<>?\\|]|[ .](?:/|$)|(?:^|/){RESERVED}', re.IGNORECASE)
"""Devices, drives, streams, and names that would be read as others there."""

_ORDINARY_PATH = re.compile(r"[\w-][\w .,()+&'!-]*(?:/[\w-][\w .,()+&'!-]*)*")


def to_native_path(path: str, *, windows: bool = os.sep == "\\") -> str | None:
    """The operating system's form of a relative path; None where it could leave its folder.

    None for absolute paths, paths with empty parts, `.` or `..`, and paths that no file can have.
    """
    if _ORDINARY_PATH.fullmatch(path) and not windows:
        return path
    try:
        native = from_text(path)
    except UnicodeDecodeError:  # bytes that no name on Windows has
        return None
    for text in (path, native):
        if not text or any(part in ("", ".", "..") for part in text.split("/")):
            return None
    if native.count("/") != path.count("/") or "\0" in native:
        return None
    return None if windows and _NOT_ON_WINDOWS.search(native) else native
