"""Which parts of a page are its article, told by the words that an extractor found (pure).

An extractor gives text and little of its form: pictures, code, tables, footnotes and the levels of
headings are lost or worn. So its words only say which stretches of the page are kept, and these are
read from the page itself.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.html.tables import is_data
from rilo_reader.html.tree import SILENT, remove, text_of
from rilo_reader.pages.boilerplate import LARGE, MOST_BY_NAME, Junk, judge

if TYPE_CHECKING:
    from lxml.html import HtmlElement


SHORT = 25
"""Letters up to which a stretch must be found as a whole: "Share" is in many a sentence."""

A_BUTTON = 12
"""Letters that may stand beside a picture or code and say nothing of its surroundings: "Copy"."""

NEAR = 150
"""Letters within which a short stretch must follow the last one that was found."""

_OF_PICTURES = frozenset({"figure", "figcaption", "a", "picture"})


class Found(NamedTuple):
    """What an extractor found: each of its blocks' letters, and all of them in one."""

    blocks: frozenset[str]
    whole: str

    @classmethod
    def of(cls, blocks: Iterable[str]) -> Found:
        """From the text of each block, in order."""
        known = [found for found in map(letters, blocks) if found]
        return cls(frozenset(known), "".join(known))


class _Tally:
    """The letters below an element that are kept, and that are not."""

    __slots__ = ("dropped", "kept")

    def __init__(self) -> None:
        self.kept = 0
        self.dropped = 0


