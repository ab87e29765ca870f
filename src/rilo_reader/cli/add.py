"""`add`: subscribe to a feed, or save a page as an article."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from shlex import quote
from typing import TypeVar
from urllib.parse import urlsplit

from rilo_reader.cli import arguments
from rilo_reader.cli.child import hold_signals
from rilo_reader.cli.library_context import LibraryContext
from rilo_reader.cli.lists_of_pages import choose_list
from rilo_reader.cli.output import PROGRAM, OutputStyle, StyledText, UsageError, errors, output
from rilo_reader.cli.printing import ask_user, can_ask, pick_values, print_result
from rilo_reader.cli.refresh import apply_rules_after, tell_plugins_after, update_all
from rilo_reader.cli.verb import Verb, argument, flag, option
from rilo_reader.config.checks import SettingError
from rilo_reader.entry import Entry, Selectors
from rilo_reader.errors import CollectingError
from rilo_reader.extras import PAGES
from rilo_reader.feeds import subscriptions
from rilo_reader.feeds.answers import CachingClient, read_answers, write_answers
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.article_writer import text_of_file
from rilo_reader.feeds.collection import open_collection, read_public_hosts
from rilo_reader.feeds.discover import (
    Discoverer,
    DiscoveryLimits,
    DiscoveryResult,
    FeedCandidate,
)
from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.ledger import ledger_to_read
from rilo_reader.feeds.progress import INCOMPLETE, FeedProgress, Phase, Summary
from rilo_reader.feeds.sources import FeedAddition
from rilo_reader.feeds.subscriptions import Subscription, check_address
from rilo_reader.feeds.undo import StepRecorder
from rilo_reader.feeds.update_request import update_request
from rilo_reader.feeds.whole_page import (
    PagePlace,
    ask_page,
    find_page_place,
    place_of_link,
    replace_text,
)
from rilo_reader.fetch.client import make_client
from rilo_reader.fetch.messages import Failure, FetchError, Response
from rilo_reader.library import LibraryError
from rilo_reader.store import front_matter
from rilo_reader.text import clean_line, format_count, redact_address

T = TypeVar("T")

NEEDS_LOGIN = (
    "If it needs a login, put user:password@ into the address, or write the feed into feeds.toml "
    'with headers = { Cookie = "…" }. If it wants a browser, write it there with '
    'user_agent = "Mozilla/5.0".'
)


class AddVerb(Verb):
    """Follow a feed, or save a page."""

    library_help = "where to save a page; feeds go into your own library only"
    about = """
Follow a feed and fetch it, or save a page as an article.

If URL is a page of a site, you choose one of its feeds. In a script, --feed
follows its only feed, and --page saves the page itself. If you have an article
with this link from a feed or an import, --page puts the text of the page into
it, unless you have edited it. If the site has no feed, --page-feed makes one of
the links that a page lists: it shows what it finds, and asks before it follows.
"""
    examples = (
        "rilo-reader add https://github.com/newsboat/newsboat/releases.atom --tag News",
        "rilo-reader add --page https://en.wikipedia.org/wiki/RSS",
        "rilo-reader add --page-feed https://www.paulgraham.com/articles.html",
    )
    exit_codes = """0 done, also if you already follow it; 1 failed, also if there is no feed, or
