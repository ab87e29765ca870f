"""Decide which article an entry is: by guid, else link, else content (pure).

Identities are per feed: if another feed has an entry with the same guid, it is another article (the
list groups copies). So no feed can replace or suppress what another one says.

An entry is identified by its keys. The guid decides, unless it is shared by several entries of a
feed, is the address of the site, or is short and reused with another link, title and date; such
guids are ignored. Without a guid, the link decides. An entry with a new guid is also identified by
its link and title together, since the guids of some feeds change at every fetch. If guid and link
are both new, title and time, or the whole text and date, decide. An article keeps all keys it was
ever seen with. What no feed brings, such as saved links, is its address alone, if it has one.

Of an entry that comes from a server the guid is unknown, but perhaps its hash: it then counts as
the guid does. The identity of a new article is made from that hash too, so it is the same wherever
the entry comes from.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import IntEnum
from hashlib import blake2b, sha256
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.entry import Entry


class KeyPart(IntEnum):
    """The components of a key."""

    GUID = 1
    LINK = 2
    TITLE = 3
    MOMENT = 4  # title and date, if the date has a time of day
    CONTENT = 5  # title, date, text and enclosures
    WHOLE = 6  # all of these: the entry is unchanged
    HASH = 7  # the hash of the guid, of entries from servers

    # Faster than Enum's own, which is in Python: keys are looked up a hundred times per entry.
    __hash__ = int.__hash__


KEYS_OF_TEXT = (KeyPart.CONTENT, KeyPart.WHOLE)

Keys = Mapping[KeyPart, int]
"""The keys of an entry as 64-bit numbers; kinds without data are missing."""

ArticlesByKey = Mapping[tuple[KeyPart, int], Collection[int]]
"""The numbers of the articles of a feed, by key; see also `ABSENT`."""

ABSENT = 0
"""The key in `ArticlesByKey` of articles without a key of a kind, where that matters."""

_TRACKING = re.compile(r"(?<=[?&])(?:utm_[a-z]+|fbclid|gclid)=[^&#]*&?")
_SCHEME = re.compile(r"(?i)^(?:feed:)?(?:https?:)?//")
_WEB = re.compile("(?i)https?://")
_GLOBAL = re.compile(
    r"(?i)https?://.+/.|tag:.+,.+:|urn:.+:|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
"""Guids that are unique in the world."""


_MESSAGE_ID = re.compile(r"<[^<>\s]+>\Z")


def feed_key(url: str) -> str:
    """Normalise the address of a feed: https is http, without user, www and a trailing slash."""
    text = url.strip().partition("#")[0]
    if text.startswith("https://"):
        text = text[8:]
    elif text.startswith("http://"):
        text = text[7:]
    else:
        text = _SCHEME.sub("", text)
    host, slash, path = text.partition("/")
    host = host.rpartition("@")[2].lower().removeprefix("www.")
    return (host + slash + path).rstrip("/")


def host_of(key: str) -> str:
    """Return the host in the key of a feed, without its port."""
    authority = key.partition("/")[0].partition("?")[0]
    host, colon, port = authority.rpartition(":")
    has_port = colon and port.isdigit() and (":" not in host or host.endswith("]"))
    return host if has_port else authority


def link_key(url: str) -> str:
    """Normalise the address of an entry: as that of a feed, without tracking parameters."""
    address, hash_sign, part = strip_tracking(url).partition("#")
    return feed_key(address) + hash_sign + part


def strip_tracking(url: str) -> str:
    """Return an address without the parameters that tell where it was followed."""
    address, hash_sign, part = url.partition("#")
    if "?" in address or "&" in address:
        address = _TRACKING.sub("", address).rstrip("?&")
    return address + hash_sign + part


def hash_guid(guid: str) -> str:
    """Return the hash of a guid as servers have it: SHA-256 in hexadecimal digits."""
    return sha256(guid.encode(errors="replace")).hexdigest()


def make_entry_keys(entry: Entry, addresses: Collection[str] = (), guid_hash: str = "") -> Keys:
    """Return the keys of an entry.

    Args:
        entry: the entry.
        addresses: `feed_key` of the feed and its site, which identify no entry.
        guid_hash: the hash of its guid (of its address if it has none), "" if it is unknown.
    """
    keys: dict[KeyPart, int] = {}
    guid = entry.key.strip()
    if _WEB.match(guid):
        guid = link_key(guid)
    if guid and guid not in addresses:
        keys[KeyPart.GUID] = _hash_number(guid)
    if guid_hash and not _is_address(guid_hash, entry.url):
        keys[KeyPart.HASH] = hash_key(guid_hash)
    link = link_key(entry.url) if entry.url else ""
    if link and link not in addresses:
        keys[KeyPart.LINK] = _hash_number(link)
    date = entry.date.isoformat() if entry.date else ""
    if entry.title:
        keys[KeyPart.TITLE] = _hash_number(entry.title)
        if entry.date and (entry.date.hour or entry.date.minute or entry.date.second):
            keys[KeyPart.MOMENT] = _hash_number(entry.title, date)
    files = (enclosure.url for enclosure in entry.enclosures)
    keys[KeyPart.CONTENT] = _hash_number(entry.title, date, entry.content or entry.summary, *files)
    keys[KeyPart.WHOLE] = _hash_number(*(str(key) for key in keys.values()))
    return keys


def _is_address(guid_hash: str, url: str) -> bool:
    """Return whether a hash is that of an address, as http or https, with a final slash or not."""
    scheme, colon, rest = url.partition(":")
    ways = {scheme, "http", "https"} if scheme in ("http", "https") else {scheme}
    bare = rest.rstrip("/")
    addresses = (f"{way}{colon}{end}" for way in ways for end in {rest, bare, f"{bare}/"})
    return any(hash_guid(address) == guid_hash for address in addresses)


def guid_kind(keys: Keys) -> KeyPart:
    """Return the kind of key that stands for the guid."""
    return KeyPart.HASH if KeyPart.HASH in keys else KeyPart.GUID


def hash_key(guid_hash: str) -> int:
    """Return the key for the hash of a guid."""
    return _hash_number(guid_hash)


def _hash_number(*parts: str) -> int:
    text = parts[0] if len(parts) == 1 else "\0".join(parts)
    digest = blake2b(text.encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def new_id(feed: str, entry: Entry, keys: Keys, attempt: int = 0, guid_hash: str = "") -> ArticleId:
    """Return the identity of a new article of a feed, by its key; "" for a page.

    A guid counts by its hash, so that an entry from a server has the same identity. One that is the
    address counts as no guid, since some servers have neither guids nor hashes. `keys` are without
    ignored guids; `attempt` is increased while the identity belongs to another article.
    """
    if not feed and entry.url and not attempt:
        return ArticleId(entry.url)
    if KeyPart.HASH in keys and attempt == 0:
        parts = ["guid", guid_hash]
    elif KeyPart.GUID in keys and keys[KeyPart.GUID] != keys.get(KeyPart.LINK) and attempt == 0:
        parts = ["guid", hash_guid(entry.key)]
    elif KeyPart.LINK in keys and attempt == 0:
        parts = ["link", link_key(entry.url)]
    else:
        parts = ["content", str(keys.get(KeyPart.CONTENT, 0)), str(keys.get(KeyPart.LINK, 0))]
        parts.append(str(attempt))
    digest = blake2b("\0".join((feed, *parts)).encode(errors="replace"), digest_size=16)
    return ArticleId(digest.hexdigest())


class Matches(NamedTuple):
    """The articles of fetched entries."""

    numbers: tuple[int | None, ...]  # the number of the article of each entry; None if it is new
    # for each entry the index of the first entry that is the same, often its own
    first_indexes: tuple[int, ...]
    keys: tuple[Keys, ...]  # the keys of each entry, without ignored guids


def match_alone(keys: Sequence[Keys]) -> Matches:
    """Match fetched entries with each other only.

    An entry repeats the first one with the same guid or link, and another key. Guids that different
    entries share are ignored.
    """
    seen: dict[tuple[int | None, ...], int] = {}
    first: list[int] = []
    for index, key in enumerate(keys):
        combinations = _duplicate_keys(key)
        original = min((seen[each] for each in combinations if each in seen), default=index)
        first.append(original)
        for each in combinations:
            seen.setdefault(each, original)
    firsts = (key for index, key in enumerate(keys) if first[index] == index)
    guids = Counter(key.get(KeyPart.GUID) for key in firsts)
    usable: Iterator[Keys] = (
        {kind: value for kind, value in key.items() if kind is not KeyPart.GUID}
        if KeyPart.GUID in key and guids[key[KeyPart.GUID]] > 1
        else key
        for key in keys
    )
    return Matches((None,) * len(keys), tuple(first), tuple(usable))


def match_known(
    entries: Sequence[Entry],
    own_matches: Matches,
    articles_by_key: ArticlesByKey,
    *,
    has_feed: bool = True,
) -> Matches:
    """Find the articles of entries that have been matched with each other."""
    if not articles_by_key:
        return own_matches
    _, first, usable = own_matches
    firsts = [index for index in range(len(first)) if first[index] == index]
    found: dict[int, int] = {}
    used: set[int] = set()
    for kind, rule in _RULES.items():
        open_indexes = [index for index in firsts if index not in found and kind in usable[index]]
        counts = Counter(usable[index][kind] for index in open_indexes)
        for index in open_indexes:
            # Keys of several entries identify none of them.
            if counts[usable[index][kind]] > 1:
                continue
            numbers = _articles_sharing(usable[index], articles_by_key, kind)
            if not has_feed and KeyPart.LINK in usable[index]:
                numbers &= _articles_sharing(usable[index], articles_by_key, KeyPart.LINK)
            if rule is not None:
                numbers = rule(numbers, entries[index], usable[index], articles_by_key)
            numbers -= used
            if len(numbers) == 1:
                found[index] = next(iter(numbers))
                used.add(found[index])
    return own_matches._replace(numbers=tuple(found.get(original) for original in first))


def _duplicate_keys(keys: Keys) -> list[tuple[int | None, ...]]:
    """Return key combinations; entries that share one are duplicates."""
    guid, link, title = (keys.get(kind) for kind in (guid_kind(keys), KeyPart.LINK, KeyPart.TITLE))
    content = keys.get(KeyPart.CONTENT)
    if guid is None:
        return [(None, link, title)] if link and title else [(None, link, None, content)]
    pairs: list[tuple[int | None, ...]] = [
        (guid, kind, keys[kind]) for kind in (KeyPart.LINK, KeyPart.TITLE) if kind in keys
    ]
    return pairs or [(guid, KeyPart.CONTENT, content)]


def _articles_sharing(keys: Keys, articles_by_key: ArticlesByKey, *kinds: KeyPart) -> set[int]:
    return {
        number
        for kind in kinds
        if kind in keys
        for number in articles_by_key.get((kind, keys[kind]), ())
    }


_SAME_WORDS = (KeyPart.TITLE, KeyPart.MOMENT, KeyPart.CONTENT)


def _match_by_guid(
    numbers: set[int], entry: Entry, keys: Keys, articles_by_key: ArticlesByKey
) -> set[int]:
    if len(numbers) == 1 and (_GLOBAL.match(entry.key) or KeyPart.LINK not in keys):
        return numbers
    # Reused, or short as "1": another key must match.
    same = numbers & _articles_sharing(keys, articles_by_key, KeyPart.LINK)
    return same or numbers & _articles_sharing(keys, articles_by_key, *_SAME_WORDS)


def _match_by_hash(
    numbers: set[int], entry: Entry, keys: Keys, articles_by_key: ArticlesByKey
) -> set[int]:
    if KeyPart.LINK not in keys:
        return numbers
    # The guid may be short and reused: another key must match, unless there is none.
    same = numbers & _articles_sharing(keys, articles_by_key, KeyPart.LINK, *_SAME_WORDS)
    return same or numbers & _articles_lacking(articles_by_key, KeyPart.LINK)


def _match_by_link(
    numbers: set[int], entry: Entry, keys: Keys, articles_by_key: ArticlesByKey
) -> set[int]:
    if KeyPart.GUID not in keys and KeyPart.HASH not in keys:
        return numbers
    # A new guid means a new article, unless several other keys match.
    same = numbers & _articles_sharing(keys, articles_by_key, *_SAME_WORDS)
    # Servers give a title to entries without one. It is not a sign of another article if only one
    # of the two is from a server.
    if KeyPart.HASH in keys:
        return same or numbers & _articles_lacking(articles_by_key, KeyPart.HASH, KeyPart.TITLE)
    if KeyPart.TITLE not in keys:
        return same or numbers & _articles_lacking(articles_by_key, KeyPart.GUID)
    return same


def _match_by_words(
    numbers: set[int], entry: Entry, keys: Keys, articles_by_key: ArticlesByKey
) -> set[int]:
    if not _MESSAGE_ID.match(entry.key):
        return numbers
    # Another Message-ID means another letter, also of the same second.
    return numbers & _articles_lacking(articles_by_key, KeyPart.GUID)


def _articles_lacking(articles_by_key: ArticlesByKey, *kinds: KeyPart) -> set[int]:
    return set.intersection(*(set(articles_by_key.get((kind, ABSENT), ())) for kind in kinds))


_Rule = Callable[[set[int], Entry, Keys, ArticlesByKey], set[int]]
_RULES: Mapping[KeyPart, _Rule | None] = {
    KeyPart.WHOLE: None,
    KeyPart.GUID: _match_by_guid,
    KeyPart.HASH: _match_by_hash,
    KeyPart.LINK: _match_by_link,
    KeyPart.MOMENT: _match_by_words,
    KeyPart.CONTENT: _match_by_words,
}
"""The kinds of keys in the order in which they decide, alone or by a rule that asks for more."""
