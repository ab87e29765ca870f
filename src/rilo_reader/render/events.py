"""The events of pulldown-cmark, of one part of a source, to blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rilo_reader.article import clean_text
from rilo_reader.lazy import LazyPattern
from rilo_reader.render.attribute_lists import is_contents, without_attributes
from rilo_reader.render.blocks import (
    PLAIN,
    Block,
    Code,
    Item,
    Listing,
    Paragraph,
    Quote,
    Rule,
    Run,
    Table,
    Title,
    text_of,
)
from rilo_reader.render.emoji import with_emoji
from rilo_reader.render.html import HtmlReader
from rilo_reader.render.inline import joined
from rilo_reader.render.rules import restore
from rilo_reader.render.spans import SPANS, Spans

if TYPE_CHECKING:
    from pyromark.event import Event

    from rilo_reader.render.dialects.template_marks import Templates

_TASK = re.compile(r"\[([ xX])\] ")
_CALLOUT = re.compile(r"\[!(\w[\w-]{0,30})\][+-]?(?=[ \n]|\Z)")
_BLOCK_NAME = LazyPattern(r"(?:\s+|\A)\^(?:[A-Za-z][A-Za-z0-9]*-[A-Za-z0-9-]+|[a-z0-9]{5,30})\Z")


class EventReader:
    """Reads the events of one part.

    The text of a tight list stands in its item without a paragraph around it, so text ends
    wherever a block begins or ends.
    """

    def __init__(self, html: HtmlReader, spans: Spans, templates: Templates | None = None) -> None:
        """Begin.

        Args:
            html: reads the HTML.
            spans: reads what stands within a block.
            templates: what the marks in the text stand for; None where there are none.
        """
        self._html = html
        self._spans = spans
        self._templates = templates
        self._blocks: list[Block] = []
        self._into: list[list[Block]] = [self._blocks]
        self._lists: list[tuple[Listing, int | None]] = []
        self._definitions: list[Listing] = []  # the lists of terms one is in
        self._is_term = False
        self._quotes: list[list[Block]] = []  # the blocks of those one is in
        self._table: Table | None = None
        self._contents: list[Block] | None = None  # in which a place for contents was found last
        self._level = 0  # of the heading one is in
        self._lines: list[str] | None = None  # of the code or the HTML one is in
        self._language = ""

    def read(self, events: Iterable[Event]) -> list[Block]:
        """The blocks of the events."""
        for event in events:
            if isinstance(event, str):
                if event == "Rule":
                    self._begin_block()
                    self._add(Rule())
                else:
                    is_title = self._is_in_quote and self._spans.begins_with("[!")
                    ends_line = event == "HardBreak" or is_title or self._is_term
                    self._spans.line_end(is_meant=ends_line)
            elif "Text" in event:
                self._text(event["Text"])
            elif "Start" in event:
                self._start(event["Start"])
            elif "End" in event:
                end = event["End"]
                self._end(end if isinstance(end, str) else next(iter(end)))
            elif "Code" in event:
                self._spans.code(restore(event["Code"]))
            elif "InlineHtml" in event:
                self._spans.html(restore(event["InlineHtml"]))
            elif "Html" in event:
                self._text(event["Html"])
        self._begin_block()
        return self._blocks

    def _add(self, *blocks: Block) -> None:
        self._into[-1].extend(blocks)

    def _text(self, text: str) -> None:
        if self._lines is None:
            self._spans.text(restore(text))
        else:
            self._lines.append(restore(text))

    def _begin_block(self) -> None:
        """End the text and the HTML that came before."""
        self._end_text()
        if self._html.unfinished:
            self._add(*self._html.take())

    def _start(self, tag: str | Mapping[str, Any]) -> None:
        kind: str
        value: Any
        kind, value = (tag, None) if isinstance(tag, str) else next(iter(tag.items()))
        if kind in SPANS:
            self._spans.start(kind, value or {})
            return
        if kind == "HtmlBlock":
            self._end_text()
            self._lines = []
            return
        self._begin_block()
        if kind == "Paragraph":
            self._note_loose()
        elif kind == "Heading":
            self._level = int(value["level"][1])
        elif kind == "CodeBlock":
            self._lines = []
            self._language = "" if value == "Indented" else restore(value["Fenced"])
        elif kind == "BlockQuote":
            quote = Quote()
            self._add(quote)
            self._into.append(quote.blocks)
            self._quotes.append(quote.blocks)
        elif kind == "List":
            listing = Listing()
            self._add(listing)
            self._lists.append((listing, value))
        elif kind == "Item":
            self._open_item()
        elif kind.startswith("Definition"):
            self._open_definition(kind)
        elif kind == "Table":
            self._table = Table([], [], [align.lower() for align in value])
            self._table.aligns = [a if a != "none" else "left" for a in self._table.aligns]
            self._add(self._table)
        elif kind in ("TableHead", "TableRow") and self._table is not None:
            self._table.rows.append([])

    def _end(self, kind: str) -> None:
        if kind in SPANS:
            self._spans.end(kind)
        elif kind == "HtmlBlock":
            source = "".join(self._lines or ())
            self._html.feed(self._templates.html(source) if self._templates else source)
            self._lines = None
            if not self._html.unfinished:
                self._add(*self._html.take())
        elif kind == "CodeBlock":
            source = "".join(self._lines or ())
            if self._templates:
                source = self._templates.original(source)
                self._language = self._templates.original(self._language)
            text = clean_text(source).rstrip("\n")
            language = (self._language.split(None, 1) or [""])[0]
            self._lines = None
            self._add(Code(text, clean_text(language)))
        elif kind == "TableCell" and self._table is not None:
            cell = without_attributes(self._spans.finish(), is_title=False)
            self._table.rows[-1].append(with_emoji(cell))
        else:
            self._begin_block()
            self._close(kind)

    def _close(self, kind: str) -> None:
        """End what holds blocks."""
        if kind in ("BlockQuote", "Item"):
            blocks = self._into.pop()
            if kind == "BlockQuote":
                self._quotes.pop()
            elif blocks is self._contents and not blocks:
                # Kramdown wants a list to say where contents go: nor does that show.
                self._lists[-1][0].items.pop()
        elif kind == "List":
            listing, _ = self._lists.pop()
            if not listing.items:
                self._into[-1].remove(listing)
        elif kind == "DefinitionListTitle":
            self._is_term = False
            self._into.pop()
        elif kind == "DefinitionListDefinition":
            self._into.pop()
        elif kind == "DefinitionList":
            self._definitions.pop()
        elif kind == "TableHead" and self._table is not None:
            self._table.header = self._table.rows.pop()
        elif kind == "Table" and self._table is not None:
            # An attribute list below a table reads as a row of it.
            if self._table.rows and not any(self._table.rows[-1]):
                self._table.rows.pop()
            self._table = None

    @property
    def _is_in_quote(self) -> bool:
        """Whether the text is that of a quotation's first paragraph."""
        return bool(self._quotes) and self._into[-1] is self._quotes[-1] and not self._into[-1]

    def _end_text(self) -> None:
        """Make a block of the text since the last one."""
        level, self._level = self._level, 0
        runs = without_attributes(self._spans.finish(), is_title=level > 0)
        runs = with_emoji(_without_name(runs))
        if self._is_term:
            runs = [Run(run.text, run.ink._replace(strong=True)) for run in runs]
        if runs and not level and is_contents(runs):
            self._contents = self._into[-1]
        elif runs:
            self._add(Title(level, runs) if level else Paragraph(self._marked(runs)))

    def _open_item(self) -> None:
        listing, start = self._lists[-1]
        item = Item("•" if start is None else f"{start + len(listing.items)}.")
        listing.items.append(item)
        self._into.append(item.blocks)

    def _open_definition(self, kind: str) -> None:
        """Begin a list of terms, a term, or what is said of it, which stands indented below."""
        if kind == "DefinitionList":
            terms = Listing()
            self._add(terms)
            self._definitions.append(terms)
            return
        terms = self._definitions[-1]
        if kind == "DefinitionListTitle":
            self._is_term = True
            terms.items.append(Item(""))
            self._into.append(terms.items[-1].blocks)
            return
        of_term = terms.items[-1].blocks
        if not of_term or not isinstance(of_term[-1], Listing):
            of_term.append(Listing())
        said = of_term[-1]
        if isinstance(said, Listing):
            said.items.append(Item(" "))
            self._into.append(said.items[-1].blocks)

    def _note_loose(self) -> None:
        """A paragraph of its own makes the list it stands in directly a loose one."""
        listing = self._lists[-1][0] if self._lists else None
        if listing and listing.items and listing.items[-1].blocks is self._into[-1]:
            listing.tight = False

    def _marked(self, runs: list[Run]) -> list[Run]:
        """A first paragraph without its mark of a task or a callout, which shows otherwise."""
        first = runs[0]
        into = self._into[-1]
        if into or not first.text.startswith("["):
            return runs
        if self._lists and self._lists[-1][0].items and (match := _TASK.match(first.text)):
            item = self._lists[-1][0].items[-1]
            if item.blocks is into:
                item.marker = "☐" if match[1] == " " else "☑"
                return [Run(first.text[4:], first.ink), *runs[1:]]
        if match := _CALLOUT.match(first.text):
            return _callout(
                match[1].capitalize(), [Run(first.text[match.end() :], first.ink), *runs[1:]]
            )
        return runs


def _without_name(runs: list[Run]) -> list[Run]:
    """A block's text without the name that Obsidian gives a block at its end: `^name`."""
    if not runs or "^" not in runs[-1].text or runs[-1].ink.code:
        return runs
    text, ink = runs[-1]
    match = _BLOCK_NAME.search(text)
    return joined([*runs[:-1], Run(text[: match.start()], ink)]) if match else runs


def _callout(name: str, runs: list[Run]) -> list[Run]:
    """The paragraph that begins a callout: its kind and its title in bold, then its text.

    Its title ends with the line; without one the text goes on behind the kind.
    """
    title: list[Run] = []
    for index, run in enumerate(runs):
        head, end, rest = run.text.partition("\n")
        title.append(Run(head, run.ink._replace(strong=True)))
        if end:
            runs = [Run(rest, run.ink), *runs[index + 1 :]]
            break
    else:
        runs = []
    label = Run(name, PLAIN._replace(strong=True))
    if text_of(title).strip():
        return joined([Run(f"{name}: ", label.ink), *title, *([Run("\n"), *runs] if runs else [])])
    return joined([Run(f"{name}: ", label.ink), *runs]) if runs else [label]
