"""Remove the parts of a page that are not its article, given the words of an extractor (pure).

Extractors return text with little of its structure: images, code, tables, footnotes and levels of
headings are lost or damaged. So their words only decide which parts of the page are kept; the
structure is read from the page itself.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from lxml.html import HtmlElement

from rilo_reader.html.tables import is_data
from rilo_reader.html.tags import HEADINGS, LISTS, PARAGRAPHS, TABLE_PARTS
from rilo_reader.html.tree import SILENT, remove_element, text_of
from rilo_reader.pages.boilerplate import BoilerplateKind, classify_block, has_name, is_decoration

BLOCKS = PARAGRAPHS | LISTS | TABLE_PARTS | {*HEADINGS, "li", "blockquote", "pre", "hr"}
"""Elements that interrupt a run of text."""

MEDIA = frozenset({"img", "amp-img", "video", "audio", "iframe", "embed", "hr", "math", "svg"})
_UNREAD = SILENT - {"form", "button"}
_WORDS = re.compile(r"\w+")


def to_letters(text: str) -> str:
    """Return only the letters and digits of a text, for comparisons."""
    return "".join(_WORDS.findall(unicodedata.normalize("NFKC", text).lower()))


@dataclass
class TextRun:
    """The text of a block and its inline elements up to a line break."""

    block: HtmlElement
    # where its text is: in an element, or in the tail behind it
    slots: list[tuple[HtmlElement, bool]] = field(default_factory=list)
    text: str = ""  # its letters
    is_kept: bool = False

    def add_slot(self, element: HtmlElement, *, is_tail: bool) -> None:
        """Add the text of an element, or its tail, if there is any."""
        text = element.tail if is_tail else element.text
        if text and not text.isspace():
            self.slots.append((element, is_tail))


def read_runs(root: HtmlElement) -> tuple[list[TextRun], list[HtmlElement]]:
    """Return the text runs and the media of a page, both in order.

    Hidden elements are included, since scripts would show them.
    """
    runs = [TextRun(root)]
    media: list[HtmlElement] = []

    def begin_run(block: HtmlElement) -> None:
        if runs[-1].slots or runs[-1].block is not block:
            runs.append(TextRun(block))

    stack: list[tuple[HtmlElement, HtmlElement, bool]] = [(root, root, False)]
    while stack:
        element, block, is_left = stack.pop()
        is_block = element.tag in BLOCKS
        if is_left:
            if is_block or element.tag == "br":
                begin_run(block)
            runs[-1].add_slot(element, is_tail=True)
            continue
        if element is not root:
            stack.append((element, block, True))
        if not isinstance(element.tag, str) or element.tag in _UNREAD:
            continue
        if element.tag in MEDIA:
            media.append(element)
        own = element if is_block else block
        if is_block:
            begin_run(own)
        runs[-1].add_slot(element, is_tail=False)
        stack.extend((child, own, False) for child in reversed(element))
    runs = [run for run in runs if run.slots]
    for run in runs:
        texts = (element.tail if is_tail else element.text for element, is_tail in run.slots)
        run.text = to_letters("".join(texts))
    return runs, media


FOUND_SHARE = 0.5  # of the extracted words that must be on the page to use its structure
SHORT_RUN = 25  # letters up to which a run must be found as a whole: words like "Share" are common
BUTTON_LETTERS = 12  # next to an image or code that do not count, as on a button "Copy"
NEAR = 150  # letters within which a short run must follow the last one that was found
LARGE_SHARE = 0.3  # of the article from which an element is never boilerplate, whatever its name
NAMED_SHARE = 0.3  # maximum share of the article that is removed for the names of its elements
_OF_PICTURES = frozenset({"figure", "figcaption", "a", "picture"})


class Pruner:
    """Removes the parts of a page that were not extracted."""

    def __init__(self, root: HtmlElement, blocks: Iterable[str]) -> None:
        """Create it; `blocks` are the texts of the extracted blocks, in order."""
        extracted = [letters for letters in map(to_letters, blocks) if letters]
        self._root = root
        self._blocks = frozenset(extracted)
        self._extracted_letters = "".join(extracted)
        self._runs, self._media = read_runs(root)
        self._mark_extracted()
        # The letters inside each element that are kept, and that are not.
        self._kept_letters: Counter[HtmlElement] = Counter()
        self._dropped_letters: Counter[HtmlElement] = Counter()
        self._count_letters()
        self._holder = self._find_deepest_block()
        # Each item of a list, each cell of a table asks for the whole of it: once is enough.
        self._is_text, self._is_table = functools.cache(_is_text), functools.cache(is_data)

    # -- selection ------------------------------------------------------------------------------

    def _mark_extracted(self) -> None:
        at = 0
        whole, blocks = self._extracted_letters, self._blocks
        for run in self._runs:
            text = run.text
            if not text:
                continue
            found_at = whole.find(text, at)
            if 0 <= found_at - at <= NEAR and (len(text) > 3 or text in blocks):
                run.is_kept = True
            elif len(text) > SHORT_RUN:
                found_at = found_at if found_at >= 0 else whole.find(text)
                run.is_kept = found_at >= 0 or self._is_mostly_extracted(text)
            else:
                run.is_kept = text in blocks
            if run.is_kept and found_at >= 0:
                at = found_at + len(text)
        self._fill_gaps()

    def _is_mostly_extracted(self, text: str) -> bool:
        """Return whether most of a run was extracted; extractors drop words or cut ends."""
        size = max(SHORT_RUN, len(text) // 8)
        pieces = (text[at : at + size] for at in range(0, len(text), size))
        found = sum(len(piece) for piece in pieces if piece in self._extracted_letters)
        return found > 0.7 * len(text)

    def _fill_gaps(self) -> None:
        """Keep runs with few letters, or none, between two kept ones of the same block."""
        for before, run, after in zip(self._runs, self._runs[1:], self._runs[2:], strict=False):
            if run.is_kept or not (before.is_kept and after.is_kept) or len(run.text) > SHORT_RUN:
                continue
            run.is_kept = before.block is run.block is after.block or not run.text

    # -- removal --------------------------------------------------------------------------------

    def prune(self) -> HtmlElement | None:
        """Remove everything else in place; return the element that contains the rest.

        Images, media and rules are kept if most of the text around them is. Returns None, and
        removes nothing, if the extracted words are not on the page, as they were in a script.
        """
        found = sum(len(run.text) for run in self._runs if run.is_kept)
        if not self._extracted_letters or found < FOUND_SHARE * len(self._extracted_letters):
            return None
        self._keep_forms()
        names_tell = self._drop_junk()
        alive: set[HtmlElement] = set()
        for run in self._runs:
            for element, is_tail in run.slots:
                if run.is_kept:
                    _keep_with_ancestors(element.getparent() if is_tail else element, alive)
                elif is_tail:
                    element.tail = " "
                else:
                    element.text = None
        for element in self._media:
            if is_decoration(element) or not self._is_inside_kept(element):
                continue
            if not (names_tell and has_name(self._list_small_ancestors(element))):
                _keep_with_ancestors(element, alive)
        _remove_others(self._holder, alive)
        return self._holder

    def _keep_forms(self) -> None:
        """Keep elements of the article that extractors overlook.

        These are code, captions, and the cells of a table most of which was found.
        """
        stays: dict[HtmlElement, bool] = {}
        for run in self._runs:
            form = None if run.is_kept else self._find_form(run.block)
            if form is None:
                continue
            if form not in stays:
                if form.tag == "table":
                    # By rows, since extractors drop the lists in cells, which may be most of it.
                    rows = [row for row in form.iter("tr") if self._dropped_letters[row]]
                    stays[form] = sum(self._kept_letters[row] > 0 for row in rows) * 2 >= len(rows)
                elif form.tag in ("ul", "ol"):
                    kept, dropped = self._kept_letters, self._dropped_letters
                    beside = (form.getprevious(), form.getnext())
                    stays[form] = all(e is not None and kept[e] > dropped[e] for e in beside)
                else:
                    stays[form] = self._is_inside_kept(form)
            run.is_kept = stays[form]

    def _find_form(self, block: HtmlElement) -> HtmlElement | None:
        """Return the code, table, list or figure that a block is the text of, if it is of one."""
        node, form = block, None
        for _ in range(8):
            if node is None or node is self._holder:
                break
            if node.tag == "pre" or (node.tag == "table" and self._is_table(node)):
                return node
            if form is None and node.tag in ("ul", "ol") and self._is_text(node):
                form = node
            if node.tag == "figcaption":
                return next(node.iterancestors("figure"), None)
            if _is_captioned(node) and next(node.iter("img"), None) is not None:
                return node
            node = node.getparent()
        return form

    def _drop_junk(self) -> bool:
        """Remove boilerplate that the extractor took for text; return whether names tell it."""
        verdicts: dict[HtmlElement, BoilerplateKind] = {}
        named = 0
        for run in self._runs:
            block = run.block
            if run.is_kept and block is not self._holder and block.tag != "pre":
                if block not in verdicts:
                    around = self._list_small_ancestors(block)
                    text = " ".join(text_of(block).split())
                    verdict = classify_block(block, text, around) if around else BoilerplateKind.NOT
                    verdicts[block] = verdict
                named += len(run.text) if verdicts[block] is BoilerplateKind.BY_NAME else 0
        # If so much of the page has such names, they have another meaning.
        names_tell = named <= NAMED_SHARE * max(1, self._kept_letters[self._holder])
        dropped = {BoilerplateKind.BY_WORDS} | ({BoilerplateKind.BY_NAME} if names_tell else set())
        follows_kept = False
        for run in reversed(self._runs):
            verdict = verdicts.get(run.block, BoilerplateKind.NOT)
            if verdict is BoilerplateKind.HEADING:
                run.is_kept = follows_kept
            elif verdict in dropped:
                run.is_kept = False
            follows_kept = run.is_kept
        return names_tell

    # -- the elements around a text -------------------------------------------------------------

    def _count_letters(self) -> None:
        for run in self._runs:
            if run.is_kept:
                self._kept_letters[run.block] += len(run.text) or 1
            elif run.block.tag != "pre":
                # Code is kept with its surroundings, so it does not count as evidence.
                self._dropped_letters[run.block] += len(run.text)
        for element in reversed(list(self._root.iter())):
            parent = element.getparent()
            if parent is not None:
                self._kept_letters[parent] += self._kept_letters[element]
                self._dropped_letters[parent] += self._dropped_letters[element]

    def _find_deepest_block(self) -> HtmlElement:
        """Return the deepest block that contains everything kept."""
        holder = self._root
        kept = self._kept_letters
        while True:
            inner = [child for child in holder if kept[child] == kept[self._root]]
            if not inner or inner[0].tag not in BLOCKS:
                return holder
            holder = inner[0]

    def _list_small_ancestors(self, block: HtmlElement) -> list[HtmlElement]:
        """Return a block and up to four elements around it that are small for the article."""
        around: list[HtmlElement] = []
        node = block
        limit = LARGE_SHARE * max(1, self._kept_letters[self._holder])
        while node is not None and node is not self._holder and len(around) < 5:
            if self._kept_letters[node] > limit:
                break
            around.append(node)
            node = node.getparent()
        return around

    def _is_inside_kept(self, element: HtmlElement) -> bool:
        """Return whether most of the text around an element is kept."""
        node = element
        while node is not self._holder:
            node = node.getparent()
            if node is None:
                return False
            kept = self._kept_letters[node] - self._kept_letters[element]
            dropped = self._dropped_letters[node] - self._dropped_letters[element]
            is_around = kept or dropped > BUTTON_LETTERS
            if is_around and not (node.tag in _OF_PICTURES or _is_captioned(node)):
                return kept > 0 and kept >= dropped
        return True


def _is_text(element: HtmlElement) -> bool:
    """Return whether at most two thirds of a list's letters are links; menus have more."""
    linked = sum(len(to_letters(text_of(link))) for link in element.iter("a"))
    return linked * 3 < len(to_letters(text_of(element))) * 2


def _is_captioned(element: HtmlElement) -> bool:
    """Return whether an element is a figure by its class: `<div class="wp-caption">`."""
    return "caption" in (element.get("class") or "")


def _keep_with_ancestors(element: HtmlElement, alive: set[HtmlElement]) -> None:
    """Mark an element and its ancestors as kept, and make it visible."""
    while element is not None and element not in alive:
        alive.add(element)
        element.attrib.pop("hidden", None)
        if "none" in (element.get("style") or ""):
            del element.attrib["style"]
        element = element.getparent()


def _remove_others(holder: HtmlElement, alive: set[HtmlElement]) -> None:
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
        remove_element(element)
