"""`show`: print one article, found by its id, the beginning of an id, or a path."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from rilo_reader.article import Article
from rilo_reader.cli.arguments import find_article, load_user_settings, open_current
from rilo_reader.cli.output import StyledText, output
from rilo_reader.cli.pager import print_paged
from rilo_reader.cli.search import make_record
from rilo_reader.cli.standard_input import expand_names
from rilo_reader.cli.verb import Verb, argument, flag
from rilo_reader.dates import format_date
from rilo_reader.dialects.sites import Sites
from rilo_reader.library import Library, LibraryError, Row
from rilo_reader.paths import expand_path
from rilo_reader.plugin_list import plugins_with
from rilo_reader.render.document import Layout, render_whole
from rilo_reader.render.document import to_plain_text as plain_text
from rilo_reader.render.page import Styles
from rilo_reader.store.date_order import day_comes_first
from rilo_reader.store.folder import UnreadableError, read_article, read_date_heads
from rilo_reader.text import clean_text


class ShowVerb(Verb):
    """Print one article."""

    about = """
Print an article.

With -, print those whose ids or paths are on standard input, one per line.
Showing an article does not mark it read.
"""
    examples = (
        "rilo-reader show guide/first-steps.md",
        "rilo-reader show --plain guide/search.md | wc -w",
        "rilo-reader search wildlife | cut -f 4 | rilo-reader show -",
    )
    exit_codes = "0 done; 1 failed, also if there is no such article; 2 wrong usage."
    surplus = "One article at a time; quote a name with spaces"

    article: str = argument(
        "ID|PATH",
        "its id, the beginning of its id, its path in the library, the path of any Markdown file, "
        "or -",
    )
    plain: bool = flag("--plain", "only the text, as in a pipe", only_one="form")
    changes: bool = flag(
        "--changes",
        "what changed in its text since you read it",
        only_one="form",
        hook="read_changes",
    )
    json: bool = flag(
        "--json", "one JSON object: what search --json prints, and body", only_one="form"
    )

    def run(self) -> int:
        """Print one article, or those of standard input."""
        with open_current(self) as library:
            if self.changes:
                texts = [_format_changes(library, name) for name in expand_names([self.article])]
                print_paged("\n".join(texts))
                return 0
            found = [_load_article(library, name) for name in expand_names([self.article])]
        if not found:
            raise LibraryError("standard input has no ids or paths.")
        # The library is closed by now: a pager may be open for hours.
        if self.json:
            for article, row in found:
                record = make_record(row or Row.from_article(article))
                output().json({**record, "body": article.body})
            return 0
        texts = [_format_article(article, row, plain=self.plain) for article, row in found]
        print_paged("\n".join(texts))
        return 0


def _load_article(library: Library, name: str) -> tuple[Article, Row | None]:
    """The article of a name, and what the index has of it: None for a file outside the library."""
    identity = find_article(library, name)
    if identity is None:
        return _read_file(expand_path(name)), None
    return library.article(identity), library.search.row(identity)


class _ChangesPlugin(Protocol):
    def read_changes(
        self, library: Library, article: Article
    ) -> Sequence[Sequence[StyledText]]: ...


def _format_changes(library: Library, name: str) -> str:
    """Return what plugins know of changes in an article; raises LibraryError if there are none."""
    article, _ = _load_article(library, name)
    plugins = plugins_with(_ChangesPlugin)
    lines = [line for plugin in plugins for line in plugin.read_changes(library, article)]
    if not lines:
        raise LibraryError("This article has not changed since you read it.")
    return "".join(output().format_line(*line) for line in lines)


def _read_file(file: Path) -> Article:
    absolute = file.absolute()
    try:
        return read_article(
            absolute.parent,
            absolute.name,
            with_notes=True,
            site=Sites(absolute.parent).of(absolute.name),
            day_first=lambda: day_comes_first(read_date_heads(absolute.parent)),
        )
    except UnreadableError as error:
        raise LibraryError(f"{file}: {error.reason}") from None


def _format_article(article: Article, row: Row | None, *, plain: bool) -> str:
    """An article to be printed, styled on a terminal unless `plain`, else as plain text."""
    out, own_tags = output(), row.marks.tags if row is not None else ()
    if plain or not out.is_for_people:
        return clean_text(plain_text(article, own_tags=own_tags))
    config = load_user_settings()
    width = max(20, min(config.width, shutil.get_terminal_size().columns))
    styles = Styles(
        code=Style(color="cyan"),
        code_block=Style(color="cyan"),
        quote=Style(italic=True),
        link=Style(color="blue", underline=True),
    )
    date = format_date(article.date, article.date_only, form=config.date_format, long=True)
    layout = Layout(width, styles, shows_addresses=True, own_tags=own_tags)
    shown = render_whole(article, layout, date)
    lines = (
        [_style_segment(segment, colour=out.has_colour) for segment in line.segments]
        for line in shown.lines
    )
    return "".join(out.format_line(*pieces) for pieces in lines)


def _style_segment(segment: Segment, *, colour: bool) -> StyledText:
    codes = ""
    if colour and segment.style:
        # Rich has no public function for bare codes: take what it puts around a letter. Links
        # are dropped, since their addresses are printed already.
        style = segment.style.update_link(None)
        codes = style.render("x", color_system=ColorSystem.STANDARD)
        codes = codes.partition("m")[0].removeprefix("\x1b[") if codes != "x" else ""
    return StyledText(segment.text, codes)
