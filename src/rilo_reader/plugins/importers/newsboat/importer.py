"""Import newsboat's feeds, searches, settings, articles and marks into a library."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from rilo_reader import config as our_settings
from rilo_reader.config import find_search
from rilo_reader.entry import Entry
from rilo_reader.errors import NotReadableError, parser_errors
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.collection import Collection
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.feeds.undo import StepRecorder
from rilo_reader.keys import KeyNameError, key_label, key_name
from rilo_reader.library import Library, LibraryError
from rilo_reader.paths import Paths
from rilo_reader.plugins.importers.entries import EntryImporter, StateImporter, follow_feeds
from rilo_reader.plugins.importers.newsboat.cache import CachedItem, NewsboatCache
from rilo_reader.plugins.importers.newsboat.config import (
    NewsboatConfig,
    commands_without_key,
    describe_service,
    find_keys_to_set,
    to_queries,
)
from rilo_reader.plugins.importers.newsboat.cookies import add_cookies
from rilo_reader.plugins.importers.newsboat.filters import FLAG_TAG
from rilo_reader.plugins.importers.newsboat.urls import FeedList, feed_address, read_urls
from rilo_reader.plugins.importers.report import (
    ContentKind,
    ImportReport,
    KindTally,
    describe_error,
)
from rilo_reader.store.encoding import decode
from rilo_reader.text import clean_line, redact_address

CHUNK = 5_000  # items that are processed together, so that those of a feed are grouped
CHUNK_CHARACTERS = 60_000_000  # characters of items that are processed together
STAR = "s"  # the flag for stars if newsboat's settings name none


class ImportOptions(NamedTuple):
    """The options of an import."""

    star: str | None = None  # flags that stand for a star; None to use newsboat's settings
    deleted: bool = False  # whether items deleted in newsboat are imported
    dry_run: bool = False  # whether nothing is written
    # Asks whether commands may be run, each with its feed; only called for some.
    may_run: Callable[[Sequence[tuple[Subscription, str]]], bool] = lambda programs: False
    recorder: StepRecorder | None = None  # of the step that it is


class NewsboatImporter:
    """Imports newsboat's data. Existing articles stay as they are; marks are only added."""

    def __init__(
        self,
        library: Library,
        collection: Collection,
        paths: Paths,
        options: ImportOptions,
        home: Path,
    ) -> None:
        """Import into a library and its collection; `home` replaces ~ in newsboat's settings."""
        self.report = ImportReport()  # what was imported, or would be
        self.marker = StateImporter(library, dry_run=options.dry_run)
        self._collection = collection
        self._paths = paths
        self._options = options
        self._home = home
        self._importer = EntryImporter(
            collection, datetime.now(UTC), dry_run=options.dry_run, recorder=options.recorder
        )

    def import_all(self, files: NewsboatFiles, on_progress: Callable[[int], None]) -> ImportReport:
        """Import everything; `watch` is called after each step with the number of items so far.

        Raises LibraryError if something cannot be written; another run continues from here.
        """
        settings, urls = NewsboatConfig(), FeedList()
        try:
            with parser_errors():
                settings = read_settings(files, self._home)
        except NotReadableError as error:
            self.report.tally_of(ContentKind.SETTING).skip("config", error.reason)
        try:
            with parser_errors():
                urls = read_feeds(files)
        except NotReadableError as error:
            self.report.tally_of(ContentKind.OPML).skip("urls", error.reason)
        star = self._options.star if self._options.star is not None else settings.star_flags or STAR
        dry_run = self._options.dry_run
        if instead := describe_service(settings):
            self.report.tally_of(ContentKind.OPML).add_remark("config", f"{instead}.")
            urls = urls._replace(subscriptions=(), faults=())
        urls = self._add_programs(urls)
        feeds = self._add_cookies(urls.subscriptions, files, settings)
        new = follow_feeds(self._paths.feeds_file, feeds, dry_run=dry_run)
        self.report.tally_of(ContentKind.OPML).add_counts(len(urls.subscriptions), len(new))
        for fault in urls.faults:
            self.report.tally_of(ContentKind.OPML).add_remark("urls", fault.removeprefix("urls, "))
        names: Mapping[str, str] = {}
        cache_file = cache_of(files, settings, self._home)
        if cache_file is not None:
            try:
                with NewsboatCache(cache_file) as stored:
                    names = stored.read_titles()
                    self._import_articles(stored, names, urls.subscriptions, star, on_progress)
            except (NotReadableError, OSError) as error:
                self.report.tally_of(ContentKind.NEWSBOAT).skip(
                    str(cache_file), describe_error(error)
                )
            finally:  # also of an import that was stopped: what is written is marked
                self.marker.write_collected(self._options.recorder)
        self._import_searches(urls, settings, star, self._name_sources(urls.subscriptions, names))
        self._import_settings(settings)
        return self.report

    def _add_programs(self, urls: FeedList) -> FeedList:
        """Return the list with the feeds of commands, if the user lets them run."""
        programs = urls.programs
        if not programs:
            return urls
        if self._options.may_run(programs):
            return urls._replace(subscriptions=(*urls.subscriptions, *(one for one, _ in programs)))
        tally = self.report.tally_of(ContentKind.OPML)
        asks = "on a terminal, import newsboat asks whether that may run"
        for feed, command in programs:
            needs = f"needs the command “{clean_line(command, 80)}”; {asks}."
            if feed.filter:
                needs = f"{redact_address(feed.url)} comes unfiltered: its filter {needs}"
            tally.add_remark("urls", needs if feed.filter else f"A feed {needs}")
        unfiltered = (feed._replace(filter=()) for feed, _ in programs if feed.filter)
        return urls._replace(subscriptions=(*urls.subscriptions, *unfiltered))

    def _add_cookies(
        self, feeds: Sequence[Subscription], files: NewsboatFiles, settings: NewsboatConfig
    ) -> Sequence[Subscription]:
        """Return feeds with the cookies that newsboat has for them."""
        named = settings.files.get("cookie-cache")
        if not named or files.config is None:
            return feeds
        tally = self.report.tally_of(ContentKind.SETTING)
        try:
            found = add_cookies(_resolve_path(named, files.config.parent, self._home), feeds)
        except NotReadableError as error:
            tally.skip("cookie-cache", error.reason)
            return feeds
        tally.add_counts(1, 1)
        return found

    def _name_sources(
        self, feeds: Sequence[Subscription], names: Mapping[str, str]
    ) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Return the name and the tags of each feed, by its address."""
        titles = {feed_address(url): title for url, title in names.items()}
        sources = {}
        for feed in feeds:
            wanted = feed.title or titles.get(feed.url, "") or redact_address(feed.url)
            ledger = self._collection.ledger
            name = ledger.read_feed(feed.url).source or ledger.free_source(wanted, feed.url)
            sources[feed.url] = name, feed.tags
        return sources

    # -- articles -------------------------------------------------------------------------------

    def _import_articles(
        self,
        stored: NewsboatCache,
        names: Mapping[str, str],
        feeds: Sequence[Subscription],
        star: str,
        on_progress: Callable[[int], None],
    ) -> None:
        titles = {feed.url: feed.title for feed in feeds if feed.title}
        tally = self.report.tally_of(ContentKind.NEWSBOAT)
        items = stored.iter_items(partial(tally.skip, "cache.db"))
        done = 0

        @cache
        def make_origin(feed: str) -> Origin:
            url = feed_address(feed) or ""
            title = titles.get(url) or names.get(feed, "")
            return Origin(url, title or redact_address(url or feed))

        def group_items(chunk: Iterable[CachedItem]) -> list[tuple[Origin, list[CachedItem]]]:
            groups: dict[str, tuple[Origin, list[CachedItem]]] = {}
            for item in chunk:
                origin = make_origin(item.feed)
                groups.setdefault(origin.key, (origin, []))[1].append(item)
            return list(groups.values())

        while chunk := _take_chunk(items):
            deleted = [item for item in chunk if item.deleted]
            kept = [item for item in chunk if not item.deleted]
            # Kept and deleted items are compared with each other: some share a link.
            if self._options.deleted:
                self._importer.forget_deleted(_make_batches(group_items(deleted)))
                self._add_items(group_items(chunk), tally, star)
            else:
                self._add_items(group_items(kept), tally, star)
                tally.deleted += len(deleted)
                if deleted:
                    self._importer.record_deleted(_make_batches(group_items(chunk)))
            on_progress(done := done + len(chunk))

    def _add_items(
        self, groups: Sequence[tuple[Origin, Sequence[CachedItem]]], tally: KindTally, star: str
    ) -> None:
        added = self._importer.add_all(_make_batches(groups))
        for (_, items), (ids, new) in zip(groups, added, strict=True):
            tally.add_counts(len(items), len(new))
            for identity, item in zip(ids, items, strict=True):
                tags = [f"{FLAG_TAG}{flag}" for flag in item.flags if flag not in star]
                starred = any(flag in star for flag in item.flags)
                self.marker.add_marks(identity, item.read, starred, tags)

    # -- searches and settings ------------------------------------------------------------------

    def _import_searches(
        self,
        urls: FeedList,
        settings: NewsboatConfig,
        star: str,
        feeds: Mapping[str, tuple[str, tuple[str, ...]]],
    ) -> None:
        sources: dict[str, list[str]] = {}
        for name, tags in feeds.values():
            for tag in tags:
                sources.setdefault(tag, []).append(name)

        def source_of(feed: str) -> str | None:
            return feeds.get(feed_address(feed) or "", (None, ()))[0]

        addresses = {url: name for url, (name, _) in feeds.items()}
        translated = partial(
            to_queries, star=star, sources=sources, source_of=source_of, addresses=addresses
        )
        found, faults = translated(urls.queries)
        filters, more = translated(settings.filters)
        tally = self.report.tally_of(ContentKind.SEARCH)
        for fault in (*faults, *more):
            _leave_out(tally, fault)
        ours = our_settings.load(self._paths.settings_file)[0].searches
        for search in (*found, *filters):
            own = find_search(ours, search.name)
            if own is None:
                tally.taken += 1
                self._edit_settings(partial(our_settings.SEARCHES.put, row=search), tally)
            elif own.query == search.query:
                tally.known += 1
            else:
                tally.skip(
                    search.name, "you already have a saved search of this name, which was kept"
                )
        mutes, left = translated(settings.ignored_filters)
        tally = self.report.tally_of(ContentKind.MUTE)
        for fault in left:
            _leave_out(tally, fault)
        muted = {mute.query for mute in our_settings.load(self._paths.settings_file)[0].mutes}
        for mute in mutes:
            if mute.query in muted:
                tally.known += 1
            else:
                tally.taken += 1
                row = our_settings.Mute(mute.query)
                self._edit_settings(partial(our_settings.MUTES.put, row=row), tally)

    def _import_settings(self, settings: NewsboatConfig) -> None:
        tally = self.report.tally_of(ContentKind.SETTING)
        config = our_settings.load(self._paths.settings_file)[0]
        default = our_settings.Config()
        for key, value in settings.values.items():
            now = getattr(config, key)
            if now == value:
                tally.known += 1
            elif now != getattr(default, key):
                tally.skip(key, "it is already set here, and was kept")
            else:
                tally.taken += 1
                edit = partial(our_settings.change_setting, key=key, value=value)
                self._edit_settings(edit, tally)
        changed = find_keys_to_set(settings, config)
        for title in commands_without_key(config.keys, changed):
            tally.add_remark("keys", f"“{title}” now has no key; find it with ctrl+p.")
        for command, keys in changed.items():
            tally.taken += 1
            written = [_format_key(key) for key in keys]
            edit = partial(our_settings.change_setting, key=f"keys.{command}", value=written)
            self._edit_settings(edit, tally)
        for reason in settings.skipped_lines:
            _leave_out(tally, reason)

    def _edit_settings(self, edit: Callable[[Path], object], tally: KindTally) -> None:
        """Edit settings.toml; if that fails, report it and leave the file unchanged."""
        if self._options.dry_run:
            return
        file = self._paths.settings_file
        try:
            edit(file)
        except (OSError, ValueError) as error:
            tally.taken -= 1
            tally.skip(file.name, str(error))


def _make_batches(
    groups: Iterable[tuple[Origin, Sequence[CachedItem]]],
) -> list[tuple[Origin, Sequence[Entry]]]:
    return [(origin, [item.entry for item in items]) for origin, items in groups]


def _take_chunk(items: Iterator[CachedItem]) -> list[CachedItem]:
    """Return the next items that are processed together; [] at the end."""
    chunk: list[CachedItem] = []
    size = 0
    for item in items:
        chunk.append(item)
        size += len(item.entry.content)
        if len(chunk) >= CHUNK or size >= CHUNK_CHARACTERS:
            break
    return chunk


def _format_key(key: str) -> str:
    """Return the name of a key as written by users."""
    label = key_label(key)
    try:
        return label if key_name(label) == key else key
    except KeyNameError:
        return key


def _leave_out(tally: KindTally, reason: str) -> None:
    """Count an item without an equivalent; the reason begins with its file."""
    file, _, why = reason.partition(", ")
    tally.skip(file, why)


# -- newsboat's files -----------------------------------------------------------------------------

TEXT_LIMIT = 20_000_000
INCLUDES_LIMIT = 50


class NewsboatFiles(NamedTuple):
    """newsboat's files; None for missing ones."""

    urls: Path | None
    cache: Path | None
    config: Path | None


