"""Read the entries of a web page that lists them, by the user's selectors (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from cssselect import SelectorError
from lxml.cssselect import CSSSelector
from lxml.etree import strip_elements
from lxml.html import HtmlElement

from rilo_reader.dates import ParsedDate, read_date
from rilo_reader.entry import Entry, Feed, Selectors
from rilo_reader.errors import NotReadableError
from rilo_reader.html.media import resolve_url
from rilo_reader.html.tree import parse_html, text_of
from rilo_reader.pages.article import decode_page
from rilo_reader.pages.page_facts import find_base
from rilo_reader.pages.prune import BLOCKS
from rilo_reader.parsers.elements import set_dates, to_plain_line

MAX_ENTRIES = 1_000
FIRST_YEAR = 1970  # of a date on a page; other calendars have smaller years
DATE_LIMIT = 100  # characters of a text that may be a date
_NUMBER = re.compile(r"\d+")
_AROUND = "()[]{}<>|,;:·•–—-/ "

Elements = Callable[[HtmlElement], list[HtmlElement]]


def read_list(data: bytes, url: str, content_type: str, selectors: Selectors) -> Feed:
    """Return the entries of a page as a feed, in its order; links become absolute.

    An element without a title is left out, as is one with a link that came before. Raises
    NotReadableError with what to do if a selector is wrong, or there are no entries.
    """
    root = parse_page(data, content_type)
    entries = list(iter_entries(root, url, selectors))
    if not entries:
        number = len(compile_selector(selectors.items)(root))
        found = f"{number:,} elements are" if number > 1 else "1 element is"
        reason = f"no element is {selectors.items!r}"
        if number:
            reason = f"{found} {selectors.items!r}, but none has a title"
        raise NotReadableError(f"Its selectors find no entry: {reason}. The page may have changed.")
    title = next((read_line(element) for element in root.iter("title")), "")
    lang = to_plain_line(root.get("lang") or "", limit=35)
    omission = ""
    if len(entries) > MAX_ENTRIES:
        omission = f"It has more than {MAX_ENTRIES:,} entries; only the first are kept."
    return Feed(title, url, lang=lang, entries=tuple(entries[:MAX_ENTRIES]), omission=omission)


def parse_page(data: bytes, content_type: str) -> HtmlElement:
    """Return the tree of a page without scripts, with spaces between words on separate lines."""
    root = parse_html(decode_page(data, content_type))
    if root is None:
        raise NotReadableError("The page is empty.")
    strip_elements(root, "script", "style", "template", "noscript", with_tail=False)
    for element in root.iter("br", *BLOCKS):
        element.text, element.tail = f" {element.text or ''}", f" {element.tail or ''}"
    return root


def iter_entries(root: HtmlElement, url: str, selectors: Selectors) -> Iterator[Entry]:
    """Yield the entries of a page, at most one more than MAX_ENTRIES; raises NotReadableError."""
    base, seen = find_base(root, url), set()
    find_titles, find_links, find_dates = (compile_selector(each) for each in selectors[1:])
    for item in compile_selector(selectors.items)(root):
        link = next((a for a in map(find_link, find_links(item)) if a is not None), None)
        titles = find_titles(item) if selectors.title else [link] if link is not None else []
        title = next(filter(None, map(read_line, titles)), "")
        address = "" if link is None else resolve_url(link.get("href", ""), base)
        if title and (address or link is None) and (address or title) not in seen:
            seen.add(address or title)
            date = next(filter(None, map(read_element_date, find_dates(item))), None)
            yield set_dates(Entry(url=address, title=title), date, None)
        if len(seen) > MAX_ENTRIES:
            return


def compile_selector(selector: str) -> Elements:
    """Return a function that finds the elements of a selector in an element, itself too.

    Raises NotReadableError.
    """
    try:
        find: Elements = CSSSelector(selector or ":not(*)", translator="html")
    except SelectorError as error:
        reason = f"{selector!r} is not a selector of CSS ({error})"
        raise NotReadableError(f"In feeds.toml, {reason}.") from error
    return find


def find_link(element: HtmlElement) -> HtmlElement | None:
    """Return the link that an element is, contains or is in; None if there is none."""
    for link in (*element.iter("a"), *element.iterancestors("a")):
        if link.get("href"):
            return link
    return None


def read_line(element: HtmlElement) -> str:
    """Return the text of an element as a line, or else its title or label."""
    text = " ".join(text_of(element).split()) or element.get("title") or element.get("aria-label")
    return to_plain_line(text or "", markup=False)


def read_element_date(element: HtmlElement) -> ParsedDate | None:
    """Return the date that an element has; None if it names no day."""
    attributes = (find_day(element.get(name) or "") for name in ("datetime", "content", "title"))
    return next(filter(None, attributes), None) or find_day(" ".join(text_of(element).split()))


def find_day(text: str) -> ParsedDate | None:
    """Return the first date in a text, if that has few other words and names a day."""
    if len(text) > DATE_LIMIT or not _NUMBER.search(text):
        return None
    words = text.split()
    for start in range(min(len(words), 8)):
        for end in range(min(len(words), start + 8), start, -1):
            part = " ".join(words[start:end]).strip(_AROUND)
            has_day = len(_NUMBER.findall(part)) > 1 or (part.isdigit() and len(part) == 8)
            date = read_date(part) if has_day else None
            if date and date.moment.year >= FIRST_YEAR:
                return date
    return None
