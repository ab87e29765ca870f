"""Read a tree of HTML elements into blocks (pure)."""

from __future__ import annotations

from collections.abc import Callable

from lxml.html import HtmlElement

from rilo_reader.html.blocks import (
    Block,
    Code,
    Heading,
    Listing,
    Note,
    Paragraph,
    Quote,
    Rule,
    Run,
    RunKind,
    RunMark,
)
from rilo_reader.html.code import code_text, is_gutter, language
from rilo_reader.html.footnotes import Notes
from rilo_reader.html.hints import (
    callout_kind,
    callout_title,
    emphasis,
    first_number,
    is_emoji,
    is_permalink,
    paragraphs_of,
    pictures_apart,
    without_idle_rules,
)
from rilo_reader.html.math import MARK
from rilo_reader.html.media import (
    absolute,
    description,
    is_icon,
    is_tracker,
    media_runs,
    picture_address,
)
from rilo_reader.html.tables import is_data, read_table
from rilo_reader.html.tags import HEADINGS, LISTS, PARAGRAPHS, TABLE_PARTS
from rilo_reader.html.tree import is_silent
from rilo_reader.text import clean_line, clean_text


class TreeReader:
    """Reads elements into blocks."""

    def __init__(self, base: str, notes: Notes, *, in_cell: bool = False) -> None:
        self.base = base
        self.notes = notes
        self._in_cell = in_cell  # of a table, which holds no other one
        self._nesting = Nesting()
        self._runs: list[Run] = []
        self._marks: tuple[RunMark, ...] = ()
        self._heading = 0
        self._passed: set[HtmlElement] = set()
        self._readers: dict[str, Callable[[HtmlElement], bool]] = {
            "table": self._table,
            **dict.fromkeys(("pre", "div"), self._code_block),
            **dict.fromkeys(CODES, self._code),
            **dict.fromkeys(EMBEDDED, self._embedded),
        }

    def read(self, root: HtmlElement) -> list[Block]:
        """Return the blocks of an element."""
        # Elements to read; those with the state before them have been begun, and end.
        stack: list[tuple[HtmlElement, tuple[tuple[RunMark, ...], int, int] | None]] = [
            (root, None)
        ]
        while stack:
            element, before = stack.pop()
            if before is not None:
                self._end(element)
                self._marks, self._heading, depth = before
                self._nesting.close(depth)
            elif not (
                not isinstance(element.tag, str)
                or is_silent(element)
                or element in self._passed
                or self._whole(element)
            ):
                stack.append((element, (self._marks, self._heading, self._nesting.depth)))
                self._start(element)
                self._text(element.text)
                stack.extend((child, None) for child in reversed(element))
                continue
            if element is not root:
                self._text(element.tail)
        self._flush()
        return self._nesting.blocks

    def cell(self, root: HtmlElement) -> list[Block]:
        """Return the blocks of a table cell."""
        return TreeReader(self.base, self.notes, in_cell=True).read(root)

    # -- text -----------------------------------------------------------------------------------

    def _text(self, text: str | None) -> None:
        if not text:
            return
        text = clean_text(text).replace("\xad", "")
        if text.strip(" \t\n\f") or self._runs:
            self._put(text)

    def _put(self, text: str, kind: RunKind = RunKind.TEXT, target: str = "") -> None:
        self._runs.append(Run(text, self._marks, kind, target))

    def _flush(self) -> None:
        """End the current paragraph or heading."""
        runs, self._runs = self._runs, []
        if not any(run.text.strip() or run.kind in (RunKind.IMAGE, RunKind.NOTE) for run in runs):
            return
        pieces = paragraphs_of(runs)
        # Not in tables, nor in lists, which further paragraphs loosen.
        is_free = not (self._heading or self._in_cell or self._nesting.is_item)
        if is_free and any(run.kind is RunKind.IMAGE for run in runs):
            pieces = [part for piece in pieces for part in pictures_apart(piece)]
        for piece in pieces:
            if self._heading and any(run.kind is not RunKind.IMAGE for run in piece):
                self._nesting.add(Heading(self._heading, piece))
            else:
                self._nesting.add(Paragraph(piece))

    # -- elements -------------------------------------------------------------------------------

    def _whole(self, element: HtmlElement) -> bool:
        """Read an element that is handled as a whole; return False if it is not one of those."""
        tag = element.tag
        if (label := self.notes.refer(element)) is not None:
            self._put(label, RunKind.NOTE)
        elif MARK in (element.get("class") or ""):
            self._formula(element)
        elif tag == "br":
            self._put("\n", RunKind.BREAK)
        elif tag == "hr":
            self._flush()
            self._nesting.add(Rule())
        elif tag in ("img", "amp-img", "amp-anim"):
            self._picture(element)
        elif reader := self._readers.get(tag):
            return reader(element)
        else:
            return tag == "input" or bool(tag == "a" and self._heading and is_permalink(element))
        return True

    def _table(self, element: HtmlElement) -> bool:
        blocks = read_table(element, self.cell) if is_data(element) else None
        if blocks is None:
            return False
        self._flush()
        for block in blocks:
            self._nesting.add(block)
        return True

    def _formula(self, element: HtmlElement) -> None:
        text = clean_text(element.text or "")
        if element.tag == "div":
            self._flush()
            self._nesting.add(Paragraph([Run(text, (), RunKind.RAW)]))
        else:
            self._put(text, RunKind.RAW)

    def _picture(self, element: HtmlElement) -> None:
        url = picture_address(element, self.base)
        text = description(element)
        if is_emoji(element, text):
            self._put(text)
        elif not url or is_tracker(element, url) or is_icon(element):
            return
        elif not (
            self._runs and self._runs[-1].kind is RunKind.IMAGE and self._runs[-1].target == url
        ):
            self._put(text, RunKind.IMAGE, url)

    def _code_block(self, element: HtmlElement) -> bool:
        """Read a `pre`, or the source of a diagram that a script would draw."""
        is_diagram = element.tag == "div"
        if is_diagram and "mermaid" not in element.get("class", "").split():
            return False
        self._flush()
        text = code_text(element)
        if text.strip() and (is_diagram or not is_gutter(element, text)):
            self._nesting.add(Code(text, "mermaid" if is_diagram else language(element)))
        return True

    def _code(self, element: HtmlElement) -> bool:
        if any(child.tag in ("pre", "img", "div", "p") for child in element.iter()):
            return False
        text = " ".join(clean_text("".join(element.itertext())).split())
        if text:
            self._put(text, RunKind.CODE)
        return True

    def _embedded(self, element: HtmlElement) -> bool:
        runs = media_runs(element, self.base)
        if not runs:
            # An object without an address shows its fallback.
            return element.tag not in ("object", "video", "audio")
        self._flush()
        self._runs = [run._replace(marks=(*self._marks, *run.marks)) for run in runs]
        self._flush()
        return True

    def _start(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag in MARKS or tag in STYLED:
            for name in emphasis(element, MARKS.get(tag)):
                self._mark(RunMark(name))
        elif tag == "a":
            self._link(element)
        elif tag in OPENING:
            self._put(OPENING[tag])
        elif tag in HEADINGS:
            self._flush()
            self._heading = HEADINGS[tag]
        elif tag in ("summary", "dt"):
            self._flush()
            self._mark(RunMark("strong"))
        elif (kind := callout_kind(element)) or tag in ("blockquote", "li") or tag in LISTS:
            self._open(element, tag, kind)
        elif tag in BLOCKS:
            self._flush()

    def _end(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag in CLOSING:
            self._put(CLOSING[tag])
        elif tag in BLOCKS or tag in HEADINGS or tag in LISTS or tag in ("li", "blockquote"):
            self._flush()

    def _mark(self, mark: RunMark) -> None:
        if mark not in self._marks and not (mark.name == "strong" and self._heading):
            self._marks = (*self._marks, mark)

    def _link(self, element: HtmlElement) -> None:
        href = element.get("href") or ""
        target = absolute(href, self.base)
        if self._heading and (href.startswith("#") or target.partition("#")[0] == self.base):
            # A heading that is a permalink to itself.
            return
        if target and all(mark.name != "link" for mark in self._marks):
            self._marks = (*self._marks, RunMark("link", target))

    def _open(self, element: HtmlElement, tag: str, callout: str) -> None:
        """Begin an element that holds blocks."""
        self._flush()
        if self._nesting.depth > DEEPEST:
            return
        if callout or tag == "blockquote":
            quote = Quote(callout=callout)
            self._nesting.open(quote)
            if callout and (title := callout_title(element)) is not None:
                quote.title = clean_line("".join(title.itertext()), 200)
                self._passed.add(title)
        elif tag == "li":
            self._nesting.open_item()
            box = next(
                (box for box in element.iter("input") if box.get("type") == "checkbox"), None
            )
            if box is not None:
                self._put("[ ] " if box.get("checked") is None else "[x] ", RunKind.RAW)
        else:
            self._nesting.open(Listing(first_number(element) if tag == "ol" else None))


def read_tree(root: HtmlElement, base: str, notes: Notes) -> list[Block]:
    """Return the blocks of a tree, followed by the footnotes it refers to, in order."""
    blocks = without_idle_rules(TreeReader(base, notes).read(root))
    done: set[str] = set()
    while len(done) < len(notes.used):
        label = next(label for label in notes.used if label not in done)
        done.add(label)
        texts = TreeReader(base, notes).read(notes.texts[label])
        if len(texts) == 1 and isinstance(texts[0], Listing) and len(texts[0].items) == 1:
            texts = texts[0].items[0]
        blocks.append(Note(label, texts))
    return blocks


# How elements affect their contents.


MARKS = {
    "b": "strong", "strong": "strong", "i": "em", "em": "em", "cite": "em", "dfn": "em",
    "var": "em", "s": "del", "del": "del", "strike": "del", "sup": "sup", "sub": "sub",
    "kbd": "kbd", "ins": "ins", "u": "u", "mark": "mark",
}  # fmt: skip

STYLED = frozenset({"span", "font"})
"""Elements that may carry a style but have no meaning of their own."""

OPENING = {"q": "“", "rt": " ("}
CLOSING = {"q": "”", "rt": ")"}  # text added after inline quotations and ruby annotations
BLOCKS = PARAGRAPHS | TABLE_PARTS | {"amp-carousel", "optgroup"}
"""Elements that begin and end a paragraph."""

CODES = frozenset({"code", "tt", "samp"})
EMBEDDED = frozenset(
    {"iframe", "video", "audio", "embed", "object", "amp-youtube", "amp-iframe", "amp-video"}
)


# The containers that are open while a tree is read.


DEEPEST = 24  # quotations and lists; those nested deeper are added at this depth


class Nesting:
    """A stack of open containers; new blocks go to the innermost."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []  # top-level blocks
        self._into: list[list[Block] | Listing] = [self.blocks]

    @property
    def depth(self) -> int:
        """The number of open containers, the page included."""
        return len(self._into)

    @property
    def is_item(self) -> bool:
        """Whether the innermost container is a list item."""
        return len(self._into) > 1 and isinstance(self._into[-2], Listing)

    def add(self, block: Block) -> None:
        """Append a block to the innermost container."""
        into = self._into[-1]
        if not isinstance(into, Listing):
            into.append(block)
        elif into.items and isinstance(block, Listing):
            # A list directly inside a list belongs to the item before it.
            into.items[-1].append(block)
        else:
            into.items.append([block])

    def open(self, block: Quote | Listing) -> None:
        """Append a container and make it the innermost."""
        self.add(block)
        self._into.append(block if isinstance(block, Listing) else block.blocks)

    def open_item(self) -> None:
        """Begin an item of the current list, else of the list before, else of a new one."""
        listing = self._into[-1]
        if not isinstance(listing, Listing):
            before = listing[-1] if listing else None
            listing = before if isinstance(before, Listing) else Listing()
            if listing is not before:
                self.add(listing)
        item: list[Block] = []
        listing.items.append(item)
        self._into.append(item)

    def close(self, depth: int) -> None:
        """Close containers until `depth` are open."""
        del self._into[depth:]
