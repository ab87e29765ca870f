"""Markdown to blocks: pulldown-cmark's events, in parts that share links and footnotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rilo_reader.article import clean_text
from rilo_reader.lazy import LazyPattern
from rilo_reader.render.blocks import Block, Item, Listing, Paragraph, Rule, Run, Table
from rilo_reader.render.emoji import with_emoji
from rilo_reader.render.events import EventReader
from rilo_reader.render.html import HtmlReader
from rilo_reader.render.inline import Inlines, Links
from rilo_reader.render.rules import protect, restore
from rilo_reader.render.spans import Spans
from rilo_reader.render.split import Part, bounded, parts, prepare

if TYPE_CHECKING:
    from pyromark import Markdown
    from pyromark.event import BrokenLink

PROSE = re.compile(
    r"\A(?:(?![ \t]{4}|\t|[ \t]*(?:[#>+=|:-]|\d+[.)]))"
    r"[^\\`*_\[\]<&~|!{\t\n\U000e0001]*(?:\n|\Z))+\Z"
)
"""Text that reads the same as Markdown and as plain paragraphs."""

DEFINED = LazyPattern(r"^[^\s:].*\n{1,2} {0,3}:[ \t]+\S", re.MULTILINE)
"""A term, and below it what is said of it."""


class Reader:
    """Reads one article's body; `blocks` yields its parts in order, footnotes last."""

    def __init__(self, body: str, base: str = "") -> None:
        self.links = Links(base)
        self._source = prepare(body)
        self._notes: dict[str, int] = {}  # label -> number, in order of first use
        self._definitions: dict[str, tuple[str, str]] = {}
        self._parser: Markdown | None = None
        self._html = HtmlReader(self.links)
        self._last: Listing | None = None
        self.is_at_end = False
        """Whether nothing comes after the blocks that `blocks` yielded last."""

    def blocks(self) -> Iterator[list[Block]]:
        """The blocks of each part."""
        coming = parts(self._source.text)
        part = next(coming, None)
        while part is not None:
            after = next(coming, None)
            blocks = self._part(part)
            self.is_at_end = after is None and not self._notes
            yield blocks
            part = after
        notes = self._footnotes()
        self.is_at_end = True
        if notes:
            yield notes

    def _part(self, part: Part) -> list[Block]:
        if part.raw:
            templates = self._source.templates
            text = templates.original(part.text) if templates else part.text
            return [Paragraph([Run(clean_text(text).replace("\t", " "))], part.goes_on)]
        if "://" not in part.text and "www." not in part.text and PROSE.match(part.text):
            self._last = None
            return _gone_on(_paragraphs(part.text, self.links), part)
        blocks = _gone_on(self._read(part.text), part)
        if part.goes_on and blocks and isinstance(blocks[0], Listing) and self._last:
            _continue(self._last, blocks[0])
        self._last = blocks[-1] if blocks and isinstance(blocks[-1], Listing) else None
        return blocks

    def _read(self, text: str) -> list[Block]:
        """Read the Markdown of a part, or of a footnote."""
        if self._parser is None:
            self._parser = self._make_parser()
        events = self._parser.events(protect(bounded(text)))
        spans = Spans(self.links, self._number, self._source.templates)
        return EventReader(self._html, spans, self._source.templates).read(events)

    def _make_parser(self) -> Markdown:
        from pyromark import Markdown, Options, reference_definitions

        if self._source.definitions:
            found = reference_definitions(self._source.definitions)
            for label, definition in found.items():
                target = definition["dest"], definition["title"] or ""
                self._definitions.setdefault(_same_label(label), target)
        options = Options.ENABLE_TABLES | Options.ENABLE_STRIKETHROUGH | Options.ENABLE_WIKILINKS
        if "\n:" in self._source.text and DEFINED.search(self._source.text):
            options |= Options.ENABLE_DEFINITION_LIST
        return Markdown(options=options, broken_link_callback=self._elsewhere)

    def _elsewhere(self, link: BrokenLink) -> tuple[str, str] | None:
        """The target of a reference that its part does not define; "" for a footnote."""
        label = restore(link["reference"])
        if not label.startswith("^"):
            return self._definitions.get(_same_label(label))
        is_note = label[1:].lower() in self._source.footnotes
        return ("", "") if is_note and link["link_type"] != "Collapsed" else None

    # -- footnotes ------------------------------------------------------------------------------

    def _number(self, label: str) -> int | None:
        label = label.lower()
        if label not in self._source.footnotes:
            return None
        return self._notes.setdefault(label, len(self._notes) + 1)

    def _footnotes(self) -> list[Block]:
        """The notes that the text refers to, in the order it does; notes may refer to notes."""
        listing = Listing()
        done: set[str] = set()
        while len(done) < len(self._notes):
            label = next(label for label in self._notes if label not in done)
            done.add(label)
            blocks = self._read(self._source.footnotes[label].strip("\n"))
            number = self._notes[label]
            back = Run(" ↩", Inlines(self.links).ink._replace(jump=f"fnref-{number}"))
            if blocks and isinstance(blocks[-1], Paragraph):
                blocks[-1].runs.append(back)
            else:
                blocks.append(Paragraph([back]))
            listing.items.append(Item(f"{number}.", blocks, f"fn-{number}"))
        return [Rule(), listing] if listing.items else []


def _same_label(label: str) -> str:
    """A link's label as CommonMark compares them."""
    return " ".join(label.casefold().split())


def _paragraphs(text: str, links: Links) -> list[Block]:
    """Text as paragraphs at its blank lines."""
    blocks: list[Block] = []
    for piece in re.split(r"\n[ \t]*\n", text):
        inlines = Inlines(links)
        lines = piece.strip("\n").split("\n")
        for index, line in enumerate(lines):
            inlines.write(line.strip())
            if index < len(lines) - 1:
                inlines.line_break() if line.endswith("  ") else inlines.soft_break()
        runs = with_emoji(inlines.finish())
        if runs:
            blocks.append(Paragraph(runs))
    return blocks


def _gone_on(blocks: list[Block], part: Part) -> list[Block]:
    """The blocks, the first one marked where it continues that of the part before."""
    if part.goes_on and blocks and isinstance(blocks[0], Paragraph | Table):
        blocks[0].goes_on = True
    return blocks


def _continue(before: Listing, after: Listing) -> None:
    """Make a list go on with the one that was cut from it."""
    after.goes_on = before.tight and after.tight
    last = before.items[-1].marker if before.items else ""
    if last.endswith(".") and last[:-1].isdecimal():
        for number, item in enumerate(after.items, int(last[:-1]) + 1):
            if item.marker.endswith("."):
                item.marker = f"{number}."
