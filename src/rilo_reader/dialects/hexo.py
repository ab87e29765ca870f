"""Posts of Hexo: its tags for code, quotations, pictures and links (pure)."""

from __future__ import annotations

import posixpath
import re
import textwrap

from rilo_reader.dialects import CODE, Dialect, ReadFile, fence_code
from rilo_reader.text import lazy_re

READ_LIMIT = 50  # posts whose titles are read for links of a post

_BOX = "blockquote|quote|pullquote|codeblock|code"
_ONE = "asset_img|img|asset_link|post_link|post_path|asset_path|link|iframe|include_code"
_SAID = r"(?:[ \t](?:[^%\n]|%(?!\})){0,500})"
_TAG = lazy_re(
    rf"{CODE}|(?P<raw>\{{%\s*raw\s*%\}}.{{0,5000}}?\{{%\s*endraw\s*%\}})"
    rf"|^(?P<indent>[ \t]*)\{{%-?[ \t]*(?P<box>{_BOX})(?P<head>{_SAID}?)%\}}"
    r"[ \t]*\n(?P<text>.{0,10000}?)\{%-?[ \t]*end(?P=box)[ \t]*-?%\}"
    rf"|\{{%-?[ \t]*(?P<name>{_ONE})(?P<said>{_SAID})%\}}",
    re.M | re.S,
)
_WORD = lazy_re(r""""[^"]*"|'[^']*'|[^\s"']\S*""")
_OPTION = lazy_re(r"(\w+):(?!//)(\S*)\Z")
_ADDRESS = lazy_re(r"(?:https?:/)?/\S+\Z")
_FILE = lazy_re(r".*\.\w{1,5}\Z|.*/")
_SIZE = lazy_re(r"(?:\d+(?:%|px)?|auto)\Z")
_TITLE = lazy_re(r"\A---\s.{0,2000}?^title:[ \t]*([^\n]*\S)", re.M | re.S)


class Hexo(Dialect):
    """Posts of Hexo."""

    left_out = frozenset({"scaffolds"})

    def body(self, body: str, path: str, read: ReadFile) -> str:
        """Return a post as Markdown, with the titles of the posts that its links name."""
        left = READ_LIMIT

        def replace(match: re.Match[str]) -> str:
            nonlocal left
            words = [
                word[1:-1] if word[0] in "\"'" else word
                for word in _WORD.findall(match["head"] or match["said"] or "")
                if word != "-"
            ]
            if match["box"]:
                make = _make_code if match["box"].startswith("code") else _make_quotation
                words = [] if match["box"] == "pullquote" else words  # which are classes
                return make(words, match["text"].rstrip(), match["indent"])
            if not match["name"] or not words:
                return match[0]
            if match["name"] == "post_link" and len(words) == 1 and left > 0:
                left -= 1
                post = read(posixpath.join(posixpath.dirname(path), f"{words[0]}.md")) or ""
                words += [title[1].strip("\"'") for title in [_TITLE.match(post)] if title]
            return _make_link(match["name"], words)

        return _TAG.sub(replace, body) if "{%" in body else body


DIALECT = Hexo()


def _make_link(name: str, words: list[str]) -> str:
    if name in ("post_path", "asset_path", "include_code"):
        return words[0] if name != "include_code" else f"`{words[-1]}`"
    if name == "link":
        place = next((n for n, word in enumerate(words) if _ADDRESS.match(word)), 0)
        return f"[{' '.join(words[:place]) or words[0]}](<{words[place]}>)"
    if name in ("img", "asset_img"):
        place = next((n for n, word in enumerate(words) if _FILE.match(word)), 0)
        rest = [word for word in words[place + 1 :] if not _SIZE.match(word)]
        return f"![{' '.join(rest)}](<{words[place]}>)"
    said = [word for word in words[1:] if word not in ("true", "false")]
    return f"[{' '.join(said) or words[0]}](<{words[0]}>)"


def _make_source(words: list[str]) -> str:
    """The title of code, or a person who is quoted: words before an address, and its link."""
    place = next((n for n, word in enumerate(words) if _ADDRESS.match(word)), len(words))
    address = "".join(words[place : place + 1])
    link = f"[{' '.join(words[place + 1 :]) or address}](<{address}>)" if address else ""
    return " ".join(filter(None, [*words[:place], link]))


def _make_quotation(words: list[str], text: str, indent: str) -> str:
    source = _make_source(words)
    lines = [*text.split("\n"), *(["", f"— {source}"] if source else [])]
    return "\n".join(f"{indent}> {line.strip()}" for line in lines) + "\n"


def _make_code(words: list[str], text: str, indent: str) -> str:
    options = {match[1]: match[2] for match in map(_OPTION.match, words) if match}
    title = _make_source([word for word in words if not _OPTION.match(word)])
    head = f"{title}\n\n" if title else ""
    return textwrap.indent(
        head + fence_code(textwrap.dedent(text), options.get("lang", "")), indent
    )
