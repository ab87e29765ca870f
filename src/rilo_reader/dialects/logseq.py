"""Pages of Logseq as Markdown (pure).

What Logseq writes for itself is removed: ids of blocks, which ones are folded, sizes of pictures.
Its macros and boxes become Markdown, other properties of a block have a line each. Block references
stay as they are.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from rilo_reader.dialects import CODE, USUAL, Dialect, Header, ReadFile
from rilo_reader.text import clean_line, lazy_re

_OWN = (
    r"(?:id|collapsed|heading|background-color|card-[\w-]+|logseq\.[\w.-]+|created-at|updated-at)"
    r"::(?:[ \t][^\n]*)?"
)
_BULLET = r"[ \t]*[-*][ \t]+"
_TOKEN = re.compile(
    rf"{CODE}"
    rf"|^[ \t]*{_OWN}(?:\n|\Z)"
    rf"|(?P<bullet>^{_BULLET}){_OWN}(?:\n[ \t]*|\Z)"
    rf"|(?P<margin>^(?:{_BULLET}|[ \t]*))(?P<key>[A-Za-z][\w.-]{{0,60}})::[ \t]+(?P<value>[^\n]+)"
    r"|(?<=[\])])\{(?:[ \t]*:(?:height|width)[ \t]+\d+,?)+\}"
    r"|\{\{(?:video|youtube|vimeo|bilibili|tweet|twitter)[ \t]+"
    r"(?P<address>https?://[^\s{}]+?)[ \t]*\}\}"
    r"|\{\{embed[ \t]+\[\[(?P<page>[^\[\]\n]+)\]\][ \t]*\}\}"
    rf"|(?P<indent>^(?:{_BULLET}|[ \t]*))#\+(?P<edge>BEGIN|END)_(?P<box>\w+)[ \t]*$",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
_QUIET_BOXES = frozenset({"quote", "center", "verse", "export", "src", "example", "query"})


HEADER_LIMIT = 256 * 1024  # characters of properties above a page

_PROPERTIES = lazy_re(
    r"\ufeff?(?:[ \t]*(?:\r\n?|\n))*"
    r"(?P<lines>(?:[A-Za-z][\w.-]{0,60}::(?:[ \t][^\r\n]*)?(?:\r\n?|\n|\Z))+)"
    r"(?:[ \t]*(?:(?:\r\n?|\n)+|\Z))?"
)


class Logseq(Dialect):
    """Pages of Logseq."""

    forms = USUAL._replace(boxes=False, includes=False, mdx=False, roles=False)
    are_notes = True

    def header(self, text: str) -> Header | None:
        """Return the `key:: value` lines above a page; the values of a repeated key are a list."""
        match = _PROPERTIES.match(text[: HEADER_LIMIT + 1])
        if match is None:
            return None
        values: dict[str, list[str]] = {}
        for line in re.split("\r\n?|\n", match["lines"].rstrip("\r\n")):
            key, _, value = line.partition("::")
            values.setdefault(key, []).append(value.strip())
        metadata = {key: said if len(said) > 1 else said[0] for key, said in values.items()}
        return Header(metadata, match.end(), is_shown=True)

    def title(self, path: str) -> str:
        """Return the title: `Boats___Sails.md` and `Boats%2FSails.md` are below Boats."""
        stem = path.rpartition("/")[2].rpartition(".")[0]
        is_plain = "___" not in stem and "%" not in stem
        return "" if is_plain else clean_line(unquote(stem).replace("___", "/"))

    def has_title_at(self, level: int) -> bool:
        """Return False: a page is named by its file."""
        return False

    def body(self, body: str, path: str, read: ReadFile) -> str:
        """Return a page as Markdown."""
        return _TOKEN.sub(_replace_token, body)


DIALECT = Logseq()


def _replace_token(match: re.Match[str]) -> str:
    """The Markdown of a token; code stays as it is."""
    if match[1] or match[2]:
        return match[0]
    if match["key"]:
        # In a line of its own, as Logseq shows it.
        apart = "" if match["margin"].strip() else "<br>"
        return f"{match['margin']}{apart}{match['key']}: {match['value'].rstrip()}"
    if match["address"]:
        return f"<{match['address']}>"
    if match["page"]:
        return f"![[{match['page']}]]"
    name = (match["box"] or "").capitalize()
    is_named = match["edge"] and match["edge"][0] in "Bb" and name.lower() not in _QUIET_BOXES
    label = f"**{name}:**  " if is_named else ""
    return (match["bullet"] or match["indent"] or "") + label
