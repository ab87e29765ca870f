"""`edition`: a finite issue of what is unread, printed, or written as a book or page."""

from __future__ import annotations

from datetime import datetime

from rilo_reader.cli.arguments import load_user_settings, open_current
from rilo_reader.cli.output import UsageError, errors
from rilo_reader.cli.printing import LISTS, RecordPrinter
from rilo_reader.cli.search import (
    QUERY_LIMIT,
    format_article,
    join_query_words,
    make_record,
    query_of,
)
from rilo_reader.cli.verb import Verb, argument, flag, option, parse_number
from rilo_reader.feeds.status import daily_limits
from rilo_reader.paths import user_paths
from rilo_reader.plugins.editions.edition import make_edition
from rilo_reader.plugins.editions.settings import LONGEST_EDITION, EditionSettings
from rilo_reader.plugins.exporters import verb as exports
from rilo_reader.plugins.exporters.formats import ExportFormat, ExportHeading
from rilo_reader.query.tree import ArticleSelection, Query, Sort
from rilo_reader.text import clean_line, format_count, to_display_title

_FORMATS = [str(form) for form in ExportFormat if form is not ExportFormat.OPML]

COLUMNS = ("date", "title", "source", "path", "minutes")


class EditionVerb(Verb):
    """Print a short selection of unread articles."""

    about = """
Print a short selection of unread articles, in reading order.

It has some articles of every source, least recently read sources first, and
each story once. The others wait for the next edition; nothing is marked as
read. With --to, it is written as a book or a page.
"""
    examples = (
        "rilo-reader edition --minutes 20",
        "rilo-reader edition source:rilo --to morning.epub",
    )
    exit_codes = """0 done, also if nothing is unread; 1 failed, also if there is nothing to write;
2 wrong usage."""

    query: list[str] = argument("QUERY", "only from articles that match", nargs="*")
    minutes: int | None = option(
        "--minutes N",
        "the reading time, instead of edition_minutes in the settings",
        type=parse_number,
    )
    to: str | None = option(
        "--to FILE", "write it to FILE, replacing it, or to standard output with -"
    )
    format: str | None = option(
        "--format FORMAT",
        f"{', '.join(_FORMATS[:-1])} or {_FORMATS[-1]}, instead of the format in FILE's name",
        choices=_FORMATS,
    )
    muted: bool = flag("--muted", "include articles that your mutes hide")
    json: bool = flag(
        "--json",
        "one JSON object per line: what list --json prints, and minutes",
    )

    def run(self) -> int:
        """Print or write today's edition; return the exit code."""
        config, now = load_user_settings(), datetime.now().astimezone()
        usual = config.plugin_values(EditionSettings).edition_minutes
        minutes = usual if self.minutes is None else self.minutes
        if not 1 <= minutes <= LONGEST_EDITION:
            raise UsageError(f"edition: --minutes can be 1 to {LONGEST_EDITION}")
        if self.to is not None and self.json:
            raise UsageError("edition takes --to or --json, not both")
        target = exports.resolve_target("edition", self.to, self.format) if self.to else None
        if target is not None and target.form is ExportFormat.OPML:
            raise UsageError("edition: a list of feeds has no articles; name a file such as x.epub")
        text = clean_line(join_query_words(self.query), limit=QUERY_LIMIT)
        query = query_of(text)
        with open_current(self, hide=not self.muted) as library:
            limits = daily_limits(library.folder, user_paths())
            edition = make_edition(library, query, minutes, now=now, at_most=limits)
            chosen = Query(ArticleSelection(edition.ids), Sort.RELEVANCE)
            if not edition.articles:
                errors().note("No unread articles for an edition.")
                return 0 if target is None else 1
            if target is not None:
                title = f"Edition of {now.day} {now:%B %Y}"
                if target.form.is_of_links:
                    chosen = exports.restrict_to_links(library, chosen)
                total = library.search.count(chosen)
                heading = ExportHeading(title, text, total, edition.end_text)
                written = exports.write_articles(library, chosen, target, heading)
                target.print_written(format_count(written, "article"))
                return 1 if written < heading.total else 0
            if (number := LISTS.get()) and not self.json:
                number(edition.ids, f"Today's edition: {edition.size_text}.", edition.end_text)
                return 0
            report = RecordPrinter(COLUMNS, as_json=self.json)
            length = {article.id: article.minutes for article in edition.articles}
            for row in library.search.each(chosen):
                its = length[row.id]
                lines = format_article(library, row, Query(), f"{its} min")
                report.print_record(
                    {**make_record(row), "minutes": its}, lines, title=to_display_title(row.title)
                )
            if report.for_people:
                errors().note(edition.end_text)
        return 0
