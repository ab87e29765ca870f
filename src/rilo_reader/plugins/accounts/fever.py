"""`Fever`: a server with the Fever API: yarr, CommaFeed, Tiny Tiny RSS, Miniflux, FreshRSS.

    unread, saved = ids                              # lists of ids alone
    marks = of known entries in any of these
    pages of entries: the newest at first contact, then what has come since the cursor
    entries = contents of unknown entries in unread or saved
    marks += of known entries that were unread or starred and are in none, if contents come

The API shows neither guids nor changed contents, and cannot change feeds. Servers read it in ways
of their own: yarr counts starred entries as neither read nor unread, CommaFeed cuts its lists,
and Miniflux toggles stars.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import NoReturn
from urllib.parse import urlsplit

from rilo_reader.dates import read_date
from rilo_reader.entry import Entry
from rilo_reader.fetch.messages import ApiClient, Failure, FetchError
from rilo_reader.parsers.elements import (
    content_text,
    each_once,
    parse_person,
    resolve_address,
    set_dates,
    to_plain_line,
)
from rilo_reader.plugins.accounts.greader import choose_to_fetch, narrow_characters
from rilo_reader.plugins.accounts.json_api import (
    Endpoint,
    JsonApi,
    JsonValue,
    Query,
    make_form_body,
    root_of_api,
)
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

NAME = "Fever API"
PATHS = ("/fever", "/api/fever.php", "/plugins.local/fever")
"""Where Miniflux and yarr, FreshRSS, and Tiny Tiny RSS have it."""

BATCH = 50  # entries of a request, by the API
ROUNDS = 3  # how often marks are sent until the server has them
MOST_IDS = 1_000_000  # of a list
COME_MEANWHILE = 1_000  # entries that may come while pages are read
_ABOVE_ALL = 2**53 - 1  # greater than any id; FreshRSS has microseconds since 1970
_SET = {ServerMark.READ: "read", ServerMark.STARRED: "saved"}


def root_of_fever(url: str) -> str:
    """Return the address of a server without the path of its API (pure)."""
    root = url.rstrip("/")
    return next((root.removesuffix(path) for path in PATHS if root.endswith(path)), root)


def addresses_of_fever(url: str) -> list[str]:
    """Return the addresses at which a server may have the API, the likeliest first (pure)."""
    there = [root_of_fever(url) + path for path in PATHS]
    return [url, *there] if "fever" in url else [*there, url]


def parse_id(value: object) -> EntryId | None:
    """Return the id of an entry, a feed or a group, which some send as a text; else None."""
    text = str(value) if isinstance(value, int) else value
    if isinstance(text, str) and len(text) <= 20 and text.isascii() and text.isdecimal():
        return EntryId(str(int(text))) if int(text) else None
    return None


def parse_entry(item: JsonValue) -> ServerEntry | None:
    """Return an entry; None without id or feed."""
    number, feed = parse_id(item.value_of("id")), parse_id(item.value_of("feed_id"))
    if number is None or feed is None:
        return None
    url = resolve_address("", item.text_of("url"))
    entry = Entry(
        url=url,
        title=narrow_characters(to_plain_line(item.text_of("title"))),
        authors=each_once([parse_person(narrow_characters(item.text_of("author")))]),
        content=content_text(item.text_of("html")),
        base=url,
    )
    dated = set_dates(entry, read_date(item.value_of("created_on_time")), None)
    marks = ServerMarks(_is_set(item, "is_read"), _is_set(item, "is_saved"))
    return ServerEntry(number, feed, dated, marks=marks)


def _is_set(item: JsonValue, name: str) -> bool:
    return item.value_of(name) in (1, "1")  # also true


def _confirm_marks(entry: ServerEntry, unread: AbstractSet[EntryId]) -> ServerEntry:
    """Return an entry as read also if it is starred and not in the list of unread ones.

    In yarr it is neither, and would lose its star if it were marked as read.
    """
    read = (entry.marks.read or entry.marks.starred) and entry.id not in unread
    return entry._replace(marks=entry.marks._replace(read=read))


class Fever:
    """A `Service`; the password is the one that was set for the API."""

    def __init__(self, client: ApiClient, account: Account, password: str) -> None:
        login = f"{account.user}:{password.rstrip(chr(10) + chr(13))}"
        self._key = hashlib.md5(login.encode(), usedforsecurity=False).hexdigest()
        self._account = account
        root = root_of_api(account.url)
        self._path = "" if root.endswith(".php") else "/"
        endpoint = Endpoint(NAME, root, account.private)
        self._api = JsonApi(client, endpoint, secrets=(self._key, login, login.partition(":")[2]))

    async def check_login(self) -> str:
        """Log in; return what the server is."""
        await self._call()
        host = urlsplit(self._account.url).hostname or self._account.url
        return f"{NAME} of {host}, as {self._account.user}"

    async def list_feeds(self) -> list[ServerFeed]:
        """Return all subscriptions."""
        there = await self._call([("feeds", "")])
        titles, groups = dict[EntryId, str](), dict[EntryId, list[str]]()
        for group in (await self._call([("groups", "")])).objects_or_empty("groups"):
            if number := parse_id(group.value_of("id")):
                titles[number] = narrow_characters(to_plain_line(group.text_of("title")))
        for group in there.objects_or_empty("feeds_groups"):
            title = titles.get(parse_id(group.value_of("group_id")) or EntryId(""))
            for each in group.text_of("feed_ids").split(",") if title else ():
                groups.setdefault(EntryId(each.strip()), []).append(title or "")
        feeds = []
        for item in there.objects_of("feeds"):
            url, feed = resolve_address("", item.text_of("url")), parse_id(item.value_of("id"))
            if url and feed:
                title = narrow_characters(to_plain_line(item.text_of("title")))
                site = resolve_address("", item.text_of("site_url"))
                feeds.append(ServerFeed(feed, url, title, each_once(groups.get(feed, ())), site))
        return feeds

    # -- entries ----------------------------------------------------------------------------------

    async def fetch_entries(self, ids: Sequence[EntryId]) -> list[ServerEntry]:
        """Return those of a few entries that the server still has."""
        found: list[ServerEntry] = []
        for start in range(0, len(ids), BATCH):
            found += await self._fetch_batch(ids[start : start + BATCH])
        return found

    async def iter_changes(self, known: KnownEntries) -> AsyncIterator[Changes]:
        """Yield marks of known entries, entries that are not known, and a cursor.

        The cursor is the greatest id of all that has come, and the turn of `choose_to_fetch`.
        """
        unread = await self._list_ids("unread_item_ids")
        starred = await self._list_ids("saved_item_ids")
        listed = unread | starred
        if here := listed & known.ids:
            marks = {each: ServerMarks(each not in unread, each in starred) for each in here}
            yield Changes(marks=marks)
        since, _, turn = known.cursor.partition(" ")
        last, seen = int(since) if since.isdecimal() else 0, set[EntryId]()
        async for page, total in self._iter_pages(last, known.window):
            seen.update(each.id for each in page)
            new = [_confirm_marks(each, unread) for each in page if each.id not in known.ids]
            yield Changes(entries=new, total=min(total, known.window))
        wanted = sorted(listed - known.ids - seen, key=int, reverse=True)
        watched = known.ids if known.watched_ids is None else known.watched_ids
        asked, turn = choose_to_fetch(watched - listed, turn)
        for ids in (wanted, asked):
            for start in range(0, len(ids), BATCH):
                found = await self._fetch_batch(ids[start : start + BATCH])
                entries = [_confirm_marks(each, unread) for each in found]
                if ids is wanted:
                    yield Changes(entries=entries, total=len(wanted))
                else:
                    yield Changes(marks={each.id: each.marks for each in entries})
        yield Changes(cursor=f"{max((last, 1, *map(int, seen | listed)))} {turn}")

    async def _iter_pages(
        self, last: int, window: int
    ) -> AsyncIterator[tuple[list[ServerEntry], int]]:
        """Yield the entries after `last`; if it is 0, the newest of the window; and how many are.

        Raises FetchError if they have no end.
        """
        at, left = last or _ABOVE_ALL, window + COME_MEANWHILE * bool(last)
        while left > 0:
            reply = await self._fetch_items(("since_id" if last else "max_id", at))
            items = reply.objects_of("items")
            ids = [int(number) for each in items if (number := parse_id(each.value_of("id")))]
            if not ids:
                return
            total = reply.value_of("total_items")
            yield list(filter(None, map(parse_entry, items))), total if type(total) is int else 0
            end, left = max(ids) if last else min(ids), left - len(ids)
            if (end <= at) if last else (end >= at):
                raise FetchError(Failure.BROKEN, "the server repeats the same entries")
            at = end

    async def _fetch_batch(self, ids: Sequence[EntryId]) -> list[ServerEntry]:
        """Return those of a batch of entries that the server has."""
        try:
            reply = await self._fetch_items(("with_ids", ",".join(ids)))
        except FetchError as error:
            # One that is too large, or, in CommaFeed, forgotten is in the way of all others.
            if error.failure is not Failure.TOO_LARGE and error.status != 500:
                raise
            half = len(ids) // 2
            if not half:
                return []
            return await self._fetch_batch(ids[:half]) + await self._fetch_batch(ids[half:])
        found = {each.id: each for each in map(parse_entry, reply.objects_of("items")) if each}
        return [found[each] for each in ids if each in found]

    async def _fetch_items(self, which: tuple[str, str | int]) -> JsonValue:
        return await self._call([("items", ""), which])

    async def _list_ids(self, name: str) -> set[EntryId]:
        """Return the ids of a list; what cannot be read in it would count as gone."""
        text = (await self._call([(name, "")])).value_of(name)
        sent = text.split(",", MOST_IDS) if isinstance(text, str) else [None]
        ids = {parse_id(each.strip() if each else each) for each in sent if each != ""}
        if None in ids:
            raise FetchError(Failure.BROKEN, "the server's list of entries cannot be read")
        return {each for each in ids if each}

    # -- changes ----------------------------------------------------------------------------------

    async def push_mark(self, mark: ServerMark, value: bool, ids: Sequence[EntryId]) -> None:
        """Give a mark to entries, or take it away, and look whether the server has done it.

        A star is sent only where the list shows that it is missing, since Miniflux toggles.
        """
        pending = list(dict.fromkeys(ids))
        for _ in range(ROUNDS):
            if mark is ServerMark.STARRED:
                starred = await self._list_ids("saved_item_ids")
                pending = [each for each in pending if (each in starred) is not value]
            word = ("" if value else "un") + _SET[mark]
            for each in pending:
                await self._call(form=[("mark", "item"), ("as", word), ("id", each)])
            there = await self.fetch_entries(pending)
            pending = [each.id for each in there if each.marks.has_mark(mark) is not value]
            if not pending:
                return
        reason = f"the server does not keep {len(pending):,} marks: {mark}"
        raise FetchError(Failure.BROKEN, reason)

    async def _refuse(self, *_: object, **__: object) -> NoReturn:
        """Raise FetchError: the API has no way to do it."""
        reason = "the Fever API cannot change feeds: change them on the server's own page"
        raise FetchError(Failure.STATUS, reason)

    add_feed = change_feed = remove_feed = _refuse

    async def fetch_feed(self, feed: ServerFeed) -> None:
        """Do nothing: the server cannot be asked for it."""

    async def _call(self, query: Query = (), form: Iterable[tuple[str, str]] = ()) -> JsonValue:
        """Return the reply to a call; raise FetchError, LOGIN if the server refuses the key."""
        body = make_form_body([("api_key", self._key), *form])
        try:
            reply = await self._api.call_api(self._path, [("api", ""), *query], body=body)
        except FetchError as error:
            if error.status != 405:
                raise
            reason = f"there is no {NAME} at {self._account.url}: check the address"
            raise FetchError(Failure.ADDRESS, reason, status=405) from None
        found = self._api.decode_reply(reply)
        if found.value_of("auth") is None:
            reason = (
                f"what {self._account.url} sent is not an answer of a {NAME}: check the address"
            )
            raise FetchError(Failure.BROKEN, reason, status=reply.status)
        if not _is_set(found, "auth"):
            reason = "the server refuses the user or the password; it is the one set for the API"
            raise FetchError(Failure.LOGIN, reason, status=401)
        return found
