"""`export`: write the articles of a query, or the list of feeds, in another format."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.cli.arguments import (
    choose_writable,
    find_article,
    hide_muted,
    load_sources,
    open_current,
    print_notices,
)
from rilo_reader.cli.child import lower_priority
from rilo_reader.cli.library_context import format_of, open_output, resolve_output_file
from rilo_reader.cli.output import PROGRAM, UsageError, errors, output
from rilo_reader.cli.printing import show_count, show_waiting
from rilo_reader.cli.search import QUERY_LIMIT, join_query_words, query_of
from rilo_reader.cli.standard_input import expand_names
from rilo_reader.cli.verb import Verb, argument, flag, option
from rilo_reader.feeds.status import merge_feeds, read_feed_statuses
from rilo_reader.feeds.subscriptions import Subscription, load
from rilo_reader.library import Library, LibraryError
from rilo_reader.paths import expand_path, user_paths
from rilo_reader.plugins.exporters.exporter import export_folder, iter_exported, write_export
from rilo_reader.plugins.exporters.formats import ENDINGS, ExportFormat, ExportHeading
from rilo_reader.plugins.exporters.links import is_link
from rilo_reader.plugins.exporters.opml import write_opml
from rilo_reader.plugins.pictures.cache import open_store
from rilo_reader.query.tree import ArticleSelection, Query, Sort, restrict_query
from rilo_reader.text import clean_line, format_count, redact_address

STANDARD_OUTPUT = "-"


class ExportVerb(Verb):
    """Write articles as a book, page, feed, or files."""

    usage = """\
rilo-reader export [QUERY] --to FILE|FOLDER|- [--format FORMAT]
                          [--article ID|PATH] [--title TITLE]
                          [--library FOLDER] [--muted] [--no-highlights]
                          [--json]"""
    about = """
Write the articles that match QUERY, or all, to a file or folder.

They are in the query's order. Books, pages and JSON lines include your
highlights and notes; books and pages also include pictures, if they lie beside
the article or were fetched before. Without --format, the end of the file's name
decides:

  md         the articles' own files, as a zip or in a new folder
  jsonl      JSON lines; import restores the articles and their marks from them
  atom       an Atom feed
  epub       an EPUB 3 book, with a chapter for each article
  html       one page with a table of contents, which loads nothing
  csv        a table of links: title, address, date, your tags, read, starred
  bookmarks  the same as a page that browsers and read-later programs import
  opml       the list of your feeds, also those of accounts, for other readers;
             without a QUERY
  ris        references for citation managers, such as EndNote and Zotero
  bibtex     references for LaTeX (.bib)
  csl        references as CSL-JSON (.json), for Zotero and Pandoc
"""
    examples = (
        "rilo-reader export 'wildlife after:2019' --to wildlife.epub",
        "rilo-reader export --to - --format jsonl | gzip > articles.gz",
        "rilo-reader export tag:seminar --to seminars.bib",
        "rilo-reader export title:seminar --to links.html --format bookmarks",
    )
    exit_codes = """0 done; 1 failed, also if no articles are found (no file is written then); 2