def find_files(folder: Path | None, environment: Mapping[str, str], home: Path) -> NewsboatFiles:
    """Find newsboat's files in a folder, else where newsboat would look; raises LibraryError."""
    if folder is not None:
        if folder.is_file():
            raise LibraryError(f"{folder} is a file; name the folder with newsboat's files.")
        found = _files_in(folder, folder)
        if found == NewsboatFiles(None, None, None):
            raise LibraryError(f"{folder} has none of newsboat's files (urls, cache.db, config).")
        return found
    folders = list(_usual_folders(environment, home))
    for config, data in folders:
        found = _files_in(config, data)
        if found.urls or found.cache:
            return found
    looked = ", ".join(dict.fromkeys(str(config) for config, _ in folders))
    raise LibraryError(
        f"newsboat's files were not found in {looked}. Where are they? "
        "rilo-reader import newsboat FOLDER"
    )


def _usual_folders(environment: Mapping[str, str], home: Path) -> list[tuple[Path, Path]]:
    """Return folders of settings and data, in newsboat's order."""
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    return [
        (config / "newsboat", data / "newsboat"),
        (home / ".newsboat", home / ".newsboat"),
        (config / "newsbeuter", data / "newsbeuter"),
        (home / ".newsbeuter", home / ".newsbeuter"),
    ]


