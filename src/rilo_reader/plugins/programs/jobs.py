"""Jobs for programs of the user: their arguments, variables and standard input.

with open_command_job(library, command, article) as job:
    outcome = Process(job).run()
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import BinaryIO

from rilo_reader.article import FIELDS, Article, ArticleId
from rilo_reader.dates import iso_date
from rilo_reader.errors import LibraryError
from rilo_reader.library import Library
from rilo_reader.paths import expand_path
from rilo_reader.plugins.exporters.exporter import iter_exported, write_export
from rilo_reader.plugins.exporters.formats import ExportArticle, ExportFormat, ExportHeading
from rilo_reader.plugins.programs.settings import (
    IN_BRACES,
    INSIDE,
    OnNew,
    OwnCommand,
    ProgramInput,
    ProgramOutput,
)
from rilo_reader.process import ProgramJob
from rilo_reader.query.tree import Query
from rilo_reader.render.document import render_whole, visible_text
from rilo_reader.render.page import Layout
from rilo_reader.text import clean_line, command_words, safe_url, to_display_title

MOST_ARTICLES = 10_000
"""Articles that a program gets at once."""

# Where no enclosure is one, the name of a file says what it is.
_ADDRESS = re.compile(r"(https?://[^\s<>()\"'?#]+)[^\s<>()\"']*")
_MEDIA = (
    *(".mp3", ".m4a", ".m4b", ".aac", ".ogg", ".oga", ".opus", ".flac", ".wav"),
    *(".mp4", ".m4v", ".ogv", ".mkv", ".webm", ".mov", ".m3u8"),
)
_SIGNS = frozenset(("|", "||", "&", "&&", ";", "<", ">", ">>", "2>", "2>&1"))


@contextmanager
def open_command_job(
    library: Library, command: OwnCommand, article: ArticleId
) -> Iterator[ProgramJob]:
    """Yield the job of a command on an article, whose standard input is open for the block.

    Raises:
        LibraryError: the article cannot be read, or must not be handed over so.
    """
    each = _read_article(library, article)
    values = make_values(each.article, os.fspath(library.file(article)))
    arguments = make_arguments(command, values)
    with tempfile.TemporaryFile() as file:
        write_input(each, command.input, file)
        file.seek(0)
        given = None if command.input is ProgramInput.NONE else file
        keeps = command.output is not ProgramOutput.NONE
        yield ProgramJob(
            command.name, arguments, command.seconds, make_variables(values), given, keeps
        )


@contextmanager
def open_pipe_job(
    library: Library, line: str, article: ArticleId, seconds: float
) -> Iterator[ProgramJob]:
    """Yield the job of a line that was typed, which reads an article as Markdown.

    Raises:
        LibraryError: the line or the article cannot be read.
    """
    name, arguments = clean_line(line, 60), split_typed_line(line)
    with tempfile.TemporaryFile() as file:
        each = _read_article(library, article)
        write_input(each, ProgramInput.MARKDOWN, file)
        variables = make_variables(make_values(each.article, os.fspath(library.file(article))))
        file.seek(0)
        yield ProgramJob(name, arguments, seconds, variables, file)


@contextmanager
def open_new_job(library: Library, hook: OnNew, query: Query) -> Iterator[ProgramJob | None]:
    """Yield the job of new articles, which `library` has alone; None if the query finds none."""
    with tempfile.TemporaryFile() as file:
        found = write_lines(library, query, file)
        file.seek(0)
        arguments = make_arguments(hook, {})
        inside = {INSIDE: hook.name}
        job = ProgramJob(
            hook.name, arguments, hook.seconds, inside, file, False, can_leave_children=False
        )
        yield job if found else None


# -- arguments ------------------------------------------------------------------------------------


def make_values(article: Article, file: str) -> dict[str, str]:
    """Return what placeholders stand for: one line each, "" where there is nothing."""
    return {
        **{one.name: clean_line(", ".join(one.values_in(article)), 4096) for one in FIELDS},
        "url": safe_url(article.url) or "",
        "title": to_display_title(article.title),
        "file": file,
        "id": clean_line(article.id, 4096),
        "date": iso_date(article.date, article.date_only) or "",
        "enclosures": clean_line(" ".join(one.url for one in article.enclosures), 4096),
        "enclosure": _find_enclosure(article),
        "comments": safe_url(article.comments) or "",
    }


def make_variables(values: Mapping[str, str]) -> dict[str, str]:
    """Return the same as variables of the environment."""
    return {f"RILO_{name.upper()}": value for name, value in values.items()}


def make_arguments(
    command: OwnCommand | OnNew, values: Mapping[str, str], *, windows: bool = os.name == "nt"
) -> tuple[str, ...]:
    """Return the program and its arguments, each placeholder replaced once.

    Raises:
        LibraryError: a value is missing or would become an option, or Windows would read it.
    """
    if command.shell:
        if windows:
            raise LibraryError(
                f"{command.name}: shell = true does not work on Windows, where cmd would run the "
                f"value of a variable as commands."
            )
        return ("/bin/sh", "-c", *command.run)
    program, *rest = command.run
    # cmd reads the arguments of such a file again, by other rules than they are quoted by.
    if windows and (shutil.which(program) or program).lower().endswith((".bat", ".cmd")):
        raise LibraryError(f"{command.name}: {program} is a batch file; name a program instead.")
    words = [program]
    for word in rest:
        filled = IN_BRACES.sub(
            lambda found: _value_of_placeholder(command.name, found, values), word
        )
        if filled.startswith("-") and not word.startswith("-") and "--" not in words:
            raise LibraryError(
                f'{command.name}: {word} begins with a minus here; put "--" before it in run.'
            )
        words.append(filled)
    return tuple(words)


def _value_of_placeholder(command: str, found: re.Match[str], values: Mapping[str, str]) -> str:
    value = values.get(found[1], found[0])
    if not value and (missing := _NEEDED.get(found[1])):
        raise LibraryError(f"{command}: this article has no {missing}.")
    return value


_NEEDED = {"url": "link", "enclosure": "audio or video file", "comments": "page of comments"}


def split_typed_line(line: str) -> tuple[str, ...]:
    """Return the words of a line that was typed, which no shell reads; `~` is the home.

    Raises:
        LibraryError: a quotation mark is not closed, or a sign asks for a shell.
    """
    try:
        words = command_words(line)
    except ValueError:
        raise LibraryError("A quotation mark is not closed.") from None
    for sign in _SIGNS.intersection(shlex.split(line, posix=False)):  # which keeps quotes
        raise LibraryError(f"No shell reads this line, so {sign} has no effect; type sh -c '…'")
    return tuple(str(expand_path(word)) if word.startswith("~") else word for word in words)


def _find_enclosure(article: Article) -> str:
    """The address of the article's first audio or video file, "" if it has none."""
    if typed := [one for one in article.enclosures if one.type.startswith(("audio/", "video/"))]:
        return typed[0].url
    named = (url[0] for url in _ADDRESS.finditer(article.body) if url[1].lower().endswith(_MEDIA))
    return safe_url(next(named, "")) or ""


