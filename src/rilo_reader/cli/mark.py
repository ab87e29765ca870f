"""`mark`: mark articles read, starred or tagged, from a script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.cli.arguments import (
    choose_writable,
    exchange_marks,
    find_article,
    open_current,
    tell_library_changed,
)
from rilo_reader.cli.history import short_names
from rilo_reader.cli.output import PROGRAM, UsageError, errors, output
from rilo_reader.cli.printing import show_waiting
from rilo_reader.cli.search import query_of
from rilo_reader.cli.standard_input import expand_names
from rilo_reader.cli.verb import Verb, argument, flag, option
from rilo_reader.library import Library, LibraryError
from rilo_reader.query.tree import Query
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import READ, STARRED, TAG, Marks
from rilo_reader.store.state import State
from rilo_reader.text import clean_line, format_count


class MarkAction(NamedTuple):
    """A value that `mark` gives to a field of articles."""

    field: str  # the field that gets a value
    value: str
    done_words: str  # what they are then, for the user ("marked read")

    def is_done(self, marks: Marks) -> bool:
        """Return whether an article with these marks has the value already."""
        tagged = self.field.removeprefix(TAG) in marks.tags
        has = {READ: marks.read and not marks.is_edited, STARRED: marks.starred}.get(
            self.field, tagged
        )
        return has == (self.value == "1")


ACTIONS = {
    "read": MarkAction(READ, "1", "marked read"),
    "unread": MarkAction(READ, "0", "marked unread"),
    "star": MarkAction(STARRED, "1", "starred"),
    "unstar": MarkAction(STARRED, "0", "unstarred"),
}
TAG_ACTIONS = {"tag": ("1", "tagged"), "untag": ("0", "no longer tagged")}


class MarkVerb(Verb):
    """Mark articles read, unread, starred or tagged."""

    usage = """\
rilo-reader mark read|unread|star|unstar ARTICLE… [--library FOLDER]
                        [--json] [--dry-run]
       rilo-reader mark tag|untag NAME ARTICLE… …
       rilo-reader mark … --query QUERY …"""
    about = """
Mark articles read, unread, starred or tagged.

All of it is one change, which undo reverts. ARTICLE is an id, the beginning of
an id, or a path, as for show; - reads ids and paths from standard input, one
per line. If an article does not exist, nothing is marked.
"""
    examples = (
        "rilo-reader mark read --query 'before:1y -is:starred'",
        "rilo-reader mark tag customs guide/first-steps.md",
        "rilo-reader search title:seminar | cut -f 4 | rilo-reader mark star -",
    )
    exit_codes = """0 done, also if nothing had to change; 1 failed, also if an article does not
exist; 2 wrong usage."""

    words: list[str] = argument(
        "WORD",
        "an action, a tag for tag and untag, and the articles",
        nargs="*",
        completes="mark",
        offers=(*ACTIONS, *TAG_ACTIONS),
    )
    selected: str | None = option(
        "--query QUERY",
        "the articles that search finds, except muted ones",
        may_be_empty=True,
    )
    json: bool = flag(
        "--json", "one JSON object: action, changed, already, articles, gesture, dry_run"
    )
    dry_run: bool = flag("--dry-run", "show what would be changed, and change nothing")

    writes = True

    def run(self) -> int:
        """Mark articles; all of them, or none if one is not there."""
        action, names = parse_action(self.words)
        if bool(names) == (self.selected is not None):
            wrong = "takes articles or --query, not both" if names else "needs articles, or --query"
            raise UsageError(f"mark {wrong}. See {PROGRAM} mark --help")
        if self.selected is not None and not self.selected.strip():
            raise UsageError("mark needs a query after --query. For every article: --query '*'")
        query = query_of(self.selected) if self.selected else Query()
        with open_current(self, hide=not names) as library:
            check_new_tag(action, library.state)
            found = _iter_named_articles(library, names) if names else library.search.ids(query)
            ids = Ids(dict.fromkeys(found))
            gesture = None
            if self.dry_run:
                marks = library.search.marks(list(ids))
                changed = Ids(one for one in ids if not action.is_done(marks[one]))
            else:
                with show_waiting(f"Marking {len(ids):,} articles …"):
                    gesture = library.state.apply_assignments(
                        [Assignment(action.field, action.value, ids)]
                    )
                marked = gesture.article_ids if gesture else set()
                changed = Ids(one for one in ids if one in marked)
            name = ""
            if gesture is not None:
                exchange_marks(library.state)
                if self.json or output().is_terminal:
                    name = short_names(library.state.history.list_ids())[gesture.id]
        already = len(ids) - len(changed)
        if self.json:
            record = {"action": self.words[0], "changed": len(changed), "already": already}
            done = {"articles": list(changed), "gesture": name or None, "dry_run": self.dry_run}
            output().json({**record, **done})
            return 0
        would = " would be" if self.dry_run else ""
        were = f", {already:,} {'was' if already == 1 else 'were'} already" if already else ""
        output().line(f"{format_count(len(changed), 'article')}{would} {action.done_words}{were}.")
        if changed and not self.dry_run:
            tell_library_changed(choose_writable(self.library))
        if name:
            errors().note(f"To undo it: {PROGRAM} undo {name}")
        return 0


def parse_action(words: Sequence[str]) -> tuple[MarkAction, list[str]]:
    """Parse the words of the command line: an action, and the names of the articles."""
    verb, *rest = words or ("",)
    if action := ACTIONS.get(verb):
        return action, rest
    if verb not in TAG_ACTIONS:
        what = f"not '{verb}'" if verb else "and articles"
        choices = ", ".join((*ACTIONS, *TAG_ACTIONS))
        raise UsageError(f"mark takes one of {choices}, {what}. See {PROGRAM} mark --help")
    if not rest:
        raise UsageError(f"mark {verb} needs the name of a tag: {PROGRAM} mark {verb} NAME ARTICLE")
    tag = clean_line(rest[0])
    if not tag:
        raise _make_tag_error(rest[0])
    value, done = TAG_ACTIONS[verb]
    return MarkAction(TAG + tag, value, f"{done} {tag}"), rest[1:]


def check_new_tag(action: MarkAction, state: State) -> None:
    """Raise UsageError if an action gives a new tag that the reader would take for several."""
    tag = action.field.removeprefix(TAG)
    if "," in tag and action.value == "1" and tag not in state.tags():
        raise _make_tag_error(tag)


def _make_tag_error(tag: str) -> UsageError:
    return UsageError(
        f"'{tag}' cannot be a tag: a new tag must not be empty or contain a comma. "
        "For several, tag once for each."
    )


# -- articles -------------------------------------------------------------------------------------


def _iter_named_articles(library: Library, names: Sequence[str]) -> Iterator[ArticleId]:
    """The articles of these names, `-` for standard input; LibraryError if one is missing."""
    for name in expand_names(names):
        try:
            identity = find_article(library, name)
        except LibraryError as error:
            raise LibraryError(f"nothing was marked: {error}") from None
        if identity is None:
            outside = f"'{name}' is not in the library {library.folder}."
            raise LibraryError(f"nothing was marked: {outside}")
        yield identity
