"""The article of a page: trafilatura says which words are its, the page says how they stand."""

from __future__ import annotations

import copy
import logging
from typing import TYPE_CHECKING

from rilo_reader.collect.web_page.keeping import Found, Keeper

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from trafilatura.settings import Document

ENOUGH = 0.5
"""Share of the extractor's words that must stand on the page for the page to be read instead."""

LARGEST = 100_000
"""Elements of a page; one with more is no article, and would take minutes."""

_BLOCKS = frozenset(
    {"p", "head", "item", "quote", "cell", "code", "list", "table", "row", "ab", "lb"}
)
_LOGGERS = ("trafilatura", "htmldate", "courlan", "justext", "charset_normalizer")


def extract(root: HtmlElement, url: str) -> Document | None:
    """What trafilatura makes of a page (its Document), None where it finds nothing or fails.

    None too for a page larger than articles are: it would take minutes. Comments of readers are no
    part of it; tables are.
    """
    if sum(1 for _ in root.iter()) > LARGEST:
        return None
    from trafilatura import bare_extraction

    _quieten()
    try:
        found = bare_extraction(
            copy.deepcopy(root),
            url=url or None,
            include_comments=False,
            include_images=False,
        )
    except Exception:
        # It names no errors, and pages exist that it has not been made for.
        return None
    # A dict only where one asks for it.
    return None if isinstance(found, dict) else found


def guessed_facts(root: HtmlElement, url: str) -> Document | None:
    """What trafilatura makes of a page's title, author and date where the page does not say them.

    None where it fails. Takes as long as finding the article, so it is asked only where something
    is missing.
    """
    from trafilatura import extract_metadata

    _quieten()
    dates = {"original_date": True, "extensive_search": False}
    try:
        return extract_metadata(copy.deepcopy(root), default_url=url or None, date_config=dates)
    except Exception:
        # As above.
        return None


def _quieten() -> None:
    """Keep what these libraries log from the terminal: Python prints it where nobody listens."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


def article_element(root: HtmlElement, body: HtmlElement) -> HtmlElement | None:
    """The element of a page that holds its article, all else taken out of it.

    None where the words are not on the page itself (it brings them in a script).
    """
    keeper = Keeper(root, Found.of(blocks_of(body)))
    return keeper.keep() if keeper.share >= ENOUGH else None


def blocks_of(body: HtmlElement) -> list[str]:
    """The text of each block of trafilatura's tree, in order."""
    from lxml.etree import iterwalk

    blocks: list[str] = []
    parts: list[str] = []

    def end() -> None:
        text = "".join(parts).strip()
        parts.clear()
        if text:
            blocks.append(text)

    for event, element in iterwalk(body, events=("start", "end")):
        if element.tag in _BLOCKS:
            end()
        if event == "start" and element.text:
            parts.append(element.text)
        elif event == "end" and element.tail and element is not body:
            parts.append(element.tail)
    end()
    return blocks


def as_html(body: HtmlElement) -> str:
    """Trafilatura's own tree as HTML, for words that are not on the page itself."""
    from lxml.etree import tostring

    names = {"head": "h2", "item": "li", "list": "ul", "quote": "blockquote", "row": "tr",
             "cell": "td", "hi": "b", "lb": "br", "ref": "a", "graphic": "img"}  # fmt: skip
    tree = copy.deepcopy(body)
    for element in tree.iter():
        if element.tag == "ref":
            element.set("href", element.get("target") or "")
        element.tag = names.get(element.tag, element.tag)
    return str(tostring(tree, encoding="unicode"))