# -- standard input -------------------------------------------------------------------------------


def write_input(each: ExportArticle, kind: ProgramInput, out: BinaryIO) -> None:
    """Write an article as a program gets it on standard input."""
    article = each.article
    if kind in (ProgramInput.HTML, ProgramInput.JSON):
        form = ExportFormat.HTML if kind is ProgramInput.HTML else ExportFormat.JSON_LINES
        write_export([each], out, form, ExportHeading(article.title), datetime.now(UTC))
    elif kind is not ProgramInput.NONE:
        title, text = to_display_title(article.title), article.body
        if kind is ProgramInput.TEXT:
            text = f"{title}\n\n{visible_text(article).strip()}\n"
        elif kind is ProgramInput.LINKS:
            links = dict.fromkeys(link.url for link in render_whole(article, Layout(80), "").links)
            text = "".join(f"{url}\n" for url in links)
        elif not text.lstrip("\n").startswith(f"# {title}\n"):
            text = f"# {title}\n\n{text}"
        out.write(text.encode(errors="replace"))


def write_lines(library: Library, query: Query, out: BinaryIO) -> int:
    """Write the articles of a query as JSON lines, as `export` does; return their number."""
    number = library.search.count(query)
    if number > MOST_ARTICLES:
        raise LibraryError(
            f"A program gets at most {MOST_ARTICLES:,} articles, not {number:,}; search for fewer "
            "first."
        )
    found = iter_exported(library, list(library.search.ids(query)), [])
    write_export(found, out, ExportFormat.JSON_LINES, ExportHeading(""), datetime.now(UTC))
    return number


def _read_article(library: Library, article: ArticleId) -> ExportArticle:
    missing: list[str] = []
    for each in iter_exported(library, [article], missing):
        return each
    raise LibraryError(f"{' '.join(missing)} cannot be read.")
