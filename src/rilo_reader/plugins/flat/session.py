"""`FlatSession`: finds what a typed line means, and does it: reading, marks, verbs, programs."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from secrets import token_hex
from typing import Any

from rilo_reader.annotations.anchors import make_anchor
from rilo_reader.annotations.highlight import Highlight, clean_note, to_json
from rilo_reader.article import ArticleId
from rilo_reader.cli import all_verbs, run_verb, verb_of
from rilo_reader.cli.arguments import exchange_marks, load_user_settings
from rilo_reader.cli.library_context import LibraryContext
from rilo_reader.cli.output import UsageError
from rilo_reader.cli.printing import LISTS
from rilo_reader.commands import commands_by_id
from rilo_reader.library import Library, LibraryError
from rilo_reader.plugins.flat.console import Console
from rilo_reader.plugins.flat.reading import Reader, numbers
from rilo_reader.plugins.flat.vocabulary import TypedCommand, Vocabulary
from rilo_reader.plugins.programs.settings import (
    OwnCommand,
    ProgramSettings,
    Shown,
    as_commands,
)
from rilo_reader.process import Process, ProgramOutcome, run_in_terminal
from rilo_reader.query.edit import to_text
from rilo_reader.render.document import visible_text
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import HIGHLIGHT, NOTE
from rilo_reader.system_programs import editor_command, run_editor
from rilo_reader.text import clean_line, format_count, to_display_title

LEFT_OUT = frozenset({"search", "list", "serve", "mcp", "index", "completion", "help"})
"""Verbs that are commands here themselves, or that never end."""

COLLECTING = frozenset({"add", "refresh", "feeds", "account", "import", "sync", "settings"})
"""Verbs that are about the user's own library, also while the guide is shown in its place."""

PIPE_SECONDS = 60
NO_LINK = "This article has no link."


