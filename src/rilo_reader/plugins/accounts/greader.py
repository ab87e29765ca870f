"""`GoogleReader`: a server with the Google Reader API, which many servers have.

    unread, starred, newest = ids                    # lists of ids alone, complete
    marks = of known entries in any of these
    entries = contents of unknown entries in any of these
    marks += of known entries that were unread or starred and are in none, if contents come

The API shows neither guids nor what has changed since a moment that means the same to all
servers, so sets of ids are compared.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit

from rilo_reader.article import Enclosure
from rilo_reader.dates import read_date
from rilo_reader.entry import Entry
from rilo_reader.fetch.messages import ApiClient, Failure, FetchError
from rilo_reader.parsers.elements import (
    SUMMARY_LIMIT,
    content_text,
    each_once,
    make_enclosure,
    parse_person,
    resolve_address,
    set_dates,
    to_plain_line,
    unique_enclosures,
)
from rilo_reader.plugins.accounts.greader_login import NAME, GreaderApi
from rilo_reader.plugins.accounts.json_api import JsonValue
from rilo_reader.plugins.accounts.service import (
    Account,
    Changes,
    EntryId,
    KnownEntries,
    ServerEntry,
    ServerFeed,
    ServerMark,
    ServerMarks,
)
from rilo_reader.text import clean_line, redact_address

# -- values: what a server sends is untrusted ------------------------------------------------------

LABEL = "user/-/label/"
_ITEM = "tag:google.com,2005:reader/item/"
_DECIMAL = re.compile(r"-?[0-9]{1,20}")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{1,24}")
_READ = re.compile(r"user/[^/]+/state/com\.google/read")
_STARRED_STATE = re.compile(r"user/[^/]+/state/com\.google/starred")
_OF_USER = re.compile(r"user/[^/]+/(?:state|label)/")
_FEED_ID_LIMIT = 4096
# FreshRSS writes these in titles for ASCII characters that clients once could not read.
_WIDE = str.maketrans("＆＜＞？＼／，；", "&<>?\\/,;")
_WIDE_CHARACTERS = frozenset("＆＜＞？＼／，；")
_FILE, _END_OF_FILE = '<figure class="enclosure">', "</figure>"
_MOST_FILES = 100
_THUMBNAIL = "enclosure-thumbnail"
_EAST_ASIAN = re.compile(
    "[\u1100-\u11ff\u2e80-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)


def parse_entry_id(value: object) -> EntryId | None:
    """Read the id of an entry in any of its forms; None if it is not one.

    With the prefix `tag:google.com,2005:reader/item/` it is hexadecimal. Without it is decimal,
    where the wire has a signed number of 64 bits, unless it has letters, or 24 digits as those of
    The Old Reader, which are numbers of 96 bits.
    """
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        return None
    if len(text) < 19 and text.isascii() and text.isdigit() and text[0] != "0":
        return EntryId(text)  # most are like this, in lists of ten thousand
    bare = text.removeprefix(_ITEM)
    if bare == text and _DECIMAL.fullmatch(text):
        number = int(text)
        if not -(2**63) <= number < 2**64:
            return None
        number %= 2**64
    elif _HEXADECIMAL.fullmatch(bare):
        number = int(bare, 16)
    else:
        return None
    return EntryId(str(number)) if number else None


def to_long_id(entry: EntryId) -> str:
    """Return an id in the form that every server reads as the same number.

    Bare decimal ids are taken for hexadecimal by some.
    """
    number = int(entry)
    return f"{_ITEM}{number:0{16 if number < 2**64 else 24}x}"


def parse_feed(subscription: JsonValue) -> ServerFeed | None:
    """Return a feed of `subscription/list`; None if it lacks its id or address."""
    name = subscription.text_of("id")
    url = resolve_address("", subscription.text_of("url")) or resolve_address(
        "", name.removeprefix("feed/")
    )
    if not (url and name.isprintable() and name.startswith("feed/") and len(name) < _FEED_ID_LIMIT):
        return None
    labels = (
        each.text_of("label") or each.text_of("id").partition("/label/")[2]
        for each in subscription.objects_or_empty("categories")
    )
    return ServerFeed(
        id=name,
        url=url,
        title=narrow_characters(to_plain_line(subscription.text_of("title"))),
        categories=each_once(map(clean_line, labels)),
        site=resolve_address("", subscription.text_of("htmlUrl")),
    )


def parse_entry(item: JsonValue) -> ServerEntry | None:
    """Return an entry of `stream/items/contents`; None if it has no id.

    `updated` is not read: in Miniflux it is the time of the last mark, elsewhere that of
    publication. Of the categories only the author's are tags; labels are the feed's folder. In
    FreshRSS a tag of the author may look like a mark (`GoogleReader.iter_changes`).
    """
    number = parse_entry_id(item.text_of("id"))
    if number is None:
        return None
    categories = item.texts_of("categories")
    link = _find_link(item, "canonical") or _find_link(item, "alternate")
    origin = item.object_of("origin")
    summary, content = (item.object_of(name).text_of("content") for name in ("summary", "content"))
    enclosures = unique_enclosures(map(_parse_enclosure, item.objects_or_empty("enclosure")))
    text = content or _remove_files(summary, min(len(enclosures), _MOST_FILES))
    has_both = bool(content) and summary != content  # many servers send the same text twice
    entry = Entry(
        url=link,
        title=narrow_characters(to_plain_line(item.text_of("title"))),
        authors=each_once(map(parse_person, narrow_characters(item.text_of("author")).split(";"))),
        tags=each_once(to_plain_line(tag) for tag in categories if not _OF_USER.match(tag)),
        summary=to_plain_line(summary, limit=SUMMARY_LIMIT) if has_both else "",
        content=content_text(text),
        base=link or resolve_address("", origin.text_of("htmlUrl")),
        enclosures=enclosures,
    )
    date = read_date(item.value_of("published")) or read_date(item.value_of("crawlTimeMsec"))
    marks = ServerMarks(_matches_any(_READ, categories), _matches_any(_STARRED_STATE, categories))
    feed = clean_line(origin.text_of("streamId"), _FEED_ID_LIMIT)
    return ServerEntry(number, feed, set_dates(entry, date, None), marks=marks)


def _remove_files(html: str, most: int) -> str:
    """Return content without the files that FreshRSS appends to it and that are enclosures too.

    Where there are thumbnails, which are none, and where there is nothing else, they stay.
    """
    kept = html.rstrip()
    for _ in range(most):
        start = kept.rfind(_FILE)
        file = kept[max(start, 0) :]
        if start < 0 or file.find(_END_OF_FILE) + len(_END_OF_FILE) != len(file):
            break
        if _THUMBNAIL in file:
            break
        kept = kept[:start].rstrip()
        if not kept:
            return html
    return kept


def narrow_characters(text: str) -> str:
    """Return a title with ASCII characters where FreshRSS has put wide forms of them.

    Text with other East Asian characters is left as it is: there they may be the author's.
    """
    if text.isascii() or _WIDE_CHARACTERS.isdisjoint(text):
        return text
    plain = text.translate(_WIDE)
    return text if _EAST_ASIAN.search(plain) else plain


def _find_link(item: JsonValue, name: str) -> str:
    links = (resolve_address("", link.text_of("href")) for link in item.objects_or_empty(name))
    return next(filter(None, links), "")


def _parse_enclosure(file: JsonValue) -> Enclosure | None:
    # Miniflux writes "url".
    href = file.text_of("href") or file.text_of("url")
    return make_enclosure("", href, file.text_of("type"), file.value_of("length"))


def _matches_any(pattern: re.Pattern[str], texts: Iterable[str]) -> bool:
    return any(pattern.fullmatch(text) for text in texts)


# -- the entries of a stream: all, unread or starred ones ------------------------------------------

READ = "user/-/state/com.google/read"
STARRED_TAG = "user/-/state/com.google/starred"
READING_LIST = "user/-/state/com.google/reading-list"


class Stream(StrEnum):
    """A list of entries of the server."""

    ALL = "all"
    UNREAD = "unread"
    STARRED = "starred"


_QUERIES = {
    Stream.ALL: (("s", READING_LIST),),
    Stream.UNREAD: (("s", READING_LIST), ("xt", READ)),
    Stream.STARRED: (("s", STARRED_TAG),),
}


class StreamLimits(NamedTuple):
    """Limits of a list."""

    page: int = 10_000  # entries to ask for at once; servers may send fewer
    entries: int = 1_000_000  # entries of a list
    pages: int = 1_000  # requests for a list
    attempts: int = 4  # how often to begin again because a list changes while it is read


DEFAULT_LIMITS = StreamLimits()


async def list_entry_ids(
    login: GreaderApi, stream: Stream, limits: StreamLimits, newest: int | None = None
) -> list[EntryId]:
    """Return the ids of all entries of a stream, or of its newest ones."""
    for _ in range(limits.attempts):
        ids = await _read_stream(login, stream, limits, newest)
        if ids is not None:
            return ids
    reason = "its list of entries keeps changing; the next refresh asks again"
    raise FetchError(Failure.BUSY, reason)


async def _read_stream(
    login: GreaderApi, stream: Stream, limits: StreamLimits, newest: int | None
) -> list[EntryId] | None:
    """Read all pages; return None if entries may be missing as the list has changed meanwhile."""
    most = limits.entries if newest is None else newest
    sent: list[object] = []
    continuation, seen = "", set[str]()
    while len(sent) < most:
        again = _overlap_continuation(sent, continuation) if sent else ""
        size = min(limits.page, most - len(sent) + bool(again))
        page, continuation = await _fetch_page(login, stream, size, again or continuation)
        if again:
            if page[:1] != sent[-1:]:
                return None
            del page[0]
        sent += page
        if not continuation:
            break
        if continuation in seen or len(seen) >= limits.pages:
            raise FetchError(Failure.BROKEN, "the server's list of entries does not end")
        seen.add(continuation)
    else:
        if newest is None:
            reason = f"the server has more than {most:,} {stream} entries"
            raise FetchError(Failure.TOO_LARGE, reason)
    ids = [parse_entry_id(each) for each in sent[:most]]
    found = [each for each in ids if each is not None]
    if len(found) < len(ids):
        raise FetchError(Failure.BROKEN, "the server's list of entries has ids that cannot be read")
    return list(dict.fromkeys(found))


def _overlap_continuation(sent: list[object], continuation: str) -> str:
    """Return the continuation of a page that begins with the last entry again; "" if unknown.

    It proves that no entry is missing between two pages. In Miniflux a continuation is a position,
    so whatever is removed before it moves what follows. In FreshRSS it is the last id, and the
    entry after it is lost if that one has been removed.
    """
    if continuation == str(len(sent)):
        return str(len(sent) - 1)
    return str(sent[-2]) if continuation == sent[-1] and len(sent) > 1 else ""


async def _fetch_page(
    login: GreaderApi, stream: Stream, size: int, after: str
) -> tuple[list[object], str]:
    """Return the ids of a page as they were sent, and where the next one begins, or ""."""
    query = (*_QUERIES[stream], ("n", size), *((("c", after),) if after else ()))
    reply = await login.get_json("/stream/items/ids", query)
    value = reply.value if isinstance(reply.value, dict) else {}
    # What is not a whole list must not pass for one: what is missing in it would count as read.
    items = value.get("itemRefs", "")
    continuation = value.get("continuation") or ""
    if not (isinstance(items, list | None) and isinstance(continuation, str | int)):
        raise FetchError(Failure.BROKEN, "the server sent something that is not a list of entries")
    sent = [item.get("id") if isinstance(item, dict) else None for item in items or ()]
    return sent, str(continuation)


# -- the service -----------------------------------------------------------------------------------

BATCH = 250  # entries of a call. PHP reads at most 1,000 fields of a form
FETCH_LIMIT = 1_000  # entries that no list shows and that are asked for in one sync
ROUNDS = 3  # how often marks are sent until the server has them
_NOTHING_FOUND = "no items returned"
"""The error of Miniflux, with status 400, if it has none of the requested entries."""
_TAGS = {ServerMark.READ: READ, ServerMark.STARRED: STARRED_TAG}
_EDIT = "/subscription/edit"


class GoogleReader:
    """A `Service` with the Google Reader API: FreshRSS, Miniflux, BazQux, The Old Reader."""

    def __init__(
        self,
        client: ApiClient,
        account: Account,
        password: str,
        limits: StreamLimits = DEFAULT_LIMITS,
    ) -> None:
        self._account = account
        self._login = GreaderApi(client, account, password)
        self._limits = limits

    async def check_login(self) -> str:
        """Log in; return what the server is."""
        info = await self._login.get_json("/user-info")
        host = urlsplit(self._account.url).hostname or self._account.url
        name = info.text_of("userName") or info.text_of("userEmail") or self._account.user
        return f"{NAME} of {host}, as {self._login.clean_text_of_server(name)}"

    async def list_feeds(self) -> list[ServerFeed]:
        """Return all subscriptions."""
        reply = await self._login.get_json("/subscription/list")
        return list(filter(None, map(parse_feed, reply.objects_of("subscriptions"))))

    async def fetch_entries(self, ids: Sequence[EntryId]) -> list[ServerEntry]:
        """Return those of a few entries that the server still has."""
        found: list[ServerEntry] = []
        for batch in _split_batches(ids):
            found += await self._fetch_contents(batch)
        return found

    async def iter_changes(self, known: KnownEntries) -> AsyncIterator[Changes]:
        """Yield marks of known entries, entries that are not known, and a cursor.

        Changed contents of known entries do not show in this API.
        """
        # The newest entries come last: those are there now, so they are read if they were not
        # unread before, and have not merely been deleted in between.
        unread = set(await list_entry_ids(self._login, Stream.UNREAD, self._limits))
        starred = set(await list_entry_ids(self._login, Stream.STARRED, self._limits))
        newest: list[EntryId] = []
        if known.window > 0:
            newest = await list_entry_ids(self._login, Stream.ALL, self._limits, known.window)
        listed = {*newest, *unread, *starred}
        here = listed & known.ids
        if marks := {each: ServerMarks(each not in unread, each in starred) for each in here}:
            yield Changes(marks=marks)
        wanted = sorted(listed - known.ids, key=int, reverse=True)
        for batch in _split_batches(wanted):
            found = await self._fetch_contents(batch)
            entries = [_confirm_marks(each, unread, starred) for each in found]
            yield Changes(entries=entries, total=len(wanted))
        watched = known.ids if known.watched_ids is None else known.watched_ids
        asked, cursor = choose_to_fetch(watched - listed, known.cursor)
        for batch in _split_batches(asked):
            found = await self._fetch_contents(batch)
            entries = [_confirm_marks(each, unread, starred) for each in found]
            yield Changes(marks={each.id: each.marks for each in entries})
        yield Changes(cursor=cursor)

    async def push_mark(self, mark: ServerMark, value: bool, ids: Sequence[EntryId]) -> None:
        """Give a mark to entries, or take it away.

        The mark is sent only for entries that do not have it so, and looked for afterwards, since
        Miniflux before 2.3 toggles.
        """
        pending = list(dict.fromkeys(ids))
        for attempt in range(ROUNDS + 1):
            pending = await self._entries_without(mark, value, pending)
            if attempt and pending:
                # Entries that no list shows: hidden ones, and those that the server has forgotten.
                found = await self.fetch_entries(pending)
                pending = [each.id for each in found if each.marks.has_mark(mark) is not value]
            if not pending:
                return
            if attempt < ROUNDS:
                for batch in _split_batches(pending):
                    form = [("a" if value else "r", _TAGS[mark]), *_item_fields(batch)]
                    await self._login.post_form("/edit-tag", form)
        done = mark if value else f"not {mark}"
        reason = f"the server does not keep {len(pending):,} entries as {done}"
        raise FetchError(Failure.BROKEN, reason)

    async def add_feed(self, url: str, category: str = "", title: str = "") -> ServerFeed:
        """Subscribe to a feed; return the subscription, also if there was one already."""
        existing = _find_by_url(await self.list_feeds(), url)
        if existing is not None:
            return existing
        try:
            reply = await self._login.post_for_json("/subscription/quickadd", [("quickadd", url)])
            feed_id, reason = reply.text_of("streamId"), reply.text_of("error")
        except FetchError as error:
            if error.status not in (400, 500):
                raise
            # Miniflux says so of a feed that is subscribed to under another address.
            feed_id, reason = "", error.reason
        feeds = await self.list_feeds()
        feed = next((each for each in feeds if each.id == feed_id), None)
        feed = feed or _find_by_url(feeds, url)
        if feed is None:
            # FreshRSS repeats the address as it was sent, login and all.
            message = self._login.clean_text_of_server(reason) or "it found no feed at that address"
            reason = f"the server did not subscribe to {redact_address(url)}: {message}"
            raise FetchError(Failure.STATUS, reason)
        categories = (category,) if category else None
        return await self.change_feed(feed, title=title or None, categories=categories)

    async def change_feed(
        self, feed: ServerFeed, *, title: str | None = None, categories: Sequence[str] | None = None
    ) -> ServerFeed:
        """Change the title or the categories of a subscription; return it as it is then.

        Servers whose feeds have exactly one category may keep the old one rather than none.
        """
        edits = [[("t", title)]] if title and title != feed.title else []
        if categories is not None:
            # The old category goes first: where a feed has one, it would be left without.
            edits.append([("r", LABEL + old) for old in feed.categories if old not in categories])
            edits.append([("a", LABEL + new) for new in categories if new not in feed.categories])
        if not any(edits):
            return feed
        for edit in filter(None, edits):
            await self._login.post_form(_EDIT, [("ac", "edit"), ("s", feed.id), *edit])
        changed = next((each for each in await self.list_feeds() if each.id == feed.id), None)
        if changed is None:
            reason = f"the server no longer follows {redact_address(feed.url)}"
            raise FetchError(Failure.MISSING, reason)
        return changed

    async def remove_feed(self, feed: ServerFeed) -> None:
        """Unsubscribe from a feed; nothing happens if it is not subscribed to."""
        try:
            await self._login.post_form(_EDIT, [("ac", "unsubscribe"), ("s", feed.id)])
        except FetchError as error:
            is_gone = error.status in (400, 404, 500)
            if not is_gone or any(each.id == feed.id for each in await self.list_feeds()):
                raise

    async def fetch_feed(self, feed: ServerFeed) -> None:
        """Do nothing: no server can be asked for it by this API."""

    async def _fetch_contents(self, ids: Sequence[EntryId]) -> list[ServerEntry]:
        """Return those of a batch of entries that the server has."""
        try:
            reply = await self._login.post_for_json("/stream/items/contents", _item_fields(ids))
        except FetchError as error:
            if _NOTHING_FOUND in error.reason:
                return []
            if error.failure is not Failure.TOO_LARGE:
                raise
            if len(ids) == 1:
                return []  # it would be in the way of all others
            half = len(ids) // 2
            first = await self._fetch_contents(ids[:half])
            return first + await self._fetch_contents(ids[half:])
        found = {entry.id: entry for entry in map(parse_entry, reply.objects_of("items")) if entry}
        return [found[each] for each in ids if each in found]

    async def _entries_without(
        self, mark: ServerMark, value: bool, ids: Sequence[EntryId]
    ) -> list[EntryId]:
        """Return those of these entries that do not seem to have a mark as it should be."""
        stream = Stream.UNREAD if mark is ServerMark.READ else Stream.STARRED
        listed = set(await list_entry_ids(self._login, stream, self._limits))
        with_mark = value if mark is ServerMark.STARRED else not value
        return [each for each in ids if (each in listed) is not with_mark]


def choose_to_fetch(missing: AbstractSet[EntryId], cursor: str) -> tuple[list[EntryId], str]:
    """Return which of the missing entries to ask for now, and the cursor for the next time.

    They take turns, from new to old: those that the server has forgotten are missing every time.
    """
    ordered = sorted(missing, key=int, reverse=True)
    if len(ordered) <= FETCH_LIMIT:
        return ordered, "0"
    last = int(cursor) if cursor.isdecimal() and cursor.isascii() else 0
    older = [each for each in ordered if int(each) < last]
    asked = [*older, *ordered][:FETCH_LIMIT]
    return asked, asked[-1]


def _confirm_marks(
    entry: ServerEntry, unread: AbstractSet[EntryId], starred: AbstractSet[EntryId]
) -> ServerEntry:
    """Return an entry with the marks that its contents have and the lists confirm.

    FreshRSS puts the tags of a feed beside its own, so a feed could mark its entries. What has
    come after the list of unread ones is not in it, and unread by its contents.
    """
    read, is_starred = entry.marks.read, entry.marks.starred
    marks = ServerMarks(read and entry.id not in unread, is_starred and entry.id in starred)
    return entry._replace(marks=marks)


def _split_batches(ids: Sequence[EntryId]) -> list[Sequence[EntryId]]:
    return [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]


def _item_fields(ids: Iterable[EntryId]) -> list[tuple[str, str]]:
    return [("i", to_long_id(each)) for each in ids]


def _find_by_url(feeds: Iterable[ServerFeed], url: str) -> ServerFeed | None:
    return next((feed for feed in feeds if feed.url == url), None)
