"""Open the library of a verb, its feeds, accounts and journals, and find what arguments name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from datetime import datetime
from difflib import get_close_matches
from itertools import islice
from pathlib import Path, PurePosixPath
from shlex import quote
from typing import Protocol, TypeVar

from rilo_reader import config as settings
from rilo_reader.article import ArticleId
from rilo_reader.cli.library_context import (
    LibraryContext,
    choose_library,
    make_context,
    protect_files,
    resolve_folder,
)
from rilo_reader.cli.output import PROGRAM, errors, output
from rilo_reader.cli.printing import bring_up_to_date, show_count, show_waiting
from rilo_reader.cli.verb import Verb
from rilo_reader.config import Config, SettingsProblem
from rilo_reader.feeds import subscriptions as subscriptions_file
from rilo_reader.feeds.sources import (
    ChangeOutcome,
    FeedChange,
    FeedSource,
    FeedSources,
    feed_sources,
)
from rilo_reader.feeds.status import feed_mutes
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.feeds.undo import StepRecorder, add_stopped_steps
from rilo_reader.library import Library, LibraryBusy, LibraryError
from rilo_reader.library.library import ArchivePlugin
from rilo_reader.library.mutes import select_active_mutes
from rilo_reader.paths import expand_path, marks_file, user_paths
from rilo_reader.plugin_list import ExchangeResult, plugins_with
from rilo_reader.query.tree import Query
from rilo_reader.store.state import State, open_state
from rilo_reader.text import format_count, redact_address

T = TypeVar("T")


class _HasName(Protocol):
    @property
    def name(self) -> str: ...


Account = TypeVar("Account", bound=_HasName)

SHOWN_PROBLEMS = 3  # problems of the settings that each command prints

NO_FEED = f"You follow no feeds yet. To follow one: {PROGRAM} add URL"


def load_user_settings() -> Config:
    """Return the user's settings; `check_settings` has printed the problems in them."""
    return settings.load(user_paths().settings_file)[0]


def check_settings(verb: Verb) -> None:
    """Print what is wrong with the settings before a verb runs, a line each.

    Raises LibraryError where they may mean something else, if the verb changes something or would
    have to guess the library.
    """
    print_notices(protect_files(user_paths()))
    problems = settings.load(user_paths().settings_file)[1]
    correct = f"Correct them: {PROGRAM} settings"
    sentences = [problem.message for problem in problems[:SHOWN_PROBLEMS]]
    if more := len(problems) - len(sentences):
        sentences.append(
            f"The settings have {format_count(more, 'more problem')}: {PROGRAM} doctor"
        )
    print_notices(sentences)
    if verb.writes and any(problem.is_grave for problem in problems):
        raise LibraryError(f"nothing was changed, because settings.toml is not clear. {correct}")
    if verb.library is None and any(problem.hides_library for problem in problems):
        raise LibraryError(
            f"the settings do not say which library to open. {correct}, or add --library FOLDER"
        )


def choose_readable(name: str | None, *, may_be_emptied: bool = False) -> LibraryContext:
    """Return the library that a verb reads, see `choose_library`; print a line if it is the guide.

    Raises LibraryError if the folder named here or in the settings does not exist, or
    unless it `may_be_emptied`, seems to be on a disk that is not connected.
    """
    context = _require_folder(
        choose_library(name, load_user_settings(), user_paths()), may_be_emptied=may_be_emptied
    )
    if context.wanted_folder:
        errors().line(f"{context.wanted_folder} has no articles yet, so the guide is used.")
    return context


def choose_writable(name: str | None) -> LibraryContext:
    """Return the library that a verb writes to: the named one, else the user's own.

    That may not exist yet. It raises what `choose_readable` raises.
    """
    paths, config = user_paths(), load_user_settings()
    folder = config.first_library(paths)
    if name is not None and name != str(folder):
        folder = resolve_folder(name)
    return _require_folder(make_context(folder, paths, config))