def _files_in(config: Path, data: Path) -> NewsboatFiles:
    def find_existing(*files: Path) -> Path | None:
        return next((file for file in files if file.is_file()), None)

    return NewsboatFiles(
        find_existing(config / "urls"),
        find_existing(data / "cache.db", config / "cache.db"),
        find_existing(config / "config"),
    )


def read_settings(files: NewsboatFiles, home: Path) -> NewsboatConfig:
    """Return the settings including all included files, each read once; nothing is executed."""
    pending = [files.config] if files.config else []
    seen: set[Path] = set()
    whole = NewsboatConfig()
    while pending and len(seen) < INCLUDES_LIMIT:
        file = pending.pop(0)
        if file in seen:
            continue
        seen.add(file)
        text = _read_text(file)
        if text is None:
            whole.skipped_lines.append(f"include of {file} cannot be read.")
        else:
            pending += [_resolve_path(name, file.parent, home) for name in whole.parse_config(text)]
    return whole


def cache_of(files: NewsboatFiles, settings: NewsboatConfig, home: Path) -> Path | None:
    """Return the location of the cache from the settings, or the default; None if there is none."""
    if (named := settings.files.get("cache-file")) and files.config:
        place = _resolve_path(named, files.config.parent, home)
        if place.is_file():
            return place
    return files.cache


def read_feeds(files: NewsboatFiles) -> FeedList:
    """Return the list of feeds; empty without a file."""
    text = _read_text(files.urls) if files.urls else None
    return read_urls(text) if text is not None else FeedList()


def _resolve_path(name: str, folder: Path, home: Path) -> Path:
    if name.startswith("~/"):
        return home / name[2:]
    return Path(os.path.normpath(folder / name))


def _read_text(file: Path) -> str | None:
    try:
        with file.open("rb") as opened:
            return decode(opened.read(TEXT_LIMIT))[0]
    except OSError:
        return None
