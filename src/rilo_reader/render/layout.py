"""Blocks to lines: wrapping, indentation, markers, and where headings and links have come to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from rilo_reader.lazy import LazyPattern
from rilo_reader.render.blocks import (
    Block,
    Code,
    Ink,
    Listing,
    Paragraph,
    Quote,
    Rule,
    Run,
    Title,
    text_of,
)
from rilo_reader.render.direction import begins_right_to_left, is_right_to_left
from rilo_reader.render.frames import Frame
from rilo_reader.render.looks import Looks
from rilo_reader.render.page import Heading, Line, Link
from rilo_reader.render.styles import Styles
from rilo_reader.render.table import TableLayout
from rilo_reader.render.wrap import Span, wrap

BAR = "▎ "
BULLETS = ("•", "◦", "▪")
LONGEST_RULE = 200
_NOT_IN_SLUG = LazyPattern(r"[^\w\- ]+")


class Layout:
    """Lays blocks out below one another; `lines`, `headings` and `anchors` grow as it does."""

    def __init__(
        self,
        width: int,
        styles: Styles,
        urls: Sequence[str],
        *,
        number_links: bool = False,
        addresses: bool = False,
    ) -> None:
        """Begin an empty page.

        Args:
            width: cells that no line exceeds.
            styles: what each part looks like.
            urls: the addresses of links, by number less one; may grow.
            number_links: whether each link is followed by its number.
            addresses: whether each link is followed by its address.
        """
        self.width = max(width, 4)
        self.lines: list[Line] = []
        self.headings: list[Heading] = []
        self.anchors: dict[str, int] = {}
        self.styles = styles
        self._urls = urls
        self._number_links = number_links
        self._addresses = addresses
        self._tables = TableLayout()
        self._frames: list[Frame] = []
        self._looks = Looks(styles, urls)
        self._link_lines: dict[int, int] = {}
        self._link_texts: dict[int, str] = {}
        self._depth = 0
        self._airy = False  # whether a heading that follows wants more space above

    @property
    def links(self) -> tuple[Link, ...]:
        """The links laid out so far."""
        return tuple(
            Link(number, self._link_texts.get(number, ""), self._urls[number - 1], line)
            for number, line in self._link_lines.items()
        )

    @property
    def _aligns(self) -> bool:
        """Whether the page has a right edge."""
        return self.width <= LONGEST_RULE

    # -- blocks ---------------------------------------------------------------------------------

    def add(self, blocks: Sequence[Block], base: Style, *, tight: bool = False) -> None:
        """Lay blocks out, with a blank line between two unless the list they stand in is tight."""
        for index, block in enumerate(blocks):
            if index and not (tight and isinstance(block, Listing | Paragraph)):
                self.blank()
            self._block(block, base)
            self._airy = not isinstance(block, Rule | Title)

    def _block(self, block: Block, base: Style) -> None:
        if isinstance(block, Paragraph):
            self.text(block.runs, base)
        elif isinstance(block, Title):
            self._title(block)
        elif isinstance(block, Quote):
            on_right = self._aligns and begins_right_to_left(block.blocks)
            frame = Frame(BAR, BAR, self.styles.bar, on_right=on_right)
            self._framed(frame, block.blocks, self.styles.quote)
        elif isinstance(block, Listing):
            self._listing(block, base)
        elif isinstance(block, Code):
            self._code(block)
        elif isinstance(block, Rule):
            cells = min(self.room(), LONGEST_RULE)
            self.put((Segment("─" * cells, self.styles.rule),), 0, indent=cells)
        else:
            self._tables.add(self, block, base)

    def _framed(
        self, frame: Frame, blocks: Sequence[Block], base: Style, *, tight: bool = False
    ) -> None:
        if self.room() - cell_len(frame.rest) < max(8, self.width // 4):
            # So deep that indentation would leave no room for text.
            frame.first = frame.first.lstrip() if frame.first != frame.rest else ""
            frame.rest = ""
            if self._first_room() - cell_len(frame.first) < max(8, self.width // 4):
                frame.first = ""
        self._frames.append(frame)
        self.add(blocks, base, tight=tight)
        if frame.fresh and frame.first.strip():
            self.put((), 0)
        self._frames.pop()

    def _title(self, block: Title) -> None:
        if block.level <= 2 and not self._frames and self._airy:
            self.blank()
        title = text_of(block.runs).replace("\n", " ")
        line = len(self.lines)
        self.headings.append(Heading(block.level, title, line))
        self.anchors.setdefault(_NOT_IN_SLUG.sub("", title.lower()).replace(" ", "-"), line)
        self.text(block.runs, self.styles.heading)

    def _listing(self, block: Listing, base: Style) -> None:
        widest = max((cell_len(item.marker) for item in block.items), default=1)
        bullet = BULLETS[min(self._depth, len(BULLETS) - 1)]
        on_right = self._aligns and begins_right_to_left([block])
        self._depth += 1
        for index, item in enumerate(block.items):
            if index and not block.tight:
                self.blank()
            if item.anchor:
                self.anchors.setdefault(item.anchor, len(self.lines))
            marker = bullet if item.marker == "•" else item.marker
            gap = " " if widest else ""
            first = " " * (widest - cell_len(marker)) + marker + gap
            rest = " " * widest + gap
            frame = Frame(first, rest, self.styles.marker, on_right=on_right)
            self._framed(frame, item.blocks, base, tight=block.tight)
        self._depth -= 1

    def _code(self, block: Code) -> None:
        style = self.styles.code_block
        room = max(self.room() - 2, 1)
        for line in block.text.split("\n"):
            text = line.expandtabs(4)
            for span in wrap(text, room):
                piece = text[span.start : span.end]
                space = " " * (room - cell_len(piece) + 1) if self._aligns else ""
                self.put(
                    (Segment(" ", style), Segment(piece + space, style)),
                    _letters(piece),
                    indent=1,
                    joint=span.joint,
                )

    def blank(self) -> None:
        """Leave a line blank, but for the bars of the quotes it stands in."""
        if any(frame.rest.strip() for frame in self._frames):
            waiting = [frame for frame in self._frames if frame.fresh]
            for frame in waiting:
                frame.fresh = False
            self.put((), 0)
            for frame in waiting:
                frame.fresh = True
        else:
            self.lines.append(Line(()))

    # -- lines ----------------------------------------------------------------------------------

    def room(self) -> int:
        """The cells that are left for text beside quotes and lists."""
        return self.width - sum(cell_len(frame.rest) for frame in self._frames)

    def put(
        self,
        segments: tuple[Segment, ...],
        letters: int,
        *,
        indent: int = 0,
        joint: str = "\n",
        to_right: bool = False,
    ) -> None:
        """Add a line beside what its frames put there; `to_right` at the right edge, if any."""
        before: list[Segment] = []
        after: list[Segment] = []
        for frame in self._frames:
            beside = frame.segment()
            if beside.text and frame.on_right:
                after.insert(0, beside)
            elif beside.text:
                before.append(beside)
        to_right = to_right and self._aligns
        if after or to_right:
            used = sum(segment.cell_length for segment in (*before, *segments, *after))
            space = Segment(" " * max(self.width - used, 0), self.styles.text)
            if not space.text:
                pass
            elif to_right:
                before.append(space)
            else:
                after.insert(0, space)
        indent += sum(len(segment.text) for segment in before)
        tail = sum(len(segment.text) for segment in after)
        self.lines.append(Line((*before, *segments, *after), indent, letters, joint, tail))

    def text(self, runs: Sequence[Run], base: Style) -> None:
        """Wrap runs into lines, noting their links."""
        self.put_runs(self.noted(runs), base)

    def put_runs(self, runs: Sequence[Run], base: Style) -> None:
        """Wrap runs whose links are noted into lines."""
        text = text_of(runs)
        to_right = is_right_to_left(text)
        for span, segments, letters in self.cut(runs, text, wrap(text, self._first_room()), base):
            self.put(segments, letters, joint=span.joint, to_right=to_right)

    def _first_room(self) -> int:
        """The room on the narrowest line that comes next."""
        first = sum(cell_len(f.first if f.fresh else f.rest) for f in self._frames)
        return min(self.room(), self.width - first)

    def noted(self, runs: Sequence[Run]) -> Sequence[Run]:
        """Note the links and footnotes of a text, and add numbers or addresses if asked to."""
        if not any(run.ink.link or run.ink.jump for run in runs):
            return runs
        result: list[Run] = []
        line = len(self.lines)
        for index, run in enumerate(runs):
            result.append(run)
            if run.ink.jump.startswith("fn-"):
                self.anchors.setdefault("fnref-" + run.ink.jump[3:], line)
            number = run.ink.link
            if not number:
                continue
            self._link_texts[number] = self._link_texts.get(number, "") + run.text
            if index + 1 < len(runs) and runs[index + 1].ink.link == number:
                continue
            ink = Ink(dim=True, added=True, link=number)
            if self._number_links:
                result.append(Run(f"[{number}]", ink))
            elif self._addresses and self._urls[number - 1] not in (
                self._link_texts[number],
                "mailto:" + self._link_texts[number],
            ):
                result.append(Run(f" <{self._urls[number - 1]}>", ink))
        return result

    def cut(
        self, runs: Sequence[Run], text: str, spans: Sequence[Span], base: Style
    ) -> Iterator[tuple[Span, tuple[Segment, ...], int]]:
        """The segments and letters of each line of a text."""
        index = 0
        begin = 0  # where the run at `index` begins
        for span in spans:
            segments: list[Segment] = []
            letters = 0
            while index < len(runs) and begin + len(runs[index].text) <= span.start:
                begin += len(runs[index].text)
                index += 1
            position, at, run_begin = span.start, index, begin
            while position < span.end:
                run = runs[at]
                stop = min(span.end, run_begin + len(run.text))
                piece = text[position:stop]
                segments.append(Segment(piece, self._looks.of(run.ink, base)))
                if not run.ink.added:
                    letters += _letters(piece)
                if run.ink.link:
                    self._link_lines.setdefault(run.ink.link, len(self.lines))
                position = stop
                run_begin += len(run.text)
                at += 1
            yield span, tuple(segments), letters


def _letters(text: str) -> int:
    """How many characters of a text are no spaces."""
    return len(text) - text.count(" ")