class FlatSession:
    """One library, read by commands. A LibraryError or UsageError of one is a line for the user."""

    def __init__(
        self, library: Library, where: LibraryContext, console: Console, given: Mapping[str, Any]
    ) -> None:
        """`given` are options of verbs that nobody types."""
        self.is_over = False
        self.has_annotated = False  # whether notes on the disk are to be written
        self.reader = Reader(library, where.config, console)
        self._library, self._where, self._given = library, where, given
        self._console, self._say = console, console.say
        self._state = library.state
        self._last_highlight: tuple[ArticleId, str] | None = None
        programs = where.config.plugin_values(ProgramSettings).commands
        own = as_commands(programs)
        self._allowed = [verb for verb in all_verbs() if verb not in LEFT_OUT]
        self._alone = {**self.reader.alone(), **self._commands_alone()}
        self._handlers = {**self.reader.handlers(), **self._commands()}
        for row, command in zip(own, programs, strict=True):
            self._handlers[row.id] = partial(self._run_own, command)
        known = {**self._alone, **self._handlers}
        self._words = Vocabulary(known, self._allowed, where.config.keys, own)

    def run(self, line: str) -> None:
        """Do what was typed; an empty line goes on."""
        if not line:
            self.reader.page_on()
            return
        command = self._meant(line)
        if command.id not in self._alone:
            self._handlers[command.id](command.rest)
        elif command.rest:
            name = commands_by_id()[command.id].title
            raise UsageError(f"{name} takes nothing, and nothing was done. /WORDS searches.")
        else:
            self._alone[command.id]()

    def _meant(self, line: str) -> TypedCommand:
        """The command of a line; UsageError if there is none."""
        command = self._words.command(line)
        if command is None:
            close = self._words.similar(line)
            advice = f"Did you mean {close}?" if close else "help lists the commands."
            raise UsageError(f"There is no command '{clean_line(line, 60)}'. {advice}")
        return command

    def _commands_alone(self) -> Mapping[str, Callable[[], None]]:
        return {
            "all_read": lambda: self._read(self.reader.asked.numbered(1)),
            "above_read": lambda: self._read(self.reader.beside(above=True)),
            "below_read": lambda: self._read(self.reader.beside(above=False)),
            "copy_link": lambda: self._say(self.reader.open.article.url or NO_LINK),
            "edit": self._edit,
            "quit": self._quit,
        }

    def _commands(self) -> Mapping[str, Callable[[str], None]]:
        state, reader = self._state, self.reader
        verbs = {
            **{name: [name] for name in commands_by_id() if name in self._allowed},
            "redo": ["undo", "--redo"],
            "accounts": ["account", "list"],
            "sync": ["sync", "status"],
            "verb": [],
        }
        return {
            **{name: partial(self._verb, words) for name, words in verbs.items()},
            "read": lambda rest: self._toggle(rest, "read", "unread", state.set_read),
            "star": lambda rest: self._toggle(
                rest, "starred", "no longer starred", state.set_starred
            ),
            "tags": self._tags,
            "highlight": self._highlight,
            "note": self._note,
            "browser": self._browse,
            "pipe": self._pipe,
            "add": lambda url: self._verb(["add"], reader.asked_for(url, "Address")),
            "import_articles": lambda file: self._verb(
                ["import"], self.reader.asked_for(file, "Import a file, a folder, or newsboat")
            ),
            "export": self._export,
            "help": self._help,
        }

    def _help(self, about: str) -> None:
        if about and self._meant(about).id == "verb":
            self._run_verb([about, "--help"])
        else:
            self._console.say_all(self._words.help(about))

    def _quit(self) -> None:
        self.is_over = True

    def _verb(self, words: list[str], rest: str) -> None:
        try:
            given = shlex.split(rest)
        except ValueError:
            raise UsageError("A quotation mark is not closed.") from None
        self._run_verb([*words, *given])
        self.reader.config = load_user_settings()  # which a verb may have changed
        self.reader.update()
        self.reader.marks_changed()

    def _export(self, given: str) -> None:
        """Write what was given, else the list."""
        if given:
            self._verb(["export"], given)
            return
        listing = self.reader.listing
        file = self.reader.asked_for("", f"Export {format_count(listing.total, 'article')} to")
        words = [f"--article={article}" for _, article in listing.numbered(1)]
        if listing.query is not None:
            words = ["--", text] if (text := to_text(listing.query)) else []
        self._run_verb(["export", "--to", file, *words])

    def _run_verb(self, words: list[str]) -> None:
        verb, where = verb_of(words[0]), self._where
        is_own = where.wanted_folder is not None and verb.verb in COLLECTING
        into = () if is_own else ("--library", str(self._library.folder))
        if {"-h", "--help"} & set(words):
            self._say(verb.make_parser().format_help())
            return
        lists = LISTS.set(self.reader.number)
        try:
            run_verb(verb.parse([*into, *words[1:]], **self._given))
        finally:
            LISTS.reset(lists)

    # -- marks, each a gesture that undo takes back ---------------------------------------------

    def _toggle(
        self, numbers: str, mark: str, off: str, change: Callable[[list[ArticleId], bool], object]
    ) -> None:
        """Set a mark where it is not, and the other way round, and say so; `off` is the latter."""
        rows = self.reader.rows(numbers)
        for value in (True, False):
            chosen = [row for row in rows if getattr(row.marks, mark) is not value]
            if chosen:
                change([one for row in chosen for one in self.reader.group(row.id)], value)
            for row in chosen:
                self._say(f"{mark if value else off}: {to_display_title(row.title)}")
        self._changed()

    def _changed(self) -> None:
        exchange_marks(self._state)
        self.reader.marks_changed()

    def _tags(self, text: str) -> None:
        row = self.reader.rows("")[0]
        if text:
            tags = [tag for part in text.split(",") if (tag := clean_line(part)) not in ("", "-")]
            self._state.set_tags(row.id, tags)
            self._changed()
            row = self.reader.open.row
        self._say(f"your tags: {', '.join(row.marks.tags) or 'none'}")

    def _read(self, listed: Iterable[tuple[int, ArticleId]]) -> None:
        change = self._state.set_read((article for _, article in listed), value=True)
        self._say(f"{change.title}; u undoes it." if change.ids else "Nothing to mark here.")
        self._changed()

    def _highlight(self, quoted: str) -> None:
        """Highlight words that are quoted, wherever lines break and whatever their case."""
        article = self.reader.open.article
        quoted = self.reader.asked_for(quoted, "Words to highlight")
        words = [re.escape(word) for word in quoted.split()]
        text = visible_text(article, in_vault=self._library.is_vault)
        places = list(re.finditer(r"\s+".join(words), text, re.IGNORECASE))
        if not places:
            raise LibraryError("The article does not contain these words; nothing was highlighted.")
        made = Highlight(token_hex(6), make_anchor(text, *places[0].span()))
        self._annotate(article.id, HIGHLIGHT + made.id, to_json(made))
        self._last_highlight = article.id, made.id
        others = f", the first of {len(places)} places" if len(places) > 1 else ""
        self._say(f"highlighted{others}: {clean_line(places[0][0])}")

    def _note(self, text: str) -> None:
        if self._last_highlight is None:
            raise UsageError(
                "A note belongs to a highlight: first highlight WORDS, then note TEXT."
            )
        text = self.reader.asked_for(text, "Note")
        article, highlight = self._last_highlight
        self._annotate(article, NOTE + highlight, clean_note(text))
        self._say("Saved the note.")

    def _annotate(self, article: ArticleId, field: str, value: str) -> None:
        self._state.apply_assignments([Assignment(field, value, Ids([article]))])
        self.has_annotated = True
        self._changed()

    # -- programs of the user's own -----------------------------------------------------------

    def _run_own(self, command: OwnCommand, _: str) -> None:
        from rilo_reader.plugins.programs.jobs import prepared  # with all exporters: few use it

        with prepared(self._library, command, self.reader.open.article.id) as job:
            if not command.terminal:
                self._outcome(Process(job).run(), command.output)
            elif not self._console.is_typed:
                raise LibraryError("This command needs a terminal.")
            elif problem := run_in_terminal(job):
                raise LibraryError(problem)

    def _pipe(self, line: str) -> None:
        from rilo_reader.plugins.programs.jobs import piped

        what = self.reader.open.article.id
        line = self.reader.asked_for(line, "Pipe the article to")
        with piped(self._library, line, what, PIPE_SECONDS) as job:
            self._outcome(Process(job).run(), Shown.PANEL)

    def _outcome(self, outcome: ProgramOutcome, shown: Shown) -> None:
        if outcome.output and shown is not Shown.NONE:
            lines = outcome.output.split("\n")
            self._console.say_all(lines if shown is Shown.PANEL else lines[:1])
        if outcome.problem:
            raise LibraryError(outcome.problem)
        if not outcome.output:
            self._say("Done.")

    def _browse(self, number: str) -> None:
        reading = self.reader.open
        url = reading.article.url
        if number:
            reading.upto(None)
            link = reading.spoken.links.get(numbers(number)[0])
            if link is None:
                raise LibraryError(f"There is no link {number}; links lists them.")
            url = link.url
        if not url:
            raise LibraryError(NO_LINK)
        from rilo_reader.tui.reader.external import open_in_browser  # has textual

        self._say(f"Opening {url}")
        if not asyncio.run(open_in_browser(url)):
            raise LibraryError("No browser could be started; copy_link says the address.")

    def _edit(self) -> None:
        file = self._library.file(self.reader.open.row.id)
        if not self._console.is_typed:
            raise LibraryError(f"An editor needs a terminal; the file is {file}")
        if problem := run_editor([*editor_command(), str(file)]):
            raise LibraryError(problem)
        self.reader.update()
        self._say("Open the article again to read the new text.")
