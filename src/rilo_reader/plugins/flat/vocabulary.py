"""The vocabulary of flat mode: numbers, names and keys of `commands.py`, verbs (pure)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import groupby
from typing import NamedTuple

from rilo_reader.cli.output import PROGRAM
from rilo_reader.commands import Command as TableCommand
from rilo_reader.commands import all_commands, effective_keys
from rilo_reader.keys import key_label, key_name
from rilo_reader.paths import changelog_file, guide_folder

LONGEST_NAME = 4  # words

FLAT_COMMANDS: Mapping[str, str] = {
    "n": "next_article",
    "next": "next_article",
    "p": "previous_article",
    "previous": "previous_article",
    "list": "list_all",
    "h": "back",
    "next unread": "next_hit",
    "note": "note",
    "all": "bottom",
}
"""Words that mean something only in flat mode, or not what the key means."""

HELP: Mapping[str, str] = {
    "list QUERY": "Number the articles that a query finds; list alone, all of them.",
    "/WORDS": "The same: say how many there are, then number them.",
    "a number": "Open the article of that number.",
    "an empty line": "The next page; at the end of an article, on to the next unread one.",
    "n or next, p or previous": "The next article of the list, the previous one.",
    "h": "Back to the list, at the page with this article.",
    "all": "The rest, without pages; ctrl+c stops it.",
    "note TEXT": "Write a note on the last highlight.",
}
"""Help of forms that are not in the table of commands."""

FLAT_HELP: Mapping[str, str] = {
    "next_hit": "Open the next unread article of the list.",
    "open": "Open the article of a number: open 3.",
    "back": "Back to the list, at the page with this article.",
    "find": "Say the lines with these words, and go to the first: find WORDS; without words, "
    "those of the search.",
    "outline": "Number the headings of the article; outline 3 goes to the third.",
    "links": "Say the links of the article with their addresses; browser 3 opens the third.",
    "related": "Number the same story elsewhere, and similar articles, as a list.",
    "pictures": "Say the pictures of the article, their descriptions and addresses.",
    "sources": "Number your sources with their unread articles; a number lists those of one.",
    "next_source": "List the next source with unread articles.",
    "previous_source": "List the previous source with unread articles.",
    "facets": "Number the sources, tags, years and more of the list; a number narrows it.",
    "saved_searches": "Number the saved searches; a number lists the articles of one.",
    "mute": "Hide what a search finds, forever: mute QUERY.",
    "show_new": "List what a refresh brought since the last time.",
    "feeds": "Number your feeds; a number lists its articles; feeds --help has more.",
    "history": "Number your changes; a number undoes one, or redoes it.",
    "theme": "Choose the colours of the screen: theme NAME.",
    "palette": "Run a command by its name, as without this.",
    "read": "Mark the article read, or unread again; read 2 5 marks these of the list.",
    "star": "Star the article, or remove the star; star 2 5 stars these of the list.",
    "tags": "Say your own tags of the article; tags WORD, WORD sets them, tags - removes them.",
    "highlight": "Highlight words of the article: highlight WORDS, as the article has them.",
    "browser": "Open the article's link in the browser; browser 3 opens its third link.",
    "copy_link": "Say the article's link.",
    "page_up": "Say the previous page again.",
    "top": "Say the first page of the article or list again.",
    "bottom": "The rest of the article or list, without pages; ctrl+c stops it.",
    "pipe": "Give the article to a program, and say what it prints: pipe wc -w.",
    "changes": "Say the words that a publisher removed, or added, after you read the article.",
    "export": "Write the list into a file; or export QUERY --to FILE.epub, .html, .jsonl, .zip.",
    "add": "Follow a feed or save a page: add ADDRESS.",
    "refresh": "Fetch what is new in your feeds; ctrl+c stops it.",
    "import_articles": "Import files, folders, mail, OPML or newsboat: import FILE.",
    "settings": "Change a setting: settings width 72; alone, open the file with all of them.",
    "help": "Say the commands; help NAME explains one.",
}
"""Help of commands that are different from those of the screen."""

_EMPTY_LINE = "An empty line goes on, page up back; n and p go to the next article, the previous."

INSTEAD: Mapping[str, str] = {
    **dict.fromkeys(("down", "up", "half_down", "half_up"), _EMPTY_LINE),
    "switch": "h goes back to the list; a number opens an article.",
    "zen": "Nothing but the article is said.",
    "whole_word": "A whole word is searched for; WORD* finds longer words too.",
    "slice_back": "To list a period: list date:2019 WORDS",
    "slice_on": "To list a period: list date:2019 WORDS",
    "copy_text": "Your terminal copies text; copy link says the link.",
    "previous_hit": "p opens the previous article; list is:unread lists those that are unread.",
    "relevance": "To list the best match first: list sort:relevance WORDS",
    "save_search": f"To save a search: {PROGRAM} settings",
    "show_muted": f"list says how many are muted. To change what is: {PROGRAM} settings",
    "changelog": f"The changelog is a file: {changelog_file()}",
    "guide": f"The guide is a library: {PROGRAM} --flat {guide_folder()}",
    "output": "What a program prints is said at once; run it again.",
}
"""What is said of commands that only a screen can have."""


class TypedCommand(NamedTuple):
    """A command that was typed."""

    id: str  # of a handler
    rest: str = ""  # the text after the name


def is_number(text: str) -> bool:
    """Return whether a text is a number: digits, and not too many."""
    return text.isdecimal() and text.isascii() and len(text) < 10


class Vocabulary:
    """Finds the commands that typed lines mean."""

    def __init__(
        self,
        handlers: Collection[str],
        verbs: Collection[str],
        keys: Mapping[str, tuple[str, ...]],
        own: Sequence[TableCommand] = (),
    ) -> None:
        """`keys` are the user's, as in `Config`, and `own` their commands."""
        self._verbs = verbs
        bound = {**effective_keys(keys), **{each.id: each.keys for each in own}}
        # As they are typed: one letter, in its case.
        self._keys = {
            label: command
            for command, its in bound.items()
            for key in its
            if len(label := key_label(key)) == 1 and label.isascii()
        }
        self._keys.setdefault("/", "search")
        known = [*all_commands(), *own]
        self._listed_commands = [command for command in known if command.id in handlers]
        self._can_note = "highlight" in handlers  # a note is on one
        self._names = dict(FLAT_COMMANDS)
        if not self._can_note:
            del self._names["note"]
        for command in known:
            for name in (command.id, command.id.replace("_", " "), _command_name(command)):
                self._names.setdefault(name, command.id)
        # A verb is meant before anything else that a command is called.
        for command in known:
            for name in {*command.names.split(), *map(_say_key, bound[command.id])} - {*verbs}:
                self._names.setdefault(name, command.id)
        self._rows = {command.id: command for command in known}

    def find_command(self, line: str) -> TypedCommand | None:
        """Return the command of a line that is not empty; None if there is none."""
        if is_number(line):
            return TypedCommand("number", line)
        line = line.removeprefix(f"{PROGRAM} ")  # as messages write commands
        key, _, rest = line.partition(" ")
        if not line[0].isalnum():  # as in /words
            key, rest = line[0], line[1:]
        if key in self._keys and key not in FLAT_COMMANDS:
            return TypedCommand(self._keys[key], rest.strip())
        words = line.split(" ")
        for size in range(min(LONGEST_NAME, len(words)), 0, -1):
            name = " ".join(words[:size])
            name = name.lower() if len(name) > 1 else name  # Q is not q
            rest = " ".join(words[size:])
            if name in self._names:
                return TypedCommand(self._names[name], rest)
            if name in self._verbs:
                return TypedCommand("verb", line)
        return None

    def describe_instead(self, command: str) -> str:
        """Say what takes the place of a command that has no handler."""
        return INSTEAD.get(command, f"{self._rows[command].title} works on the screen only.")

    def find_similar(self, line: str) -> str:
        """Return a name that is similar to a typed line, or ""."""
        names = (*FLAT_COMMANDS, *map(_command_name, self._listed_commands), *self._verbs)
        word = line.lower().split(" ")[0]  # the rest may be an argument
        if word in self._keys:
            return word
        close = get_close_matches(line.lower(), names, 1) or get_close_matches(word, names, 1)
        return next(iter(close), "")

    def iter_help(self, about: str = "") -> Iterator[str]:
        """Yield the lines of the help: of one command, or of all."""
        meant = self.find_command(about) if about else None
        if meant is not None and (command := self._rows.get(meant.id)) is not None:
            if command not in self._listed_commands:
                yield self.describe_instead(command.id)
                return
            yield f"{self._describe_names(command)}: {FLAT_HELP.get(command.id, command.help)}"
            return
        for name, meaning in HELP.items():
            if self._can_note or not name.startswith("note "):
                yield f"{name}: {meaning}"
        for group, commands in groupby(self._listed_commands, key=lambda command: command.group):
            yield f"{group}: {', '.join(map(self._describe_names, commands))}."
        yield f"As on the command line: {', '.join(self._verbs)}."
        yield "help NAME explains a command."

    def _describe_names(self, command: TableCommand) -> str:
        """Return its name as on the screen, and its keys as words, since voices leave out signs."""
        own = [
            key for key, its in self._keys.items() if its == command.id and key not in FLAT_COMMANDS
        ]
        keys = list(map(_say_key, own))
        return f"{_command_name(command)} ({', '.join(keys)})" if keys else _command_name(command)


def _say_key(key: str) -> str:
    return key_name(key).replace("_", " ")


def _command_name(command: TableCommand) -> str:
    return command.title.lower()
