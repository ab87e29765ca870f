"""What the files of a folder are: articles, other texts, or anything else.

An article is a file with a Markdown suffix, or one with an HTML suffix that begins with front
matter. This is the one place that says so: the scan, the watcher, the import and `show` ask here.
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
"""Suffixes of files that are articles where they begin with front matter: else they are pages that
somebody saved, or templates."""

MDX = ".mdx"

TEXTS = frozenset({
    "adoc", "asc", "asciidoc", "creole", "dj", "htm", "html", "mediawiki", "muse", "norg", "org",
    "pod", "rest", "rst", "tex", "text", "textile", "txt", "typ", "wiki", "xhtml",
})  # fmt: skip
"""Kinds of files in which people write articles that are not read here."""

TEMPLATE = "html template"
"""The kind of an HTML file that a site's generator fills in."""

OTHER = "other"
"""The kind of a file whose name tells none, or that is no text of the folder's author."""

HEAD_BYTES = 1024
"""Bytes of an HTML file that tell what it is."""

_FOR_PROGRAMS = frozenset({
    "ads.txt", "cmakelists.txt", "humans.txt", "licence.txt", "license.txt", "requirements.txt",
    "robots.txt", "security.txt",
})  # fmt: skip
_KIND = re.compile("[a-z0-9_+-]{1,12}")


def suffix_of(name: str) -> str:
    """The suffix of a file's name or path in lower case, with its dot; "" where it has none."""
    dot = name.rfind(".")
    return name[dot:].lower() if dot > name.rfind("/") + 1 else ""


def may_be_article(name: str) -> bool:
    """Whether a file of this name is an article, or may be: an HTML file's beginning tells."""
    suffix = suffix_of(name)
    return (suffix in MARKDOWN or suffix in HTML) and name[0] != "."


def is_article(name: str, head: bytes) -> bool:
    """Whether a file is an article (pure).

    Args:
        name: the file's.
        head: its first bytes, HEAD_BYTES where there are so many; of HTML only they are looked at.
    """
    return may_be_article(name) and (suffix_of(name) not in HTML or begins_with_front_matter(head))


# Compiled by `re` at first use: a launch that meets no HTML can do without.
_FRONT_MATTER = (
    rb"(?:\xef\xbb\xbf)?\s*(?:(---|\+\+\+)[ \t]*\r?\n\s*(?!\1)\S"  # YAML, TOML
    rb'|\{\s*")'  # JSON
)


def begins_with_front_matter(head: bytes) -> bool:
    """Whether a file begins with front matter that says something.

    An empty one only has Jekyll fill the file in, as it does with style sheets and site maps.
    """
    return bool(re.match(_FRONT_MATTER, head))


_FILLED_IN = rb"\{\{|\{%|<%|<\?php"


def kind_of(name: str, head: bytes = b"") -> str:
    """What a file is that is no article: its suffix without the dot, TEMPLATE, or OTHER (pure).

    Args:
        name: the file's.
        head: its first bytes; of HTML only they are looked at.
    """
    suffix = suffix_of(name)
    if suffix in HTML and re.search(_FILLED_IN, head):
        return TEMPLATE
    kind = suffix[1:]
    return kind if _KIND.fullmatch(kind) and name.lower() not in _FOR_PROGRAMS else OTHER


# A pipe that bears an article's name must not wait for somebody to write into it.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def head_of(file: str, name: str) -> bytes:
    """The first bytes of a file that `is_article` wants of it: none but of HTML.

    Raises:
        OSError: it cannot be read.
    """
    if suffix_of(name) not in HTML:
        return b""
    handle = os.open(file, _READ)
    try:
        return os.read(handle, HEAD_BYTES)
    finally:
        os.close(handle)
