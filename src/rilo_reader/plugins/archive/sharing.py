"""Shared parts of the actions of `share`: the connection, an exchange, and its messages."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from shlex import quote

from psycopg import Connection

from rilo_reader.article import ArticleId
from rilo_reader.cli.arguments import find_article, update_index
from rilo_reader.cli.library_context import LibraryContext
from rilo_reader.cli.output import PROGRAM, errors, output
from rilo_reader.cli.printing import show_waiting
from rilo_reader.library import LibraryError
from rilo_reader.plugins.archive import archive_file
from rilo_reader.plugins.archive.connection import ShareError, convert_errors
from rilo_reader.plugins.archive.exchange import ArchiveShare
from rilo_reader.plugins.archive.records import ArchiveExchangeResult, open_records
from rilo_reader.secret_store import Secret
from rilo_reader.text import format_count

MAX_SHOWN = 5  # files that are named


@contextmanager
def open_share(context: LibraryContext) -> Iterator[ArchiveShare]:
    """Open the archive that a library shares. Raises LibraryError: it shares none."""
    if not archive_file(context.folder, context.paths).exists():
        raise ShareError(
            f"{context.folder} does not share an archive. To join one: {PROGRAM} share join URL"
        )
    with open_records(context.folder, context.paths) as records:
        yield ArchiveShare(context.folder, context.paths, records)


@contextmanager
def open_connected_share(context: LibraryContext) -> Iterator[tuple[ArchiveShare, Connection]]:
    """Open the archive that a library shares, with a connection. Raises LibraryError."""
    with (
        open_share(context) as share,
        closing(share.connect_joined()) as connection,
        convert_errors(),
    ):
        yield share, connection


def ask_password(question: str) -> Secret:
    """Ask for a password, which is not shown."""
    try:
        return Secret(getpass.getpass(question))
    except EOFError:
        raise KeyboardInterrupt from None


def resolve_article(context: LibraryContext, name: str) -> ArticleId:
    """Return the article that an argument names, also one that is only in the archive."""
    with open_share(context) as share:
        if share.records.agreed_versions([ArticleId(name)]):
            return ArticleId(name)
    with context.open_library() as library:
        update_index(library)
        article = find_article(library, name)
    if article is None:
        raise LibraryError(f"{name} is not an article of {context.folder}.")
    return article


# -- exchange -------------------------------------------------------------------------------------


def exchange_now(context: LibraryContext, *, as_json: bool) -> int:
    """Exchange and print what was done; return the exit code."""
    waiting = show_waiting("Exchanging articles …")
    with open_connected_share(context) as (share, connection), waiting:
        result = share.exchange_all(connection)
    if as_json:
        output().json(asdict(result))
    else:
        print_result(result)
    if result.new or result.updated or result.deleted or result.dropped:
        with context.open_library() as library:
            update_index(library)
    return 1 if result.problem else 0


def print_result(result: ArchiveExchangeResult) -> None:
    """Print the result of an exchange."""
    output().line(describe_result(result))
    print_unsent(result)


def print_unsent(result: ArchiveExchangeResult) -> None:
    """Print whose text was replaced, and what was not written or sent."""
    for one in result.replaced[:MAX_SHOWN]:
        what = f"{one['by']} changed {one['path']}; your text is kept as {one['copy']}."
        errors().line(f"{what} All versions: {PROGRAM} share versions {quote(one['path'])}")
    if (more := len(result.replaced) - MAX_SHOWN) > 0:
        errors().line(f"{more:,} more of your texts were replaced; copies end in .yours.")
    if result.outside:
        articles = format_count(result.outside, "article")
        why = "because a link leads out of the library"
        errors().line(f"{articles} not written {why}. To see the links: {PROGRAM} doctor")
    if result.held:
        errors().line(describe_unsent(result.held))


def describe_unsent(articles: int) -> str:
    """Return the sentence for a reader on articles that are not sent."""
    stay = "stays here" if articles == 1 else "stay here"
    return (
        f"You are a reader of the archive, so {format_count(articles, 'article')} of yours {stay}."
    )


def describe_result(result: ArchiveExchangeResult) -> str:
    """Return the result of an exchange in a sentence or two."""
    if result.problem:
        return result.problem
    counts = {
        "new": result.new,
        "updated": result.updated,
        "also changed on this device, and kept": result.kept,
        "deleted": result.deleted,
        "older, and now only in the archive": result.dropped,
        "not accepted": result.refused,
        "sent": result.sent,
    }
    parts = [f"{count:,} {words}" for words, count in counts.items() if count]
    if marks := result.marks_sent + result.marks_changed:
        parts.append(f"{format_count(marks, 'mark')} exchanged")
    restored = "The server was restored from a backup; what it lacked was sent again. "
    colleagues = "Colleagues changed the highlights that they share."
    others = colleagues if result.highlights_changed else ""
    summary = f"{', '.join(parts)}." if parts else "" if others else "Nothing new."
    return f"{restored if result.restored else ''}{' '.join(filter(None, (summary, others)))}"


def exchange_after_change(context: LibraryContext) -> None:
    """Exchange with the archive that a library shares, after a verb changed it.

    A problem is a line on stderr: changes are sent later.
    """
    try:
        with open_connected_share(context) as (share, connection):
            result = share.exchange_all(connection)
        if result.problem:
            errors().line(result.problem)
        if result.kept:
            articles = format_count(result.kept, "article")
            errors().line(f"{articles} also changed in the archive; yours are kept.")
        print_unsent(result)
    except LibraryError as error:
        errors().line(f"Not shared yet: {error}")