def _require_folder(context: LibraryContext, *, may_be_emptied: bool = False) -> LibraryContext:
    if context.missing_note:
        raise LibraryError(f"the folder {context.missing_note}")
    if context.doubt:
        raise LibraryError(context.doubt)
    if not may_be_emptied and (number := context.vanished_articles):
        folder = context.wanted_folder or context.folder
        raise LibraryError(
            f"the folder {folder} is empty, but it had {format_count(number, 'article')}. Connect "
            f"its disk. If you deleted them: {PROGRAM} index --library {quote(str(folder))}"
        )
    return context


@contextmanager
def open_current(
    options: Verb, *, current: bool = True, check: bool = True, hide: bool = False
) -> Iterator[Library]:
    """Open the library that a verb reads; unless `current` is False, with all that is new.

    Without `check` a reader or `index --watch` that keeps the index current is trusted; with `hide`
    nothing finds what the user has muted. It raises what `choose_readable` raises, and LibraryError
    if the folder or its marks cannot be read.
    """
    # Output must not come partly from an index that was replaced by an empty one.
    context = choose_readable(options.library, may_be_emptied=not current)
    with context.open_library(fills_itself=True) as library:
        library.state.check_readable()
        notices = library.notices
        print_notices(notices)
        if current:
            make_current(library, check=check)
        if hide:
            hide_muted(library)
        for plugin in plugins_with(ArchivePlugin):
            archive = plugin.shared_archive(library.folder, context.paths)
            if archive and (remote := archive.open_older_articles(library)):
                library.remote_articles = remote
                break
        yield library
        new = [notice for notice in library.notices if notice not in notices]
        print_notices(new)


def hide_muted(library: Library) -> None:
    """Hide what settings and feeds.toml mute, as the reader does; report invalid mutes."""
    mutes = (*load_user_settings().mutes, *feed_mutes(library.folder, user_paths()))
    active = select_active_mutes(mutes, datetime.now().astimezone().date())
    library.search.mute(active.queries)
    print_notices(active.problems)


def print_notices(notices: Iterable[str]) -> None:
    """Print what the user should know on stderr, a line each."""
    for notice in notices:
        errors().line(notice)


def make_current(library: Library, *, check: bool = True) -> None:
    """Bring the index up to date, and exchange marks."""
    update_index(library, check=check)
    exchange_marks(library.state)


def update_index(library: Library, *, check: bool = True) -> None:
    """Bring the index up to date, unless another process is doing so: use what it has then."""
    try:
        bring_up_to_date(library, check=check)
    except LibraryBusy as busy:
        errors().line(str(busy))


# -- articles ------------------------------------------------------------------------------------

SHOWN_NAMES = 3  # articles named in an error
MAX_ROWS_COMPARED = 20_000  # newest articles to search for a similar name; more would take too long


def find_article(library: Library, name: str) -> ArticleId | None:
    """The article that an argument names; None for a file outside the library.

    Tries in this order: an id or a path, the beginning of one id, the end of one path ("today.md"
    for "notes/today.md"). Raises LibraryError, with similar names, if that is not one or several.
    """
    file = expand_path(name)
    identity = library.find(name)
    if identity is not None or file.is_file():
        return identity
    if (
        library.remote_articles is not None
        and library.remote_articles.fetch_article(ArticleId(name)) is not None
    ):
        return ArticleId(name)
    matches = [
        row
        for row in library.search.each(Query())
        if name and (row.id.startswith(name) or row.path.endswith(f"/{name}"))
    ]
    if len(matches) == 1:
        return matches[0].id
    if matches:
        named = ", ".join(row.path for row in matches[:SHOWN_NAMES])
        more = ", …" if len(matches) > SHOWN_NAMES else "."
        raise LibraryError(f"'{name}' could be any of {len(matches):,} articles: {named}{more}")
    raise LibraryError(f"there is no article '{name}'. {_suggest_article(library, name)}")


def _suggest_article(library: Library, name: str) -> str:
    """A suggestion: articles with a similar name, or how to list all."""
    wanted = PurePosixPath(name).name.casefold()
    candidates: dict[str, str] = {}  # names and ids -> paths
    for row in islice(library.search.each(Query()), MAX_ROWS_COMPARED):
        candidates[PurePosixPath(row.path).name.casefold()] = row.path
        candidates.setdefault(row.id.casefold(), row.path)
    close = get_close_matches(wanted, candidates, n=SHOWN_NAMES, cutoff=0.7)
    if close:
        paths = dict.fromkeys(candidates[key] for key in close)
        return f"Did you mean {' or '.join(paths)}?"
    return "To list all articles with their paths: rilo-reader list"


