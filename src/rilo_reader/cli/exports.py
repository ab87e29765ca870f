"""`export`: write the articles of a query, or the list of feeds, in another format."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rilo_reader.cli.libraries import opened
from rilo_reader.cli.output import PROGRAM, UsageError, errors, output
from rilo_reader.exporters.values import ENDINGS, Exported, Format, Heading
from rilo_reader.library import LibraryError
from rilo_reader.query.tree import Query
from rilo_reader.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rilo_reader.cli.options import Options
    from rilo_reader.feeds.subscriptions import Subscription

STANDARD_OUTPUT = "-"


def run(options: Options) -> int:
    """Write the articles of a query."""
    form = form_of(options.to, options.format)
    query, text = _query(options)
    if form is Format.OPML and text:
        raise UsageError("export: a list of feeds cannot be narrowed by a query; leave it out")
    _check_target(options.to, form)
    if form is Format.OPML:
        return _subscriptions(options)
    with opened(options) as library:
        from rilo_reader.cli.progress import counting
        from rilo_reader.cli.search import hide_muted
        from rilo_reader.exporters.exporter import Exporter

        if _is_folder(options.to, form) and _is_inside(options.to, library.folder):
            raise UsageError(
                "export: copies inside the library would become articles; name a folder elsewhere"
            )
        hide_muted(library, options)
        total = library.search.count(query)
        if not total:
            return _nothing("articles")
        title = clean_line(options.title or text or "Articles")
        with counting("Writing", total, delay=options.progress_delay) as progress:
            highlights = not options.no_highlights
            articles = Exporter(library, query, progress, highlights=highlights)
            _write(articles, options.to, form, Heading(title, text, total))
        written = total - len(articles.missing)
        for path in articles.missing:
            errors().line(f"{path}: left out, since the file is gone or cannot be read.")
        _report(options.to, f"{written:,} article{'' if written == 1 else 's'}")
        return 1 if articles.missing else 0


def form_of(to: str, wanted: str | None) -> Format:
    """The format of an export: the given one, else that of the file's name.

    Raises:
        UsageError: there is neither.
    """
    if wanted is not None:
        return Format(wanted)
    if to != STANDARD_OUTPUT:
        path = Path(to).expanduser()
        form = ENDINGS.get(path.suffix.lower())
        if form is not None and not path.is_dir():
            return form
        if to.endswith(("/", "\\")) or path.is_dir():
            return Format.MARKDOWN
    names = ", ".join(Format)
    raise UsageError(f"export: '{to}' does not show the format; add --format ({names})")


def _query(options: Options) -> tuple[Query, str]:
    """The query, and its text.

    Raises:
        UsageError: it has faults.
    """
    from rilo_reader.cli.search import QUERY_LIMIT, query_of

    text = clean_line(" ".join(options.query), limit=QUERY_LIMIT)
    return (query_of(text), text) if text else (Query(), "")


def _is_folder(to: str, form: Format) -> bool:
    """Whether Markdown is written into a folder, and not into a zip."""
    return form is Format.MARKDOWN and Path(to).suffix.lower() != ".zip"


def _is_inside(to: str, folder: Path) -> bool:
    """Whether a target is in the library, where copies would be articles too."""
    target = Path(os.path.realpath(Path(to).expanduser()))
    return target == folder or folder in target.parents


def _check_target(to: str, form: Format) -> None:
    """Check the target before anything is read.

    Raises:
        UsageError: it is not suitable for this format.
    """
    if to == STANDARD_OUTPUT:
        if form in (Format.EPUB, Format.MARKDOWN) and output().terminal:
            raise UsageError(f"export: {form} cannot go to a terminal; name a file or redirect it")
        return
    path = Path(to).expanduser()
    if _is_folder(to, form):
        if path.suffix.lower() == ".md":
            raise UsageError(
                "export: Markdown is written as a folder (--to FOLDER --format md) or a zip "
                "(--to FILE.zip), since each article is a file"
            )
    elif path.is_dir():
        raise UsageError(f"export: '{to}' is a folder; name a file in it")
    elif not path.absolute().parent.is_dir():
        raise UsageError(f"export: there is no folder '{path.parent}'")


def _write(articles: Iterable[Exported], to: str, form: Format, heading: Heading) -> None:
    from rilo_reader.exporters.exporter import export, export_folder
    from rilo_reader.files import replacing

    now = datetime.now(UTC)
    if to == STANDARD_OUTPUT:
        # Bytes, in the encoding of the format and not in that of the terminal.
        export(articles, sys.stdout.buffer, form, heading, now)
        sys.stdout.buffer.flush()
        return
    path = Path(to).expanduser()
    if _is_folder(to, form):
        try:
            export_folder(articles, path)
        except FileExistsError as error:
            raise LibraryError(f"{to} exists and is not empty; name a new folder.") from error
        return
    with replacing(path) as out:
        export(articles, out, form, heading, now)


def _subscriptions(options: Options) -> int:
    """Write the list of feeds, those of accounts too."""
    from rilo_reader.feeds.opml import write_opml
    from rilo_reader.feeds.subscriptions import load
    from rilo_reader.fetch.addresses import without_login
    from rilo_reader.files import replacing
    from rilo_reader.paths import user_paths

    to = options.to
    own, problems = load(user_paths().feeds_file)
    for problem in problems:
        errors().line(f"{problem.file.name}, line {problem.line}: {problem.key} {problem.reason}")
    feeds = _with_those_of_accounts(own, options)
    if not feeds:
        return _nothing("feeds")
    data = write_opml(feeds, f"{PROGRAM} subscriptions", _names(feeds)).encode(errors="replace")
    if to == STANDARD_OUTPUT:
        output().write(data.decode())
        return 0
    with replacing(Path(to).expanduser()) as out:
        out.write(data)
    _report(to, f"{len(feeds):,} feed{'' if len(feeds) == 1 else 's'}")
    secret = sum(without_login(feed.url) != feed.url for feed in feeds)
    if secret:
        errors().line(f"{secret:,} of the addresses contain a password; keep the list to yourself.")
    return 0


def _with_those_of_accounts(
    own: Sequence[Subscription], options: Options
) -> Sequence[Subscription]:
    from rilo_reader.cli.account_feeds import account_feeds_of
    from rilo_reader.cli.collecting import accounts_of, place
    from rilo_reader.feeds.status import listed

    try:
        where = place(None)
        accounts = account_feeds_of(where, accounts_of(where))
    except LibraryError as error:
        errors().line(f"{error} Feeds of accounts are left out.")
        return own
    return [each.subscription for each in listed(own, accounts)]


def _names(feeds: Sequence[Subscription]) -> dict[str, str]:
    """The feeds' own titles by address, as far as the library knows them."""
    from rilo_reader.cli.collecting import place
    from rilo_reader.feeds.status import followed

    try:
        where = place(None)
        statuses = followed(where.folder, where.paths, feeds, datetime.now(UTC))
    except LibraryError as error:
        errors().line(f"{error} Feeds that you gave no title are listed by their address.")
        return {}
    return {each.subscription.url: each.name for each in statuses if each.source}


def _nothing(what: str) -> int:
    """Report that there is nothing to write; an error, since no file is written."""
    errors().line(f"No {what} found; nothing was written.")
    return 1


def _report(to: str, what: str) -> None:
    if to != STANDARD_OUTPUT:
        output().line(f"Wrote {what} to {to}.")
