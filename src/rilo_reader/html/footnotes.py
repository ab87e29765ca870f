"""Find the footnotes of a page and their references, whichever software wrote them.

Three forms are recognised: references linked to their notes (Markdown, Pandoc, Hugo, WordPress,
Wikipedia, Word, Google Docs), superscript numbers repeated at the start of a note, and side notes,
which are at the place that refers to them.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from itertools import islice, takewhile
from urllib.parse import unquote

from lxml.html import HtmlElement, fromstring

from rilo_reader.html.tags import HEADINGS
from rilo_reader.html.tree import is_empty, remove_element, text_of

NUMBER = re.compile(r"[\[(]?\s*([0-9]{1,4})\s*[\])]?[.:]?")
"""The number of a note, with or without brackets."""

HEADING = re.compile(
    r"(?i)^\W*(?:foot ?notes?|end ?notes?|notes?|references?|fu(?:ß|ss)noten|anmerkungen|quellen"
    r"|notas?|referencias|notes? (?:de bas de page|and references)|références|note"
    r"|注釈|脚注|注释|각주)\W*$"
)
"""The heading above a list of notes."""

_FRAGMENT = re.compile(r"#([^#\s]{1,200})$")
_BACK = re.compile(r"(?i)back|reverse|rev-?footnote|to-top|return|jump")
_BACK_TEXT = re.compile(r"[↩↑⤴⏎⮐^↵←🔙\ufe0e\ufe0f\s\[\]()a-z0-9,]{0,12}")
_ARROW = re.compile("[↩↑⤴⮐↵^]")
_NUMBER_REST = re.compile(r"^\s*(?:\[\s*\]|\(\s*\)|\^|[.:\]](?=\s)|\s)*")
_TITLE_TAGS = frozenset({*HEADINGS, "p"})


def fragment_of(link: HtmlElement) -> str:
    """Return the fragment that a link leads to, or ""."""
    match = _FRAGMENT.search((link.get("href") or "").strip())
    return unquote(match[1]) if match else ""


def purpose_names(element: HtmlElement) -> str:
    """Return the class, id and similar attributes that hint at the purpose of an element."""
    names = [element.get(name, "") for name in ("class", "id", "role", "data-type", "epub:type")]
    return " ".join([*names, "footnotes" if "data-footnotes" in element.attrib else ""])


def strip_note(note: HtmlElement) -> None:
    """Remove the links back and the number from a note."""
    for link in list(note.iter("a")):
        text = text_of(link)
        names = f"{purpose_names(link)} {link.get('rev') or ''}"
        leads_back = fragment_of(link) and (
            _BACK.search(names) or _ARROW.search(text) or _BACK_TEXT.fullmatch(text.lower())
        )
        if leads_back or "data-footnote-backref" in link.attrib:
            remove_element(link)
    for mark in list(note.iter("span")):
        if "mw-cite-backlink" in mark.get("class", ""):
            remove_element(mark)
    for element in _iter_leading(note):
        text = text_of(element).strip()
        if element.tag in ("sup", "strong", "b", "span", "a") and NUMBER.fullmatch(text):
            remove_element(element)
            break
    # The rest of the number and its brackets, at the start of the text.
    for element in note.iter():
        for name in ("text", "tail"):
            text = getattr(element, name)
            if text and text.strip() and (name == "text" or element is not note):
                setattr(element, name, _NUMBER_REST.sub("", text))
                return


def _iter_leading(note: HtmlElement) -> Iterator[HtmlElement]:
    """Yield the elements that begin a note, outermost first."""
    node = note
    while len(node) and not (node.text or "").strip():
        empty = list(takewhile(is_empty, node))
        if len(empty) == len(node) or any((child.tail or "").strip() for child in empty):
            return
        node = node[len(empty)]
        yield node


def clear_container(container: HtmlElement | None, before: HtmlElement | None) -> None:
    """Remove a container that became empty, with the heading and the rule above it."""
    while container is not None and container.tag not in ("body", "html", "article", "main"):
        for child in list(container):
            is_title = child.tag in _TITLE_TAGS and HEADING.match(text_of(child))
            if is_title and text_of(container).strip() == text_of(child).strip():
                remove_element(child)
        if not is_empty(container):
            break
        container, before, empty = container.getparent(), container.getprevious(), container
        remove_element(empty)
    while (
        before is not None
        and not (before.tail or "").strip()
        and (
            before.tag == "hr"
            or (is_empty(before) and before.tag in ("p", "div"))
            or (before.tag in _TITLE_TAGS and HEADING.match(text_of(before)))
        )
    ):
        before, removed = before.getprevious(), before
        remove_element(removed)


MAX_NOTES = 5_000  # footnotes in a page
_BLOCKS = frozenset({"li", "p", "div", "dd", "aside", "section", "td", "tr", "blockquote"})
_LABEL = re.compile(
    r"[\[(]?\s*((?:[A-Za-z]{1,4} )?[0-9]{1,4}|[A-Za-z]{1,3}|[*†‡§¶#]{1,4})\s*[\])]?[.:]?"
)
_PLACE = re.compile(
    r"(?i)foot-?notes?|end-?notes?|doc-endnotes?|(?:^|[\s_-])references|reflist|_ftn|cite_note"
    r"|easy-footnote|sdfootnote|(?:^|[\s_-])fn(?:[\s:_-]|\d|$)|(?:^|\s)notes?(?:\s|$)"
)
_REFERENCE = re.compile(
    r"(?i)noteref|footnote|(?:^|[\s_-])fn(?:[\s:_-]|ref|\d|$)|reference|cite_ref"
)
_WORD_REFERENCE = re.compile(r"#_(ftn|edn)ref(\d+)$")  # in the links back of Word


class Footnotes:
    """The footnotes of a tree; creating it removes their text from the tree."""

    def __init__(self, root: HtmlElement) -> None:
        self.labels: dict[HtmlElement, str] = {}  # label for each element that refers to a note
        self.texts: dict[str, HtmlElement] = {}  # the element of each note, by label
        self.used_labels: dict[str, None] = {}  # labels that were looked up, in order
        self._root = root
        self._order = {element: index for index, element in enumerate(root.iter())}
        self._label_of: dict[HtmlElement, str] = {}
        self._collect_linked()
        self._collect_side_notes()
        if not self.labels:
            self._collect_numbered()

    def use_label(self, element: HtmlElement) -> str | None:
        """Return the label of the note that an element refers to, or None; remember it as used."""
        label = self.labels.get(element)
        if label is not None:
            self.used_labels.setdefault(label)
        return label

    # -- linked notes ---------------------------------------------------------------------------

    def _collect_linked(self) -> None:
        """Collect notes that a link leads to and that link back, or are in a list of notes."""
        targets = self._map_targets()
        if not targets:
            return
        found: list[tuple[HtmlElement, HtmlElement, HtmlElement]] = []
        for link in self._root.iter("a"):
            target = targets.get(fragment_of(link))
            label = _LABEL.fullmatch(text_of(link).strip())
            if target is None or label is None or len(found) >= MAX_NOTES:
                continue
            note = _find_block(target)
            if note is None or self._order[note] < self._order[link] or link in note.iter():
                continue
            if self._leads_back(note, link, targets) or _is_note_of(note, link):
                found.append((link, target, note))
        anchors = {target for _, target, _ in found}
        for link, target, note in found:
            self._add_linked(link, target, note, anchors)
        self._remove_notes({note for _, _, note in found})

    def _map_targets(self) -> dict[str, HtmlElement]:
        """Map ids and names to elements; Word's notes are found by the links that lead back."""
        targets: dict[str, HtmlElement] = {}
        for element in self._order:
            for name in (element.get("id"), element.get("name")):
                if name:
                    targets.setdefault(name, element)
            if element.tag == "a" and (word := _WORD_REFERENCE.search(element.get("href") or "")):
                targets.setdefault(f"_{word[1]}{word[2]}", element)
        return targets

    def _leads_back(
        self, note: HtmlElement, link: HtmlElement, targets: dict[str, HtmlElement]
    ) -> bool:
        block = _find_block(link)
        for back in note.iter("a"):
            fragment = fragment_of(back)
            if re.fullmatch(r"_(?:ftn|edn)ref\d+", fragment):
                return True
            target = targets.get(fragment)
            if target is not None and (target is link or _find_block(target) is block):
                return True
        return False

    def _add_linked(
        self, link: HtmlElement, target: HtmlElement, note: HtmlElement, anchors: set[HtmlElement]
    ) -> None:
        label = self._label_of.get(target)
        if label is None:
            label = self._make_label(text_of(link))
            self._label_of[target] = label
            shared = sum(anchor in anchors for anchor in note.iter()) > 1
            self.texts[label] = _make_part(target, note, anchors) if shared else note
        self.labels[_find_reference(link)] = label

    def _make_label(self, text: str) -> str:
        match = NUMBER.fullmatch(text.strip())
        next_number = str(len(self.texts) + 1)
        label = match[1] if match else next_number
        while label in self.texts:
            label = f"{label}-2" if label == next_number else next_number
        return label

    # -- side notes -----------------------------------------------------------------------------

    def _collect_side_notes(self) -> None:
        """Collect notes that are at the place that refers to them."""
        for element in list(self._root.iter("span", "small", "aside")):
            names = set(element.get("class", "").lower().split())
            if "inline-footnote" in names:
                content = _find_span(element, "footnotecontent")
                self._add_side_note(element, element if content is None else content)
            elif {"ltx_note", "ltx_role_footnote"} <= names:
                content = _find_span(element, "ltx_note_content")
                if content is not None:
                    for mark in [*content.iter("sup"), *content.iter("span")]:
                        if re.search("ltx_note_mark|ltx_tag_note", mark.get("class", "")):
                            remove_element(mark)
                    self._add_side_note(element, content)
            elif names & {"sidenote", "marginnote", "side-note", "margin-note"}:
                before = element.getprevious()
                if before is not None and any(e in self.labels for e in before.iter()):
                    remove_element(element)  # a copy of the linked note
                elif text_of(element).strip():
                    self._add_side_note(element, element)

    def _add_side_note(self, element: HtmlElement, content: HtmlElement) -> None:
        label = self._make_label("")
        if content is element:
            # The element itself becomes the reference.
            content = copy.deepcopy(element)
            content.tail = None
        content.attrib.pop("style", None)
        self.labels[element] = label
        self.texts[label] = content

    # -- numbered notes -------------------------------------------------------------------------

    def _collect_numbered(self) -> None:
        """Collect notes whose number is superscript in the text and again at their start."""
        raised: dict[str, HtmlElement] = {}
        notes: dict[str, HtmlElement] = {}
        for sup in self._root.iter("sup"):
            match = NUMBER.fullmatch(text_of(sup).strip())
            if match is None or len(sup) > 1:
                continue
            block = _find_block(sup)
            if block is not None and block.tag in ("p", "li", "div") and _is_at_start(block, sup):
                notes.setdefault(match[1], block)
            else:
                raised.setdefault(match[1], sup)
        if raised and not notes:
            notes = self._find_listed(raised) or self._find_after_rule(raised)
        removed: set[HtmlElement] = set()
        for number, note in notes.items():
            sup = raised.get(number)
            if sup is not None and self._order[sup] < self._order[note]:
                self.labels[sup] = number
                self.texts[number] = note
                removed.add(note)
        self._remove_notes(removed)

    def _find_listed(self, references: dict[str, HtmlElement]) -> dict[str, HtmlElement]:
        """Return the items of a numbered list below a heading such as "Notes"."""
        for heading in self._root.iter(*HEADINGS, "p"):
            if len(text_of(heading)) < 40 and HEADING.match(text_of(heading)):
                after = heading.getnext()
                if after is not None and after.tag == "ol":
                    items = [item for item in after if item.tag == "li"]
                    if len(items) >= len(references):
                        return {str(number): item for number, item in enumerate(items, 1)}
        return {}

    def _find_after_rule(self, references: dict[str, HtmlElement]) -> dict[str, HtmlElement]:
        """Return paragraphs after the last rule that begin with a bold number."""
        rules = list(self._root.iter("hr"))
        if not rules:
            return {}
        notes: dict[str, HtmlElement] = {}
        for element in rules[-1].itersiblings():
            first = element[0] if len(element) and not (element.text or "").strip() else None
            match = NUMBER.fullmatch(text_of(first).strip()) if first is not None else None
            if element.tag == "p" and first is not None and first.tag in ("strong", "b") and match:
                notes.setdefault(match[1], element)
        return notes if set(notes) >= set(references) else {}

    # -- removal --------------------------------------------------------------------------------

    def _remove_notes(self, notes: set[HtmlElement]) -> None:
        """Remove notes from the tree, together with containers that become empty."""
        for text in self.texts.values():
            strip_note(text)
        containers: dict[HtmlElement, HtmlElement | None] = {}
        for note in sorted(notes, key=lambda element: self._order[element]):
            parent = note.getparent()
            if parent is not None:
                containers.setdefault(parent, note.getprevious())
                remove_element(note)
        for parent, before in containers.items():
            clear_container(parent, before)