# -- feeds and accounts ---------------------------------------------------------------------------


def other_library_advice(context: LibraryContext) -> str:
    """Return advice if feeds and accounts are fetched into another library, else ""."""
    folder, first = context.folder, context.config.first_library(context.paths)
    if folder.resolve() == first.resolve():
        return ""
    return (
        f"feeds and accounts are fetched into {first}, not into {folder}. To fetch them: {PROGRAM} "
        f"refresh. To fetch them into {folder} from now on, put it first in "
        f'{context.paths.settings_file}: folders = ["{folder}"]'
    )


def check_is_first(context: LibraryContext) -> None:
    """Raise LibraryError if feeds and accounts are fetched into another library."""
    if other := other_library_advice(context):
        raise LibraryError(other)


def load_subscriptions(context: LibraryContext) -> tuple[Subscription, ...]:
    """Return the user's subscriptions; print problems, or raise LibraryError if no feed is left."""
    return raise_if_only_problems(*subscriptions_file.load(context.paths.feeds_file))


def load_sources(context: LibraryContext) -> FeedSources:
    """Return the user's accounts; problems are as in `load_subscriptions`."""
    found = feed_sources(context.folder, context.paths, context.config)
    raise_if_only_problems(found.sources, found.problems)
    return found


def raise_if_only_problems(
    found: tuple[T, ...], problems: Sequence[SettingsProblem]
) -> tuple[T, ...]:
    """Return what was found and print the problems; raise LibraryError if nothing was."""
    sentences = [problem.message for problem in problems]
    if sentences and not found:
        raise LibraryError("\n".join(sentences))
    print_notices(sentences)
    return found


@contextmanager
def convert_edit_errors(file: Path) -> Iterator[None]:
    """Raise LibraryError where a file of the user cannot be edited by this program."""
    try:
        yield
    except ValueError as error:
        raise LibraryError(f"{file}: {error}.") from error


def select_feeds(
    names: Sequence[str],
    subscriptions: Sequence[Subscription],
    part: subscriptions_file.MatchScope = subscriptions_file.MatchScope.ANY,
) -> list[Subscription]:
    """The subscriptions that arguments name, once each; raises LibraryError if one names none."""
    found: dict[str, Subscription] = {}
    for name in names:
        several = subscriptions_file.find_subscriptions(subscriptions, name, part)
        if not subscriptions:
            raise LibraryError(NO_FEED)
        if not several and "://" in name:
            follow = f"To follow it: {PROGRAM} add {quote(name)}"
            raise LibraryError(f"you do not follow {name}. {follow}")
        if not several:
            raise LibraryError(
                f"you follow no feed called '{name}'. {_suggest_feed(name, subscriptions)}"
            )
        found.update((feed.url, feed) for feed in several)
    return list(found.values())


def _suggest_feed(name: str, subscriptions: Sequence[Subscription]) -> str:
    """Return advice where no feed has a name: feeds of which it is a part may be meant."""
    like = subscriptions_file.find_subscriptions(subscriptions, name)
    titles = [feed.title or redact_address(feed.url) for feed in like or subscriptions]
    if len(like) == 1:
        return f"Did you mean '{titles[0]}'?"
    return _suggest_name(
        name, titles, f"{PROGRAM} feeds {quote(name)}" if like else f"{PROGRAM} feeds"
    )


def select_source(context: LibraryContext, name: str) -> FeedSource:
    """The account that an argument names, as a source of feeds; see `select_account`."""
    found = load_sources(context)
    return select_account(name, found.sources, found.add_command)


def select_account(name: str, accounts: Sequence[Account], to_add: str) -> Account:
    """Return the account that an argument names; raise LibraryError if it names none."""
    if not accounts:
        raise LibraryError(no_account_advice(to_add))
    key = name.strip().casefold()
    for account in accounts:
        if account.name.casefold() == key:
            return account
    shown = redact_address(name)
    advice = _suggest_name(shown, [account.name for account in accounts], f"{PROGRAM} account list")
    raise LibraryError(f"you have no account called '{shown}'. {advice}")


