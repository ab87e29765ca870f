"""Parse feeds: the bytes of RSS, RDF, Atom and JSON Feed, however broken, to a `Feed` (pure)."""

from __future__ import annotations

import re

from rilo_reader.entry import Feed
from rilo_reader.errors import NotReadableError
from rilo_reader.parsers.decoding import decode_feed
from rilo_reader.parsers.elements import TOO_LARGE, TOO_MANY
from rilo_reader.parsers.json_feed import read_json
from rilo_reader.parsers.tree import ENTRIES_LIMIT, LimitReachedError, TreeBuilder
from rilo_reader.parsers.xml_feed import make_feed
from rilo_reader.parsers.xml_reader import before_root, prepare_xml, read_loosely, read_strictly
from rilo_reader.text import clean_line

_ROOT = re.compile(
    r"<(?:[A-Za-z_][\w.-]{0,30}:)?(?:rss|feed|rdf|channel|item|entry)(?=[\s>/])", re.IGNORECASE
)
_PAGE = re.compile(r"<(?:html|head|body)(?=[\s>])", re.IGNORECASE)
_WRAPPING = re.compile(
    r"(?:\s+|<!--.*?-->|</?(?:html|head|body)(?:\s[^<>]{0,1000})?/?>|<meta\b[^<>]{0,1000}>"
    r"|<title(?:\s[^<>]{0,1000})?>[^<>]{0,1000}</title>)*+(?=<)",
    re.IGNORECASE | re.DOTALL,
)
"""The elements that a program which takes a feed for a page puts around it."""

_END_OF_PAGE = re.compile(r"</body>\s{0,50}</html>\s{0,50}\Z", re.IGNORECASE)
_PAGE_TYPE = re.compile(r"<!doctype\s+html(?=[\s>])", re.IGNORECASE)
_ELEMENT = re.compile(r"<([A-Za-z_][\w.:-]{0,60})")
_OTHERS = {
    "opml": "It is a list of feeds (OPML), not a feed: import it instead.",
    "urlset": "It is a site map, not a feed.",
    "sitemapindex": "It is a site map, not a feed.",
    "svg": "It is a picture, not a feed.",
    "html": "It is a web page, not a feed.",
}
_ROOT_DISTANCE = 200_000  # characters in which the root is looked for


def read_feed(data: bytes, url: str, content_type: str = "") -> Feed:
    """Parse a feed of any format, the body of a response from `url`; links become absolute.

    Entries that are complete before a fault are kept. Runs in linear time and memory; nothing is
    fetched, and no entities are expanded. Raises NotReadableError if it is not a feed.
    """
    decoded, faults = decode_feed(data, content_type)
    text = decoded.lstrip("\ufeff \t\r\n\x00")
    if not text:
        raise NotReadableError("It is empty.")
    feed = read_json(text, url) if text[0] in "{[" else _read_xml(decoded, text, url)
    feed = feed._replace(faults=(*faults, *feed.faults))
    return feed._replace(entries=tuple(dict.fromkeys(feed.entries)))


def _read_xml(decoded: str, text: str, url: str) -> Feed:
    start = _find_root(text)
    line = decoded.count("\n", 0, len(decoded) - len(text) + start) + 1
    text = prepare_xml(_END_OF_PAGE.sub("", text[start:]) if start else text)
    tree = TreeBuilder(url)
    faults: tuple[str, ...] = ()
    is_cut, omission = False, ""
    try:
        error = read_strictly(text, tree, line)
        if error:
            faults = (f"It is not well-formed XML ({error}); the part before that is read.",)
            tree = TreeBuilder(url)
            read_loosely(text, tree)
            is_cut = tree.is_cut
    except LimitReachedError:
        omission = TOO_MANY if len(tree.entries) == ENTRIES_LIMIT else TOO_LARGE
        tree.handle_cut()
    return make_feed(tree, url)._replace(faults=faults, is_cut=is_cut, omission=omission)


def _find_root(text: str) -> int:
    """Return the index of the root element; raise NotReadableError if it is not a feed's."""
    at = before_root(text)
    root = _ROOT.search(text, at, at + _ROOT_DISTANCE)
    page = _PAGE.search(text, at, root.start() if root else at + _ROOT_DISTANCE)
    is_within = False
    if page is not None and root is not None:
        wrapping = _WRAPPING.match(text, page.start(), root.end())
        is_within = wrapping is not None and wrapping.end() == root.start()
    # Some feeds declare an HTML document type, but have the root of a feed.
    if (page is not None and not is_within) or (root is None and _PAGE_TYPE.search(text, 0, at)):
        raise NotReadableError(_OTHERS["html"])
    if root is not None:
        return root.start()
    element = _ELEMENT.match(text, at)
    if element is None:
        raise NotReadableError("It is neither XML nor JSON, so it is not a feed.")
    name = clean_line(element[1])
    local = name.rpartition(":")[2].lower()
    reason = _OTHERS.get(local, f"It is XML, but not a feed: its first element is <{name}>.")
    raise NotReadableError(reason)