def _find_block(element: HtmlElement) -> HtmlElement | None:
    while element is not None and element.tag not in _BLOCKS:
        element = element.getparent()
    return element


def _is_note_of(note: HtmlElement, link: HtmlElement) -> bool:
    """Return whether the link looks like a reference, and the note is in a list of notes."""
    holders = [link, *islice(link.iterancestors(), 1)]
    if not (
        any(holder.tag == "sup" or _REFERENCE.search(purpose_names(holder)) for holder in holders)
        or link.find("sup") is not None
    ):
        return False
    for node in [note, *islice(note.iterancestors(), 3)]:
        if node.tag in ("body", "article", "main"):
            return False
        if _PLACE.search(purpose_names(node)):
            return True
    return False


def _find_span(element: HtmlElement, name: str) -> HtmlElement | None:
    """Return the first span in an element whose class has this name."""
    spans = element.iter("span")
    return next((span for span in spans if name in span.get("class", "").lower()), None)


def _find_reference(link: HtmlElement) -> HtmlElement:
    """Return the outermost element that holds nothing but the reference."""
    node = link
    while True:
        parent = node.getparent()
        if parent is None or parent.tag not in ("sup", "span", "b", "small", "font", "cite"):
            return node
        text = text_of(parent).strip()
        if text != text_of(node).strip() and not _LABEL.fullmatch(text):
            return node
        node = parent


def _make_part(target: HtmlElement, note: HtmlElement, anchors: set[HtmlElement]) -> HtmlElement:
    """Return the part of a block from one anchor to the next, as a paragraph."""
    part = fromstring("<p></p>")
    node = target
    while node.getparent() is not note and node.getparent() is not None:
        node = node.getparent()
    rest = takewhile(lambda after: anchors.isdisjoint(after.iter()), node.itersiblings())
    part.extend([node, *rest])
    return part


def _is_at_start(block: HtmlElement, sup: HtmlElement) -> bool:
    node = sup
    while node is not block:
        parent = node.getparent()
        if (parent.text or "").strip() or parent[0] is not node:
            return False
        node = parent
    return bool((sup.tail or "").strip()) or sup.getnext() is not None
