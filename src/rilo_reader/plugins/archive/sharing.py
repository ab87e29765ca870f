"""What the actions of `share` have in common: the connection, an exchange, and its words."""

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
from rilo_reader.plugins.archive.connection import ShareError, translated
from rilo_reader.plugins.archive.exchange import Share
from rilo_reader.plugins.archive.records import Exchanged, open_records
from rilo_reader.secret_store import Secret
from rilo_reader.text import format_count

SHOWN = 5  # files that are named


@contextmanager
def share_of(where: LibraryContext) -> Iterator[Share]:
    """The archive that a library shares. Raises LibraryError: it shares none."""
    if not archive_file(where.folder, where.paths).exists():
        raise ShareError(
            f"{where.folder} does not share an archive. To join one: {PROGRAM} share join URL"
        )
    with open_records(where.folder, where.paths) as records:
        yield Share(where.folder, where.paths, records)


@contextmanager
def connected(where: LibraryContext) -> Iterator[tuple[Share, Connection]]:
    """The same, with a connection. Raises LibraryError."""
    with share_of(where) as share, closing(share.connect()) as connection, translated():
        yield share, connection


def typed_password(question: str) -> Secret:
    """A password that is typed, and not shown."""
    try:
        return Secret(getpass.getpass(question))
    except EOFError:
        raise KeyboardInterrupt from None


def named_article(where: LibraryContext, name: str) -> ArticleId:
    """The article that an argument names, also one that is only in the archive."""
    with share_of(where) as share:
        if share.records.agreed([ArticleId(name)]):
            return ArticleId(name)
    with where.open_library() as library:
        update_index(library)
        article = find_article(library, name)
    if article is None:
        raise LibraryError(f"{name} is not an article of {where.folder}.")
    return article


# -- exchange -------------------------------------------------------------------------------------


def exchange_now(where: LibraryContext, *, as_json: bool) -> int:
    """Exchange and print what was done; return the exit code."""
    with connected(where) as (share, connection), show_waiting("Exchanging articles …"):
        done = share.exchange(connection)
    if as_json:
        output().json(asdict(done))
    else:
        tell_done(done)
    if done.new or done.updated or done.deleted or done.dropped:
        with where.open_library() as library:
            update_index(library)
    return 1 if done.problem else 0


def tell_done(done: Exchanged) -> None:
    """Say what an exchange did."""
    output().line(sentence_of(done))
    tell_what_stays(done)


def tell_what_stays(done: Exchanged) -> None:
    """Say whose text was replaced, and what was not written or sent."""
    for one in done.replaced[:SHOWN]:
        what = f"{one['by']} changed {one['path']}; your text is kept as {one['copy']}."
        errors().line(f"{what} All versions: {PROGRAM} share versions {quote(one['path'])}")
    if (more := len(done.replaced) - SHOWN) > 0:
        errors().line(f"{more:,} more of your texts were replaced; copies end in .yours.")
    if done.outside:
        articles = format_count(done.outside, "article")
        why = "because a link leads out of the library"
        errors().line(f"{articles} not written {why}. To see the links: {PROGRAM} doctor")
    if done.held:
        errors().line(stays_here(done.held))


def stays_here(articles: int) -> str:
    """What a reader is told of articles that are not sent."""
    stay = (
        f"{format_count(articles, 'article')} of yours {'stays' if articles == 1 else 'stay'} here"
    )
    return f"You are a reader of the archive, so {stay}."


def sentence_of(done: Exchanged) -> str:
    """What an exchange did, in a sentence or two."""
    if done.problem:
        return done.problem
    counts = {
        "new": done.new,
        "updated": done.updated,
        "also changed on this device, and kept": done.kept,
        "deleted": done.deleted,
        "older, and now only in the archive": done.dropped,
        "not accepted": done.refused,
        "sent": done.sent,
    }
    parts = [f"{count:,} {words}" for words, count in counts.items() if count]
    if marks := done.marks_sent + done.marks_changed:
        parts.append(f"{format_count(marks, 'mark')} exchanged")
    restored = "The server was restored from a backup; what it lacked was sent again. "
    colleagues = "Colleagues changed the highlights that they share."
    others = colleagues if done.highlights_changed else ""
    counts_said = f"{', '.join(parts)}." if parts else "" if others else "Nothing new."
    return f"{restored if done.restored else ''}{' '.join(filter(None, (counts_said, others)))}"


def exchange_after(where: LibraryContext) -> None:
    """Exchange with the archive that a library shares, after a verb changed it.

    A problem is a line on stderr: changes are sent later.
    """
    try:
        with connected(where) as (share, connection):
            done = share.exchange(connection)
        if done.problem:
            errors().line(done.problem)
        if done.kept:
            articles = format_count(done.kept, "article")
            errors().line(f"{articles} also changed in the archive; yours are kept.")
        tell_what_stays(done)
    except LibraryError as error:
        errors().line(f"Not shared yet: {error}")
