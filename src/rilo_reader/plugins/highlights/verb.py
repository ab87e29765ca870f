"""`highlights`: print highlights and notes, of all articles or of those of a query."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from rilo_reader.annotations.json_lines import json_lines
from rilo_reader.cli.arguments import load_user_settings, open_current, print_exchange
from rilo_reader.cli.library_context import format_of, open_output, resolve_output_file
from rilo_reader.cli.output import OutputStyle, StyledText, UsageError, errors, output
from rilo_reader.cli.printing import show_count
from rilo_reader.cli.search import join_query_words, query_of
from rilo_reader.cli.verb import Verb, argument, flag, option
from rilo_reader.config.highlight_kinds import KindSettings
from rilo_reader.dates import format_date
from rilo_reader.hooks import ExchangeResult
from rilo_reader.library import Library
from rilo_reader.library.annotated import Found, iter_annotated, others_highlights
from rilo_reader.paths import user_paths
from rilo_reader.plugins.highlights.formats import (
    format_json_ld,
    format_markdown,
    format_readwise_csv,
)
from rilo_reader.plugins.highlights.notes import NoteFiles
from rilo_reader.render.lines import wrap_text
from rilo_reader.store.marks import HIGHLIGHT
from rilo_reader.text import format_count, to_display_title


class NotesFormat(StrEnum):
    """A format of highlights."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON_LINES = "jsonl"
    JSON_LD = "jsonld"
    READWISE = "readwise"


_ENDINGS: Mapping[str, NotesFormat] = {
    **{".txt": NotesFormat.TEXT, ".md": NotesFormat.MARKDOWN, ".markdown": NotesFormat.MARKDOWN},
    **{".jsonl": NotesFormat.JSON_LINES, ".ndjson": NotesFormat.JSON_LINES},
    **{".jsonld": NotesFormat.JSON_LD, ".json": NotesFormat.JSON_LD},
    ".csv": NotesFormat.READWISE,
}
"""Suffix of a file -> format."""


class HighlightsVerb(Verb):
    """Print your highlights and notes."""

    usage = """\
rilo-reader highlights [QUERY] [--format FORMAT | --json] [--output FILE]
                              [--lost] [--shared] [--library FOLDER]
       rilo-reader highlights --notes [--library FOLDER]"""
    about = """
Print your highlights and notes, or those of the articles that match QUERY.

They are in the query's order. With --shared, those of colleagues are printed
instead, with their names.

Formats:
  text      for people; the default on a terminal
  markdown  a section for each article; the default in a pipe or file
  jsonl     JSON lines: id, exact, prefix, suffix, start, kind, note, made,
            article; with --shared also by
  jsonld    a collection of W3C Web Annotations
  readwise  the CSV that Readwise imports
"""
    examples = (
        "rilo-reader highlights wildlife after:2019",
        "rilo-reader highlights --output highlights.md",
        "rilo-reader highlights --format jsonl",
    )
    exit_codes = "0 done, also if there are none; 1 failed; 2 wrong usage."

    query: list[str] = argument(
        "QUERY", "only highlights of articles that match, in its order", nargs="*"
    )
    format: str | None = option(
        "--format FORMAT",
        "text, markdown, jsonl, jsonld or readwise, instead of the format in FILE's name",
        choices=[str(form) for form in NotesFormat],
        only_one="form",
    )
    json: bool = flag(
        "--json",
        "one JSON object per line, as with --format jsonl: id, exact, prefix, suffix, start, kind, "
        "note, made, and article of id, title, source, url, date; with --shared by",
        only_one="form",
    )
    output: str | None = option("--output FILE", "write to FILE, replacing it")
    lost: bool = flag("--lost", "only highlights whose text is no longer in the article")
    shared: bool = flag("--shared", "highlights of colleagues, instead of yours")
    notes: bool = flag(
        "--notes",
        "update the notes of all articles, Markdown files in notes_folder of the settings; an "
        "open reader does this for you",
    )

    @property
    def writes(self) -> bool:
        """See `Verb.writes`."""
        return self.notes

    def run(self) -> int:
        """Print highlights, or write them to a file."""
        if self.notes:
            if self.query or self.format or self.json or self.output or self.lost or self.shared:
                raise UsageError("highlights: --notes is for all articles; leave out the rest")
            with open_current(self) as library:
                result = follow_notes(library)
                print_exchange(result)
                return 1 if result.has_failed else 0
        target = None if self.output is None else resolve_output_file("highlights", self.output)
        form = NotesFormat.TEXT if output().is_for_people else NotesFormat.MARKDOWN
        if self.format is not None or self.json:
            form = NotesFormat(self.format or NotesFormat.JSON_LINES)
        elif target is not None:
            form = format_of("highlights", str(target), _ENDINGS)
        text = join_query_words(self.query)
        query = query_of(text if text.strip() or self.shared else "is:highlighted")
        with open_current(self) as library:
            others = others_highlights(library.folder, user_paths()) if self.shared else None
            marked = {article for article, _, _ in library.state.annotations.read_all(HIGHLIGHT)}
            marked = marked if others is None else set(others)
            ids = [article for article in library.search.ids(query) if article in marked]
            if not text.strip():
                # Highlights of articles that are not here are kept until these come back.
                ids += sorted(marked.difference(ids))
            with show_count("Reading", len(ids)) as progress:
                lost = self.lost
                found = list(iter_annotated(library, ids, progress, only_lost=lost, others=others))
        if not found:
            what = "lost highlights" if self.lost else "highlights"
            nothing = "; nothing was written" if target else ""
            errors().note(f"No {what} found{nothing}.")
            return 1 if target else 0
        _write_highlights(found, form, target)
        return 0


