"""Which article an entry is: by guid, else link, else content, and always the same one (pure).

Identity is a matter of one feed: another feed that names the same guid brings another article
(the list folds copies), so that no feed can take over or keep out what a different one says.

What an entry is known by are its keys. A guid decides, but for one that stands on several entries
of an answer, is the address of the site, or is short and came back with another link, title and
date: such guids say nothing. Without a guid the link decides, and where the guid is new it does
so together with the title (feeds exist whose guids change at every fetch). An entry whose guid
and link are both new is known by title and time of day, or by its whole text and date. An article
once known keeps every key it was ever seen with.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import IntEnum
from hashlib import blake2b
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.entry import Entry


class Kind(IntEnum):
    """What a key is made of."""

    GUID = 1
    LINK = 2
    TITLE = 3
    MOMENT = 4
    """Title and date, where the date has a time of day."""
    CONTENT = 5
    """Title, date, text and files."""
    WHOLE = 6
    """All of these together: the entry has not changed at all."""

    # An Enum's own is Python, and these are looked up a hundred times for each entry.
    __hash__ = int.__hash__


Keys = Mapping[Kind, int]
"""What an entry can be known by, each as a number of 64 bits; kinds it has nothing for lack."""

Known = Mapping[tuple[Kind, int], Collection[int]]
"""The numbers of the articles of a feed that were seen with a key."""

_TRACKING = re.compile(r"(?<=[?&])(?:utm_[a-z]+|fbclid|gclid)=[^&#]*&?")
_SCHEME = re.compile(r"(?i)^(?:feed:)?(?:https?:)?//")
_WEB = re.compile("(?i)https?://")
_GLOBAL = re.compile(
    r"(?i)https?://.+/.|tag:.+,.+:|urn:.+:|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)


def feed_key(url: str) -> str:
    """An address as a feed is known by: http is https, and neither user, www nor a last / count."""
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
    """The host of a feed's key, without its port."""
    place = key.partition("/")[0].partition("?")[0]
    host, colon, port = place.rpartition(":")
    return host if colon and port.isdigit() and (":" not in host or host.endswith("]")) else place


def link_key(url: str) -> str:
    """An address as an entry is known by: as a feed's, without marks of tracking, with a #part."""
    address, hash_sign, part = url.partition("#")
    if "?" in address or "&" in address:
        address = _TRACKING.sub("", address).rstrip("?&")
    return feed_key(address) + hash_sign + part


def is_global(guid: str) -> bool:
    """Whether a guid claims to be the only one of its kind in the world."""
    return _GLOBAL.match(guid) is not None


def keys_of(entry: Entry, addresses: Collection[str] = ()) -> Keys:
    """What an entry can be known by.

    Args:
        entry: any.
        addresses: of the feed and its site, as `feed_key` makes them: they name no entry.
    """
    keys: dict[Kind, int] = {}
    guid = _guid(entry)
    if guid and guid not in addresses:
        keys[Kind.GUID] = _number(guid)
    link = link_key(entry.url) if entry.url else ""
    if link and link not in addresses:
        keys[Kind.LINK] = _number(link)
    date = entry.date.isoformat() if entry.date else ""
    if entry.title:
        keys[Kind.TITLE] = _number(entry.title)
        if entry.date and (entry.date.hour or entry.date.minute or entry.date.second):
            keys[Kind.MOMENT] = _number(entry.title, date)
    files = (enclosure.url for enclosure in entry.enclosures)
    keys[Kind.CONTENT] = _number(entry.title, date, entry.content or entry.summary, *files)
    keys[Kind.WHOLE] = _number(*(str(key) for key in keys.values()))
    return keys


def _guid(entry: Entry) -> str:
    """The guid; one that is an address without what addresses change for no reason."""
    guid = entry.key.strip()
    return link_key(guid) if _WEB.match(guid) else guid


