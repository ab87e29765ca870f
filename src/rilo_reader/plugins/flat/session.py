"""`FlatSession`: runs typed lines: commands for reading and marks, verbs, programs."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from itertools import chain
from secrets import token_hex
from typing import Any

from rilo_reader.annotations.anchors import make_anchor
from rilo_reader.annotations.highlight import Highlight, clean_note, to_json
from rilo_reader.article import ArticleId
from rilo_reader.cli import all_verbs, run_verb, verb_of
from rilo_reader.cli.arguments import exchange_marks, hide_muted, load_user_settings
from rilo_reader.cli.library_context import LibraryContext
from rilo_reader.cli.output import UsageError
from rilo_reader.cli.printing import CHOICES, LISTS, Choice
from rilo_reader.cli.search import usual_sort
from rilo_reader.commands import commands_by_id
from rilo_reader.config import Mute
from rilo_reader.config.settings import MUTES
from rilo_reader.feeds.source_lines import (
    ALL,
    EVERY_LINE,
    IN_PLACE,
    OTHERS,
    SILENT,
    STARRED,
    UNREAD,
    UNTAGGED,
    LineView,
    SourceLine,
    count_articles,
    find_step,
    make_lines,
)
from rilo_reader.feeds.sources import read_feeds_of
from rilo_reader.feeds.undo import record_step
from rilo_reader.library import Library, LibraryError
from rilo_reader.library.mutes import find_mute_fault
from rilo_reader.plugins.flat.console import Console
from rilo_reader.plugins.flat.flat_reader import FlatReader, parse_numbers
from rilo_reader.plugins.flat.vocabulary import TypedCommand, Vocabulary, is_number
from rilo_reader.plugins.programs.settings import (
    OwnCommand,
    ProgramOutput,
    ProgramSettings,
    make_commands,
)
from rilo_reader.process import Process, ProgramOutcome, run_editor, run_in_terminal
from rilo_reader.query.edit import to_text
from rilo_reader.query.parser import parse
from rilo_reader.render.document import visible_text
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import HIGHLIGHT, NOTE
from rilo_reader.system_programs import editor_command
from rilo_reader.text import clean_line, format_count, split_tags, to_display_title

EXCLUDED_VERBS = frozenset({"search", "list", "serve", "mcp", "index", "completion", "help"})
"""Verbs that are commands of flat mode, or that never end."""

COLLECTING = frozenset({"add", "refresh", "feeds", "account", "import", "sync", "settings"})
"""Verbs that are about the user's own library, also while the guide is shown in its place."""

PIPE_SECONDS = 60
LISTED = ("sources", "facets", "saved_searches", "history")  # whose lines have numbers to type
NO_LINK = "This article has no link."


