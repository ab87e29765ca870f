"""HTML of paragraphs, links and emphasis alone -> its blocks, without a tree (pure).

A quarter of the time, for one in seven of real feeds' entries. Only what can be read in one way is:
anything else (another element, another attribute, a tag left open) is left to the parser and
`reading`, whose blocks these are equal to.
"""

from __future__ import annotations

import re

from rilo_reader.html.blocks import Block, Kind, Mark, Paragraph, Run
from rilo_reader.html.hints import paragraphs_of
from rilo_reader.html.images import absolute
from rilo_reader.text import clean_text

LONGEST = 100_000
"""Characters; what is longer needs the bounds that `tree` sets."""

DEEPEST = 50
"""Elements in each other; the parser has bounds of its own further down."""

_TAG = re.compile("<([^<>]*)>")
_MARKS = {"b": Mark("strong"), "strong": Mark("strong"), "i": Mark("em"), "em": Mark("em")}
_BREAKS = frozenset({"br", "br/", "br /"})
_LINK = re.compile(
    r'a(?: (?:rel|target)="[^"&]*")* href="([^"&\n\t]*)"(?: (?:rel|target)="[^"&]*")*'
)
_ENTITY = re.compile("&(?: |(amp|lt|gt|quot|nbsp|#39|#8211|#8212|#8216|#8217|#8220|#8221|#8230);)")
_MEANT = {
    "amp": "&", "lt": "<", "gt": ">", "quot": '"', "nbsp": "\xa0", "#39": "'", "#8211": "–",
    "#8212": "—", "#8216": "‘", "#8217": "’", "#8220": "“", "#8221": "”", "#8230": "…",
}  # fmt: skip
_SPACES = " \t\n"
_DROPPED = re.compile("[\xad\ufffe\uffff]")
"""Characters that neither Markdown nor XML holds, beside those that `clean_text` drops."""


def _meant(entity: re.Match[str]) -> str:
    return _MEANT[entity[1]] if entity[1] else entity[0]


class NotSimpleError(Exception):
    """This is for the parser."""


def read_simply(html: str, base: str) -> list[Block] | None:
    """The blocks, None where it takes a parser to tell.

    `base` is the address that links start from.
    """
    if len(html) > LONGEST or clean_text(html) != html:
        return None
    # Looking for these in every text took a fifth of reading it; ASCII has none.
    if not html.isascii() and _DROPPED.search(html):
        return None
    pieces = _TAG.split(html)
    reader = _SimpleReader(base)
    try:
        reader.text(pieces[0])
        for place in range(1, len(pieces), 2):
            reader.tag(pieces[place])
            reader.text(pieces[place + 1])
        return reader.end()
    except NotSimpleError:
        return None


class _SimpleReader:
    """Takes texts and tags in turn."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._blocks: list[Block] = []
        self._runs: list[Run] = []
        self._marks: tuple[Mark, ...] = ()
        self._open: list[tuple[str, tuple[Mark, ...]]] = []
        self._in_paragraph = False

    def text(self, text: str) -> None:
        """What stands between two tags."""
        if not text:
            return
        if "<" in text:
            raise NotSimpleError
        ampersands = text.count("&")
        if ampersands:
            text, entities = _ENTITY.subn(_meant, text)
            if entities != ampersands:
                raise NotSimpleError
        if self._runs or text.strip(_SPACES):
            self._runs.append(Run(text, self._marks))

    def tag(self, tag: str) -> None:
        """One tag, as it stands between `<` and `>`."""
        if tag in _MARKS:
            self._begin(tag, _MARKS[tag])
        elif tag[:1] == "/" and self._open:
            name, marks = self._open.pop()
            if tag[1:] != name:
                raise NotSimpleError
            self._marks = marks
        elif tag == ("/p" if self._in_paragraph else "p") and not self._open:
            self._flush()
            self._in_paragraph = not self._in_paragraph
        elif tag in _BREAKS:
            self._runs.append(Run("\n", self._marks, Kind.BREAK))
        else:
            self._link(tag)

    def end(self) -> list[Block]:
        """The blocks of all that was told."""
        if self._in_paragraph or self._open:
            raise NotSimpleError
        self._flush()
        return self._blocks

    def _begin(self, name: str, mark: Mark | None) -> None:
        if len(self._open) == DEEPEST:
            raise NotSimpleError
        self._open.append((name, self._marks))
        if mark is not None and mark not in self._marks:
            self._marks = (*self._marks, mark)

    def _link(self, tag: str) -> None:
        link = _LINK.fullmatch(tag)
        # Word writes its notes as links of this kind; and no link stands in another.
        if link is None or "#_" in link[1] or any(name == "a" for name, _ in self._open):
            raise NotSimpleError
        target = absolute(link[1], self._base)
        self._begin("a", Mark("link", target) if target else None)

    def _flush(self) -> None:
        runs, self._runs = self._runs, []
        if len(runs) == 1:
            if runs[0].text.strip():
                self._blocks.append(Paragraph(runs))
        elif runs and any(run.text.strip() for run in runs):
            self._blocks.extend(map(Paragraph, paragraphs_of(runs)))


# What the text of a page must hold for a walk over its tree to find anything (pure).


_ASCII_REFERENCE = re.compile(
    r"(?i)&#(?:0*(?:[1-9][0-9]|1[01][0-9]|12[0-7])|x0*[0-7][0-9a-f])(?![0-9a-f])"
)
"""A plain character written as a number: then nothing can be told from the text."""

_DRAWN = ("math", "mjx", "katex", "hurmet")
_PICTURED = ("tex", "formula", "equation", "cht=tx", "\\", "_{", "^{")


def may_hold_formulas(html: str) -> bool:
    """Whether `math.mark_formulas` can find any."""
    lower = html.lower()
    return (
        any(word in lower for word in _DRAWN)
        or ("<img" in lower and any(word in lower for word in _PICTURED))
        or _is_veiled(html)
    )


def may_hold_notes(html: str) -> bool:
    """Whether `notes.Notes` can find any: a link within the page, a class, a raised number."""
    lower = html.lower()
    return (
        html.count("#") > html.count("&#") or "note" in lower or "<sup" in lower or _is_veiled(html)
    )


def _is_veiled(html: str) -> bool:
    return "&#" in html and _ASCII_REFERENCE.search(html) is not None
