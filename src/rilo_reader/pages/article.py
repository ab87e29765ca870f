"""A page -> an entry (pure)."""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rilo_reader.entry import Entry, Form, NotReadableError
from rilo_reader.html.blocks import Block, Heading, Kind, Listing, Note, Paragraph, Rule, Run
from rilo_reader.html.depth import flatten
from rilo_reader.html.footnotes import Notes
from rilo_reader.html.hints import without_idle_rules
from rilo_reader.html.images import absolute
from rilo_reader.html.math import mark_formulas
from rilo_reader.html.reader import read_tree
from rilo_reader.html.tree import parse
from rilo_reader.html.write import write
from rilo_reader.pages.boilerplate import drop_comments
from rilo_reader.pages.metadata import Facts, read_facts
from rilo_reader.pages.prune import Found, Pruner, letters
from rilo_reader.parsers.dates import read_date
from rilo_reader.parsers.decoding import decode as decode_text
from rilo_reader.store.dates import When
from rilo_reader.text import clean_line, clean_text

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
    """See `rilo_reader.pages.read_page`."""
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


# The bytes of a web page -> text (pure); never raises.


_SAID = re.compile(rb"""(?i)<meta[^>]{0,400}?charset\s*=\s*["']?\s*([\w.:-]+)""")
_LOOK = 4096
"""Bytes within which a page says its encoding; browsers look as far as 1,024."""


def decode(data: bytes, content_type: str = "") -> str:
    """The text of a page: by its byte order mark, UTF-8 where it is that, header, `meta`, a guess.

    Names of encodings mean what browsers take them for ("latin1" is Windows-1252).
    """
    if "charset" not in content_type.lower():
        said = _SAID.search(data[:_LOOK])
        if said:
            content_type = f"text/html; charset={said[1].decode('ascii', 'ignore')}"
    text, _ = decode_text(data, content_type)
    return text


# The article of a page: trafilatura says which words are its, the page says how they stand.


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
    keeper = Pruner(root, Found.of(blocks_of(body)))
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


# What stands above an article's text and is none of it: way, title, day (pure).


LOOKED_AT = 6
"""Blocks among which the title may stand once more."""

SLIGHT = 120
"""Letters of all that may go because it stands above the title."""

_DAY = re.compile(r"(?=.*\b[12]\d{3}\b|.*\d{4}年).{8,40}")
"""A line that may be a day; a year or a month alone is something else."""


def without_head(blocks: Sequence[Block], title: str) -> tuple[list[Block], When | None]:
    """The blocks from where the text begins, and the day that stood above it."""
    above, rest = _parted_at_title(blocks, letters(title))
    rest = without_way(rest)
    days = [day for block in above if (day := _day_of(block)) is not None]
    if len(rest) > 1 and (day := _day_of(rest[0])) is not None:
        rest = without_way(rest[1:])
        days.insert(0, day)
    pictures = [block for block in above if _has_picture(block)]
    return [*pictures, *rest], days[0] if days else None


def _parted_at_title(blocks: Sequence[Block], title: str) -> tuple[list[Block], list[Block]]:
    """What little stands above the title said once more, and the blocks without both."""
    above: list[Block] = []
    size = 0
    for index, block in enumerate(blocks[:LOOKED_AT] if title else ()):
        text = letters(_text_of(block))
        behind = list(blocks[index + 1 :])
        if isinstance(block, Heading | Paragraph) and text == title:
            # Old programs write the way and the day there; more than that is the article's.
            return (above, behind) if size <= SLIGHT else ([], [*above, *behind])
        if isinstance(block, Heading) and text and text in title and index < LOOKED_AT - 2:
            return [], [*above, *behind]
        if not isinstance(block, Heading | Paragraph | Listing):
            break
        above.append(block)
        size += len(text)
    return [], list(blocks)


def _day_of(block: Block) -> When | None:
    """The day that a line is, and nothing else."""
    if not isinstance(block, Heading | Paragraph) or _has_picture(block):
        return None
    line = " ".join(_text_of(block).split())
    return read_date(line) if _DAY.fullmatch(line) else None


def _text_of(block: Block) -> str:
    """The text of a block."""
    if isinstance(block, Listing):
        return " ".join(_text_of(inner) for item in block.items for inner in item)
    if isinstance(block, Heading | Paragraph):
        return "".join(run.text for run in block.runs if run.kind is not Kind.IMAGE)
    return ""


def _has_picture(block: Block) -> bool:
    return isinstance(block, Heading | Paragraph) and any(
        run.kind is Kind.IMAGE for run in block.runs
    )


# The way to an article: links to its sections and neighbours, which stand above it (pure).


MOST_WORDS = 4
"""Words of the name of a section."""

DEEPEST_SECTION = 3
"""Slashes in the path of a section's address."""

_ARROWS = re.compile("^[«‹←<≪]|[»›→>≫]$")


def without_way(blocks: list[Block]) -> list[Block]:
    """The blocks without the way to the article at their head: links to the sections it is in."""
    for index, block in enumerate(blocks):
        if not (isinstance(block, Paragraph | Listing) and (_is_way(block) or _leads_on(block))):
            return blocks[index:]
    return blocks


def _leads_on(block: Block) -> bool:
    """Whether a block is links to what came before and after: `« One | Main | Another »`."""
    if not isinstance(block, Paragraph):
        return False
    line = "".join(run.text for run in block.runs if run.kind is not Kind.BREAK).strip()
    return bool(_ARROWS.search(line)) and all(
        run.kind is Kind.TEXT
        and (not letters(run.text) or any(mark.name == "link" for mark in run.marks))
        for run in block.runs
        if run.kind is not Kind.BREAK
    )


def _is_way(block: Block) -> bool:
    """Whether a block is links to sections and nothing else."""
    if isinstance(block, Listing):
        return all(_is_way(inner) for item in block.items for inner in item)
    if not isinstance(block, Paragraph):
        return False
    runs = [
        run
        for run in block.runs
        if run.kind is not Kind.BREAK and run.text.strip().strip("/>›»|,·")
    ]
    return bool(runs) and all(run.kind is Kind.TEXT and _is_section(run) for run in runs)


def _is_section(run: Run) -> bool:
    """Whether a link leads to a section: few words, the last of which is in its address."""
    target = next((mark.target for mark in run.marks if mark.name == "link"), "")
    words = [word for word in map(letters, run.text.split()) if word]
    if not target or not 0 < len(words) <= MOST_WORDS:
        return False
    parts = urlsplit(target)
    path = parts.path.strip("/")
    if not path:
        return not parts.query
    is_page = any(letter.isdigit() for letter in path) or path.count("/") > DEEPEST_SECTION
    return not is_page and words[-1] in letters(parts.netloc + path)
