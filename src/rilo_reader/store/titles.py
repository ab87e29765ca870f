"""Titles for articles whose front matter has none: their first heading, or their file's name."""

from __future__ import annotations

import re

from rilo_reader.article import clean_line

_HEADING_SEARCH_LIMIT = 20_000
_ATX = re.compile(r" {0,3}#{1,6}[ \t]+(.*)")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-{2,})[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_NOT_A_TITLE = re.compile(r"\s|[-*+>|<]|\d+[.)]\s")


def heading(body: str) -> str:
    """The text of the first heading of a Markdown body as a clean line, "" where there is none."""
    fence = before = ""
    for line in body[:_HEADING_SEARCH_LIMIT].split("\n"):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence):
                fence = ""
        elif mark:
            fence, before = mark[1], ""
        else:
            match = _ATX.fullmatch(line)
            title = _inline_text(_without_closing(match[1])) if match else ""
            if not title and before and _UNDERLINE.fullmatch(line):
                title = _inline_text(before)
            if title and "{{" not in title and "{%" not in title:
                return title
            before = "" if _NOT_A_TITLE.match(line) else line
    return ""


def _without_closing(text: str) -> str:
    """The text of a heading without the number signs that may close it."""
    opened = text.rstrip().rstrip("#")
    return opened if not opened or opened[-1] in " \t" else text


_LINK = re.compile(
    r"!?\[([^\]\n]*)\](?:\([^)\n]*\)|\[[^\]\n]*\])|\[\[(?:[^\]|\n]*\|)?([^\]\n]*)\]\]"
)
_MARKS = re.compile(r"(\*\*|__|\*|`+|~~)(?=\S)(.+?)(?<=\S)\1|(?<!\w)(_)(?=\S)(.+?)(?<=\S)_(?!\w)")
_ATTRIBUTES = re.compile(r"\s*\{#?[\w: .=-]*\}\s*$|<[^<>\n]*>")


def _inline_text(markdown: str) -> str:
    """One line of Markdown without links, emphasis and tags."""
    text = clean_line(markdown)
    text = _LINK.sub(lambda match: match[1] or match[2] or "", text)
    text = _ATTRIBUTES.sub("", text)
    for _ in range(2):
        text = _MARKS.sub(lambda match: match[2] or match[4], text)
    return clean_line(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text))


_DATE_PREFIX = re.compile(r"\d{4}-\d{1,2}-\d{1,2}[-_ T]+(?=.)")
_NUMBERS = re.compile(r"\d[\d._-]*")
_INDEX = re.compile(r"(?i)_?index(?:\.[a-z]{2}(?:-[a-z]{2})?)?|readme")


def readable_name(path: str) -> str:
    """A title from a file's path: its name without date, suffix and hyphens; never empty.

    `2019-03-07-post-channel.md` is "Post channel"; an index file has its folder's name.
    """
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    if _INDEX.fullmatch(stem) and folder:
        stem = folder.rpartition("/")[2]
    stem = _DATE_PREFIX.sub("", stem, count=1)
    if " " not in stem and not _NUMBERS.fullmatch(stem):
        spaced = re.sub("[-_]+", " ", stem).strip()
        stem = spaced[:1].upper() + spaced[1:]
    return clean_line(stem) or "Untitled"
