"""The bytes of a feed -> `Feed`: RSS, RDF, Atom and JSON Feed, as the world writes them (pure)."""

from __future__ import annotations

import re

from rilo_reader.entry import Entry, Feed, NotReadableError
from rilo_reader.text import clean_line

_ROOT = re.compile(
    r"<(?:[A-Za-z_][\w.-]{0,30}:)?(?:rss|feed|rdf|channel|item|entry)(?=[\s>/])", re.IGNORECASE
)
_PAGE = re.compile(r"<(?:html|head|body)(?=[\s>])", re.IGNORECASE)
_PAGE_TYPE = re.compile(r"<!doctype\s+html(?=[\s>])", re.IGNORECASE)
_ELEMENT = re.compile(r"<([A-Za-z_][\w.:-]{0,60})")
_OTHERS = {
    "opml": "It is a list of feeds (OPML), not a feed: import it instead.",
    "urlset": "It is a site map, not a feed.",
    "sitemapindex": "It is a site map, not a feed.",
    "svg": "It is a picture, not a feed.",
    "html": "It is a web page, not a feed.",
}
_LOOK = 200_000


def read_feed(data: bytes, url: str, content_type: str = "") -> Feed:
    """The feed that these bytes are, in whatever format and however broken.

    `url` is where they were found: relative links start there. `content_type` is the HTTP header;
    it helps to find the encoding, and is believed no further. Whole entries before a fault count,
    a half one does not. Raises NotReadableError, with a reason for the user, for what is no feed.
    Takes time and memory in proportion to the bytes; nothing in them is fetched or expanded.
    """
    from rilo_reader.parsers.decoding import decode

    text, faults = decode(data, content_type)
    text = text.lstrip("\ufeff \t\r\n\x00")
    if not text:
        raise NotReadableError("It is empty.")
    if text[0] in "{[":
        from rilo_reader.parsers import json_feed

        feed = json_feed.read(text, url)
    else:
        feed = _read_xml(text, url)
    feed = feed._replace(faults=(*faults, *feed.faults))
    return feed._replace(entries=tuple(dict.fromkeys(feed.entries)))


def _read_xml(text: str, url: str) -> Feed:
    """The feed of an XML text, or of what was meant to be one."""
    from rilo_reader.parsers import atom, rss
    from rilo_reader.parsers.tree import Tree
    from rilo_reader.parsers.values import TOO_LARGE
    from rilo_reader.parsers.xml import EnoughError, prepare, read_loosely, read_strictly

    start = _root(text)
    line = text.count("\n", 0, start) + 1
    text = prepare(text[start:])
    tree = Tree(url)
    faults: tuple[str, ...] = ()
    try:
        wrong = read_strictly(text, tree, line)
        if wrong:
            faults = (f"It is not well-formed XML ({wrong}); it is read as far as it goes.",)
            tree = Tree(url)
            read_loosely(text, tree)
    except EnoughError:
        tree.cut()
        faults = (*faults, TOO_LARGE)
    name = tree.root.name if tree.root else ""
    feed = atom.read(tree, url) if name.startswith("atom:") else rss.read(tree, url)
    return feed._replace(faults=faults)


def _root(text: str) -> int:
    """Where a feed's root element begins; raises NotReadableError where there is none."""
    from rilo_reader.parsers.xml import before_root

    at = before_root(text)
    root = _ROOT.search(text, at, at + _LOOK)
    page = _PAGE.search(text, at, root.start() if root else at + _LOOK)
    # Some feeds call themselves HTML in their document type; their root says what they are.
    if page is not None or (root is None and _PAGE_TYPE.search(text, 0, at)):
        raise NotReadableError(_OTHERS["html"])
    if root is not None:
        return root.start()
    element = _ELEMENT.match(text, at)
    if element is None:
        raise NotReadableError("It is neither XML nor JSON, so it is no feed.")
    name = clean_line(element[1])
    local = name.rpartition(":")[2].lower()
    reason = _OTHERS.get(local, f"It is XML, but no feed: its first element is <{name}>.")
    raise NotReadableError(reason)


__all__ = ["Entry", "Feed", "NotReadableError", "read_feed"]