wrong usage."""

    query: list[str] = argument("QUERY", "only the articles that match; without it, all", nargs="*")
    to: str = option(
        "--to FILE",
        "the file to write, or - for standard output; an existing file is replaced once the new "
        "one is complete",
        required=True,
    )
    format: str | None = option(
        "--format FORMAT",
        "md, jsonl, atom, epub, html, csv, bookmarks, opml, ris, bibtex or csl",
        choices=[str(form) for form in ExportFormat],
    )
    article: list[str] = option(
        "--article ID|PATH",
        "only this article; repeat it for more, in that order; - reads ids and paths from "
        "standard input, one per line",
        action="append",
        default=[],
    )
    title: str | None = option(
        "--title TITLE", "the title of a feed, book or page, instead of the query"
    )
    muted: bool = flag("--muted", "include articles that your mutes hide")
    no_highlights: bool = flag("--no-highlights", "leave out your highlights and notes")
    json: bool = flag(
        "--json",
        "one JSON object: wrote (the file), and articles and left_out (which cannot be read), or "
        "feeds",
    )

    def run(self) -> int:
        """Write the articles of a query."""
        if self.json:
            lower_priority()
        target = resolve_target("export", self.to, self.format)
        text = clean_line(join_query_words(self.query), limit=QUERY_LIMIT)
        query = query_of(text)
        if target.form is ExportFormat.OPML:
            if text:
                raise UsageError("export: a list of feeds takes no query; leave it out")
            return _export_subscriptions(target, as_json=self.json)
        with open_current(self, hide=False) as library:
            if self.article:
                found = [find_article(library, name) for name in expand_names(self.article)]
                chosen = ArticleSelection(tuple(filter(None, found)))
                query = restrict_query(query, chosen)._replace(sort=Sort.RELEVANCE)
            if target.form.is_of_links:
                query = restrict_to_links(library, query)
            everything = library.search.count(query)
            if not self.muted:
                hide_muted(library)
            total = library.search.count(query)
            if hidden := everything - total:
                left = format_count(hidden, "article")
                errors().line(f"Left out, since your mutes hide it: {left}. To have all: --muted")
            if not total:
                raise LibraryError("No articles found; nothing was written.")
            heading = ExportHeading(clean_line(self.title or text or "Articles"), text, total)
            written = write_articles(
                library, query, target, heading, highlights=not self.no_highlights
            )
        if self.json and target.path is not None:
            wrote = {"wrote": os.path.realpath(target.path), "articles": written}
            output().json({**wrote, "left_out": total - written})
        else:
            target.print_written(format_count(written, "article"))
        return 1 if written < total else 0


def restrict_to_links(library: Library, query: Query) -> Query:
    """Return the same query for the articles that have a web address; say how many do not."""
    with show_waiting("Finding articles with a web address …"):
        linked = [row.id for row in library.search.each(query) if is_link(row.url)]
    if rest := library.search.count(query) - len(linked):
        left = format_count(rest, "article")
        errors().line(f"Left out, since without a web address there is no link: {left}.")
    # In the order of the query: one of its own takes minutes for a hundred thousand.
    return Query(ArticleSelection(tuple(linked)), query.sort)


class ExportTarget(NamedTuple):
    """The file or folder that articles are written to, and their format."""

    name: str  # as it was typed
    path: Path | None  # None: standard output
    form: ExportFormat

    @property
    def is_folder(self) -> bool:
        """True if Markdown is written into a folder, and not into a zip."""
        to = self.path
        return self.form is ExportFormat.MARKDOWN and to is not None and to.suffix.lower() != ".zip"

    def print_written(self, content: str) -> None:
        """Say what was written."""
        if self.path is not None:
            output().line(f"Wrote {content} to {self.name}.")


def resolve_target(verb: str, to: str, wanted: str | None) -> ExportTarget:
    """Return the file or folder that a verb writes, in the given format, else that of its name.

    Raises UsageError if the format is not clear or cannot be written there, LibraryError if the
    file cannot be.
    """
    path = None if to == STANDARD_OUTPUT else expand_path(to)
    if wanted is not None:
        form = ExportFormat(wanted)
    elif path is not None and (to.endswith(("/", "\\")) or path.is_dir()):
        form = ExportFormat.MARKDOWN
    else:
        form = format_of(verb, to, ENDINGS)
    target = ExportTarget(to, path, form)
    if path is None:
        if form.is_archive and output().is_terminal:
            raise UsageError(
                f"{verb}: {form} cannot be shown in a terminal; name a file or redirect it"
            )
    elif not target.is_folder:
        resolve_output_file(verb, to)
    elif path.suffix.lower() == ".md":
        raise UsageError(
            f"{verb}: Markdown is written as a folder (--to FOLDER --format md) or a zip "
            "(--to FILE.zip), since each article is a file"
        )
    return target


def write_articles(
    library: Library,
    query: Query,
    target: ExportTarget,
    heading: ExportHeading,
    *,
    highlights: bool = True,
) -> int:
    """Write the articles of a query, `heading.total`; return how many could be read."""
    path, missing = target.path, list[str]()
    if target.is_folder and path is not None:
        folder = Path(os.path.realpath(path))
        if folder == library.folder or library.folder in folder.parents:
            raise LibraryError(
                "copies inside the library would become articles; name a folder outside it."
            )
    with show_count("Writing", heading.total) as progress:
        store = open_store(library.folder, user_paths(), library.dialects)
        ids = list[ArticleId]()
        for article in library.search.ids(query):
            ids.append(article)
            progress(0)  # which takes a second for a hundred thousand
        articles = iter_exported(
            library, ids, missing, progress, highlights=highlights, store=store
        )
        if target.is_folder and path is not None:
            try:
                export_folder(articles, path)
            except FileExistsError as error:
                there = f"{target.name} exists and is not empty; name a new folder."
                raise LibraryError(there) from error
        else:
            with open_output(path) as out:
                write_export(articles, out, target.form, heading, datetime.now(UTC))
    for left_out in missing:
        errors().line(f"{left_out}: left out, since the file is gone or cannot be read.")
    return heading.total - len(missing)


def _export_subscriptions(target: ExportTarget, *, as_json: bool) -> int:
    subscribed, problems = load(user_paths().feeds_file)
    print_notices(problem.message for problem in problems)
    feeds: Sequence[Subscription] = subscribed
    names: dict[str, str] = {}  # what feeds call themselves, by address, as far as it is known
    try:
        context = choose_writable(None)
        sources = (source for source in load_sources(context).sources if source.can_add_feeds)
        accounts = [account.read_feeds() for account in sources]
        feeds = [feed.subscription for feed in merge_feeds(subscribed, accounts)]
        statuses = read_feed_statuses(context.folder, context.paths, feeds, datetime.now(UTC))
        names = {feed.subscription.url: feed.name for feed in statuses if feed.source}
    except LibraryError as error:
        errors().line(f"{error} Feeds of accounts, or the feeds' own titles, are left out.")
    if made := sum(bool(feed.run) for feed in feeds):
        errors().line(f"{format_count(made, 'feed')} with a run program cannot be in an OPML list.")
    feeds = [feed for feed in feeds if not feed.run]
    if not feeds:
        raise LibraryError("No feeds found; nothing was written.")
    data = write_opml(feeds, f"{PROGRAM} subscriptions", names).encode(errors="replace")
    secret = sum(redact_address(feed.url) != feed.url for feed in feeds)
    with open_output(target.path, private=secret > 0) as out:
        out.write(data)
    if as_json and target.path is not None:
        output().json({"wrote": os.path.realpath(target.path), "feeds": len(feeds)})
    else:
        target.print_written(format_count(len(feeds), "feed"))
    if secret and target.path is not None:
        errors().line(f"{secret:,} of the addresses contain a password; keep the list to yourself.")
    return 0
