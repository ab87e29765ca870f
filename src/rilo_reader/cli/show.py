"""`show`: one article, found by its id, the beginning of one, or a path."""

from __future__ import annotations

import shutil
from difflib import get_close_matches
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from rilo_reader.cli.libraries import opened
from rilo_reader.cli.output import Piece, output
from rilo_reader.cli.search import record, rows
from rilo_reader.library import Library, LibraryError, Row
from rilo_reader.paths import user_paths
from rilo_reader.query.tree import Query
from rilo_reader.store.marks import NO_MARKS
from rilo_reader.text import clean_text

if TYPE_CHECKING:
    from rich.segment import Segment

    from rilo_reader.article import Article
    from rilo_reader.cli.options import Options
    from rilo_reader.render.page import Page

NAMED = 3
"""How many articles an error names, where several or only similar ones match."""

SEARCHED = 20_000
"""How many of the newest articles are looked through for a similar name; more would take long."""


def run(options: Options) -> int:
    """Print one article."""
    with opened(options.library) as library:
        row = find(library, options.article)
        if row is None:
            return _show_file(Path(options.article).expanduser(), options)
        article = library.article(row.id)
        if options.json:
            output().json({**record(row), "body": article.body})
        else:
            print_article(article, plain=options.plain, in_vault=library.is_vault)
    return 0


def find(library: Library, name: str) -> Row | None:
    """The article that a word on the command line means; None for a file outside the library.

    Tried in this order: an id or a path as it stands, the beginning of one id, the end of one
    path ("today.md" for "notes/today.md").

    Raises:
        LibraryError: no article or several are meant; names those that come near.
    """
    from rilo_reader.store.folder import path_of

    file = Path(name).expanduser()
    path = path_of(library.folder, file)
    identity = library.find(name) or (library.find(path) if path else None)
    row = library.row(identity) if identity is not None else None
    if row is not None:
        return row
    if file.is_file():
        return None
    meant = [row for row in rows(library, Query(), 0) if _may_mean(name, row)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise LibraryError(f"'{name}' could be any of {len(meant):,} articles: {_names(meant)}")
    raise LibraryError(f"there is no article '{name}'. {_similar(library, name)}")


def _may_mean(name: str, row: Row) -> bool:
    return bool(name) and (row.id.startswith(name) or row.path.endswith(f"/{name}"))


def _names(found: list[Row]) -> str:
    named = ", ".join(row.path for row in found[:NAMED])
    return f"{named}, …" if len(found) > NAMED else f"{named}."


def _similar(library: Library, name: str) -> str:
    """What to say instead: articles of a similar name, else where all the names are."""
    wanted = PurePosixPath(name).name.casefold()
    candidates: dict[str, Row] = {}
    for row in islice(rows(library, Query(), SEARCHED), SEARCHED):
        candidates[PurePosixPath(row.path).name.casefold()] = row
        candidates.setdefault(row.id.casefold(), row)
    close = get_close_matches(wanted, candidates, n=NAMED, cutoff=0.7)
    if close:
        found = list(dict.fromkeys(candidates[key].path for key in close))
        return f"Did you mean {' or '.join(found)}?"
    return "rilo-reader list names every article by its path."


def _show_file(file: Path, options: Options) -> int:
    """Print a Markdown file that no library holds, as the library would read it."""
    from rilo_reader.store.folder import Unreadable, read

    absolute = file.absolute()
    try:
        article = read(absolute.parent, absolute.name)
    except Unreadable as error:
        raise LibraryError(f"{file}: {error.reason}") from None
    if options.json:
        output().json(_record_of(article))
    else:
        print_article(article, plain=options.plain)
    return 0


def _record_of(article: Article) -> dict[str, object]:
    row = Row(
        id=article.id,
        path=article.path,
        title=article.title,
        source=article.source,
        date=article.date,
        date_only=article.date_only,
        marks=NO_MARKS,
        url=article.url,
        authors=article.authors,
        tags=article.tags,
    )
    return {**record(row), "body": article.body}


def print_article(article: Article, *, plain: bool, in_vault: bool = False) -> None:
    """Print an article as a page on a terminal, as text elsewhere or where `plain` asks for it.

    `in_vault` where it belongs to a vault of Obsidian.
    """
    out = output()
    if plain or not out.terminal:
        from rilo_reader.render import plain as plain_text

        out.write(clean_text(plain_text(article, in_vault=in_vault)))
        return
    from rilo_reader import config as settings

    config, _ = settings.load(user_paths().settings_file)
    width = max(20, min(config.width, shutil.get_terminal_size().columns))
    page = _page(article, width, config.date_format, in_vault=in_vault)
    for line in page.lines:
        out.line(*(_dressed(segment, colour=out.colour) for segment in line.segments))


def _page(article: Article, width: int, date_format: str, *, in_vault: bool) -> Page:
    from rich.style import Style

    from rilo_reader.render.dates import human
    from rilo_reader.render.document import Layout, whole
    from rilo_reader.render.styles import Styles

    styles = Styles(
        code=Style(color="cyan"),
        code_block=Style(color="cyan"),
        quote=Style(italic=True),
        link=Style(color="blue", underline=True),
    )
    date = human(article.date, article.date_only, form=date_format, long=True)
    return whole(article, Layout(width, styles, addresses=True, in_vault=in_vault), date)


def _dressed(segment: Segment, *, colour: bool) -> Piece:
    """A segment as a piece in one of the terminal's own sixteen colours."""
    from rich.color import ColorSystem

    codes = ""
    if colour and segment.style:
        # Rich keeps no door to the bare codes: they are what it puts around a letter.
        # A link would stand among them, but its address is printed beside it already.
        style = segment.style.update_link(None)
        codes = style.render("x", color_system=ColorSystem.STANDARD)
        codes = codes.partition("m")[0].removeprefix("\x1b[") if codes != "x" else ""
    return Piece(segment.text, codes)
