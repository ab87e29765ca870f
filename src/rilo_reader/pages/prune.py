"""Remove the parts of a page that are not its article, given the words of an extractor (pure).

Extractors return text with little of its structure: images, code, tables, footnotes and levels of
headings are lost or damaged. So their words only decide which parts of the page are kept; the
structure is read from the page itself.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from lxml.html import HtmlElement

from rilo_reader.html.tables import is_data
from rilo_reader.html.tags import HEADINGS, LISTS, PARAGRAPHS, TABLE_PARTS
from rilo_reader.html.tree import SILENT, remove, text_of
from rilo_reader.pages.boilerplate import LARGE, MOST_BY_NAME, Junk, has_name, is_decoration, judge

BLOCKS = PARAGRAPHS | LISTS | TABLE_PARTS | {*HEADINGS, "li", "blockquote", "pre", "hr"}
"""Elements that interrupt a run of text."""

MEDIA = frozenset({"img", "amp-img", "video", "audio", "iframe", "embed", "hr", "math", "svg"})
_UNREAD = SILENT - {"form", "button"}
_WORDS = re.compile(r"\w+")


def letters(text: str) -> str:
    """Return only the letters and digits of a text, for comparisons."""
    return "".join(_WORDS.findall(unicodedata.normalize("NFKC", text).lower()))


class Slot(NamedTuple):
    """A place for text in a tree: the text of an element, or its tail."""

    element: HtmlElement
    is_tail: bool


@dataclass
class TextRun:
    """The text of a block and its inline elements up to a line break."""

    block: HtmlElement
    slots: list[Slot] = field(default_factory=list)
    text: str = ""
    kept: bool = False


class _Reader:
    def __init__(self, root: HtmlElement) -> None:
        self.runs: list[TextRun] = []
        self.media: list[HtmlElement] = []
        self._texts: list[list[str]] = []
        self._root = root

    def read(self) -> None:
        """Read the whole page."""
        stack: list[tuple[HtmlElement, HtmlElement, bool]] = [(self._root, self._root, False)]
        self._begin(self._root)
        while stack:
            element, block, is_left = stack.pop()
            is_block = element.tag in BLOCKS
            if is_left:
                if is_block or element.tag == "br":
                    self._begin(block)
                self._add(element, True, element.tail)
                continue
            if element is not self._root:
                stack.append((element, block, True))
            if not isinstance(element.tag, str) or element.tag in _UNREAD:
                continue
            if element.tag in MEDIA:
                self.media.append(element)
            own = element if is_block else block
            if is_block:
                self._begin(own)
            self._add(element, False, element.text)
            stack.extend((child, own, False) for child in reversed(element))
        for run, parts in zip(self.runs, self._texts, strict=True):
            run.text = letters("".join(parts))

    def _begin(self, block: HtmlElement) -> None:
        last = self.runs[-1] if self.runs else None
        if last is None or last.slots or last.block is not block:
            self.runs.append(TextRun(block))
            self._texts.append([])

    def _add(self, element: HtmlElement, is_tail: bool, text: str | None) -> None:
        if text and not text.isspace():
            self.runs[-1].slots.append(Slot(element, is_tail))
            self._texts[-1].append(text)


def read_runs(root: HtmlElement) -> tuple[list[TextRun], list[HtmlElement]]:
    """Return the text runs and the media of a page, both in order.

    Hidden elements are included, since scripts would show them.
    """
    reader = _Reader(root)
    reader.read()
    return [run for run in reader.runs if run.slots], reader.media


SHORT = 25
"""Letters up to which a text run must be found as a whole, as words like "Share" are common."""

A_BUTTON = 12
"""Letters next to an image or code that do not count, as on a button "Copy"."""

NEAR = 150
"""Letters within which a short run must follow the last one that was found."""

_OF_PICTURES = frozenset({"figure", "figcaption", "a", "picture"})


class Found(NamedTuple):
    """The extracted text: the letters of each block, and of all blocks."""

    blocks: frozenset[str]
    whole: str

    @classmethod
    def of(cls, blocks: Iterable[str]) -> Found:
        """Create from the text of each block, in order."""
        known = [found for found in map(letters, blocks) if found]
        return cls(frozenset(known), "".join(known))


class _Tally:
    """The letters inside an element that are kept, and that are not."""

    __slots__ = ("dropped", "kept")

    def __init__(self) -> None:
        self.kept = 0
        self.dropped = 0


class Pruner:
    """Removes the parts of a page that were not extracted."""

    def __init__(self, root: HtmlElement, found: Found) -> None:
        self._root = root
        self._found = found
        self._runs, self._media = read_runs(root)
        self._mark()
        kept = sum(len(run.text) for run in self._runs if run.kept)
        # the share of the extracted letters that are on the page, 0 to 1
        self.share = min(1.0, kept / len(found.whole)) if found.whole else 0.0

    # -- selection ------------------------------------------------------------------------------

    def _mark(self) -> None:
        """Mark the text runs that were extracted."""
        at = 0
        whole, blocks = self._found.whole, self._found.blocks
        for run in self._runs:
            text = run.text
            if not text:
                continue
            found_at = whole.find(text, at)
            if 0 <= found_at - at <= NEAR and (len(text) > 3 or text in blocks):
                run.kept = True
            elif len(text) > SHORT:
                found_at = found_at if found_at >= 0 else whole.find(text)
                run.kept = found_at >= 0 or self._mostly(text)
            else:
                run.kept = text in blocks
            if run.kept and found_at >= 0:
                at = found_at + len(text)
        self._fill()

    def _mostly(self, text: str) -> bool:
        """Return whether most of a run was extracted; extractors drop words or cut ends."""
        size = max(SHORT, len(text) // 8)
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        return sum(len(piece) for piece in pieces if piece in self._found.whole) > 0.7 * len(text)

    def _fill(self) -> None:
        """Keep runs with few letters, or none, between two kept ones of the same block."""
        for before, run, after in zip(self._runs, self._runs[1:], self._runs[2:], strict=False):
            if run.kept or not (before.kept and after.kept) or len(run.text) > SHORT:
                continue
            run.kept = before.block is run.block is after.block or not run.text

    # -- removal --------------------------------------------------------------------------------

    def keep(self) -> HtmlElement:
        """Remove everything else in place; return the element that contains the rest.

        Images, media and rules are kept if most of the text around them is.
        """
        tallies = self._tallies()
        holder = self._holder(tallies)
        self._keep_forms(tallies, holder)
        named = self._drop_junk(tallies, holder)
        alive: set[HtmlElement] = set()
        for run in self._runs:
            if run.kept:
                for slot in run.slots:
                    _enliven(slot.element.getparent() if slot.is_tail else slot.element, alive)
            else:
                for slot in run.slots:
                    if slot.is_tail:
                        slot.element.tail = " "
                    else:
                        slot.element.text = None
        for element in self._media:
            if is_decoration(element) or not _is_inside_kept(element, tallies, holder):
                continue
            if not (named and has_name(_around(element, tallies, holder))):
                _enliven(element, alive)
        _prune(holder, alive)
        return holder

    def _keep_forms(self, tallies: dict[HtmlElement, _Tally], holder: HtmlElement) -> None:
        """Keep elements of the article that extractors overlook.

        These are code, captions, and the cells of a table most of which was found.
        """
        stays: dict[HtmlElement, bool] = {}
        # Each item of a list, each cell of a table asks for the whole of it: once is enough.
        is_text, is_table = functools.cache(_is_text), functools.cache(is_data)
        for run in self._runs:
            if run.kept:
                continue
            form = _form_of(run.block, holder, is_text, is_table)
            if form is None:
                continue
            if form not in stays:
                if form.tag == "table":
                    # By rows, since extractors drop the lists in cells, which may be most of it.
                    rows = [row for row in form.iter("tr") if tallies[row].dropped]
                    stays[form] = sum(tallies[row].kept > 0 for row in rows) * 2 >= len(rows)
                elif form.tag in ("ul", "ol"):
                    stays[form] = _is_between_kept(form, tallies)
                else:
                    stays[form] = _is_inside_kept(form, tallies, holder)
            run.kept = stays[form]

    def _drop_junk(self, tallies: dict[HtmlElement, _Tally], holder: HtmlElement) -> bool:
        """Remove boilerplate that the extractor took for text; return whether names tell it."""
        verdicts: dict[HtmlElement, Junk] = {}
        named = 0
        for run in self._runs:
            block = run.block
            if run.kept and block is not holder and block.tag != "pre":
                if block not in verdicts:
                    text = " ".join(text_of(block).split())
                    around = _around(block, tallies, holder)
                    verdicts[block] = judge(block, text, around) if around else Junk.NOT
                named += len(run.text) if verdicts[block] is Junk.BY_NAME else 0
        # If so much of the page has such names, they have another meaning.
        names_tell = named <= MOST_BY_NAME * max(1, tallies[holder].kept)
        dropped = {Junk.BY_WORDS, Junk.BY_NAME} if names_tell else {Junk.BY_WORDS}
        follows_kept = False
        for run in reversed(self._runs):
            verdict = verdicts.get(run.block, Junk.NOT)
            if verdict is Junk.HEADING:
                run.kept = follows_kept
            elif verdict in dropped:
                run.kept = False
            follows_kept = run.kept
        return names_tell

    def _tallies(self) -> dict[HtmlElement, _Tally]:
        tallies: dict[HtmlElement, _Tally] = {}
        own: dict[HtmlElement, _Tally] = {}
        for run in self._runs:
            tally = own.setdefault(run.block, _Tally())
            if run.kept:
                tally.kept += len(run.text) or 1
            elif run.block.tag != "pre":
                # Code is kept with its surroundings, so it does not count as evidence.
                tally.dropped += len(run.text)
        for element in reversed(list(self._root.iter())):
            total = tallies.setdefault(element, _Tally())
            if element in own:
                total.kept += own[element].kept
                total.dropped += own[element].dropped
            parent = element.getparent()
            if parent is not None:
                above = tallies.setdefault(parent, _Tally())
                above.kept += total.kept
                above.dropped += total.dropped
        return tallies

    def _holder(self, tallies: dict[HtmlElement, _Tally]) -> HtmlElement:
        """Return the deepest block that contains everything kept."""
        holder = self._root
        whole = tallies[holder].kept
        while True:
            inner = [child for child in holder if tallies[child].kept == whole]
            if not inner or inner[0].tag not in BLOCKS:
                return holder
            holder = inner[0]


def _is_text(element: HtmlElement) -> bool:
    """Return whether at most two thirds of a list's letters are links; menus have more."""
    linked = sum(len(letters(text_of(link))) for link in element.iter("a"))
    return linked * 3 < len(letters(text_of(element))) * 2


