"""The text of a footnote without its number and its way back, and the place it was taken from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rilo_reader.html.surgery import is_empty, remove, text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

NUMBER = re.compile(r"[\[(]?\s*([0-9]{1,4})\s*[\])]?[.:]?")
"""What a note is numbered with, in brackets or not."""

HEADING = re.compile(
    r"(?i)^\W*(?:foot ?notes?|end ?notes?|notes?|references?|fu(?:ß|ss)noten|anmerkungen|quellen"
    r"|notas?|referencias|notes? (?:de bas de page|and references)|références|note"
    r"|注釈|脚注|注释|각주)\W*$"
)
"""What stands over footnotes."""

_FRAGMENT = re.compile(r"#([^#\s]{1,200})$")
_BACK = re.compile(r"(?i)back|reverse|rev-?footnote|to-top|return|jump")
_BACK_TEXT = re.compile(r"[↩↑⤴⏎⮐^↵←🔙\ufe0e\ufe0f\s\[\]()a-z0-9,]{0,12}")
_ARROW = re.compile("[↩↑⤴⮐↵^]")


def fragment_of(link: HtmlElement) -> str:
    """The place within a page that a link leads to, "" where it names none."""
    match = _FRAGMENT.search((link.get("href") or "").strip())
    if match is None:
        return ""
    if "%" in match[1]:
        from urllib.parse import unquote

        return unquote(match[1])
    return match[1]


def names_of(element: HtmlElement) -> str:
    """All that says what an element is for."""
    return " ".join(
        element.get(name) or "" for name in ("class", "id", "role", "data-type", "epub:type")
    ) + (" footnotes" if element.get("data-footnotes") is not None else "")


def strip(note: HtmlElement) -> None:
    """Take the links back and the number from a note."""
    for link in list(note.iter("a")):
        text = text_of(link)
        names = f"{names_of(link)} {link.get('rev') or ''}"
        leads_back = fragment_of(link) and (
            _BACK.search(names) or _ARROW.search(text) or _BACK_TEXT.fullmatch(text.lower())
        )
        if leads_back or link.get("data-footnote-backref") is not None:
            remove(link)
    for mark in list(note.iter("span")):
        if "mw-cite-backlink" in (mark.get("class") or ""):
            remove(mark)
    for element in _leading(note):
        text = text_of(element).strip()
        if element.tag in ("sup", "strong", "b", "span", "a") and NUMBER.fullmatch(text):
            remove(element)
            break
    _strip_number(note)


def _leading(note: HtmlElement) -> Iterator[HtmlElement]:
    """The elements at the very beginning of a note, from the outermost."""
    node = note
    while len(node) and not (node.text or "").strip():
        empty = [child for child in node if not is_empty(child)]
        if not empty or any((child.tail or "").strip() for child in node[: node.index(empty[0])]):
            return
        node = empty[0]
        yield node


def _strip_number(note: HtmlElement) -> None:
    """Take what is left of a number and its brackets from the beginning of a note's text."""
    for element in note.iter():
        for name in ("text", "tail"):
            if name == "tail" and element is note:
                continue
            text = getattr(element, name)
            if text and text.strip():
                setattr(
                    element, name, re.sub(r"^\s*(?:\[\s*\]|\(\s*\)|\^|[.:\]](?=\s)|\s)*", "", text)
                )
                return


def clear_around(around: HtmlElement | None, before: HtmlElement | None) -> None:
    """Take out a container that has become empty, its heading, and the rule before it."""
    while around is not None and around.tag not in ("body", "html", "article", "main"):
        headings = [child for child in around if re.fullmatch(r"h[1-6]|p", str(child.tag))]
        for heading in headings:
            if (
                HEADING.match(text_of(heading))
                and text_of(around).strip() == text_of(heading).strip()
            ):
                remove(heading)
        if not is_empty(around):
            break
        around, before, empty = around.getparent(), around.getprevious(), around
        remove(empty)
    while before is not None and (
        before.tag == "hr"
        or (is_empty(before) and before.tag in ("p", "div"))
        or (re.fullmatch(r"h[1-6]|p", str(before.tag)) and HEADING.match(text_of(before)))
    ):
        if before.tail and before.tail.strip():
            return
        before, gone = before.getprevious(), before
        remove(gone)