more than one; 2 wrong usage."""

    url: str = argument("URL", "a feed, or a page of a site")
    feed: bool = flag(
        "--feed", "follow the feed of the page, if there is only one", only_one="what"
    )
    page: bool = flag(
        "--page",
        "save the page as an article, without following a feed; needs rilo-reader[pages]",
        only_one="what",
    )
    page_feed: bool = flag(
        "--page-feed",
        "follow the page itself: the links that it lists become entries; for a site without a feed",
        only_one="what",
    )
    look: bool = flag(
        "--look",
        "add nothing; print what was found as one JSON object: url, feeds, page, problem",
        only_one="what",
    )
    into: str | None = option(
        "--into PATH",
        "with --page, put the text of the page into the article at PATH of the library, whose link "
        "URL is; it must be on the internet",
    )
    yes: bool = flag("--yes", "with --page-feed, follow the first list found, without a question")
    answers: str | None = option(
        "--answers FILE",
        "with --look, save the servers' answers in FILE; without it, use those in FILE instead of "
        "asking again",
    )
    title: str | None = option("--title TITLE", "a title for the feed, instead of its own")
    tags: list[str] | None = option(
        "--tag TAG", "a tag for the feed, such as News or News/Europe; repeatable", action="append"
    )
    full_text: bool = flag(
        "--full-text",
        "fetch the page of each entry, for feeds that have only summaries; needs "
        "rilo-reader[pages]",
    )
    account: str | None = option(
        "--account NAME",
        "follow it on the server of account NAME, with TAG as its category; the next refresh "
        "fetches its articles",
        completes="account",
        hook="feed_sources",
    )
    json: bool = flag(
        "--json",
        "one JSON object per line: the progress of the first fetch, as refresh --json prints it, "
        "then followed, name, url, new, account, finished; of a page path, title, new, updated, "
        "finished; "
        "with --look asking, seconds, then url, feeds of url, title, type, page of title, url, "
        "problem; with --page-feed first url, page of items, title, link, date, number, entries "
        "of title, url, date",
    )
    dry_run: bool = flag("--dry-run", "show what would be done, and save nothing")

    @property
    def writes(self) -> bool:
        """See `Verb.writes`."""
        return not self.look

    def run(self) -> int:
        """Add the feed or page at an address; return the exit code."""
        with tell_plugins_after(self, as_json=self.json, dry_run=self.dry_run):
            try:
                url = check_address(self.url)
            except SettingError as error:
                raise UsageError(f"{error}.") from None
            if self.account is not None:
                return _add_at_account(self, url, self.account)
            return _follow_page(self, url) if self.page_feed else _add_address(self, url)


def _add_address(options: AddVerb, url: str) -> int:
    context = arguments.choose_writable(options.library)
    subscriptions = arguments.load_subscriptions(context)
    if options.into is not None and not options.page:
        raise UsageError("--into is for --page")
    if options.page:
        if options.into is None:
            place = place_of_link(context.folder, context.paths, url, subscriptions)
        else:
            place = find_page_place(context.folder, context.paths, options.into, subscriptions)
        if place is not None:  # an article that is to get the text of the page
            page = _DiscoverySession(context, options).fetch_page(url, place)
            return _write_page_text(context, options, place, page)
    if not (options.page or options.look) and (known := _find_followed(url, subscriptions)):
        return _report_followed(options, known)
    session = _DiscoverySession(context, options)
    found = session.discover_feeds(url)
    if options.look:
        session.save_answers()
        described = found.page
        feeds = [pick_values(feed, "url", "title", "type") for feed in found.feeds]
        shown = described and {"title": described.title, "url": described.url or found.url}
        problem = None if found.is_feed or described else found.problem
        output().json({"url": found.url, "feeds": feeds, "page": shown, "problem": problem})
        return 0
    choice = None
    if not options.page:
        choice = found.feeds[0] if found.is_feed else _choose_feed(options, found)
    if choice is None:
        return _save_page(context, options, found, url)
    if known := _find_followed(choice.url, subscriptions):
        return _report_followed(options, known)
    if not found.is_feed:  # the page says that it is one
        linked = choice
        choice = session.ask_discoverer(choice.url, lambda asked: asked.verify_candidate(linked))
    return _follow_feed(context, options, choice, session)


def _find_followed(url: str, subscriptions: Sequence[Subscription]) -> Subscription | None:
    return next((feed for feed in subscriptions if feed_key(feed.url) == feed_key(url)), None)


def _report_followed(options: AddVerb, subscription: Subscription) -> int:
    url = redact_address(subscription.url)
    record = {"followed": False, "name": subscription.title or url, "url": url, "new": 0}
    print_result(options.json, f"You already follow {url}.", **record)
    return 0


class _DiscoverySession:
    """Fetches what a verb asks for; methods raise LibraryError for what cannot be fetched."""

    def __init__(self, context: LibraryContext, options: AddVerb) -> None:
        # Hosts that are found on the way are added.
        self.public_hosts = read_public_hosts(context.folder, context.paths)
        self._config = context.config
        self._options = options
        self.answers: dict[str, Response] = {}  # by address
        if options.answers is not None and not options.look:
            self.answers, hosts = read_answers(Path(options.answers))
            self.public_hosts |= hosts

    def ask_discoverer(self, url: str, question: Callable[[Discoverer], Awaitable[T]]) -> T:
        """Return the answer of a discoverer; `url` is named in errors."""

        async def ask() -> T:
            async with make_client(self._config) as client:
                client.public_hosts |= self.public_hosts
                caching = CachingClient(client, self.answers)
                limits = DiscoveryLimits(seconds=float(self._config.fetch_seconds))
                pool = self._options.pool
                with Discoverer(caching, limits, pool, self._report_step) as discoverer:
                    found = await question(discoverer)
                self.public_hosts |= client.public_hosts
                return found

        try:
            return asyncio.run(ask())
        except FetchError as error:
            reason = error.reason.rstrip(".")
            is_locked = error.failure is Failure.LOGIN and not self._options.page
            advice = f" {NEEDS_LOGIN}" if is_locked else ""
            raise LibraryError(f"{redact_address(url)}: {reason}.{advice}") from error

    def _report_step(self, step: str, seconds: float) -> None:
        if self._options.look and self._options.json:
            output().json({"asking": step, "seconds": round(seconds)}, at_once=True)

    def discover_feeds(self, url: str) -> DiscoveryResult:
        """Find the feeds and the page at an address."""
        typed, for_feeds = "://" in self._options.url, not self._options.page
        return self.ask_discoverer(
            url, lambda net: net.discover(url, is_scheme_typed=typed, for_feeds=for_feeds)
        )

    def fetch_page(self, url: str, place: PagePlace) -> Entry:
        """Fetch the page of an article; only an address that the user typed may be private."""
        if missing := PAGES.install_advice:
            raise LibraryError(missing)
        typed = self._options.into is None
        return self.ask_discoverer(url, lambda net: ask_page(net, url, place, trusted=typed))

    def save_answers(self) -> None:
        """Write the answers into the file that the user named, if there is one."""
        if self._options.answers is None:
            return
        file = Path(self._options.answers)
        try:
            write_answers(file, self.answers, self.public_hosts)
        except OSError as error:
            raise LibraryError(f"{file} cannot be written: {error.strerror or error}.") from error


# -- choice -------------------------------------------------------------------------------------


def _choose_feed(options: AddVerb, found: DiscoveryResult) -> FeedCandidate | None:
    """The chosen feed of a page; None for the page itself."""
    shown = redact_address(found.url)
    if not found.feeds:
        keep = f"To save the page itself: {PROGRAM} add --page {quote(shown)}"
        lists = f"To follow the links that it lists: {PROGRAM} add --page-feed {quote(shown)}"
        advice = f"{keep} {lists}" if found.page else f"{lists} {found.problem}"
        raise LibraryError(f"{shown} is not a feed and links to none. {advice}")
    if options.feed and len(found.feeds) == 1:
        return found.feeds[0]
    if can_ask(as_json=options.json):
        return _ask_which_feed(options, found)
    for feed in found.feeds:
        errors().line(f"  {redact_address(feed.url)}  {feed.title}".rstrip())
    if options.feed:
        raise LibraryError(f"{shown} has several feeds; choose one: {PROGRAM} add URL")
    raise LibraryError(f"{shown} is a page; add --feed to follow its feed, or --page to save it.")


def _ask_which_feed(options: AddVerb, found: DiscoveryResult) -> FeedCandidate | None:
    out = output()
    out.line(StyledText(f"{redact_address(found.url)} has", OutputStyle.BOLD))
    for number, feed in enumerate(found.feeds, 1):
        url = StyledText(redact_address(feed.url), OutputStyle.DIM)
        out.line(f"  {number}  {feed.title or 'a feed'}  ", url)
    page = None if options.feed else found.page
    if page is not None:
        out.line(f"  p  the page itself, as an article: {page.title}")
    elif not options.feed:
        out.note(f"     {found.problem}")
    while True:
        answer = ask_user("Which? ", "1").lower()
        if answer == "p" and page is not None:
            return None
        if answer.isdecimal() and 1 <= int(answer) <= len(found.feeds):
            return found.feeds[int(answer) - 1]
        out.line("Type a number from the list, or press Ctrl-C to cancel.")


# -- pages without a feed -------------------------------------------------------------------------


def _follow_page(options: AddVerb, url: str) -> int:
    """Propose selectors for a page; follow it with the chosen ones, or change those it has."""
    context = arguments.choose_writable(options.library)
    session, typed = _DiscoverySession(context, options), "://" in options.url
    url, proposals = session.ask_discoverer(
        url, lambda asked: asked.propose_selectors(url, is_scheme_typed=typed)
    )
    shown = redact_address(url)
    follows = options.yes and not options.dry_run
    asks = can_ask(as_json=options.json) and not (options.yes or options.dry_run)
    liked = choose_list(shown, proposals, asks=asks, follows=follows, as_json=options.json)
    if liked is None:
        message = "Nothing was changed. To follow it like this, add --yes."
        print_result(options.json, message, followed=False, name="", url=shown, new=0)
        return 0
    known = _find_followed(url, arguments.load_subscriptions(context))
    choice = FeedCandidate(known.url if known else url)
    return _follow_feed(context, options, choice, session, liked.selectors)


# -- saving -------------------------------------------------------------------------------------


def _follow_feed(
    context: LibraryContext,
    options: AddVerb,
    choice: FeedCandidate,
    session: _DiscoverySession,
    page: Selectors = Selectors(),  # noqa: B008  # immutable
) -> int:
    """Subscribe to a feed and fetch it for the first time; `page` selects its entries on a page.

    A feed that is followed already gets these selectors, and is fetched even if it is not due.
    """
    arguments.check_is_first(context)
    file = context.paths.feeds_file
    wanted = Subscription(
        choice.url, options.title or "", tuple(options.tags or ()), full_text=options.full_text
    )
    known = _find_followed(choice.url, subscriptions.load(file)[0])
    wanted = (known or wanted)._replace(page=page)
    before = _read_last_success(context, wanted)
    did = "Changed what {} is read by" if known else "Followed {}"
    name = wanted.title or choice.title or redact_address(wanted.url)
    recorder: StepRecorder | None = None
    out = output()
    ends: list[FeedProgress] = []
    code: int | None = None

    def listen(progress: FeedProgress, summary: Summary) -> None:
        if progress.state.is_end:
            ends.append(progress)
        if options.json:
            out.json(progress.to_json(), at_once=True)

    try:
        if not options.dry_run:
            with arguments.convert_edit_errors(file), arguments.exchange_around(context):
                recorder = StepRecorder(context.paths)  # after what came from other devices
                with hold_signals():  # what is followed can be undone, whenever this is stopped
                    if known is None:
                        subscriptions.add_feeds(file, [wanted])
                    else:
                        subscriptions.change(file, known.url, page=page)
                    recorder.capture()
                    arguments.save_step(context, recorder, did.format(name))
        everything = (*subscriptions.load(file)[0], wanted)
        request = update_request([wanted], everything, file, force=True, dry_run=options.dry_run)
        this = frozenset((choice.url,))
        request = request._replace(
            typed_urls=this if choice.is_trusted else frozenset(),
            untyped_urls=frozenset() if choice.is_trusted else this,
            public_hosts=frozenset(session.public_hosts),
            answers=session.answers,
            pool=options.pool,
        )
        asyncio.run(update_all(context, request, listen))
        with hold_signals():
            if recorder is not None:
                arguments.save_step(context, recorder, did.format(ends[-1].name))
            code = _report_feed(options, ends[-1], wanted, known)
            out.flush()
    except BaseException:
        if code is None and known is None and recorder is not None and recorder.has_file_changes:
            with hold_signals():
                if ends:
                    _report_feed(options, ends[-1], wanted, None)
                else:
                    has_articles = _read_last_success(context, wanted) != before
                    follows = has_articles or not _unfollow_feed(context, wanted, recorder)
                    _report_stop(options, name, wanted, follows=follows)
                out.flush()
        raise
    return code


def _unfollow_feed(context: LibraryContext, feed: Subscription, recorder: StepRecorder) -> bool:
    """Unfollow a feed that was followed just now, without a trace; return whether that was done."""
    file = context.paths.feeds_file
    try:
        if recorder.marked is not None:
            arguments.take_back_step(context, recorder)
        else:  # the step could not be saved
            with arguments.convert_edit_errors(file):
                subscriptions.remove(file, feed.url)
    except LibraryError:
        return False
    return True


def _report_stop(options: AddVerb, name: str, wanted: Subscription, *, follows: bool) -> None:
    """Print whether a feed is followed whose first fetch was stopped; nothing if it is not."""
    record = {"followed": follows, "name": name, "url": redact_address(wanted.url), "new": 0}
    if follows or options.json:
        message = f"You now follow {name}; its articles come with the next refresh."
        print_result(options.json, message, **record)


def _report_feed(
    options: AddVerb, last: FeedProgress, wanted: Subscription, known: Subscription | None
) -> int:
    """Print what came of the first fetch of a feed; return the exit code."""
    name, url = last.name, redact_address(last.moved_to or wanted.url)
    has_failed = last.state is Phase.FAILED
    if has_failed and not options.json:
        done = f"{name} is read like this now" if known else f"You now follow {name}"
        errors().line(f"{done}, but it could not be fetched: {last.reason}")
        return 1
    would = "would follow" if options.dry_run else "follow"
    message = f"You {would} {name} ({url})"
    if known:
        message = f"You already follow {name} ({url}); it is read like this now"
    message += f": {format_count(len(last.new), 'new article')}."
    if last.failure == INCOMPLETE:
        message += f" {last.reason}"
    if wanted.full_text and PAGES.install_advice:
        message += f" {PAGES.install_advice}"
    new = len(last.new)
    print_result(options.json, message, followed=known is None, name=name, url=url, new=new)
    return 1 if has_failed else 0


def _read_last_success(context: LibraryContext, feed: Subscription) -> datetime | None:
    """Return the last time a feed was fetched and saved; None if that is not known."""
    with suppress(CollectingError), ledger_to_read(context.folder, context.paths) as ledger:
        if ledger is not None:
            return ledger.read_feed(feed.url).last_success
    return None


def _add_at_account(options: AddVerb, url: str, name: str) -> int:
    """Subscribe to a feed on the server of an account."""
    for only_here in ("page", "page_feed", "full_text"):
        if getattr(options, only_here):
            flag_name = f"--{only_here.replace('_', '-')}"
            raise UsageError(f"{flag_name} is for feeds that are fetched here, not by an account")
    context = arguments.choose_writable(options.library)
    account = arguments.select_source(context, name)
    try:
        found = _DiscoverySession(context, options).discover_feeds(url)
    except LibraryError:  # the server may reach it all the same
        choice = FeedCandidate(url)
    else:
        options.feed = True
        chosen = found.feeds[0] if found.is_feed else _choose_feed(options, found)
        choice = chosen or FeedCandidate(url)
    shown = redact_address(choice.url)
    if options.dry_run:
        message = f"{account.name} would follow {shown} (not done: --dry-run)"
        print_result(
            options.json, message, followed=False, name="", url=shown, new=0, account=account.name
        )
        return 0
    change = FeedAddition(choice.url, options.title or "", tuple(options.tags or ()))
    [outcome] = arguments.change_at_account(account, [change])
    if outcome.error:
        raise LibraryError(outcome.error)
    with hold_signals():  # what the server has done can be undone, whenever this is stopped
        added_url = outcome.undo.url if outcome.undo else choice.url
        added = _find_followed(added_url, account.read_feeds().feeds)
        called = (added.title if added is not None else "") or shown
        if outcome.undo is not None:
            recorder = StepRecorder(context.paths)
            recorder.account_changes = {account.name: (outcome.undo,)}
            arguments.save_step(context, recorder, f"Followed {called} on {account.name}")
    message = f"{account.name} already follows {shown}."
    followed = outcome.undo is not None
    if outcome.undo is not None:
        coming = "the next refresh fetches its articles"
        message = f"{account.name} follows {called} ({shown}) now; {coming}."
    record = {"followed": followed, "name": called, "url": shown, "new": 0}
    print_result(options.json, message, **record, account=account.name)
    return 0


def _save_page(
    context: LibraryContext, options: AddVerb, found: DiscoveryResult, typed: str
) -> int:
    page = found.page
    if page is None:
        what = "It is a feed; leave out --page." if found.is_feed else found.problem
        raise LibraryError(f"{redact_address(found.url)} cannot be saved as a page. {what}")
    subscribed = arguments.load_subscriptions(context)
    host = (urlsplit(found.url).hostname or "").removeprefix("www.")
    links, folder, paths = (typed, found.url, page.url), context.folder, context.paths
    for has_feed, url in product((True, False), filter(None, dict.fromkeys(links))):
        place = place_of_link(folder, paths, url, subscribed, has_feed=has_feed)
        # A page that was saved before is updated as a whole; what was imported is not.
        if place is not None and (has_feed or place.source not in (page.site, host)):
            return _write_page_text(context, options, place, page)
    page = page._replace(
        url=page.url or found.url,
        title=options.title or page.title,
        tags=tuple(dict.fromkeys((*page.tags, *(options.tags or ())))),
    )
    with (
        open_collection(context.folder, context.paths) as collection,
        apply_rules_after(context, collection, dry_run=options.dry_run),
    ):
        origin, now = Origin(source=page.site or host), datetime.now(UTC)
        saved = collection.save_entries(origin, [page], now=now, dry_run=True)
        before = {path: text_of_file(context.folder, path) for path in saved.updated}
        if not options.dry_run:
            with hold_signals():  # what is saved can be undone, whenever this is stopped
                saved = collection.save_entries(origin, [page], now=now)
                texts = {**dict.fromkeys(saved.new), **before}
                _save_texts(context, texts, f"Saved {page.title}")
    path = next(iter((*saved.new, *saved.updated, *saved.edited)), "")
    done = "would be saved" if options.dry_run else "saved" if saved.new else "updated"
    message = f"{done} as {path}" if path else "already in the library, unchanged."
    if saved.edited:
        message = f"not updated, because you have edited {path}"
    if saved.outside:
        message = f"not updated: a link leads from {saved.outside[0]} out of the library."
    record = {"path": path, "title": page.title, "new": len(saved.new)}
    record["updated"] = bool(saved.updated)
    print_result(options.json, f"{page.title}: {message}", **record)
    return 0


def _write_page_text(
    context: LibraryContext, options: AddVerb, place: PagePlace, page: Entry
) -> int:
    """Put the text of a page in place of what a feed or an export has of it."""
    title = options.title or ("" if place.has_title else page.title)
    given = page._replace(title=title, tags=tuple(options.tags or ()))
    with hold_signals():  # as in `_save_page`
        updated = replace_text(context.folder, place, given, dry_run=options.dry_run)
        if updated and not options.dry_run:
            replaced = front_matter.parse(place.text).metadata.get("title") or place.path
            done = f"Replaced the text of {clean_line(str(replaced))} by its page"
            _save_texts(context, {place.path: place.text}, done)
    done = "would have" if options.dry_run else "has"
    message = f"{place.path} {done} the text of the page now."
    if not updated:
        message = f"{place.path} has the text of the page already."
    record = {"path": place.path, "title": page.title, "new": 0, "updated": updated}
    print_result(options.json, message, **record)
    return 0


def _save_texts(context: LibraryContext, before: Mapping[str, str | None], message: str) -> None:
    """Keep the texts that files had before, so that undo can bring them back."""
    recorder = StepRecorder(context.paths)
    for path, text in before.items():
        recorder.add_article(path, text, text_of_file(context.folder, path) or "")
    arguments.save_step(context, recorder, message)