def _is_captioned(element: HtmlElement) -> bool:
    """Return whether an element is a figure by its class: `<div class="wp-caption">`."""
    return "caption" in (element.get("class") or "")


def _form_of(
    block: HtmlElement,
    holder: HtmlElement,
    is_text: Callable[[HtmlElement], bool],
    is_table: Callable[[HtmlElement], bool],
) -> HtmlElement | None:
    """The code, table, list or figure that a block is the text of, None where it is of none.

    `is_text` tells a list of text from a menu, `is_table` a table of data from a layout.
    """
    node = block
    form = None
    for _ in range(8):
        if node is None or node is holder:
            break
        if node.tag == "pre" or (node.tag == "table" and is_table(node)):
            return node
        if form is None and node.tag in ("ul", "ol") and is_text(node):
            form = node
        if node.tag == "figcaption":
            around = node.getparent()
            while around is not None and around.tag != "figure":
                around = around.getparent()
            return around
        if _is_captioned(node) and next(node.iter("img"), None) is not None:
            return node
        node = node.getparent()
    return form


def _around(
    block: HtmlElement, tallies: dict[HtmlElement, _Tally], holder: HtmlElement
) -> list[HtmlElement]:
    """Return a block and up to four elements around it that are small for the article."""
    around: list[HtmlElement] = []
    node = block
    while node is not None and node is not holder and len(around) < 5:
        if tallies[node].kept > LARGE * max(1, tallies[holder].kept):
            break
        around.append(node)
        node = node.getparent()
    return around


