"""Pages of Logseq as Markdown (pure).

What Logseq writes for itself is removed: ids of blocks, which ones are folded, sizes of pictures.
Its macros and boxes become Markdown, other properties of a block have a line each. Block references
stay as they are.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from rilo_reader.store.vaults import CODE
from rilo_reader.text import clean_line

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


def to_markdown(body: str) -> str:
    """The body of a page of Logseq as Markdown."""
    return _TOKEN.sub(_replace_token, body)


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


def title_of(path: str) -> str:
    """The title in a file's name: `Boats___Sails.md` and `Boats%2FSails.md` are below Boats.

    "" if the name has no such signs.
    """
    stem = path.rpartition("/")[2].rpartition(".")[0]
    return clean_line(unquote(stem).replace("___", "/")) if "___" in stem or "%" in stem else ""