class FlatSession:
    """One library, read by commands, whose LibraryError and UsageError are lines for the user."""

    def __init__(
        self, library: Library, context: LibraryContext, console: Console, fields: Mapping[str, Any]
    ) -> None:
        """`fields` are options of verbs that nobody types."""
        self.is_over = False
        self.has_annotated = False  # whether notes on the disk are to be written
        self.reader = FlatReader(library, context.config, console)
        self._library, self._context, self._fields = library, context, fields
        self._console, self._say = console, console.say_text
        self._state = library.state
        self._last_highlight: tuple[ArticleId, str] | None = None
        programs = context.config.plugin_values(ProgramSettings).commands
        own = make_commands(programs)
        self._allowed_verbs = [verb for verb in all_verbs() if verb not in EXCLUDED_VERBS]
        self._plain_handlers = {**self.reader.make_plain_handlers(), **self._make_plain_handlers()}
        self._handlers = {**self.reader.make_argument_handlers(), **self._make_argument_handlers()}
        for row, command in zip(own, programs, strict=True):
            self._handlers[row.id] = partial(self._run_own, command)
        known = {**self._plain_handlers, **self._handlers}
        self._words = Vocabulary(known, self._allowed_verbs, context.config.keys, own)

    def run(self, line: str) -> None:
        """Run a typed line; an empty one says the next page."""
        if not line:
            self.reader.page_down_or_next()
            return
        command = self._parse_command(line)
        if command.id in LISTED and is_number(command.rest):
            first, _, number = line.rpartition(" ")
            raise UsageError(f"Type {first} alone, and {number} after it.")
        if handler := self._handlers.get(command.id):
            handler(command.rest)
        elif command.id not in self._plain_handlers:
            raise UsageError(self._words.describe_instead(command.id))
        elif command.rest:
            name = commands_by_id()[command.id].title
            raise UsageError(f"{name} takes nothing, and nothing was done. /WORDS searches.")
        else:
            self._plain_handlers[command.id]()

    def _choose_number(self, number: int) -> None:
        """Open an article, or run what a line has its number for."""
        if command := self.reader.choose_number(number):
            self.run(command)

    def _parse_command(self, line: str) -> TypedCommand:
        """Return the command of a line; UsageError if there is none."""
        command = self._words.find_command(line)
        if command is None:
            close = self._words.find_similar(line)
            advice = f"Did you mean {close}?" if close else "help lists the commands."
            raise UsageError(f"There is no command '{clean_line(line, 60)}'. {advice}")
        return command

    def _make_plain_handlers(self) -> Mapping[str, Callable[[], None]]:
        return {
            "all_read": lambda: self._mark_read(self.reader.asked_listing.iter_numbered(1)),
            "above_read": lambda: self._mark_read(self.reader.iter_beside_open(above=True)),
            "below_read": lambda: self._mark_read(self.reader.iter_beside_open(above=False)),
            "copy_link": lambda: self._say(self._link_of_article() or NO_LINK),
            "edit": self._edit_article,
            "sources": self._list_sources,
            "next_source": partial(self._step_source, 1),
            "previous_source": partial(self._step_source, -1),
            "whole_page": self._fetch_whole_page,
            "quit": self._end_session,
        }

    def _make_argument_handlers(self) -> Mapping[str, Callable[[str], None]]:
        state, reader = self._state, self.reader
        verbs = {
            **{name: [name] for name in commands_by_id() if name in self._allowed_verbs},
            "redo": ["undo", "--redo"],
            "accounts": ["account", "list"],
            "theme": ["settings", "theme"],
            "verb": [],
        }
        return {
            **{name: partial(self._run_verb_line, words) for name, words in verbs.items()},
            "sync": lambda rest: self._run_verb_line(["sync"], rest or "status"),
            "number": lambda number: self._choose_number(int(number)),
            "open": lambda number: self._choose_number(
                next(parse_numbers(reader.ask_if_empty(number, "Number of the article")))
            ),
            "palette": lambda rest: self.run(rest or "help"),
            "mute": self._mute_query,
            "read": lambda rest: self._toggle_mark(rest, "read", "unread", state.set_read),
            "star": lambda rest: self._toggle_mark(
                rest, "starred", "no longer starred", state.set_starred
            ),
            "tags": self._set_tags,
            "highlight": self._add_highlight,
            "note": self._add_note,
            "browser": self._open_url,
            "pipe": self._pipe_article,
            "add": lambda url: self._run_verb_line(["add"], reader.ask_if_empty(url, "Address")),
            "import_articles": lambda file: self._run_verb_line(
                ["import"], self.reader.ask_if_empty(file, "Import a file, a folder, or newsboat")
            ),
            "export": self._export_list,
            "changes": lambda _: self._run_verb(
                ["show", "--changes", self.reader.open_reading.article.id]
            ),
            "help": self._say_help,
        }

    def _say_help(self, about: str) -> None:
        if about and self._parse_command(about).id == "verb":
            self._run_verb([about, "--help"])
        else:
            self._console.say_all(self._words.iter_help(about))

    def _end_session(self) -> None:
        self.is_over = True

    def _run_verb_line(self, words: list[str], rest: str) -> None:
        try:
            typed = shlex.split(rest)
        except ValueError:
            raise UsageError("A quotation mark is not closed.") from None
        self._run_verb([*words, *typed])
        self._take_settings()  # which a verb may have changed
        self.reader.update_index()
        self.reader.reload_marks()

    def _export_list(self, typed_text: str) -> None:
        """Export what the typed words say, else the list."""
        if typed_text:
            self._run_verb_line(["export"], typed_text)
            return
        listing = self.reader.listing
        file = self.reader.ask_if_empty("", f"Export {format_count(listing.total, 'article')} to")
        words = [f"--article={article}" for _, article in listing.iter_numbered(1)]
        if listing.query is not None:
            words = ["--", text] if (text := to_text(listing.query)) else []
        self._run_verb(["export", "--to", file, *words])

    def _run_verb(self, words: list[str]) -> None:
        verb = verb_of(words[0])
        is_own = self._context.wanted_folder is not None and verb.verb in COLLECTING
        into = () if is_own else ("--library", str(self._library.folder))
        if {"-h", "--help"} & set(words):
            self._say(verb.make_parser().format_help())
            return
        lists = LISTS.set(self.reader.start_numbered_list)
        choices = CHOICES.set(self.reader.start_choices)
        try:
            run_verb(verb.parse([*into, *words[1:]], **self._fields))
        finally:
            LISTS.reset(lists)
            CHOICES.reset(choices)

    # -- sources ---------------------------------------------------------------------------------

    def _make_source_lines(self, view: LineView) -> list[SourceLine]:
        self.reader.update_index()
        config, folder = self.reader.config, self._library.folder
        now = datetime.now().astimezone()
        feeds = read_feeds_of(folder, self._context.paths, config, now)
        counts = count_articles(self._library.search, config.searches, now.date())
        return make_lines(feeds.statuses, config.searches, counts, view)

    def _list_sources(self) -> None:
        """Number the lines that stand left of the list on the screen."""
        lines = [line for line in self._make_source_lines(EVERY_LINE) if line.key != SILENT]
        choices = [
            Choice(_format_source(line), "" if line.query is None else f"list {line.query}".strip())
            for line in lines
        ]
        self.reader.start_choices(choices, "A number lists its articles.")

    def _step_source(self, step: int) -> None:
        """List the next source with unread articles (1), or the previous one (-1)."""
        lines, shown = self._make_source_lines(IN_PLACE), self.reader.listing.query
        sort = usual_sort()
        queries = (line.query for line in lines if line.query)
        at = next((each for each in queries if parse(each, sort=sort) == shown), "")
        line = find_step(lines, at, step)
        if line is None:
            raise LibraryError("No other source has unread articles.")
        self._say(_format_source(line))
        self.run(f"list {line.query}")

    # -- marks, each a gesture that can be undone -----------------------------------------------

    def _toggle_mark(
        self,
        numbers: str,
        mark: str,
        off_text: str,
        change: Callable[[list[ArticleId], bool], object],
    ) -> None:
        """Toggle a mark of articles, and say so; `off_text` is for those that lose it."""
        rows = self.reader.parse_rows(numbers)
        for value in (True, False):
            chosen = [row for row in rows if getattr(row.marks, mark) is not value]
            if chosen:
                change([one for row in chosen for one in self.reader.ids_of_group(row.id)], value)
            for row in chosen:
                self._say(f"{mark if value else off_text}: {to_display_title(row.title)}")
        self._tell_marks_changed()

    def _tell_marks_changed(self) -> None:
        exchange_marks(self._state)
        self.reader.reload_marks()

    def _set_tags(self, text: str) -> None:
        row = self.reader.parse_rows("")[0]
        if text:
            tags = split_tags(text, self._state.tags())
            self._state.set_tags(row.id, [tag for tag in tags if tag != "-"])
            self._tell_marks_changed()
            row = self.reader.open_reading.row
        self._say(f"your tags: {', '.join(row.marks.tags) or 'none'}")

    def _mute_query(self, query: str) -> None:
        query = self.reader.ask_if_empty(query, "Hide what this finds")
        if reason := find_mute_fault(query):
            raise LibraryError(f"This cannot be muted: {reason}.")
        paths = self._context.paths
        with record_step(self._state, paths, f'Muted "{query}"'):
            try:
                MUTES.put(paths.settings_file, Mute(query))
            except (OSError, ValueError) as error:
                raise LibraryError(f"settings.toml could not be changed: {error}") from error
        exchange_marks(self._state)
        self._take_settings()
        self._say(f'Muted "{query}". settings changes that.')

    def _take_settings(self) -> None:
        self.reader.config = load_user_settings()
        hide_muted(self._library)

    def _mark_read(self, listed: Iterable[tuple[int, ArticleId]]) -> None:
        groups = (self.reader.ids_of_group(article) for _, article in listed)
        change = self._state.set_read(chain.from_iterable(groups), value=True)
        self._say(f"{change.title}; u undoes it." if change.ids else "Nothing to mark here.")
        self._tell_marks_changed()

    def _add_highlight(self, quoted: str) -> None:
        """Highlight quoted words, wherever lines break and whatever their case."""
        article = self.reader.open_reading.article
        quoted = self.reader.ask_if_empty(quoted, "Words to highlight")
        words = [re.escape(word) for word in quoted.split()]
        text = visible_text(article)
        places = list(re.finditer(r"\s+".join(words), text, re.IGNORECASE))
        if not places:
            raise LibraryError("The article does not contain these words; nothing was highlighted.")
        made = Highlight(token_hex(6), make_anchor(text, *places[0].span()))
        self._set_annotation(article.id, HIGHLIGHT + made.id, to_json(made))
        self._last_highlight = article.id, made.id
        others = f", the first of {len(places)} places" if len(places) > 1 else ""
        self._say(f"highlighted{others}: {clean_line(places[0][0])}")

    def _add_note(self, text: str) -> None:
        if self._last_highlight is None:
            order = "first highlight WORDS, then note TEXT"
            raise UsageError(f"A note belongs to a highlight: {order}.")
        text = self.reader.ask_if_empty(text, "Note")
        article, highlight = self._last_highlight
        self._set_annotation(article, NOTE + highlight, clean_note(text))
        self._say("Saved the note.")

    def _set_annotation(self, article: ArticleId, field: str, value: str) -> None:
        self._state.apply_assignments([Assignment(field, value, Ids([article]))])
        self.has_annotated = True
        self._tell_marks_changed()

    # -- programs of the user's own -----------------------------------------------------------

    def _run_own(self, command: OwnCommand, _: str) -> None:
        # With all exporters, and few use it.
        from rilo_reader.plugins.programs.jobs import open_command_job

        with open_command_job(self._library, command, self.reader.open_reading.article.id) as job:
            if not command.terminal:
                self._say_outcome(Process(job).run(), command.output)
            elif not self._console.is_typed:
                raise LibraryError("This command needs a terminal.")
            elif problem := run_in_terminal(job):
                raise LibraryError(problem)

    def _pipe_article(self, line: str) -> None:
        from rilo_reader.plugins.programs.jobs import open_pipe_job

        article = self.reader.open_reading.article.id
        line = self.reader.ask_if_empty(line, "Pipe the article to")
        with open_pipe_job(self._library, line, article, PIPE_SECONDS) as job:
            self._say_outcome(Process(job).run(), ProgramOutput.PANEL)

    def _say_outcome(self, outcome: ProgramOutcome, shown: ProgramOutput) -> None:
        if outcome.output and shown is not ProgramOutput.NONE:
            lines = outcome.output.split("\n")
            self._console.say_all(lines if shown is ProgramOutput.PANEL else lines[:1])
        if outcome.problem:
            raise LibraryError(outcome.problem)
        if not outcome.output:
            self._say("Done.")

    def _link_of_article(self) -> str:
        """Return the link of the article, else that to its comments, or ""."""
        article = self.reader.open_reading.article
        return article.url or article.comments

    def _open_url(self, number: str) -> None:
        reading = self.reader.open_reading
        url = self._link_of_article()
        if number:
            reading.lines_before(None)
            link = reading.spoken.links.get(next(parse_numbers(number)))
            if link is None:
                raise LibraryError(f"There is no link {number}; links lists them.")
            url = link.url
        if not url:
            raise LibraryError(NO_LINK)
        from rilo_reader.tui.reader.external import open_in_browser  # has textual

        self._say(f"Opening {url}")
        if not asyncio.run(open_in_browser(url)):
            raise LibraryError("No browser could be started; copy_link says the address.")

    def _fetch_whole_page(self) -> None:
        """Put the text of the article's page in place of what its feed has."""
        article = self.reader.open_reading.article
        if not article.url:
            raise LibraryError(NO_LINK)
        self._run_verb(["add", "--page", "--into", article.path, "--", article.url])
        self.reader.update_index()
        self.reader.read_again()

    def _edit_article(self) -> None:
        file = self._library.file(self.reader.open_reading.row.id)
        if not self._console.is_typed:
            raise LibraryError(f"An editor needs a terminal; the file is {file}")
        if problem := run_editor([*editor_command(), str(file)]):
            raise LibraryError(problem)
        self.reader.update_index()
        self._say("Open the article again to read the new text.")


def _format_source(line: SourceLine) -> str:
    """Format a line of the sources, with words for what a screen shows by place and colour."""
    kind = "" if line.is_open is None or line.key in (UNTAGGED, OTHERS) else "tag "
    name = line.key if line.key.startswith("@") else line.name
    of_all = line.key in (ALL, UNREAD, STARRED)
    count = format_count(line.number or 0, "article") if of_all else f"{line.number or 0:,} unread"
    fault = f". {line.feed.sentence}" if line.feed is not None and line.fault else ""
    return f"{kind}{name}: {count}{fault}"
