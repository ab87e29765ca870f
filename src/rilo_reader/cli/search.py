"""`search` and `list`: print articles, a few lines each on a terminal, else one line each."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from itertools import islice
from shlex import quote

from rich.cells import cell_len

from rilo_reader.article import FIELDS
from rilo_reader.cli.arguments import load_user_settings, open_current
from rilo_reader.cli.output import PROGRAM, OutputStyle, StyledText, UsageError, errors, output
from rilo_reader.cli.printing import Line, RecordPrinter, pick_values
from rilo_reader.cli.verb import Verb, argument, flag, option, parse_number
from rilo_reader.config import queries_by_name
from rilo_reader.dates import date_value, format_date
from rilo_reader.library import Library, LibraryError, Row
from rilo_reader.library.remote import CombinedResults, is_asked_elsewhere
from rilo_reader.query.edit import to_text
from rilo_reader.query.match import find_hits
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query, Sort, words_to_highlight
from rilo_reader.text import clean_line, to_display_title

TERMINAL_LIMIT = 50  # default number of articles on a terminal
QUERY_LIMIT = 10_000  # characters of a query
SNIPPET = 160  # characters of a snippet

_WORDS = " ".join(f"{one.field}:" for one in FIELDS[1:])
_IN_FIELDS = textwrap.fill(f"in the title; also body: {_WORDS}", 80 - 24).replace(
    "\n", "\n" + 24 * " "
)
_LISTED_FIELDS = tuple(one.name for one in FIELDS if one.name in Row._fields)

OUTPUT = """
On a terminal, the first 50 articles are shown, a few lines each. In a pipe or a
file, all are printed, one per line, in four columns separated by tabs: date,
title, source and path.
"""


class ListVerb(Verb):
    """List articles, newest first."""

    about = """
List articles, newest first, or as the setting sort says.

The index is updated first. With --json, snippet is empty; search fills it.
"""
    sections = OUTPUT
    examples = (
        "rilo-reader list --limit 10",
        "rilo-reader list --library ~/blog/content | cut -f 2",
    )
    surplus = f"To find articles: {PROGRAM} search '{{}}'"

    json: bool = flag(
        "--json",
        f"one JSON object per line: id, path, title, date, {', '.join(_LISTED_FIELDS[1:])}, "
        "comments, read, starred, snippet; with --count only count",
    )
    limit: int | None = option("--limit N", "at most N articles; 0 means all", type=parse_number)
    count: bool = flag("--count", "print only the number of articles")
    muted: bool = flag("--muted", "include articles that your mutes hide")
    no_check: bool = flag(
        "--no-check", "search the index as it is, without checking the files first"
    )

    def run(self) -> int:
        """Print every article."""
        return _print_articles(Query(sort=usual_sort()), self)


class SearchVerb(ListVerb):
    """Find articles."""

    about = """
Find articles.

The index is updated first, so results match the files as they are now.
"""
    sections = f"""
Queries:
  wildlife region       both words, anywhere in an article
  wildl*                words that begin with wildl
  "by post"             a phrase (for the shell: '"by post"')
  -ebay                 without the word
  wildlife OR drugs     either; brackets group: (wildlife OR drugs) post
  ~wildlfie /drugs?/    a word one letter away; a word that matches a pattern
  title:seminar         {_IN_FIELDS}
  after:2019-03 before:2020 date:2021
                        dates; after:30d is the last thirty days
  minutes:<10 minutes:5..15
                        reading time
  feeds:news            the feeds that have this tag; feeds:"" those without one
  is:unread is:read is:starred is:edited
                        your marks
  starred:1d read:7d tagged:2026-11 noted:today
                        when you marked it, written as dates are
  has:audio has:video has:enclosure
                        with a sound, a film, any file attached
  sort:oldest           oldest first instead of newest; also sort:relevance,
                        and sort:read for what you read last
  @NAME                 the saved search of that name; more words narrow it
{OUTPUT}"""
    examples = (
        "rilo-reader search 'wildlife -ebay after:2019'",
        "rilo-reader search --json --limit 5 'title:seminar' | jq -r .url",
    )
    exit_codes = """0 done, also if nothing was found (--count prints 0); 1 failed; 2 wrong usage,
