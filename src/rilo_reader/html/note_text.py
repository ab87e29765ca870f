"""Recognise and clean the text of a footnote: without its number and the link back (lxml)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rilo_reader.html.tree import is_empty, remove, text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement


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


def fragment_of(link: HtmlElement) -> str:
    """Return the fragment that a link leads to, or ""."""
    match = _FRAGMENT.search((link.get("href") or "").strip())
    if match is None:
        return ""
    if "%" in match[1]:
        from urllib.parse import unquote

        return unquote(match[1])
    return match[1]


def names_of(element: HtmlElement) -> str:
    """Return the class, id and similar attributes that hint at the purpose of an element."""
    return " ".join(
        element.get(name) or "" for name in ("class", "id", "role", "data-type", "epub:type")
    ) + (" footnotes" if element.get("data-footnotes") is not None else "")


def strip(note: HtmlElement) -> None:
    """Remove the links back and the number from a note."""
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
    """Yield the elements that begin a note, outermost first."""
    node = note
    while len(node) and not (node.text or "").strip():
        empty = [child for child in node if not is_empty(child)]
        if not empty or any((child.tail or "").strip() for child in node[: node.index(empty[0])]):
            return
        node = empty[0]
        yield node


def _strip_number(note: HtmlElement) -> None:
    """Remove the rest of a number and its brackets from the start of a note."""
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


def clear_container(container: HtmlElement | None, before: HtmlElement | None) -> None:
    """Remove a container that became empty, with the heading and the rule above it."""
    while container is not None and container.tag not in ("body", "html", "article", "main"):
        headings = [child for child in container if re.fullmatch(r"h[1-6]|p", str(child.tag))]
        for heading in headings:
            if (
                HEADING.match(text_of(heading))
                and text_of(container).strip() == text_of(heading).strip()
            ):
                remove(heading)
        if not is_empty(container):
            break
        container, before, empty = container.getparent(), container.getprevious(), container
        remove(empty)
    while before is not None and (
        before.tag == "hr"
        or (is_empty(before) and before.tag in ("p", "div"))
        or (re.fullmatch(r"h[1-6]|p", str(before.tag)) and HEADING.match(text_of(before)))
    ):
        if before.tail and before.tail.strip():
            return
        before, removed_links = before.getprevious(), before
        remove(removed_links)
