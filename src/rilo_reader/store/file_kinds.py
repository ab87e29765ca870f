"""Which files are articles, and of what kind the others are.

An article is a file with a Markdown suffix, or one with an HTML suffix that begins with front
matter. The scan, the watcher, the importers and `show` all decide by the functions of this module.
"""

from __future__ import annotations

import os
import re

MARKDOWN = frozenset(
    {".md", ".markdown", ".mdown", ".mkdown", ".mkdn", ".mkd", ".mdwn", ".mdx", ".rmd", ".qmd"}
)
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


def may_be_article(name: str) -> bool:
    """Whether a file of this name can be an article; for HTML its first bytes decide."""
    suffix = suffix_of(name)
    return (suffix in MARKDOWN or suffix in HTML) and name[0] != "."


def is_article(name: str, head: bytes) -> bool:
    """Whether a file is an article; `head` is its first HEAD_BYTES bytes, only used for HTML."""
    has_to_begin = suffix_of(name) in HTML
    return may_be_article(name) and (not has_to_begin or bool(re.match(_FRONT_MATTER, head)))


# Compiled by `re` on first use: not needed at launch in a folder without HTML. Empty front matter
# merely makes Jekyll process a file, such as a style sheet or a site map.
_FRONT_MATTER = (
    rb"(?:\xef\xbb\xbf)?\s*(?:(---|\+\+\+)[ \t]*\r?\n\s*(?!\1)\S"  # YAML, TOML
    rb'|\{\s*")'  # JSON
)
_FILLED_IN = rb"\{\{|\{%|<%|<\?php"


def kind_of(name: str, head: bytes = b"") -> str:
    """The kind of a file that is not an article: its suffix, TEMPLATE, or OTHER."""
    suffix = suffix_of(name)
    if suffix in HTML and re.search(_FILLED_IN, head):
        return TEMPLATE
    kind = suffix[1:]
    return kind if re.fullmatch(_KIND, kind) and name.lower() not in _FOR_PROGRAMS else OTHER


# Opening a named pipe must not block until somebody writes into it.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def head_of(file: str, name: str) -> bytes:
    """The first bytes of an HTML file, for `is_article`; b"" for any other file."""
    if suffix_of(name) not in HTML:
        return b""
    handle = os.open(file, _READ)
    try:
        return os.read(handle, HEAD_BYTES)
    finally:
        os.close(handle)