def follow_notes(library: Library) -> ExchangeResult:
    """Update the notes of a library; return what was done and what could not be."""
    report = NoteFiles(library, load_user_settings(), user_paths()).update_notes()
    counts = ((report.taken_count, "read from your files"), (report.written_count, "written"))
    done = tuple(f"{format_count(number, 'note')} {what}." for number, what in counts if number)
    has_failed = bool(report.problems)
    return ExchangeResult(report.taken_count > 0, report.problems, done, has_failed=has_failed)


# -- write ----------------------------------------------------------------------------------------


def _write_highlights(found: Sequence[Found], form: NotesFormat, target: Path | None) -> None:
    out = output()
    if target is None and form is NotesFormat.TEXT:
        width = shutil.get_terminal_size().columns if out.is_terminal else 0
        for line in _format_lines(found, width):
            out.line(*line)
        return
    with open_output(target) as file:
        for part in _format_parts(found, form):
            file.write(part.encode(errors="replace"))
    if target is not None:
        number = sum(len(annotated.highlights) for annotated, _ in found)
        articles = format_count(len(found), "article")
        out.line(f"Wrote {format_count(number, 'highlight')} of {articles} to {target}.")


def _format_parts(found: Sequence[Found], form: NotesFormat) -> Iterator[str]:
    articles = [annotated for annotated, _ in found]
    names = dict(enumerate(load_user_settings().plugin_values(KindSettings).highlight_kinds, 1))
    if form is NotesFormat.MARKDOWN:
        return format_markdown(articles)
    if form is NotesFormat.JSON_LINES:
        return json_lines(articles, names)
    if form is NotesFormat.JSON_LD:
        return format_json_ld(articles, names)
    if form is NotesFormat.READWISE:
        return format_readwise_csv(articles)
    return ("".join(piece.text for piece in line) + "\n" for line in _format_lines(found, 0))


def _format_lines(found: Iterable[Found], width: int) -> Iterator[tuple[StyledText, ...]]:
    """The lines of the format for people; `width` is that of the terminal, 0 for none."""
    for number, (annotated, lost) in enumerate(found):
        if number:
            yield ()
        article = annotated.article
        date = format_date(article.date, article.date_only, form="iso") if article.path else ""
        place = article.path or "this article is not in your library"
        facts = " · ".join(fact for fact in (article.source, date, place) if fact)
        yield (StyledText(to_display_title(article.title), OutputStyle.BOLD),)
        yield (StyledText(f"  {facts}", OutputStyle.DIM),)
        first_lost = len(annotated.highlights) - lost
        for index, highlight in enumerate(annotated.highlights):
            yield ()
            if index >= first_lost and article.path:
                yield (StyledText("  No longer in the article:", OutputStyle.DIM),)
            note = ": ".join(part for part in (highlight.owner, highlight.note) if part)
            for margin, text in (("  > ", highlight.anchor.exact), ("    ", note)):
                # One cell stays free, where a terminal would begin another line.
                cells = max(width - len(margin) - 1, 20) if width else sys.maxsize
                for start, end, _ in wrap_text(text, cells) if text else ():
                    yield StyledText(margin, OutputStyle.DIM), StyledText(text[start:end].rstrip())