def no_account_advice(to_add: str) -> str:
    """Return the sentence for no account at all; `to_add` is the command that adds one, or ""."""
    return f"You have no account yet.{f' To add one: {to_add}' if to_add else ''}"


def _suggest_name(name: str, names: Sequence[str], command: str) -> str:
    close = get_close_matches(name, names, n=1)
    return f"Did you mean '{close[0]}'?" if close else f"To list them all: {command}"


def change_at_account(account: FeedSource, changes: Sequence[FeedChange]) -> list[ChangeOutcome]:
    """Change feeds of an account, with progress on a terminal; LibraryError: none was changed."""
    if len(changes) == 1:
        with show_waiting(f"Asking {account.name} …"):
            return account.apply_changes(changes)
    with show_count(f"{account.name}: feed", len(changes)) as progress:
        return account.apply_changes(changes, progress)


def save_refusal(context: LibraryContext, message: str, instead: str) -> None:
    """Keep what a verb did as a step that undo cannot take back; it says what to do `instead`."""
    recorder = StepRecorder(context.paths)
    recorder.instead = instead
    save_step(context, recorder, message)


def save_step(context: LibraryContext, recorder: StepRecorder, message: str) -> None:
    """Keep what a verb changed for undo, with the gesture that sent it to other devices, if any.

    Saved again, a step has another message.
    """
    with closing(open_state(marks_file(context.folder, context.paths))) as state:
        try:
            recorder.save(state, message)
        except LibraryError as error:
            errors().line(f"This cannot be undone by undo: {error}")


def take_back_step(context: LibraryContext, recorder: StepRecorder) -> None:
    """Take back what a verb has saved as a step, without a trace; raises LibraryError."""
    with closing(open_state(marks_file(context.folder, context.paths))) as state:
        recorder.take_back(state, context.folder)


def save_stopped_steps(context: LibraryContext) -> None:
    """Keep for undo what processes left that were killed; raises StateError."""
    with closing(open_state(marks_file(context.folder, context.paths))) as state:
        add_stopped_steps(state, context.folder, context.paths)


# -- what plugins do with a library --------------------------------------------------------------


class ExchangePlugin(Protocol):
    """A plugin that exchanges marks with others."""

    name: str

    def exchange_marks(self, marks: State, library: Library | None = None) -> ExchangeResult:
        """Exchange the marks of a library, as `Plugin.exchange_marks` says it."""
        ...


class _ChangePlugin(Protocol):
    def library_changed(
        self, where: LibraryContext, new: Sequence[str], *, as_json: bool
    ) -> int: ...


def exchange_marks(marks: State, library: Library | None = None) -> None:
    """Call the `exchange_marks` of all plugins, and print what changed."""
    plugins = plugins_with(ExchangePlugin)
    last = 0
    for place, plugin in enumerate(plugins):
        result = plugin.exchange_marks(marks, library)
        print_exchange(result)
        last = place if result.has_changed else last
    # Those before the last one that changed marks have not seen its changes yet.
    for plugin in plugins[:last]:
        print_exchange(plugin.exchange_marks(marks, library))


@contextmanager
def exchange_around(context: LibraryContext) -> Iterator[None]:
    """Exchange marks before and after a block that changes feeds or settings, which may travel."""
    file = marks_file(context.folder, context.paths)
    if not file.is_file():  # nothing travels
        yield
        return
    with closing(open_state(file)) as marks:
        exchange_marks(marks)
        yield
        exchange_marks(marks)


def print_exchange(result: ExchangeResult) -> None:
    """Print what an exchange of marks has to say."""
    for message in result.messages:
        errors().line(message)
    for line in result.details:
        output().line(line)


NEW_PATHS = ContextVar[list[str]]("new paths")
"""The paths of the articles that refreshes brought, where somebody wants to know them."""


def tell_library_changed(
    context: LibraryContext, new: Sequence[str] = (), *, as_json: bool = False
) -> int:
    """Call the `library_changed` of all plugins; return how many of their tasks failed."""
    NEW_PATHS.get([]).extend(new)
    plugins = plugins_with(_ChangePlugin)
    return sum([plugin.library_changed(context, new, as_json=as_json) for plugin in plugins])
