"""Read the entries of a web page that lists them, by selectors of the user's (pure)."""

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

MOST_ENTRIES = 1_000
FIRST_YEAR = 1970  # of a date on a page; other calendars have smaller years
MOST_LETTERS = 100  # of a text that may be a date
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
        why = (
            f"{found} {selectors.items!r}, but none has a title"
            if number
            else (f"no element is {selectors.items!r}")
        )
        raise NotReadableError(f"Its selectors find no entry: {why}. The page may have changed.")
    title = next((read_line(element) for element in root.iter("title")), "")
    lang = to_plain_line(root.get("lang") or "", limit=35)
    left_out = ""
    if len(entries) > MOST_ENTRIES:
        left_out = f"It has more than {MOST_ENTRIES:,} entries; only the first are kept."
    return Feed(title, url, lang=lang, entries=tuple(entries[:MOST_ENTRIES]), omission=left_out)


def parse_page(data: bytes, content_type: str) -> HtmlElement:
    """Return the tree of a page without scripts, words apart that are on lines of their own."""
    root = parse_html(decode_page(data, content_type))
    if root is None:
        raise NotReadableError("The page is empty.")
    strip_elements(root, "script", "style", "template", "noscript", with_tail=False)
    for element in root.iter("br", *BLOCKS):
        element.text, element.tail = f" {element.text or ''}", f" {element.tail or ''}"
    return root


def iter_entries(root: HtmlElement, url: str, selectors: Selectors) -> Iterator[Entry]:
    """Yield the entries of a page, at most one more than MOST_ENTRIES; NotReadableError."""
    base, known = find_base(root, url), set()
    title, link, date = (compile_selector(each) for each in selectors[1:])
    for item in compile_selector(selectors.items)(root):
        linked = next((at for at in map(find_link, link(item)) if at is not None), None)
        named = title(item) if selectors.title else [linked] if linked is not None else []
        name = next(filter(None, map(read_line, named)), "")
        address = "" if linked is None else resolve_url(linked.get("href", ""), base)
        if name and (address or linked is None) and (address or name) not in known:
            known.add(address or name)
            when = next(filter(None, map(read_element_date, date(item))), None)
            yield set_dates(Entry(url=address, title=name), when, None)
        if len(known) > MOST_ENTRIES:
            return


def compile_selector(selector: str) -> Elements:
    """Return what finds the elements of a selector in an element, itself too; NotReadableError."""
    try:
        found: Elements = CSSSelector(selector or ":not(*)", translator="html")
    except SelectorError as error:
        reason = f"{selector!r} is not a selector of CSS ({error})"
        raise NotReadableError(f"In feeds.toml, {reason}.") from error
    return found


def find_link(element: HtmlElement) -> HtmlElement | None:
    """Return the link that an element is, contains or is in; None if there is none."""
    for link in (*element.iter("a"), *element.iterancestors("a")):
        if link.get("href"):
            return link
    return None


def read_line(element: HtmlElement) -> str:
    """Return the text of an element as a line, or else what stands for its pictures."""
    text = " ".join(text_of(element).split()) or element.get("title") or element.get("aria-label")
    return to_plain_line(text or "", markup=False)


def read_element_date(element: HtmlElement) -> ParsedDate | None:
    """Return the date that an element has; None where the day is not said."""
    for name in ("datetime", "content", "title"):
        if found := find_day(element.get(name) or ""):
            return found
    return find_day(" ".join(text_of(element).split()))


def find_day(text: str) -> ParsedDate | None:
    """Return the first date in a text, if that has few other words and says a day."""
    if len(text) > MOST_LETTERS or not _NUMBER.search(text):
        return None
    words = text.split()
    for start in range(min(len(words), 8)):
        for end in range(min(len(words), start + 8), start, -1):
            part = " ".join(words[start:end]).strip(_AROUND)
            says_day = len(_NUMBER.findall(part)) > 1 or (part.isdigit() and len(part) == 8)
            found = read_date(part) if says_day else None
            if found and found.moment.year >= FIRST_YEAR:
                return found
    return None