def _enliven(element: HtmlElement, alive: set[HtmlElement]) -> None:
    """Mark an element and its ancestors as kept, and make it visible."""
    while element is not None and element not in alive:
        alive.add(element)
        if element.get("style") is not None and "none" in element.get("style"):
            del element.attrib["style"]
        if element.get("hidden") is not None:
            del element.attrib["hidden"]
        element = element.getparent()


def _is_inside_kept(
    element: HtmlElement, tallies: dict[HtmlElement, _Tally], holder: HtmlElement
) -> bool:
    """Return whether most of the text around an element is kept."""
    own = tallies[element]
    node = element
    while node is not holder:
        node = node.getparent()
        if node is None:
            return False
        kept = tallies[node].kept - own.kept
        dropped = tallies[node].dropped - own.dropped
        if not (node.tag in _OF_PICTURES or _is_captioned(node)) and (kept or dropped > A_BUTTON):
            return kept > 0 and kept >= dropped
    return True


def _is_between_kept(element: HtmlElement, tallies: dict[HtmlElement, _Tally]) -> bool:
    """Return whether both neighbours of an element are kept."""
    neighbours = (element.getprevious(), element.getnext())
    return all(
        other is not None and tallies[other].kept > tallies[other].dropped for other in neighbours
    )


def _prune(holder: HtmlElement, alive: set[HtmlElement]) -> None:
    """Remove all elements that are not kept, except line breaks and anchors of footnotes."""
    for element in list(holder.iter()):
        if element is holder or element in alive or element.tag in ("br", "source", "wbr"):
            continue
        around = element.getparent()
        if around is None or (element.tag in ("td", "th") and around in alive):
            # Without an empty cell the others would move.
            continue
        if element.text and element.tag not in BLOCKS:
            # Replaced by a space, which separates words.
            element.tail = " " + (element.tail or "")
        remove(element)
