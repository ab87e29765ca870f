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
from rilo_reader.html.code import code_text, detect_language, is_gutter
from rilo_reader.html.footnotes import Footnotes
from rilo_reader.html.formulas import MARK
from rilo_reader.html.hints import (
    callout_kind,
    callout_title,
    first_number,
    is_emoji,
    is_permalink,
    pictures_apart,
    read_emphasis,
    remove_idle_rules,
    split_paragraphs,
)
from rilo_reader.html.media import (
    is_icon,
    is_tracker,
    media_runs,
    picture_address,
    read_description,
    resolve_url,
)
from rilo_reader.html.tables import is_data, read_table
from rilo_reader.html.tags import HEADINGS, LISTS, PARAGRAPHS, TABLE_PARTS
from rilo_reader.html.tree import is_silent
from rilo_reader.text import clean_line, clean_text


class TreeReader:
    """Reads elements into blocks."""

    def __init__(self, base: str, notes: Footnotes, *, in_cell: bool = False) -> None:
        self.base = base
        self.notes = notes
        self._in_cell = in_cell  # of a table, which contains no other one
        self._nesting = ContainerStack()
        self._runs: list[Run] = []
        self._marks: tuple[RunMark, ...] = ()
        self._heading = 0
        self._skipped_elements: set[HtmlElement] = set()
        self._readers: dict[str, Callable[[HtmlElement], bool]] = {
            "table": self._read_table,
            **dict.fromkeys(("pre", "div"), self._read_code_block),
            **dict.fromkeys(CODES, self._read_code),
            **dict.fromkeys(EMBEDDED, self._read_embedded),
        }

    def read_blocks(self, root: HtmlElement) -> list[Block]:
        """Return the blocks of an element."""
        # Elements to read; those with the state before them have been begun, and end.
        stack: list[tuple[HtmlElement, tuple[tuple[RunMark, ...], int, int] | None]]
        stack = [(root, None)]
        while stack:
            element, before = stack.pop()
            if before is not None:
                self._end_element(element)
                self._marks, self._heading, depth = before
                self._nesting.close(depth)
            elif not (
                not isinstance(element.tag, str)
                or is_silent(element)
                or element in self._skipped_elements
                or self._read_whole(element)
            ):
                stack.append((element, (self._marks, self._heading, self._nesting.depth)))
                self._start_element(element)
                self._add_text(element.text)
                stack.extend((child, None) for child in reversed(element))
                continue
            if element is not root:
                self._add_text(element.tail)
        self._flush()
        return self._nesting.blocks

    # -- text -----------------------------------------------------------------------------------

    def _add_text(self, text: str | None) -> None:
        if not text:
            return
        text = clean_text(text).replace("\xad", "")
        if text.strip(" \t\n\f") or self._runs:
            self._add_run(text)

    def _add_run(self, text: str, kind: RunKind = RunKind.TEXT, target: str = "") -> None:
        self._runs.append(Run(text, self._marks, kind, target))

    def _flush(self) -> None:
        """End the current paragraph or heading."""
        runs, self._runs = self._runs, []
        if not any(run.text.strip() or run.kind in (RunKind.IMAGE, RunKind.NOTE) for run in runs):
            return
        pieces = split_paragraphs(runs)
        # Not in tables, nor in lists, which further paragraphs loosen.
        is_free = not (self._heading or self._in_cell or self._nesting.is_item)
        if is_free and any(run.kind is RunKind.IMAGE for run in runs):
            pieces = [part for piece in pieces for part in pictures_apart(piece)]
        for piece in pieces:
            if self._heading and any(run.kind is not RunKind.IMAGE for run in piece):
                self._nesting.add_block(Heading(self._heading, piece))
            else:
                self._nesting.add_block(Paragraph(piece))

    # -- elements -------------------------------------------------------------------------------

    def _read_whole(self, element: HtmlElement) -> bool:
        """Read an element that is handled as a whole; return False if it is not one of those."""
        tag = element.tag
        if (label := self.notes.use_label(element)) is not None:
            self._add_run(label, RunKind.NOTE)
        elif MARK in (element.get("class") or ""):
            self._read_formula(element)
        elif tag == "br":
            self._add_run("\n", RunKind.BREAK)
        elif tag == "hr":
            self._flush()
            self._nesting.add_block(Rule())
        elif tag in ("img", "amp-img", "amp-anim"):
            self._read_picture(element)
        elif reader := self._readers.get(tag):
            return reader(element)
        else:
            return tag == "input" or bool(tag == "a" and self._heading and is_permalink(element))
        return True

    def _read_table(self, element: HtmlElement) -> bool:
        def read_cell(cell: HtmlElement) -> list[Block]:
            return TreeReader(self.base, self.notes, in_cell=True).read_blocks(cell)

        blocks = read_table(element, read_cell) if is_data(element) else None
        if blocks is None:
            return False
        self._flush()
        for block in blocks:
            self._nesting.add_block(block)
        return True

    def _read_formula(self, element: HtmlElement) -> None:
        text = clean_text(element.text or "")
        if element.tag == "div":
            self._flush()
            self._nesting.add_block(Paragraph([Run(text, (), RunKind.RAW)]))
        else:
            self._add_run(text, RunKind.RAW)

    def _read_picture(self, element: HtmlElement) -> None:
        url = picture_address(element, self.base)
        text = read_description(element)
        last = self._runs[-1] if self._runs else None
        if is_emoji(element, text):
            self._add_run(text)
        elif not url or is_tracker(element, url) or is_icon(element):
            return
        elif last is None or last.kind is not RunKind.IMAGE or last.target != url:
            self._add_run(text, RunKind.IMAGE, url)

    def _read_code_block(self, element: HtmlElement) -> bool:
        """Read a `pre`, or the source of a diagram that a script would draw."""
        is_diagram = element.tag == "div"
        if is_diagram and "mermaid" not in element.get("class", "").split():
            return False
        self._flush()
        text = code_text(element)
        if text.strip() and (is_diagram or not is_gutter(element, text)):
            language = "mermaid" if is_diagram else detect_language(element)
            self._nesting.add_block(Code(text, language))
        return True

    def _read_code(self, element: HtmlElement) -> bool:
        if any(child.tag in ("pre", "img", "div", "p") for child in element.iter()):
            return False
        text = " ".join(clean_text("".join(element.itertext())).split())
        if text:
            self._add_run(text, RunKind.CODE)
        return True

    def _read_embedded(self, element: HtmlElement) -> bool:
        runs = media_runs(element, self.base)
        if not runs:
            # An object without an address shows its fallback.
            return element.tag not in ("object", "video", "audio")
        self._flush()
        self._runs = [run._replace(marks=(*self._marks, *run.marks)) for run in runs]
        self._flush()
        return True

    def _start_element(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag in MARKS or tag in STYLED:
            for name in read_emphasis(element, MARKS.get(tag)):
                self._add_mark(RunMark(name))
        elif tag == "a":
            self._add_link(element)
        elif tag in OPENING:
            self._add_run(OPENING[tag])
        elif tag in HEADINGS:
            self._flush()
            self._heading = HEADINGS[tag]
        elif tag in ("summary", "dt"):
            self._flush()
            self._add_mark(RunMark("strong"))
        elif (kind := callout_kind(element)) or tag in ("blockquote", "li") or tag in LISTS:
            self._open_container(element, tag, kind)
        elif tag in BLOCKS:
            self._flush()

    def _end_element(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag in CLOSING:
            self._add_run(CLOSING[tag])
        elif tag in BLOCKS or tag in HEADINGS or tag in LISTS or tag in ("li", "blockquote"):
            self._flush()

    def _add_mark(self, mark: RunMark) -> None:
        if mark not in self._marks and not (mark.name == "strong" and self._heading):
            self._marks = (*self._marks, mark)

    def _add_link(self, element: HtmlElement) -> None:
        href = element.get("href") or ""
        target = resolve_url(href, self.base)
        if self._heading and (href.startswith("#") or target.partition("#")[0] == self.base):
            # A heading that is a permalink to itself.
            return
        if target and all(mark.name != "link" for mark in self._marks):
            self._marks = (*self._marks, RunMark("link", target))

    def _open_container(self, element: HtmlElement, tag: str, callout: str) -> None:
        self._flush()
        if self._nesting.depth > DEEPEST:
            return
        if callout or tag == "blockquote":
            quote = Quote(callout=callout)
            self._nesting.open(quote)
            if callout and (title := callout_title(element)) is not None:
                quote.title = clean_line("".join(title.itertext()), 200)
                self._skipped_elements.add(title)
        elif tag == "li":
            self._nesting.open_item()
            inputs = element.iter("input")
            box = next((each for each in inputs if each.get("type") == "checkbox"), None)
            if box is not None:
                self._add_run("[ ] " if box.get("checked") is None else "[x] ", RunKind.RAW)
        else:
            self._nesting.open(Listing(first_number(element) if tag == "ol" else None))


def read_tree(root: HtmlElement, base: str, notes: Footnotes) -> list[Block]:
    """Return the blocks of a tree, followed by the footnotes it refers to, in order."""
    blocks = remove_idle_rules(TreeReader(base, notes).read_blocks(root))
    done: set[str] = set()
    while len(done) < len(notes.used_labels):
        label = next(label for label in notes.used_labels if label not in done)
        done.add(label)
        texts = TreeReader(base, notes).read_blocks(notes.texts[label])
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


class ContainerStack:
    """A stack of open containers; new blocks go to the innermost."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []  # top-level blocks
        self._containers: list[list[Block] | Listing] = [self.blocks]

    @property
    def depth(self) -> int:
        """The number of open containers, the page included."""
        return len(self._containers)

    @property
    def is_item(self) -> bool:
        """True if the innermost container is a list item."""
        return len(self._containers) > 1 and isinstance(self._containers[-2], Listing)

    def add_block(self, block: Block) -> None:
        """Append a block to the innermost container."""
        container = self._containers[-1]
        if not isinstance(container, Listing):
            container.append(block)
        elif container.items and isinstance(block, Listing):
            # A list directly inside a list belongs to the item before it.
            container.items[-1].append(block)
        else:
            container.items.append([block])

    def open(self, block: Quote | Listing) -> None:
        """Append a container and make it the innermost."""
        self.add_block(block)
        self._containers.append(block if isinstance(block, Listing) else block.blocks)

    def open_item(self) -> None:
        """Begin an item of the current list, else of the list before, else of a new one."""
        listing = self._containers[-1]
        if not isinstance(listing, Listing):
            before = listing[-1] if listing else None
            listing = before if isinstance(before, Listing) else Listing()
            if listing is not before:
                self.add_block(listing)
        item: list[Block] = []
        listing.items.append(item)
        self._containers.append(item)

    def close(self, depth: int) -> None:
        """Close containers until `depth` are open."""
        del self._containers[depth:]