def _number(*parts: str) -> int:
    text = parts[0] if len(parts) == 1 else "\0".join(parts)
    digest = blake2b(text.encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def new_id(feed: str, entry: Entry, keys: Keys, attempt: int = 0) -> ArticleId:
    """The identity of an article that was never seen before; the same for the same entry.

    Args:
        feed: its feed's key, "" for a page: then its address is its identity.
        entry: what came.
        keys: what it is known by; a guid that says nothing is not among them.
        attempt: 0, or a count where the identity before belongs to another article.
    """
    if not feed and entry.url and not attempt:
        return ArticleId(entry.url)
    if Kind.GUID in keys and attempt == 0:
        parts = ["guid", _guid(entry)]
    elif Kind.LINK in keys and attempt == 0:
        parts = ["link", link_key(entry.url)]
    else:
        parts = ["content", str(keys.get(Kind.CONTENT, 0)), str(keys.get(Kind.LINK, 0))]
        parts.append(str(attempt))
    digest = blake2b("\0".join((feed, *parts)).encode(errors="replace"), digest_size=16)
    return ArticleId(digest.hexdigest())


class Matches(NamedTuple):
    """Which article each entry of an answer is.

    Attributes:
        numbers: for each entry the number of the article known, or None where it is new.
        first: for each entry the place of the first that is the same entry, often its own.
        keys: for each entry what it can be known by, without guids that say nothing.
    """

    numbers: tuple[int | None, ...]
    first: tuple[int, ...]
    keys: tuple[Keys, ...]


def match(entries: Sequence[Entry], keys: Sequence[Keys], known: Known) -> Matches:
    """Find the articles that the entries of one answer are; no article is found twice."""
    return match_known(entries, match_alone(keys), known)


def match_alone(keys: Sequence[Keys]) -> Matches:
    """What the entries of one answer are to each other, where no article is known."""
    first = _repetitions(keys)
    own = [place for place in range(len(keys)) if first[place] == place]
    usable = _without_empty_guids(keys, own)
    return Matches((None,) * len(keys), tuple(first), tuple(usable))


def match_known(entries: Sequence[Entry], alone: Matches, known: Known) -> Matches:
    """Find the articles that the entries of one answer are, given what they are to each other."""
    if not known:
        return alone
    _, first, usable = alone
    own = [place for place in range(len(first)) if first[place] == place]
    found: dict[int, int] = {}
    taken: set[int] = set()
    for kind, rule in _RULES:
        left = [place for place in own if place not in found and kind in usable[place]]
        counts = Counter(usable[place][kind] for place in left)
        for place in left:
            # What several entries of one answer have tells none of them.
            if counts[usable[place][kind]] > 1:
                continue
            numbers = rule(entries[place], usable[place], known) - taken
            if len(numbers) == 1:
                found[place] = next(iter(numbers))
                taken.add(found[place])
    return alone._replace(numbers=tuple(found.get(original) for original in first))


def _repetitions(keys: Sequence[Keys]) -> list[int]:
    """For each entry the first that is the same one: equal guid or link, and more that is equal."""
    seen: dict[tuple[int | None, ...], int] = {}
    first = []
    for place, key in enumerate(keys):
        signs = _signs(key)
        original = min((seen[sign] for sign in signs if sign in seen), default=place)
        first.append(original)
        for sign in signs:
            seen.setdefault(sign, original)
    return first


def _signs(keys: Keys) -> list[tuple[int | None, ...]]:
    """What two entries of one answer have in common where they are one; any of these will do."""
    guid, link, title = (keys.get(kind) for kind in (Kind.GUID, Kind.LINK, Kind.TITLE))
    content = keys.get(Kind.CONTENT)
    if guid is None:
        return [(None, link, title)] if link and title else [(None, link, None, content)]
    pairs = [(guid, kind, keys[kind]) for kind in (Kind.LINK, Kind.TITLE) if kind in keys]
    return list(pairs) or [(guid, Kind.CONTENT, content)]


def _without_empty_guids(keys: Sequence[Keys], own: Sequence[int]) -> list[Keys]:
    """The keys; guids that different entries of one answer share are left out."""
    counts = Counter(keys[place].get(Kind.GUID) for place in own)
    return [
        {kind: value for kind, value in key.items() if kind is not Kind.GUID}
        if Kind.GUID in key and counts[key[Kind.GUID]] > 1
        else key
        for key in keys
    ]


def _sharing(keys: Keys, known: Known, *kinds: Kind) -> set[int]:
    """The articles that have one of these keys."""
    return {
        number for kind in kinds if kind in keys for number in known.get((kind, keys[kind]), ())
    }


_SAME_WORDS = (Kind.TITLE, Kind.MOMENT, Kind.CONTENT)


def _by_all(entry: Entry, keys: Keys, known: Known) -> set[int]:
    return _sharing(keys, known, Kind.WHOLE)


def _by_guid(entry: Entry, keys: Keys, known: Known) -> set[int]:
    numbers = _sharing(keys, known, Kind.GUID)
    if len(numbers) == 1 and (is_global(entry.key) or Kind.LINK not in keys):
        return numbers
    # Several articles came under this guid, or it is one such as "1": more must agree.
    same = numbers & _sharing(keys, known, Kind.LINK)
    return same or numbers & _sharing(keys, known, *_SAME_WORDS)


def _by_link(entry: Entry, keys: Keys, known: Known) -> set[int]:
    numbers = _sharing(keys, known, Kind.LINK)
    # A guid that was never seen says that this is new; only more of the same speaks against it.
    return numbers & _sharing(keys, known, *_SAME_WORDS) if Kind.GUID in keys else numbers


def _by_moment(entry: Entry, keys: Keys, known: Known) -> set[int]:
    return _sharing(keys, known, Kind.MOMENT)


def _by_content(entry: Entry, keys: Keys, known: Known) -> set[int]:
    return _sharing(keys, known, Kind.CONTENT)


_Rule = Callable[[Entry, Keys, Known], set[int]]
_RULES: tuple[tuple[Kind, _Rule], ...] = (
    (Kind.WHOLE, _by_all),
    (Kind.GUID, _by_guid),
    (Kind.LINK, _by_link),
    (Kind.MOMENT, _by_moment),
    (Kind.CONTENT, _by_content),
)
