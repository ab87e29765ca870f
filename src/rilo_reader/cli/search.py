"""`search` and `list`: print articles, a few lines each on a terminal, else one line each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rilo_reader.cli.libraries import opened, user_settings
from rilo_reader.cli.output import Output, Piece, Style, UsageError, errors, output
from rilo_reader.library import Library, LibraryError, Row, Snippet
from rilo_reader.query.tree import Query, highlights
from rilo_reader.text import clean_line, shown_title

if TYPE_CHECKING:
    from rilo_reader.article import Article
    from rilo_reader.cli.options import Options
    from rilo_reader.query.tree import QueryFault

TERMINAL_LIMIT = 50
"""Default number of articles on a terminal."""

QUERY_LIMIT = 10_000
"""Characters of a query."""

SNIPPET = 160
"""Characters of a snippet."""

_FIRST_WINDOW, _LARGEST_WINDOW = 100, 10_000


def search(options: Options) -> int:
    """Print the articles that match a query."""
    return _list(query_of(" ".join(options.query)), options)


def list_all(options: Options) -> int:
    """Print every article, newest first."""
    return _list(Query(), options)


def query_of(text: str) -> Query:
    """The query of a text, with the user's saved searches.

    Raises:
        UsageError: it has faults.
    """
    from rilo_reader.library.mutes import by_name
    from rilo_reader.query.parser import parse

    text = clean_line(text, limit=QUERY_LIMIT)
    query = parse(text, saved=by_name(user_settings().searches))
    if query.faults:
        raise _query_error(text, query.faults[0])
    return query


def _query_error(text: str, fault: QueryFault) -> UsageError:
    """The error for a query with a fault, with a caret under it."""
    from rich.cells import cell_len

    before, wrong = text[: fault.start], text[fault.start : fault.end]
    caret = " " * cell_len(before) + "^" * max(1, cell_len(wrong))
    return UsageError(fault.reason, f"  {text}", f"  {caret}")


def hide_muted(library: Library, options: Options) -> None:
    """Hide what settings and feeds.toml mute, as the reader does; report invalid mutes."""
    if options.muted:
        return
    from rilo_reader.feeds.status import feed_mutes
    from rilo_reader.paths import user_paths

    mutes = (*user_settings().mutes, *feed_mutes(library.folder, user_paths()))
    if mutes:
        from rilo_reader.library.mutes import muting

        active = muting(mutes, datetime.now().astimezone().date())
        library.search.mute(active.queries)
        for problem in active.problems:
            errors().line(problem)


def _list(query: Query, options: Options) -> int:
    out = output()
    with opened(options) as library:
        hide_muted(library, options)
        if options.count:
            out.line(str(library.search.count(query)))
            return 0
        cut = options.limit is None and out.terminal and not options.json
        limit = TERMINAL_LIMIT if cut else options.limit or 0
        shown = 0
        for row in rows(library, query, limit):
            shown += 1
            if options.json:
                # Without a query there are no hits, so the file need not be read.
                snippet = None if query.is_everything else _snippet(_article(library, row), query)
                out.json(record(row, snippet.text if snippet else ""))
            elif out.terminal:
                _print_row(out, library, row, query)
            else:
                out.line("\t".join((short_date(row), shown_title(row.title), row.source, row.path)))
        if out.terminal and not options.json:
            _print_foot(shown, library.search.count(query) if cut else shown)
            _print_hidden(library.search.hidden(query).total)
    return 0


def rows(library: Library, query: Query, limit: int) -> Iterator[Row]:
    """The rows of a query in order, at most `limit` (0 for all), read in growing windows."""
    offset, size = 0, _FIRST_WINDOW
    while True:
        wanted = min(size, limit - offset) if limit else size
        window = library.search.window(query, offset, wanted)
        yield from window.rows
        offset += len(window.rows)
        if not window.rows or offset >= window.total or (limit and offset >= limit):
            return
        size = min(size * 2, _LARGEST_WINDOW)


def record(row: Row, snippet: str = "") -> dict[str, object]:
    """The JSON object of an article."""
    return {
        "id": row.id,
        "path": row.path,
        "title": row.title,
        "date": json_date(row),
        "source": row.source,
        "url": row.url,
        "authors": list(row.authors),
        "tags": list(dict.fromkeys((*row.tags, *row.marks.tags))),
        "read": row.marks.read,
        "starred": row.marks.starred,
        "snippet": snippet,
    }


def json_date(row: Row) -> str:
    """A date in ISO 8601: a day, or a time with its zone."""
    return row.date.date().isoformat() if row.date_only else row.date.isoformat()


def short_date(row: Row) -> str:
    """A date for a column: "2019-03-07", with the local time if it has one."""
    from rilo_reader.dates import human

    return human(row.date, row.date_only, form="iso")


def _article(library: Library, row: Row) -> Article | None:
    try:
        return library.article(row.id)
    except LibraryError:
        # The file was deleted meanwhile; show what the index has.
        return None


def _snippet(article: Article | None, query: Query, length: int = SNIPPET) -> Snippet | None:
    """The text around the first hit, or the beginning; None without text."""
    from rilo_reader.library.snippets import snippet

    return snippet(article, query, length) if article else None


def _print_row(out: Output, library: Library, row: Row, query: Query) -> None:
    from rilo_reader.query.match import find_hits

    unread = Style.PLAIN if row.marks.read else Style.BOLD
    symbol = "★ " if row.marks.starred else ("  " if row.marks.read else "● ")
    title = shown_title(row.title)
    hits = find_hits(title, highlights(query)) if not query.is_everything else []
    out.line(Piece(symbol, unread), *_marked(title, hits, unread))
    details = " · ".join(fact for fact in (short_date(row), row.source, row.path) if fact)
    out.line(Piece(f"  {details}", Style.DIM))
    if query.is_everything:
        return
    # One line of the terminal, less the indent, the ellipses and the last column.
    width = max(40, shutil.get_terminal_size().columns - 8)
    snippet = _snippet(_article(library, row), query, width)
    if snippet:
        out.line("  ", *_marked(snippet.text, snippet.hits, Style.PLAIN))


def _marked(text: str, hits: Sequence[tuple[int, int]], style: Style) -> list[Piece]:
    """The text in pieces, with hits highlighted."""
    pieces, last = [], 0
    for start, end in hits:
        pieces.append(Piece(text[last:start], style))
        pieces.append(Piece(text[start:end], Style.HIT))
        last = end
    pieces.append(Piece(text[last:], style))
    return pieces


def _print_foot(shown: int, total: int) -> None:
    """Report missing results on stderr."""
    if total == 0:
        errors().line(Piece("No articles found.", Style.DIM))
    elif shown < total:
        more = f"{shown:,} of {total:,} articles; --limit 0 shows all."
        errors().line(Piece(more, Style.DIM))


def _print_hidden(hidden: int) -> None:
    """Report the number of muted results."""
    if hidden:
        errors().line(Piece(f"{hidden:,} hidden by your mutes; --muted shows them.", Style.DIM))