class Pruner:
    """Takes out of a page what was not found.

    Attributes:
        share: of the letters that were found, how many are on the page; 0 to 1.
    """

    def __init__(self, root: HtmlElement, found: Found) -> None:
        self._root = root
        self._found = found
        self._stretches, self._media = read_stretches(root)
        self._mark()
        kept = sum(len(stretch.text) for stretch in self._stretches if stretch.kept)
        self.share = min(1.0, kept / len(found.whole)) if found.whole else 0.0

    # -- deciding -------------------------------------------------------------------------------

    def _mark(self) -> None:
        """Mark the stretches that were found."""
        at = 0
        whole, blocks = self._found.whole, self._found.blocks
        for stretch in self._stretches:
            text = stretch.text
            if not text:
                continue
            place = whole.find(text, at)
            if 0 <= place - at <= NEAR and (len(text) > 3 or text in blocks):
                stretch.kept = True
            elif len(text) > SHORT:
                place = place if place >= 0 else whole.find(text)
                stretch.kept = place >= 0 or self._mostly(text)
            else:
                stretch.kept = text in blocks
            if stretch.kept and place >= 0:
                at = place + len(text)
        self._fill()

    def _mostly(self, text: str) -> bool:
        """Whether most of a stretch was found: an extractor took a word out or cut an end."""
        size = max(SHORT, len(text) // 8)
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        return sum(len(piece) for piece in pieces if piece in self._found.whole) > 0.7 * len(text)

    def _fill(self) -> None:
        """Keep what has no letters of its own, or few, between two that are kept in one block."""
        for before, stretch, after in zip(
            self._stretches, self._stretches[1:], self._stretches[2:], strict=False
        ):
            if stretch.kept or not (before.kept and after.kept) or len(stretch.text) > SHORT:
                continue
            stretch.kept = before.block is stretch.block is after.block or not stretch.text

    # -- taking out -----------------------------------------------------------------------------

    def keep(self) -> HtmlElement:
        """Take out what was not found, in place; gives the element that holds all of the rest.

        A picture, a film or a line stays where most of the text around it does.
        """
        tallies = self._tallies()
        holder = self._holder(tallies)
        self._keep_forms(tallies, holder)
        self._drop_junk(tallies, holder)
        alive: set[HtmlElement] = set()
        for stretch in self._stretches:
            if stretch.kept:
                for slot in stretch.slots:
                    _enliven(slot.element.getparent() if slot.is_tail else slot.element, alive)
            else:
                for slot in stretch.slots:
                    if slot.is_tail:
                        slot.element.tail = " "
                    else:
                        slot.element.text = None
        for element in self._media:
            if _stands_in_kept(element, tallies, holder):
                _enliven(element, alive)
        _prune(holder, alive)
        return holder

    def _keep_forms(self, tallies: dict[HtmlElement, _Tally], holder: HtmlElement) -> None:
        """Keep what stands within the article and no extractor has an eye for.

        Code, and what is written under a picture: both look like what a page has beside its text;
        and the cells of a table most of which was found.
        """
        stays: dict[HtmlElement, bool] = {}
        # Each item of a list asks for the whole list: once is enough.
        is_text = functools.cache(_is_text)
        for stretch in self._stretches:
            if stretch.kept:
                continue
            form = _form_of(stretch.block, holder, is_text)
            if form is None:
                continue
            if form not in stays:
                of = tallies[form]
                if form.tag == "table":
                    stays[form] = of.kept >= of.dropped
                elif form.tag in ("ul", "ol"):
                    stays[form] = _stands_between_kept(form, tallies)
                else:
                    stays[form] = _stands_in_kept(form, tallies, holder)
            stretch.kept = stays[form]

    def _drop_junk(self, tallies: dict[HtmlElement, _Tally], holder: HtmlElement) -> None:
        """Drop what an extractor took for text."""
        whole = max(1, tallies[holder].kept)
        verdicts: dict[HtmlElement, Junk] = {}
        named = 0
        for stretch in self._stretches:
            block = stretch.block
            if stretch.kept and block is not holder and block.tag != "pre":
                if block not in verdicts:
                    verdicts[block] = self._verdict(block, tallies, holder, whole)
                named += len(stretch.text) if verdicts[block] is Junk.BY_NAME else 0
        # A page that is full of such names means something else by them.
        dropped = {Junk.BY_WORDS} if named > MOST_BY_NAME * whole else {Junk.BY_WORDS, Junk.BY_NAME}
        follows_kept = False
        for stretch in reversed(self._stretches):
            verdict = verdicts.get(stretch.block, Junk.NOT)
            if verdict is Junk.HEADING:
                stretch.kept = follows_kept
            elif verdict in dropped:
                stretch.kept = False
            follows_kept = stretch.kept

    @staticmethod
    def _verdict(
        block: HtmlElement, tallies: dict[HtmlElement, _Tally], holder: HtmlElement, whole: int
    ) -> Junk:
        around: list[HtmlElement] = []
        node = block
        while node is not None and node is not holder and len(around) < 5:
            if tallies[node].kept > LARGE * whole:
                break
            around.append(node)
            node = node.getparent()
        return judge(block, " ".join(text_of(block).split()), around) if around else Junk.NOT

    def _tallies(self) -> dict[HtmlElement, _Tally]:
        tallies: dict[HtmlElement, _Tally] = {}
        own: dict[HtmlElement, _Tally] = {}
        for stretch in self._stretches:
            tally = own.setdefault(stretch.block, _Tally())
            if stretch.kept:
                tally.kept += len(stretch.text) or 1
            elif stretch.block.tag != "pre":
                # Code is as its surroundings are, so it says nothing of them.
                tally.dropped += len(stretch.text)
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
        """The deepest block that holds all that is kept."""
        holder = self._root
        whole = tallies[holder].kept
        while True:
            inner = [child for child in holder if tallies[child].kept == whole]
            if not inner or inner[0].tag not in BLOCKS:
                return holder
            holder = inner[0]


def _is_text(element: HtmlElement) -> bool:
    """Whether less than two thirds of a list's letters are links: more is a menu."""
    linked = sum(len(letters(text_of(link))) for link in element.iter("a"))
    return linked * 3 < len(letters(text_of(element))) * 2


def _is_captioned(element: HtmlElement) -> bool:
    """Whether it is a figure by its name: `<div class="wp-caption">`, as programs wrote before."""
    return "caption" in (element.get("class") or "")


def _form_of(
    block: HtmlElement, holder: HtmlElement, is_text: Callable[[HtmlElement], bool]
) -> HtmlElement | None:
    """The code, table, list or figure that a block is the text of, None where it is of none.

    `is_text` tells a list of text from a menu.
    """
    node = block
    for _ in range(6):
        if node is None or node is holder:
            return None
        if node.tag == "pre" or (node.tag == "table" and is_data(node)):
            return node
        if node.tag in ("ul", "ol") and is_text(node):
            return node
        if node.tag == "figcaption":
            around = node.getparent()
            while around is not None and around.tag != "figure":
                around = around.getparent()
            return around
        if _is_captioned(node) and next(node.iter("img"), None) is not None:
            return node
        node = node.getparent()
    return None


def _enliven(element: HtmlElement, alive: set[HtmlElement]) -> None:
    """Note that an element stays, and so what it stands in; what was hidden shows."""
    while element is not None and element not in alive:
        alive.add(element)
        if element.get("style") is not None and "none" in element.get("style"):
            del element.attrib["style"]
        if element.get("hidden") is not None:
            del element.attrib["hidden"]
        element = element.getparent()


def _stands_in_kept(
    element: HtmlElement, tallies: dict[HtmlElement, _Tally], holder: HtmlElement
) -> bool:
    """Whether most of the text around an element, not in it, is kept."""
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


def _stands_between_kept(element: HtmlElement, tallies: dict[HtmlElement, _Tally]) -> bool:
    """Whether what stands right before an element and what stands right behind it are kept."""
    beside = (element.getprevious(), element.getnext())
    return all(
        other is not None and tallies[other].kept > tallies[other].dropped for other in beside
    )


def _prune(holder: HtmlElement, alive: set[HtmlElement]) -> None:
    """Take out every element that does not stay; line breaks and notes' anchors do."""
    for element in list(holder.iter()):
        if element is holder or element in alive or element.tag in ("br", "source", "wbr"):
            continue
        if element.getparent() is None:
            continue
        if element.text and element.tag not in BLOCKS:
            # Nothing but a space, which parts two words.
            element.tail = " " + (element.tail or "")
        remove(element)


# A page as stretches of text that run on, and the media between them (pure).


BLOCKS = frozenset(
    {"p", "div", "section", "article", "header", "footer", "main", "nav", "aside", "address", "li"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "td", "th", "dt", "dd", "figure"}
    | {"figcaption", "center", "form", "summary", "details", "caption", "body", "ul", "ol", "dl"}
    | {"table", "tr", "tbody", "thead", "tfoot", "fieldset", "legend", "html", "hgroup", "hr"}
)
"""Elements between which text does not run on."""

MEDIA = frozenset({"img", "amp-img", "video", "audio", "iframe", "embed", "hr", "math", "svg"})
_UNREAD = SILENT - {"form", "button"}
_WORDS = re.compile(r"\w+")


def letters(text: str) -> str:
    """Only the letters and digits of a text, by which two forms of it are compared."""
    return "".join(_WORDS.findall(unicodedata.normalize("NFKC", text).lower()))


class Slot(NamedTuple):
    """A place of a tree that holds text: an element's own, or what follows it."""

    element: HtmlElement
    is_tail: bool


@dataclass
class TextRun:
    """Text that runs on, of a block and the inline elements in it, without a line break."""

    block: HtmlElement
    slots: list[Slot] = field(default_factory=list)
    text: str = ""
    kept: bool = False


class _Reader:
    """Reads a page into stretches."""

    def __init__(self, root: HtmlElement) -> None:
        self.stretches: list[TextRun] = []
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
        for stretch, parts in zip(self.stretches, self._texts, strict=True):
            stretch.text = letters("".join(parts))

    def _begin(self, block: HtmlElement) -> None:
        last = self.stretches[-1] if self.stretches else None
        if last is None or last.slots or last.block is not block:
            self.stretches.append(TextRun(block))
            self._texts.append([])

    def _add(self, element: HtmlElement, is_tail: bool, text: str | None) -> None:
        if text and not text.isspace():
            self.stretches[-1].slots.append(Slot(element, is_tail))
            self._texts[-1].append(text)


def read_stretches(root: HtmlElement) -> tuple[list[TextRun], list[HtmlElement]]:
    """The stretches of a page that hold text, and its media, both in order.

    What is hidden is read too: pages hide what their scripts show.
    """
    reader = _Reader(root)
    reader.read()
    return [stretch for stretch in reader.stretches if stretch.slots], reader.media
