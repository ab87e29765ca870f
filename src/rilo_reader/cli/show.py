"""`show`: print one article, found by its id, the beginning of an id, or a path."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path, PurePosixPath

from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from rilo_reader.article import Article, ArticleId
from rilo_reader.cli.libraries import opened, user_settings
from rilo_reader.cli.output import Piece, output
from rilo_reader.cli.report import values_of
from rilo_reader.cli.search import record, rows
from rilo_reader.cli.verb import Options, Verb, argument, flag
from rilo_reader.dates import human
from rilo_reader.library import Library, LibraryError, Row
from rilo_reader.paths import typed_path
from rilo_reader.query.tree import Query
from rilo_reader.render.document import Layout, whole
from rilo_reader.render.document import plain as plain_text
from rilo_reader.render.page import Styles
from rilo_reader.store.folder import Unreadable, read
from rilo_reader.store.gestures import NO_MARKS
from rilo_reader.text import clean_text

SHOWN_NAMES = 3
"""Articles named in an error."""

SEARCHED = 20_000
"""Newest articles to search for a similar name; more would take too long."""


@dataclass(kw_only=True)
class _ShowOptions(Options):
    article: str = argument(
        "ID|PATH",
        "its id, the beginning of its id, its path in the library, or the path of any "
        "Markdown file",
    )
    plain: bool = flag("--plain", "the text alone, as when piped", only_one="form")
    json: bool = flag(
        "--json", "one JSON object: what search --json prints, and body", only_one="form"
    )


def run(options: _ShowOptions) -> int:
    """Print one article."""
    with opened(options) as library:
        identity = find(library, options.article)
        if identity is None:
            article, row = _file(typed_path(options.article)), None
        else:
            article, row = library.article(identity), library.search.row(identity)
        if options.json:
            output().json({**record(row or _row(article)), "body": article.body})
        else:
            _print(article, plain=options.plain, in_vault=bool(row) and library.is_vault)
    return 0


SHOW = Verb(
    "show",
    run,
    _ShowOptions,
    summary="print one article",
    about="Print one article. Showing an article does not mark it read.",
    examples=(
        "rilo-reader show guide/first-steps.md",
        "rilo-reader show --plain notes/today.md | wc -w",
    ),
    exit_codes="0 done; 1 failed, also when there is no such article; 2 wrong usage.",
    surplus="One article at a time; quote a name with spaces",
)


def find(library: Library, name: str) -> ArticleId | None:
    """The article that an argument names; None for a file outside the library.

    Tries in this order: an id or a path, the beginning of one id, the end of one path ("today.md"
    for "notes/today.md").

    Raises:
        LibraryError: no article matches, or several do; the message names similar ones.
    """
    file = typed_path(name)
    identity = library.find(name)
    if identity is not None or file.is_file():
        return identity
    matches = [
        row
        for row in rows(library, Query(), 0)
        if name and (row.id.startswith(name) or row.path.endswith(f"/{name}"))
    ]
    if len(matches) == 1:
        return matches[0].id
    if matches:
        named = ", ".join(row.path for row in matches[:SHOWN_NAMES])
        more = ", …" if len(matches) > SHOWN_NAMES else "."
        raise LibraryError(f"'{name}' could be any of {len(matches):,} articles: {named}{more}")
    raise LibraryError(f"there is no article '{name}'. {_similar(library, name)}")


def _similar(library: Library, name: str) -> str:
    """A suggestion: articles with a similar name, or how to list all."""
    wanted = PurePosixPath(name).name.casefold()
    candidates: dict[str, str] = {}  # names and ids -> paths
    for row in islice(rows(library, Query(), SEARCHED), SEARCHED):
        candidates[PurePosixPath(row.path).name.casefold()] = row.path
        candidates.setdefault(row.id.casefold(), row.path)
    close = get_close_matches(wanted, candidates, n=SHOWN_NAMES, cutoff=0.7)
    if close:
        return f"Did you mean {' or '.join(dict.fromkeys(map(candidates.__getitem__, close)))}?"
    return "To list all articles with their paths: rilo-reader list"


def _file(file: Path) -> Article:
    """A file outside the library as an article."""
    absolute = file.absolute()
    try:
        return read(absolute.parent, absolute.name, notes=True)
    except Unreadable as error:
        raise LibraryError(f"{file}: {error.reason}") from None


def _row(article: Article) -> Row:
    """What the index would have of an article."""
    names = ("id", "path", "title", "source", "date", "date_only", "url", "authors", "tags")
    return Row(**values_of(article, *names), marks=NO_MARKS)


def _print(article: Article, *, plain: bool, in_vault: bool) -> None:
    """Print an article, styled on a terminal unless `plain`, else as plain text.

    Comments are left out of an article that is `in_vault`, an Obsidian vault.
    """
    out = output()
    if plain or not out.terminal:
        out.write(clean_text(plain_text(article, in_vault=in_vault)))
        return
    config = user_settings()
    width = max(20, min(config.width, shutil.get_terminal_size().columns))
    styles = Styles(
        code=Style(color="cyan"),
        code_block=Style(color="cyan"),
        quote=Style(italic=True),
        link=Style(color="blue", underline=True),
    )
    date = human(article.date, article.date_only, form=config.date_format, long=True)
    page = whole(article, Layout(width, styles, addresses=True, in_vault=in_vault), date)
    for line in page.lines:
        out.line(*(_piece_of(segment, colour=out.colour) for segment in line.segments))


def _piece_of(segment: Segment, *, colour: bool) -> Piece:
    """A segment as a piece in the terminal's sixteen colours."""
    codes = ""
    if colour and segment.style:
        # Rich has no public function for bare codes: take what it puts around a letter. Links
        # are dropped, since their addresses are printed already.
        style = segment.style.update_link(None)
        codes = style.render("x", color_system=ColorSystem.STANDARD)
        codes = codes.partition("m")[0].removeprefix("\x1b[") if codes != "x" else ""
    return Piece(segment.text, codes)
