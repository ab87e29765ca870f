"""`Session`: finds what a typed line means, and does it."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable, Iterable
from functools import partial

from rilo_reader.article import ArticleId
from rilo_reader.cli.flat.console import Console
from rilo_reader.cli.flat.marks import Marks
from rilo_reader.cli.flat.reading import Handler, Reader, numbers
from rilo_reader.cli.flat.vocabulary import ALONE, Command, Vocabulary
from rilo_reader.cli.libraries import user_settings
from rilo_reader.cli.output import UsageError
from rilo_reader.config import Config, OwnCommand, Shown
from rilo_reader.config.own_commands import as_commands
from rilo_reader.editor import editor_command, run_editor
from rilo_reader.hooks.process import Outcome, Process, run_in_terminal
from rilo_reader.library import Library, LibraryError
from rilo_reader.query.tree import Query
from rilo_reader.text import clean_line

PIPE_SECONDS = 60
NO_LINK = "This article has no link."


class Session:
    """One library, read by commands. A LibraryError or UsageError of one is a line for the user."""

    # Six things that a session is made of; it has no other way to them.
    def __init__(  # noqa: PLR0913
        self,
        library: Library,
        config: Config,
        console: Console,
        *,
        verbs: Iterable[str],
        run_verb: Callable[[list[str]], None],
        update: Callable[[], None],
    ) -> None:
        """`run_verb` runs words as a command line; `update` brings the index up to date."""
        self.is_over = False
        self._console, self._run_verb, self._say = console, run_verb, console.say
        self._reader = Reader(library, config, console, update)
        self.marks = Marks(self._reader, run_verb)
        self._handlers = {
            **self._reader.handlers(),
            **self.marks.handlers(),
            **self._program_handlers(),
        }
        own = as_commands(config.commands)
        for row, command in zip(own, config.commands, strict=True):
            self._handlers[row.id] = partial(self._run_own, command)
        self._words = Vocabulary(self._handlers, tuple(verbs), config.keys, own)

    def run(self, line: str) -> None:
        """Do what was typed; an empty line goes on."""
        if not line:
            self._reader.page_on()
            return
        command = self._meant(line)
        if command.rest and command.id in ALONE:
            name = command.id.replace("_", " ")
            raise UsageError(f"{name} takes nothing, and nothing was done. /WORDS searches.")
        self._handlers[command.id](command.rest)

    def _meant(self, line: str) -> Command:
        """The command of a line; UsageError if there is none."""
        command = self._words.command(line)
        if command is None:
            close = self._words.similar(line)
            advice = f"Did you mean {close}?" if close else "help lists the commands."
            raise UsageError(f"There is no command '{clean_line(line, 60)}'. {advice}")
        return command

    def _program_handlers(self) -> dict[str, Handler]:
        verbs = {
            **{name: [name] for name in ("refresh", "feeds", "add", "history", "highlights")},
            **{name: [name] for name in ("export", "settings")},
            "accounts": ["account", "list"],
            "sync": ["sync", "status"],
            "import_articles": ["import"],
        }
        return {
            **{name: partial(self._verb, words) for name, words in verbs.items()},
            "verb": partial(self._verb, []),
            "browser": self._browse,
            "pipe": lambda line: self._pipe(line, self._reader.open.article.id),
            "pipe_results": lambda line: self._pipe(line, self._reader.results),
            "copy_link": lambda _: self._say(self._reader.open.article.url or NO_LINK),
            "edit": self._edit,
            "help": self._help,
            "quit": self._quit,
        }

    def _help(self, about: str) -> None:
        if about and self._meant(about).id == "verb":
            self._run_verb([about, "--help"])
        else:
            self._console.say_all(self._words.help(about))

    def _quit(self, _: str) -> None:
        self.is_over = True

    def _verb(self, words: list[str], rest: str) -> None:
        try:
            given = shlex.split(rest)
        except ValueError:
            raise UsageError("A quotation mark is not closed.") from None
        self._run_verb([*words, *given])
        self._reader.config = user_settings()  # which a verb may have changed
        self._reader.update()
        self._reader.marks_changed()

    # -- programs of the user's own -----------------------------------------------------------

    def _run_own(self, command: OwnCommand, _: str) -> None:
        from rilo_reader.hooks.jobs import prepared  # with all exporters: few use it

        with prepared(self._reader.library, command, self._reader.open.article.id) as job:
            if not command.terminal:
                self._outcome(Process(job).run(), command.output)
            elif not self._console.is_typed:
                raise LibraryError("This command needs a terminal, and there is none here.")
            elif problem := run_in_terminal(job):
                raise LibraryError(problem)

    def _pipe(self, line: str, what: ArticleId | Query) -> None:
        from rilo_reader.hooks.jobs import piped

        with piped(self._reader.library, line, what, PIPE_SECONDS) as job:
            self._outcome(Process(job).run(), Shown.PANEL)

    def _outcome(self, outcome: Outcome, shown: Shown) -> None:
        if outcome.output and shown is not Shown.NONE:
            lines = outcome.output.split("\n")
            self._console.say_all(lines if shown is Shown.PANEL else lines[:1])
        if outcome.problem:
            raise LibraryError(outcome.problem)
        if not outcome.output:
            self._say("Done.")

    def _browse(self, number: str) -> None:
        reading = self._reader.open
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

    def _edit(self, _: str) -> None:
        file = self._reader.library.file(self._reader.open.row.id)
        if not self._console.is_typed:
            raise LibraryError(f"An editor needs a terminal, and there is none here; it is {file}")
        if problem := run_editor([*editor_command(), str(file)]):
            raise LibraryError(problem)
        self._reader.update()
        self._say("The article is read anew when you open it again.")
