"""Extract the article of a page (pure)."""

from __future__ import annotations

import copy
import logging
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from lxml.etree import iterwalk, tostring
from lxml.html import HtmlElement

from rilo_reader.dates import read_date
from rilo_reader.entry import Entry, Form
from rilo_reader.errors import NotReadableError
from rilo_reader.extras import PAGES
from rilo_reader.html import is_too_long, make_rest_note
from rilo_reader.html.blocks import Block, Heading
from rilo_reader.html.footnotes import Footnotes
from rilo_reader.html.formulas import mark_formulas
from rilo_reader.html.markdown_writer import write_blocks
from rilo_reader.html.tree import parse_html
from rilo_reader.html.tree_reader import read_tree
from rilo_reader.pages.boilerplate import drop_buttons, drop_comments
from rilo_reader.pages.edges import remove_head, remove_tail
from rilo_reader.pages.page_facts import PageFacts, find_base, read_facts
from rilo_reader.pages.prune import Pruner, to_letters
from rilo_reader.parsers.decoding import decode_feed as decode_text
from rilo_reader.text import clean_line, clean_text

if TYPE_CHECKING:
    from trafilatura.settings import Document

MAX_DEPTH = 64  # levels of a tree; the deepest of 724 real pages has 42
SHORT = 250  # letters up to which a text may be a notice rather than an article

_NOTICE = re.compile(
    r"(?i)\b(?:enable|turn on|activate|requires?|need)\b.{0,40}\b(?:javascript|cookies)|captcha"
    r"|checking your browser|verify(?:ing)? (?:that )?you are (?:a )?human|access denied"
)