such as a query that cannot be read."""

    query: list[str] = argument("QUERY", "what to find, see below", nargs="*", may_be_empty=True)
    no_snippet: bool = flag("--no-snippet", "with --json, leave snippet empty, which is faster")

    def run(self) -> int:
        """Print the articles that match a query."""
        if not any(word.strip() for word in self.query):
            raise UsageError(
                f"search needs a query, for example: {PROGRAM} search wildlife. "
                f"To list all articles: {PROGRAM} list"
            )
        query = query_of(join_query_words(self.query), usual_sort())
        # Without a query there are no hits, so the files need not be read.
        has_snippets = self.json and not self.no_snippet and not query.is_everything
        return _print_articles(query, self, has_snippets=has_snippets)


def join_query_words(words: Sequence[str]) -> str:
    """Join the words of a command line to a query; warn about a minus that may be an option.

    `-n` is how other programs write an option, and here a word that no result has.
    """
    for word in words:
        if re.fullmatch("-[A-Za-z]", word):
            meaning = f"{word} is read as part of the query: articles without the word {word[1]}."
            errors().note(f"{meaning} Options have names, such as --limit 3.")
    return " ".join(words)


def usual_sort() -> Sort:
    """The order of lists whose query says none."""
    return Sort(load_user_settings().sort)


def query_of(text: str, sort: Sort = Sort.NEWEST) -> Query:
    """The query of a text, with the user's saved searches; UsageError if it has faults.

    `sort` is its order if it says none.
    """
    text = clean_line(text, limit=QUERY_LIMIT)
    query = parse(text, saved=queries_by_name(load_user_settings().searches), sort=sort)
    for fault in query.faults:
        before, wrong = text[: fault.start], text[fault.start : fault.end]
        caret = " " * cell_len(before) + "^" * max(1, cell_len(wrong))
        raise UsageError(fault.reason, f"  {text}", f"  {caret}")
    return query


def _print_articles(query: Query, options: ListVerb, *, has_snippets: bool = False) -> int:
    current, hide = not options.no_check, not options.muted
    with open_current(options, current=current, check=False, hide=hide) as library:
        together = _combine_results(library, query)
        if options.count:
            count = library.search.count(query) if together is None else together.total
            if options.json:
                output().json({"count": count})
            else:
                output().line(str(count))
            return 0
        report = RecordPrinter(("date", "title", "source", "path"), as_json=options.json)
        cut = options.limit is None and report.for_people
        shown = 0
        limit = TERMINAL_LIMIT if cut else options.limit or 0
        found_rows = library.search.each(query) if together is None else together.each()
        for row in islice(found_rows, limit or None):
            shown += 1
            found = library.snippet(row, query, SNIPPET) if has_snippets else None
            lines, title = format_article(library, row, query), to_display_title(row.title)
            report.print_record(make_record(row, found.text if found else ""), lines, title=title)
        if report.for_people:
            total = shown
            if cut:
                total = library.search.count(query) if together is None else together.total
            if total == 0:
                close = None if query.is_everything else library.search.did_you_mean(query)
                advice = f" Did you mean {PROGRAM} search {quote(to_text(close))}?" if close else ""
                errors().note(f"No articles found.{advice}")
            elif shown < total:
                least = "" if together is None or together.remote_results.is_exact else "at least "
                errors().note(f"{shown:,} of {least}{total:,} articles; --limit 0 shows all.")
            if hidden := library.search.count_hidden(query).total:
                errors().note(f"{hidden:,} hidden by your mutes; --muted shows them.")
    return 0


def _combine_results(library: Library, query: Query) -> CombinedResults | None:
    """Combine local and remote results; None, after a notice, if only local ones are shown."""
    elsewhere = library.remote_articles
    if elsewhere is None:
        return None
    reason = ""
    if query.is_everything:
        reason = f"Older articles are in {elsewhere.name}; a search finds them."
    elif not is_asked_elsewhere(query):
        reason = f"{elsewhere.name} cannot sort by relevance or search by reading time."
    else:
        together = CombinedResults(library.search, elsewhere, query)
        try:
            for _ in together.ask_remote():
                pass
        except LibraryError as error:
            reason = str(error)
        else:
            return together
    if output().is_for_people or not query.is_everything:
        errors().note(f"{reason} These are the articles on this device, {elsewhere.local_span}.")
    return None


def make_record(row: Row, snippet: str = "") -> dict[str, object]:
    """The JSON object of an article."""
    return {
        **pick_values(row, "id", "path", "title"),
        "date": date_value(row.date, row.date_only),
        **pick_values(row, *_LISTED_FIELDS),
        "enclosures": [one._asdict() for one in row.enclosures],
        "comments": row.comments,
        "tags": list(dict.fromkeys((*row.tags, *row.marks.tags))),
        **pick_values(row.marks, "read", "starred"),
        "snippet": snippet,
    }


def format_article(library: Library, row: Row, query: Query, length: str = "") -> Iterator[Line]:
    """An article for people, on as many lines as it takes; `length` stands after its source."""
    unread = OutputStyle.PLAIN if row.marks.read else OutputStyle.BOLD
    symbol = "★ " if row.marks.starred else ("  " if row.marks.read else "● ")
    title = to_display_title(row.title)
    hits = find_hits(title, words_to_highlight(query)) if not query.is_everything else []
    yield StyledText(symbol, unread), *_style_hits(title, hits, unread)
    elsewhere = library.remote_articles
    place = row.path or (f"in {elsewhere.name}" if elsewhere is not None else "")
    date = format_date(row.date, row.date_only, form="iso")
    edited = "edited" if row.marks.is_edited else ""
    details = " · ".join(filter(None, (edited, date, row.source, length, place)))
    yield (StyledText(f"  {details}", OutputStyle.DIM),)
    if query.is_everything:
        return
    # One line of the terminal, less the indent, the ellipses and the last column.
    width = max(40, shutil.get_terminal_size().columns - 8)
    if found := library.snippet(row, query, width):
        yield "  ", *_style_hits(found.text, found.hits, OutputStyle.PLAIN)


def _style_hits(text: str, hits: Sequence[tuple[int, int]], style: str) -> list[StyledText]:
    pieces, last = [], 0
    for start, end in hits:
        pieces.append(StyledText(text[last:start], style))
        pieces.append(StyledText(text[start:end], OutputStyle.HIT))
        last = end
    pieces.append(StyledText(text[last:], style))
    return pieces
