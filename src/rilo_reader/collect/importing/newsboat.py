"""All of newsboat into a library: feeds, searches, settings, articles and their marks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from rilo_reader import config as our_settings
from rilo_reader.collect.articles import Origin
from rilo_reader.collect.entry import NotReadableError, readable
from rilo_reader.collect.importing.following import follow
from rilo_reader.collect.importing.marking import Marker
from rilo_reader.collect.importing.newsboat_files import (
    NewsboatFiles,
    cache_of,
    feeds_of,
    settings_of,
)
from rilo_reader.collect.importing.putting import Putter
from rilo_reader.collect.importing.values import Kind, Report, Tally
from rilo_reader.collect.newsboat.cache import Cache, CachedFeed, CachedItem
from rilo_reader.collect.newsboat.config import NewsboatConfig, changed_keys, keyless, to_queries
from rilo_reader.collect.newsboat.filters import FLAG_TAG
from rilo_reader.collect.newsboat.urls import Urls, feed_address, to_searches
from rilo_reader.collect.shelf import Shelf
from rilo_reader.collect.subscription import Subscription
from rilo_reader.commands import KeyNameError, key_label, key_name
from rilo_reader.config import SavedSearch, find_search
from rilo_reader.fetch.addresses import without_login
from rilo_reader.library import Library
from rilo_reader.paths import Paths

CHUNK = 20_000
"""Items of the cache that are looked through together, so that those of a feed meet."""

TOGETHER = 200
"""Items from which on those of several feeds are put on the shelf: the disk is waited for once."""

CHUNK_CHARACTERS = 60_000_000
"""Text of the items that are taken together."""

STAR = "s"
"""The flag that is a star where the settings of newsboat name none."""


class Wishes(NamedTuple):
    """What the user asked for.

    Attributes:
        star: the flags that are stars; None for what newsboat's settings say.
        deleted: whether what was deleted in newsboat is taken too.
        dry_run: whether nothing is written.
    """

    star: str | None = None
    deleted: bool = False
    dry_run: bool = False


class NewsboatImport:
    """Takes newsboat in. What is here already stays as it is; marks are only added.

    Attributes:
        report: what was done, or would be.
        marker: how many marks came.
        total: items of the cache, 0 until it is open.
    """

    def __init__(
        self, library: Library, shelf: Shelf, paths: Paths, wishes: Wishes, home: Path
    ) -> None:
        """Over a library and its shelf; `home` is what ~ means in newsboat's settings."""
        self.report = Report()
        self.marker = Marker(library, dry_run=wishes.dry_run)
        self.total = 0
        self._shelf = shelf
        self._paths = paths
        self._wishes = wishes
        self._home = home
        self._putter = Putter(shelf, datetime.now(UTC), dry_run=wishes.dry_run)

    def take(self, files: NewsboatFiles, watch: Callable[[int], None]) -> Report:
        """Take everything in.

        Args:
            files: newsboat's.
            watch: told after each step how many items of the cache are done.

        Raises:
            LibraryError: something cannot be kept; what was taken stays, the next run goes on.
        """
        settings, urls = NewsboatConfig(), Urls()
        try:
            with readable():
                settings = settings_of(files, self._home)
        except NotReadableError as error:
            self.report.of(Kind.SETTING).leave_out("config", error.reason)
        try:
            with readable():
                urls = feeds_of(files)
        except NotReadableError as error:
            self.report.of(Kind.OPML).leave_out("urls", error.reason)
        star = self._wishes.star if self._wishes.star is not None else settings.stars or STAR
        self._follow(urls)
        names: Mapping[str, CachedFeed] = {}
        cache_file = cache_of(files, settings, self._home)
        if cache_file is not None:
            try:
                with Cache(cache_file) as cache:
                    names = cache.feeds()
                    self._articles(cache, names, urls.subscriptions, star, watch)
            except NotReadableError as error:
                self.report.of(Kind.NEWSBOAT).leave_out(str(cache_file), error.reason)
            except OSError as error:
                reason = error.strerror or "it cannot be read"
                self.report.of(Kind.NEWSBOAT).leave_out(str(cache_file), reason)
        self._searches(urls, settings, star, self._sources(urls.subscriptions, names))
        self._settings(settings)
        return self.report

    # -- feeds ----------------------------------------------------------------------------------

    def _follow(self, urls: Urls) -> None:
        from rilo_reader.collect.subscriptions import feeds_file

        tally = self.report.of(Kind.OPML)
        file = feeds_file(self._paths)
        new = follow(file, urls.subscriptions, dry_run=self._wishes.dry_run)
        tally.taken += len(new)
        tally.known += len(urls.subscriptions) - len(new)
        for fault in urls.faults:
            tally.tell("urls", fault.removeprefix("urls, "))

    def _sources(
        self, feeds: Sequence[Subscription], names: Mapping[str, CachedFeed]
    ) -> dict[str, list[str]]:
        """The names of the feeds that have a tag, by tag."""
        titles = {feed_address(url): feed.title for url, feed in names.items()}
        sources: dict[str, list[str]] = {}
        for feed in feeds:
            wanted = feed.title or titles.get(feed.url, "") or without_login(feed.url)
            ledger = self._shelf.ledger
            name = ledger.feed(feed.url).source or ledger.free_source(wanted, feed.url)
            for tag in feed.tags:
                sources.setdefault(tag, []).append(name)
        return sources

    # -- articles -------------------------------------------------------------------------------

    def _articles(
        self,
        cache: Cache,
        names: Mapping[str, CachedFeed],
        feeds: Sequence[Subscription],
        star: str,
        watch: Callable[[int], None],
    ) -> None:
        self.total = cache.count()
        titles = {feed.url: feed.title for feed in feeds if feed.title}
        tally = self.report.of(Kind.NEWSBOAT)
        items = cache.items(partial(tally.leave_out, "cache.db"))
        done = 0
        while chunk := _chunk(items):
            together: dict[str, tuple[Origin, list[CachedItem]]] = {}
            held = 0
            for feed, group in self._by_feed(chunk, tally):
                url = feed_address(feed) or ""
                cached = names.get(feed)
                title = titles.get(url) or (cached.title if cached else "")
                origin = Origin(url, title or without_login(url or feed))
                if held >= TOGETHER or origin.key in together:
                    self._put(list(together.values()), tally, star)
                    watch(done := done + held)
                    together, held = {}, 0
                together[origin.key] = (origin, group)
                held += len(group)
            self._put(list(together.values()), tally, star)
            watch(done := done + held)
            self.marker.finish()

    def _by_feed(
        self, chunk: Sequence[CachedItem], tally: Tally
    ) -> Iterator[tuple[str, list[CachedItem]]]:
        groups: dict[str, list[CachedItem]] = {}
        for item in chunk:
            if item.deleted and not self._wishes.deleted:
                tally.deleted += 1
            else:
                groups.setdefault(item.feed, []).append(item)
        yield from groups.items()

    def _put(
        self, groups: Sequence[tuple[Origin, Sequence[CachedItem]]], tally: Tally, star: str
    ) -> None:
        answers = [(origin, [item.entry for item in items]) for origin, items in groups]
        for (_, items), put in zip(groups, self._putter.put_all(answers), strict=True):
            tally.taken += len(put.new)
            tally.known += len(items) - len(put.new)
            for identity, item in zip(put.ids, items, strict=True):
                tags = [f"{FLAG_TAG}{flag}" for flag in item.flags if flag not in star]
                starred = any(flag in star for flag in item.flags)
                self.marker.mark(identity, item.read, starred, tags)

    # -- searches and settings ------------------------------------------------------------------

    def _searches(
        self, urls: Urls, settings: NewsboatConfig, star: str, sources: Mapping[str, list[str]]
    ) -> None:
        found, faults = to_searches(urls.queries, star, sources)
        filters, more = to_queries(settings.filters, star, sources)
        tally = self.report.of(Kind.SEARCH)
        for fault in (*faults, *more):
            _leave_out(tally, fault)
        ours = our_settings.load(self._paths.settings_file)[0].searches
        for search in (*found, *filters):
            self._save_search(search, find_search(ours, search.name), tally)
        mutes, left = to_queries(settings.ignored, star, sources)
        tally = self.report.of(Kind.MUTE)
        for fault in left:
            _leave_out(tally, fault)
        muted = {mute.query for mute in our_settings.load(self._paths.settings_file)[0].mutes}
        for mute in mutes:
            if mute.query in muted:
                tally.known += 1
            else:
                tally.taken += 1
                self._change(partial(our_settings.mute, query=mute.query), tally)

    def _save_search(self, search: SavedSearch, ours: SavedSearch | None, tally: Tally) -> None:
        if ours is None:
            tally.taken += 1
            edit = partial(our_settings.save_search, name=search.name, query=search.query)
            self._change(edit, tally)
        elif ours.query == search.query:
            tally.known += 1
        else:
            tally.leave_out(search.name, "a saved search of this name is here, and stays")

    def _settings(self, settings: NewsboatConfig) -> None:
        tally = self.report.of(Kind.SETTING)
        config = our_settings.load(self._paths.settings_file)[0]
        default = our_settings.Config()
        for key, value in settings.values.items():
            now = getattr(config, key)
            if now == value:
                tally.known += 1
            elif now != getattr(default, key):
                tally.leave_out(key, "it is set here already, and stays")
            else:
                tally.taken += 1
                self._change(partial(our_settings.change, key=key, value=value), tally)
        changed = changed_keys(settings, config)
        for title in keyless(config.keys, changed):
            tally.tell("keys", f"“{title}” has no key of its own now; ctrl+p finds it.")
        for command, keys in changed.items():
            tally.taken += 1
            written = [_written(key) for key in keys]
            edit = partial(our_settings.change, key=f"keys.{command}", value=written)
            self._change(edit, tally)
        for reason in settings.left_out:
            _leave_out(tally, reason)

    def _change(self, edit: Callable[[Path], None], tally: Tally) -> None:
        """Change settings.toml; one that cannot be changed is told of, and stays as it is."""
        if self._wishes.dry_run:
            return
        file = self._paths.settings_file
        try:
            edit(file)
        except (OSError, ValueError) as error:
            tally.taken -= 1
            tally.leave_out(file.name, str(error))


def _chunk(items: Iterator[CachedItem]) -> list[CachedItem]:
    """The next items that fit into memory together; none where there are no more."""
    chunk: list[CachedItem] = []
    size = 0
    for item in items:
        chunk.append(item)
        size += len(item.entry.content)
        if len(chunk) >= CHUNK or size >= CHUNK_CHARACTERS:
            break
    return chunk


def _written(key: str) -> str:
    """A key as people write it."""
    label = key_label(key)
    try:
        return label if key_name(label) == key else key
    except KeyNameError:
        return key


def _leave_out(tally: Tally, reason: str) -> None:
    """Count what has no counterpart; a reason begins with its file."""
    file, _, why = reason.partition(", ")
    tally.leave_out(file, why)