_OTHER = {
    b"%PDF-": "a PDF document",
    **dict.fromkeys((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"), "a picture"),
    b"RIFF": "a picture or a sound",
    b"PK\x03\x04": "an archive or an office document",
    b"\x1f\x8b": "a packed file",
    b"ID3": "a sound",
    b"OggS": "a sound or a film",
}
"""First bytes of files that are not pages -> the kind of file."""


def read_page(data: bytes, url: str = "", content_type: str = "") -> Entry:
    """Return the article of a page, as Markdown, with the metadata of the page.

    `url` is the address of the page, "" for a local file; that of the entry is the canonical one.
    The title is not repeated in the content. Raises NotReadableError: it is not a page, or has no
    text, or the extra `pages` is missing.
    """
    for start, name in _OTHER.items():
        if data.startswith(start):
            raise NotReadableError(f"It is {name}, not a web page.")
    if missing := PAGES.install_advice:
        raise NotReadableError(missing)
    html = decode_page(data, content_type)
    root = parse_html(html, MAX_DEPTH)
    if root is None:
        raise NotReadableError("The page is empty.")
    facts = read_facts(root, url)
    base = find_base(root, url) or facts.url
    facts = _complete_facts(facts, root, url)
    mark_formulas(root)
    drop_comments(root)
    document = extract_document(root, url)
    drop_buttons(root, base)
    blocks, day = remove_head(_read_blocks(root, document, base), facts.title, facts.authors)
    blocks = remove_tail(blocks, base, facts.authors)
    for block in blocks:
        if isinstance(block, Heading) and block.level == 1:
            block.level = 2  # the first level is the title's
    content = clean_text(write_blocks(blocks))
    size = len(to_letters(content))
    if not size or (size < SHORT and _NOTICE.search(content)):
        reason = "No text was found on this page. It may need a browser's scripts or a login."
        raise NotReadableError(reason)
    if is_too_long(html):
        content = f"{content.rstrip()}\n\n{make_rest_note(facts.url)}\n"
    date = facts.date or day
    return Entry(
        key="",
        url=facts.url,
        title=facts.title,
        date=date.moment if date else None,
        date_only=date.day_only if date else False,
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


def _read_blocks(root: HtmlElement, document: Document | None, base: str) -> list[Block]:
    """Return the blocks of the article that trafilatura has found, or else of the whole page."""
    # Before anything is removed: extractors mistake footnotes for navigation.
    notes = Footnotes(root)
    if document is None or document.body is None:
        return read_tree(_find_main(root), base, notes)
    holder = Pruner(root, read_block_texts(document.body)).prune()
    if holder is None:
        holder = parse_html(to_html(document.body))
    return [] if holder is None else read_tree(holder, base, notes)


def _find_main(root: HtmlElement) -> HtmlElement:
    """Return the only `article` or `main` element of a page, else the whole page."""
    for name in ("article", "main", "body"):
        found = list(root.iter(name))
        if len(found) == 1:
            return found[0]
    return root


def _complete_facts(facts: PageFacts, root: HtmlElement, url: str) -> PageFacts:
    """Return the facts, with guesses for a missing title, date or author."""
    if facts.title and facts.date and facts.authors:
        return facts
    guess = guess_facts(root, url)
    if guess is None:
        return facts
    names = (clean_line(name, 80) for name in re.split(r";\s*", guess.author or ""))
    authors = tuple(name for name in names if name and not any(map(str.isdecimal, name)))
    return facts._replace(
        title=facts.title or clean_line(guess.title or ""),
        date=facts.date or (read_date(guess.date) if guess.date else None),
        authors=facts.authors or authors,
    )


# Decoding.


_CHARSET = re.compile(rb"""(?i)<meta[^>]{0,400}?charset\s*=\s*["']?\s*([\w.:-]+)""")
_PREFIX = 4096  # bytes that are searched for the encoding of a page; browsers read 1,024


def decode_page(data: bytes, content_type: str = "") -> str:
    """Decode a page: by byte order mark, UTF-8 if valid, HTTP header, `meta`, or a guess.

    Labels have the meaning they have in browsers ("latin1" is Windows-1252).
    """
    if "charset" not in content_type.lower():
        declared = _CHARSET.search(data[:_PREFIX])
        if declared:
            content_type = f"text/html; charset={declared[1].decode('ascii', 'ignore')}"
    text, _ = decode_text(data, content_type)
    return text


# Extraction: trafilatura selects the words, and the page itself provides the structure.


MAX_ELEMENTS = 100_000  # a larger page is not an article and would take minutes
_BLOCKS = frozenset(
    {"p", "head", "item", "quote", "cell", "code", "list", "table", "row", "ab", "lb"}
)


def extract_document(root: HtmlElement, url: str) -> Document | None:
    """Return trafilatura's `Document` for a page, with tables, but no comments.

    None if it finds nothing or fails, or if the page has more than MAX_ELEMENTS elements.
    """
    if sum(1 for _ in root.iter()) > MAX_ELEMENTS:
        return None
    from trafilatura import bare_extraction  # 100 ms, which finding feeds does not need

    _silence_loggers()
    # trafilatura documents no exceptions, and malformed pages cause various ones.
    with suppress(Exception):
        document = bare_extraction(
            copy.deepcopy(root), url=url or None, include_comments=False, include_images=False
        )
        # It returns a dict only on request.
        return None if isinstance(document, dict) else document
    return None


def guess_facts(root: HtmlElement, url: str) -> Document | None:
    """Return trafilatura's guess of title, author and date; None if it fails.

    As slow as extraction, so only used if something is missing.
    """
    from trafilatura import extract_metadata

    _silence_loggers()
    dates = {"original_date": True, "extensive_search": False}
    with suppress(Exception):  # as in `extract_document`
        return extract_metadata(copy.deepcopy(root), default_url=url or None, date_config=dates)
    return None


def _silence_loggers() -> None:
    """Silence the logging of these libraries, which Python would print to the terminal."""
    for name in ("trafilatura", "htmldate", "courlan", "justext", "charset_normalizer"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


def read_block_texts(body: HtmlElement) -> list[str]:
    """Return the text of each block of trafilatura's tree, in order."""
    blocks: list[str] = []
    parts: list[str] = []

    def end_block() -> None:
        text = "".join(parts).strip()
        parts.clear()
        if text:
            blocks.append(text)

    for event, element in iterwalk(body, events=("start", "end")):
        if element.tag in _BLOCKS:
            end_block()
        if event == "start" and element.text:
            parts.append(element.text)
        elif event == "end" and element.tail and element is not body:
            parts.append(element.tail)
    end_block()
    return blocks


def to_html(body: HtmlElement) -> str:
    """Return trafilatura's tree as HTML, for words that are not on the page."""
    names = {"head": "h2", "item": "li", "list": "ul", "quote": "blockquote", "row": "tr",
             "cell": "td", "hi": "b", "lb": "br", "ref": "a", "graphic": "img"}  # fmt: skip
    tree = copy.deepcopy(body)
    for element in tree.iter():
        if element.tag == "ref":
            element.set("href", element.get("target") or "")
        element.tag = names.get(element.tag, element.tag)
    return str(tostring(tree, encoding="unicode"))
