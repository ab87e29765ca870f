"""Subscribe to the feeds of OPML lists on the server of an account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from shlex import quote

from rilo_reader.entry import NotReadableError, readable
from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.opml import read_opml
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.fetch.addresses import without_login
from rilo_reader.importers.entries import is_private
from rilo_reader.importers.importer import FILE_LIMIT
from rilo_reader.importers.report import Kind, Report, Tally
from rilo_reader.sync.services.feeds import Add, RemoteFeeds
from rilo_reader.sync.services.service import Account


class AccountImport:
    """Subscribes to feeds on the server of an account; what is there already stays as it is."""

    def __init__(
        self,
        remote: RemoteFeeds,
        account: Account,
        feeds: Iterable[Subscription],
        own: Iterable[Subscription] = (),
        *,
        dry_run: bool = False,
    ) -> None:
        """Create it.

        Args:
            remote: changes the feeds of accounts.
            account: where to subscribe.
            feeds: the feeds of the account, as its last sync left them.
            own: what the user follows here. A private address of it that is not paused has been
                typed or allowed, so it may be taken along.
            dry_run: whether nothing is changed.
        """
        self._remote = remote
        self._account = account
        self._known = {feed_key(each.url) for each in feeds}
        self._own = {feed_key(each.url) for each in own if not each.paused}
        self._dry_run = dry_run
        self._report = Report()

    def take(self, paths: Iterable[Path], watch: Callable[[int], object]) -> Report:
        """Subscribe to the feeds of lists, each once; return what came of it.

        Args:
            paths: OPML files; others are reported.
            watch: called with the number of feeds that are done.

        Raises:
            LibraryError: the server cannot be asked at all.
        """
        tally = self._report.of(Kind.OPML)
        found: dict[str, Subscription] = {}
        for path in paths:
            for each in self._read(path, tally):
                found.setdefault(feed_key(each.url), each)
        known, feeds = self._known, []
        for key, each in found.items():
            if is_private(each) and key not in known | self._own:
                url = without_login(each.url)
                why = "is on a private network or this computer and was not typed by you"
                command = f"rilo-reader add {quote(url)} --account {quote(self._account.name)}"
                tally.leave_out(url, f"{why}; to follow it: {command}")
            else:
                feeds.append(each)
        if self._dry_run:
            tally.add(len(feeds), sum(feed_key(each.url) not in known for each in feeds))
        elif feeds:
            self._subscribe(feeds, tally, watch)
        return self._report

    def _read(self, path: Path, tally: Tally) -> Sequence[Subscription]:
        try:
            with path.open("rb") as stream:
                data = stream.read(FILE_LIMIT)
            with readable():
                listed = read_opml(data)
        except NotReadableError as error:
            self._report.of(Kind.UNREADABLE).leave_out(path.name, error.reason)
            return ()
        except OSError as error:
            reason = error.strerror or "it cannot be read"
            self._report.of(Kind.UNREADABLE).leave_out(path.name, reason)
            return ()
        for fault in listed.faults:
            tally.remark(path.name, fault)
        return listed.subscriptions

    def _subscribe(
        self, feeds: Sequence[Subscription], tally: Tally, watch: Callable[[int], object]
    ) -> None:
        changes = [Add(each.url, each.title, self._categories(each)) for each in feeds]
        outcomes = self._remote.change_all(self._account.name, changes, watch)
        for feed, outcome in zip(feeds, outcomes, strict=True):
            url = without_login(feed.url)
            if outcome.error:
                tally.leave_out(url, outcome.error)
                continue
            tally.add(1, outcome.undo is not None)
            left = feed.tags[1:] if self._account.api.has_one_category else ()
            if left and outcome.undo is not None:
                why = f"is only in {feed.tags[0]}: {self._account.name} has one category for a feed"
                tally.remark(url, why)

    def _categories(self, feed: Subscription) -> tuple[str, ...]:
        return feed.tags[:1] if self._account.api.has_one_category else feed.tags
