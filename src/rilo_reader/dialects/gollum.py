"""Pages of Gollum, as in the wikis of GitHub (pure)."""

from __future__ import annotations

import re

from rilo_reader.dialects import CODE, USUAL, Dialect, ReadFile
from rilo_reader.text import lazy_re

_TAG = lazy_re(
    rf"{CODE}"
    r"|(?<!!)\[\[(?P<picture>[^\[\]|\n]{1,500}\.(?:png|jpe?g|gif|svg|webp|avif|bmp))"
    r"(?P<options>(?:\|[^\[\]|\n]{0,500}){0,10})\]\]"
    r"|(?<!!)\[\[(?P<words>[^\[\]|\n]{1,500})\|[ \t]*(?P<address>https?://[^\s\[\]|]{1,2000})"
    r"[ \t]*\]\]",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
_ALT = lazy_re(r"(?:\A|[|,])[ \t]*alt[ \t]*=[ \t]*([^|,]*)", re.IGNORECASE)


class Gollum(Dialect):
    """Pages of Gollum, which name their links before the page: `[[words|Page]]`."""

    forms = USUAL._replace(mdx=False, templates=False)
    left_out = frozenset({"_Sidebar.md", "_Footer.md", "_Header.md"})

    def has_title_at(self, level: int) -> bool:
        """Return whether a heading is the title: others are of a section, as files have names."""
        return level == 1

    def body(self, body: str, path: str, read: ReadFile) -> str:
        """Return a page with pictures and links of the web as Markdown has them."""
        return _TAG.sub(_replace_tag, body) if "[[" in body else body

    def link(self, first: str, second: str) -> tuple[str, str]:
        """Return the page, and the words, which come first."""
        return (second or first).strip(), first.strip()


def _replace_tag(match: re.Match[str]) -> str:
    if match[1] or match[2]:
        return match[0]
    if match["address"]:
        return f"[{match['words'].strip()}](<{match['address']}>)"
    alt = _ALT.search(match["options"])
    return f"![{alt[1].strip() if alt else ''}](<{match['picture'].strip()}>)"


DIALECT = Gollum()
