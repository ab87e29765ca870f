"""A page -> an entry (pure)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rilo_reader.article import clean_line, clean_text
from rilo_reader.collect.entry import Entry, Form, NotReadableError
from rilo_reader.collect.feed.dates import read_date
from rilo_reader.collect.web_page.comments import drop_comments
from rilo_reader.collect.web_page.decoding import decode
from rilo_reader.collect.web_page.extraction import article_element, as_html, extract, guessed_facts
from rilo_reader.collect.web_page.head import without_head
from rilo_reader.collect.web_page.metadata import Facts, read_facts
from rilo_reader.collect.web_page.stretches import letters
from rilo_reader.html.blocks import Block, Heading, Listing, Note, Rule
from rilo_reader.html.depth import flatten
from rilo_reader.html.hints import without_idle_rules
from rilo_reader.html.math import mark_formulas
from rilo_reader.html.notes import Notes
from rilo_reader.html.pictures import absolute
from rilo_reader.html.reading import read_tree
from rilo_reader.html.tree import parse
from rilo_reader.html.writing import write

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from trafilatura.settings import Document

SHORT = 250
"""Letters up to which a text may be a notice and not an article."""

_NOTICE = re.compile(
    r"(?i)\b(?:enable|turn on|activate|requires?|need)\b.{0,40}\b(?:javascript|cookies)|captcha"
    r"|checking your browser|verify(?:ing)? (?:that )?you are (?:a )?human|access denied"
)

_OTHER = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a picture or a sound"),
    (b"PK\x03\x04", "an archive or an office document"),
    (b"\x1f\x8b", "a packed file"),
    (b"ID3", "a sound"),
    (b"OggS", "a sound or a film"),
)


def read(data: bytes, url: str, content_type: str) -> Entry:
    """See `rilo_reader.collect.web_page.read_page`."""
    for start, name in _OTHER:
        if data.startswith(start):
            raise NotReadableError(f"It is {name}, not a web page.")
    text = decode(data, content_type)
    root = parse(text)
    if root is None:
        raise NotReadableError("The page is empty.")
    flatten(root)
    base = _base(root, url)
    facts = read_facts(root, url)
    facts = _completed(facts, root, url)
    mark_formulas(root)
    drop_comments(root)
    blocks, day = without_head(_blocks(root, extract(root, url), base), facts.title)
    blocks = _without_ends(_below_title(blocks))
    content = clean_text(write(blocks))
    found = letters(content)
    if not found or (len(found) < SHORT and _NOTICE.search(content)):
        raise NotReadableError(
            "There is no text to read on this page. It may need a browser's scripts or a login."
        )
    return _entry(facts._replace(date=facts.date or day), content, base)


def _base(root: HtmlElement, url: str) -> str:
    """The address that relative links start from: as the page says, its own, or its canonical."""
    for element in root.iter("base"):
        base = absolute(element.get("href") or "", url)
        if base:
            return base
    return url or read_facts(root, "").url


def _blocks(root: HtmlElement, document: Document | None, base: str) -> list[Block]:
    body = None if document is None else document.body
    if body is None:
        return read_tree(_main(root), base, Notes(root))
    # Before anything is taken out: extractors take footnotes for navigation.
    notes = Notes(root)
    holder = article_element(root, body)
    if holder is None:
        holder = parse(as_html(body))
        if holder is None:
            return []
    return read_tree(holder, base, notes)


def _main(root: HtmlElement) -> HtmlElement:
    """The part of a page that it calls its article, else the whole."""
    for name in ("article", "main", "body"):
        found = list(root.iter(name))
        if len(found) == 1:
            return found[0]
    return root


def _below_title(blocks: list[Block]) -> list[Block]:
    """The blocks, with no heading of the title's own level among them."""
    for block in blocks:
        if isinstance(block, Heading) and block.level == 1:
            block.level = 2
    return blocks


def _without_ends(blocks: list[Block]) -> list[Block]:
    """The blocks without headings at the end that nothing but footnotes follows."""
    notes = [block for block in blocks if isinstance(block, Note)]
    text = without_idle_rules([block for block in blocks if not isinstance(block, Note)])
    while len(text) > 1 and (isinstance(text[-1], Heading | Rule) or _is_names(text[-1])):
        text.pop()
    return [*text, *notes]


def _is_names(block: Block) -> bool:
    """Whether it is a list of headings alone: the names of boxes beside the text."""
    return isinstance(block, Listing) and all(
        isinstance(inner, Heading) for item in block.items for inner in item
    )


def _completed(facts: Facts, root: HtmlElement, url: str) -> Facts:
    """The facts, with a guess where the page does not say its title, its date or who wrote it."""
    if facts.title and facts.date and facts.authors:
        return facts
    guess = guessed_facts(root, url)
    if guess is None:
        return facts
    names = [clean_line(name, 80) for name in re.split(r";\s*", guess.author or "")]
    return facts._replace(
        title=facts.title or clean_line(guess.title or ""),
        date=facts.date or (read_date(guess.date) if guess.date else None),
        authors=facts.authors
        or tuple(name for name in names if name and not any(map(str.isdecimal, name))),
    )


def _entry(facts: Facts, content: str, base: str) -> Entry:
    return Entry(
        key="",
        url=facts.url,
        title=facts.title,
        date=facts.date.moment if facts.date else None,
        date_only=facts.date.day_only if facts.date else False,
        updated=facts.updated.moment if facts.updated else None,
        authors=facts.authors,
        tags=facts.tags,
        lang=facts.lang,
        summary=facts.summary,
        content=content,
        form=Form.MARKDOWN,
        base=base,
        site=facts.site,
    )
