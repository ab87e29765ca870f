"""A server of the tests that answers the Google Reader API as FreshRSS does.

    with freshrss() as server:
        feed = server.add_feed("https://example.org/feed.xml", "Example", "News")
        entry = server.add_entry(feed, "A title", content="<p>Text</p>")
        service = GoogleReader(client, server.account(), server.password)
        ...
        server.mark(entry, read=True)                # as by another device
        server.forget(entry)                         # as by its own housekeeping
        server.fault(lambda page: Page(b"", 503))    # the next call is not carried out
        server.expire()                              # logins and tokens so far are void

What it does is what FreshRSS's documentation and API promise, in memory and without a database:
ids are microseconds since 1970, decimal in lists and long in contents; continuations are ids, and
the first entry of a page after one is dropped whatever it is; some JSON is sent as text/html. It
answers what our client asks, and nothing else. It was compared with FreshRSS 1.24.3 call by call,
and is stricter in one thing: FreshRSS lets an empty token pass. `Manners` makes it another's.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from rilo_reader.plugins.accounts.service import Account, Api
from tests.support.servers import Asked, Page, Server, serving

BASE = "/api/greader.php"
DEFAULT_CATEGORY = "Uncategorized"
FIRST_ID = 1_700_000_000_000_000
_READ = "user/-/state/com.google/read"
_STARRED = "user/-/state/com.google/starred"
_READING_LIST = "user/-/state/com.google/reading-list"
_LABEL = "user/-/label/"
_ITEM = "tag:google.com,2005:reader/item/"
_WIDE = str.maketrans("&<>", "＆＜＞")
_WIDE_OF_FEEDS = str.maketrans("&<>?\\/,;", "＆＜＞？＼／，；")
_USER = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_.@-]{0,38}")
_TEXT = {"Content-Type": "text/plain; charset=UTF-8"}
_JSON = {"Content-Type": "application/json; charset=UTF-8"}
_HTML = {"Content-Type": "text/html; charset=UTF-8"}


class Manners(NamedTuple):
    """What other servers do otherwise."""

    toggles: bool = False  # a mark given to what has it is taken away (Miniflux before 2.3)
    by_position: bool = False  # a continuation is a position (Miniflux)
    most: int = 0  # the most ids of a page, 0 for any number (Inoreader, The Old Reader)


FRESHRSS = Manners()


@dataclass
class FreshFeed:
    """A subscription; a hidden one, archived in FreshRSS, is seen in its own stream alone."""

    id: int
    url: str
    title: str
    category: str
    site: str
    hidden: bool = False


@dataclass
class FreshEntry:
    """An entry."""

    id: int
    feed: int
    title: str
    url: str
    content: str
    published: int
    author: str = ""
    tags: tuple[str, ...] = ()
    read: bool = False
    starred: bool = False


Interference = Callable[[Page], Page]


@dataclass
class _Fault:
    interference: Interference
    path: str
    calls: int
    carried_out: bool


@dataclass
class FreshRss:
    """The server; what it has can be looked at and changed at any time between calls."""

    server: Server
    user: str = "alice"
    password: str = "the API password"
    manners: Manners = FRESHRSS
    feeds: dict[int, FreshFeed] = field(default_factory=dict)
    entries: dict[int, FreshEntry] = field(default_factory=dict)
    web: dict[str, str] = field(default_factory=dict)  # feeds that can be added -> their titles
    # what edit-tag was asked: ids, what is added, what is removed
    posted: list[tuple[list[int], str, str]] = field(default_factory=list)
    # called with the path of each call before it is carried out
    before_call: Callable[[str], object] | None = None
    _logins: int = 1
    _expires_after: int = -1
    _faults: list[_Fault] = field(default_factory=list)
    _last_feed: int = 1
    _last_entry: int = FIRST_ID

    # -- what tests do ---------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The address of the API, as FreshRSS shows it in the profile."""
        return self.server.url(BASE)

    def account(self, **other: object) -> Account:
        """An account there."""
        account = Account("fresh", Api.GREADER, self.url, self.user)
        return account._replace(**other)  # type: ignore[arg-type]  # names are checked

    def add_feed(
        self, url: str, title: str = "A feed", category: str = DEFAULT_CATEGORY, site: str = ""
    ) -> int:
        """Subscribe to a feed; return its number."""
        self._last_feed += 1
        feed = FreshFeed(self._last_feed, url, title, category, site)
        self.feeds[feed.id] = feed
        return feed.id

    def add_entry(self, feed: int, title: str = "A title", **other: object) -> int:
        """Add an entry as new as none before; return its id. The rest is as in `FreshEntry`."""
        self._last_entry += 1_234
        number = self._last_entry
        values = {
            "url": f"https://example.org/{number}",
            "content": f"<p>The text of {number}.</p>",
            "published": number // 1_000_000,
            **other,
        }
        self.entries[number] = FreshEntry(number, feed, title, **values)  # type: ignore[arg-type]
        return number

    def mark(self, *ids: int, read: bool | None = None, starred: bool | None = None) -> None:
        """Mark entries as another device does."""
        for each in ids:
            if read is not None:
                self.entries[each].read = read
            if starred is not None:
                self.entries[each].starred = starred

    def forget(self, *ids: int) -> None:
        """Delete entries."""
        for each in ids:
            del self.entries[each]

    def expire(self, after: int = 0) -> None:
        """Make all logins and tokens so far void, after some more calls."""
        self._expires_after = after

    def fault(
        self, interference: Interference, path: str = "", calls: int = 1, carried_out: bool = False
    ) -> None:
        """Let `interference` make the replies to the next calls whose path contains a text.

        It is given the reply if the call is carried out nevertheless, else an empty page.
        """
        self._faults.append(_Fault(interference, path, calls, carried_out))

    def calm(self) -> None:
        """Forget the faults that have not happened yet."""
        self._faults.clear()
        self._expires_after = -1

    # -- what it answers -------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Page:
        """Answer a request."""
        path = urlsplit(asked.path).path
        if self.before_call is not None:
            self.before_call(path)
        for fault in self._faults:
            if fault.calls and fault.path in path:
                fault.calls -= 1
                return fault.interference(self._answer(asked) if fault.carried_out else Page())
        return self._answer(asked)

    def _answer(self, asked: Asked) -> Page:
        if self._expires_after == 0:
            self._logins += 1
        self._expires_after -= 1
        address = urlsplit(asked.path)
        if not address.path.startswith(BASE + "/"):
            return Page(b"<html><h1>Not Found</h1></html>", 404, _HTML)
        path = address.path.removeprefix(BASE)
        query = dict(parse_qsl(address.query))
        form = parse_qsl(asked.body.decode()) if asked.method == "POST" else []
        if path == "/accounts/ClientLogin":
            return self._client_login({**query, **dict(form)})
        if asked.headers.get("authorization") != f"GoogleLogin auth={self._auth}":
            return _unauthorized()
        return self._of_reader(path.removeprefix("/reader/api/0"), query, form)

    def _of_reader(self, path: str, query: dict[str, str], form: list[tuple[str, str]]) -> Page:
        fields = dict(form)
        match path:
            case "/token":
                return Page(f"{self._token}\n".encode(), headers=_HTML)
            case "/user-info":
                names = ("userId", "userName", "userProfileId")
                return _json({**dict.fromkeys(names, self.user), "userEmail": ""}, _HTML)
            case "/subscription/list" if query.get("output") == "json":
                shown = [feed for feed in self.feeds.values() if not feed.hidden]
                found = sorted(shown, key=lambda feed: (feed.category, feed.title))
                return _json({"subscriptions": [self._subscription(feed) for feed in found]})
            case "/subscription/list":
                return Page(b"Not Implemented!", 501, _TEXT)
            case "/stream/items/ids" if "s" in query:
                return self._ids(query)
            case "/stream/items/contents" if "i" in fields:
                return self._contents(_numbers(form))
            case "/edit-tag":
                if fields.get("T") != self._token:
                    return _unauthorized()
                return self._edit_tag(_numbers(form), fields.get("a", ""), fields.get("r", ""))
            case "/subscription/quickadd" if "quickadd" in fields:
                return self._quickadd(fields["quickadd"].removeprefix("feed/"))
            case "/subscription/edit" if "s" in fields and "ac" in fields:
                return self._edit(fields)
        return _bad_request()

    @property
    def _auth(self) -> str:
        known = f"salt{self._logins}{self.user}{self.password}"
        return f"{self.user}/{hashlib.sha1(known.encode()).hexdigest()}"

    @property
    def _token(self) -> str:
        return self._auth.partition("/")[2].ljust(57, "Z")

    def _client_login(self, form: dict[str, str]) -> Page:
        if not _USER.fullmatch(form.get("Email", "")) or "Passwd" not in form:
            return _bad_request()
        if (form["Email"], form.get("Passwd")) != (self.user, self.password):
            return _unauthorized()
        text = f"SID={self._auth}\nLSID=null\nAuth={self._auth}\n"
        return Page(text.encode(), headers=_TEXT)

    def _subscription(self, feed: FreshFeed) -> dict[str, object]:
        return {
            "id": f"feed/{feed.id}",
            "title": feed.title.translate(_WIDE_OF_FEEDS).strip(),
            "categories": [{"id": _LABEL + feed.category, "label": feed.category}],
            "url": feed.url,
            "htmlUrl": feed.site,
            "iconUrl": self.server.url("/f.php?00000000"),
        }

    def _ids(self, query: dict[str, str]) -> Page:
        """As FreshRSS: one entry more is taken after a continuation, and the first is dropped."""
        shown = [each for each in self.entries.values() if not self.feeds[each.feed].hidden]
        if query["s"] == _STARRED:
            shown = [each for each in shown if each.starred]
        elif query["s"] != _READING_LIST:
            return _bad_request()
        found = [each for each in shown if query.get("xt") != _READ or not each.read]
        found.sort(key=lambda entry: entry.id, reverse=True)
        count = int(query.get("n", "20"))
        count = min(count, self.manners.most or count)
        count = count if count > 0 else len(found)
        after = query.get("c", "")
        if self.manners.by_position:
            return _page_by_position(found, count, int(after or "0"))
        if after.isdigit():
            page = [each for each in found if each.id <= int(after)][: count + 1][1:]
        else:
            page = found[:count]
        reply: dict[str, object] = {"itemRefs": [{"id": str(entry.id)} for entry in page]}
        if page and len(page) >= count:
            reply["continuation"] = str(page[-1].id)
        return _json(reply, _HTML)

    def _contents(self, ids: list[int]) -> Page:
        there = sorted({each for each in ids if each in self.entries}, reverse=True)
        shown = [self.entries[e] for e in there if not self.feeds[self.entries[e].feed].hidden]
        items = [self._item(entry) for entry in shown]
        return _json({"id": _READING_LIST, "updated": FIRST_ID // 1_000_000, "items": items})

    def _item(self, entry: FreshEntry) -> dict[str, object]:
        feed = self.feeds[entry.feed]
        states = {_READ: entry.read, _STARRED: entry.starred}
        item: dict[str, object] = {
            "id": f"{_ITEM}{entry.id:016x}",
            "crawlTimeMsec": str(entry.id // 1000),
            "timestampUsec": str(entry.id),
            "published": entry.published,
            "title": entry.title.translate(_WIDE).strip(),
            "canonical": [{"href": entry.url}],
            "alternate": [{"href": entry.url}],
            "categories": [
                _READING_LIST,
                _LABEL + feed.category,
                *(state for state, given in states.items() if given),
                *entry.tags,
            ],
            "origin": {
                "streamId": f"feed/{feed.id}",
                "htmlUrl": feed.site,
                "title": feed.title.translate(_WIDE_OF_FEEDS),
            },
            "summary": {"content": entry.content},
        }
        if entry.author:
            item["author"] = entry.author.translate(_WIDE)
        return item

    def _edit_tag(self, ids: list[int], add: str, remove: str) -> Page:
        self.posted.append((ids, add, remove))
        for each in ids:
            entry = self.entries.get(each)
            if entry is None:
                continue
            for tag, value in ((add, True), (remove, False)):
                if tag == _READ:
                    entry.read = value and not (self.manners.toggles and entry.read)
                if tag == _STARRED:
                    entry.starred = value and not (self.manners.toggles and entry.starred)
        return Page(b"OK", headers=_HTML)

    def _quickadd(self, url: str) -> Page:
        if any(feed.url == url for feed in self.feeds.values()):
            return _json({"numResults": 0, "error": f"Already subscribed! {url}"}, _HTML)
        if url not in self.web:
            error = f"cURL error 22: The requested URL returned error: 404 [{url}]"
            return _json({"numResults": 0, "error": error}, _HTML)
        number = self.add_feed(url, self.web[url])
        reply = {"numResults": 1, "query": url, "streamId": f"feed/{number}"}
        return _json({**reply, "streamName": self.web[url]}, _HTML)

    def _edit(self, fields: dict[str, str]) -> Page:
        name = fields["s"].removeprefix("feed/")
        feed = self.feeds.get(int(name)) if name.isdigit() else None
        match fields["ac"], feed:
            case "unsubscribe", FreshFeed():
                del self.feeds[feed.id]
                self.entries = {k: e for k, e in self.entries.items() if e.feed != feed.id}
            case "edit", FreshFeed():
                if fields.get("a", "").startswith(_LABEL):
                    feed.category = fields["a"].removeprefix(_LABEL)
                elif fields.get("r", "").startswith(_LABEL):
                    feed.category = DEFAULT_CATEGORY
                feed.title = fields.get("t") or feed.title
            case "edit", None if name.isdigit():
                pass  # nothing says that there is no such feed
            case _:
                return _bad_request()
        return Page(b"OK", headers=_HTML)


def _page_by_position(found: list[FreshEntry], count: int, start: int) -> Page:
    end = start + count
    reply: dict[str, object] = {"itemRefs": [{"id": str(e.id)} for e in found[start:end]]}
    if end < len(found):
        reply["continuation"] = str(end)
    return _json(reply)


def _numbers(form: list[tuple[str, str]]) -> list[int]:
    """Decimal where it is digits alone and begins with none that is zero, else hexadecimal."""
    return [_number(value) for name, value in form if name == "i"]


def _number(text: str) -> int:
    if text.isdigit() and not text.startswith("0"):
        return int(text)
    last = text.rpartition("/")[2]
    return int(last, 16) if re.fullmatch("[0-9A-Fa-f]+", last) else 0


def _json(value: object, headers: Mapping[str, str] = _JSON) -> Page:
    return Page(json.dumps(value, ensure_ascii=False).encode(), headers=headers)


def _bad_request() -> Page:
    return Page(b"Bad Request!", 400, _TEXT)


def _unauthorized() -> Page:
    headers = {**_TEXT, "Google-Bad-Token": "true", "X-Reader-Google-Bad-Token": "true"}
    return Page(b"Unauthorized!", 401, headers)


@contextmanager
def freshrss(manners: Manners = FRESHRSS) -> Iterator[FreshRss]:
    """A server without feeds, for as long as the block lasts."""
    with serving() as server:
        fresh = FreshRss(server, manners=manners)
        server.answer(fresh.answer)
        yield fresh
