"""feeds.toml: the feeds that the user follows; hand-editable, and so is every byte of it kept.

Each change is read, edited and put back whole; comments, order and spacing stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from rilo_reader.config import SettingsProblem
from rilo_reader.config.schema import SettingError, near, shown, text_of
from rilo_reader.feeds.identity import feed_key
from rilo_reader.paths import Paths
from rilo_reader.text import clean_line, safe_url

HEAD = """\
# The feeds that you follow. Edit this file as you like: rilo-reader changes it where you ask it
# to, and keeps your comments. A feed needs a url; it may have besides
#   title = "…"          what you call it, instead of what it calls itself
#   tags = ["…"]         where it is filed; "News/Europe" is a tag below "News"
#   full_text = true     fetch the page of each entry, where the feed gives only its beginning
#   every = 60           minutes between two fetches; 0: as the feed wishes
#   limit = 20           at most so many entries of a fetch; 0: all
#   muted = true         keep its articles out of the list until you ask for them
#   paused = true        do not fetch it
#   private = true       it may be on your own network, also where it was on the public net before

"""

RETRIES = 5
"""How often a change is made anew that another process's change has overtaken."""


def feeds_file(paths: Paths) -> Path:
    """Where the user's subscriptions are kept."""
    return paths.config / "feeds.toml"


def load(file: Path) -> tuple[tuple[Subscription, ...], tuple[SettingsProblem, ...]]:
    """Read feeds.toml: everything that is right counts, everything else is named with its line."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return (), ()
    except OSError as error:
        return (), (SettingsProblem(file, 0, "", f"it cannot be read: {error.strerror or error}"),)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        reason = "there is a byte that is not UTF-8, so no feed is known; save it as UTF-8"
        return (), (SettingsProblem(file, line, "", reason),)
    from rilo_reader.config.check import parse
    from rilo_reader.config.toml_edit import line_of
    from rilo_reader.text import clean_line

    data, fault = parse(text)
    if fault is not None:
        return (), (SettingsProblem(file, fault[0], "", f"{fault[1]}; no feed is known"),)
    right, faults = subscriptions_of(data)
    problems = [
        SettingsProblem(
            file,
            line_of(text, key),
            clean_line(".".join(part for part in key if isinstance(part, str))),
            clean_line(reason),
        )
        for key, reason in faults
    ]
    return right, tuple(sorted(problems, key=lambda problem: problem.line))


def find(subscriptions: Iterable[Subscription], name: str) -> list[Subscription]:
    """The subscriptions of an address, else of a title, else of a tag, else of a part of either."""
    subscriptions = list(subscriptions)
    key, wanted = feed_key(name), name.strip().casefold()
    tests: tuple[Callable[[Subscription], bool], ...] = (
        lambda each: feed_key(each.url) == key,
        lambda each: each.title.casefold() == wanted,
        lambda each: any(tag.casefold() == wanted for tag in each.tags),
        lambda each: wanted in each.title.casefold() or wanted in each.url.casefold(),
    )
    for test in tests:
        found = [each for each in subscriptions if test(each)]
        if found:
            return found
    return []


# -- change -------------------------------------------------------------------------------------


def add(file: Path, subscriptions: Sequence[Subscription]) -> tuple[Subscription, ...]:
    """Follow more feeds; returns those that were not followed before, as they are kept.

    Raises:
        OSError: the file cannot be read or written.
        ValueError: the file is no TOML, or a value cannot be kept; the file is as it was.
    """
    return _change(file, lambda text: with_subscriptions(text, subscriptions))


def change(file: Path, url: str, /, **fields: object) -> Subscription:
    """Change keys of a subscription; one that gets its default value is taken out.

    Returns:
        The subscription as it was before, so that `change` with its fields takes the change back.

    Raises:
        OSError, ValueError: as `add`; also where the feed is not followed.
    """
    return _change(file, lambda text: with_change(text, url, fields))


def rename_tag(file: Path, old: str, new: str) -> tuple[Subscription, ...]:
    """Give a tag another name, and those below it too ("News/Europe" with "News"); "" drops it.

    Returns:
        The subscriptions that had it, as they were before.

    Raises:
        OSError, ValueError: as `add`.
    """
    changed = []
    for subscription in load(file)[0]:
        tags = tuple(dict.fromkeys(_renamed(tag, old, new) for tag in subscription.tags))
        if tags != subscription.tags:
            changed.append(change(file, subscription.url, tags=tuple(filter(None, tags))))
    return tuple(changed)


def _renamed(tag: str, old: str, new: str) -> str:
    if tag == old:
        return new
    below = tag.removeprefix(f"{old}/")
    return (f"{new}/{below}" if new else below) if below != tag else tag


def remove(file: Path, url: str) -> Removed:
    """Follow a feed no longer; its articles stay.

    Raises:
        OSError, ValueError: as `change`.
    """
    return _change(file, lambda text: without_subscription(text, url))


def restore(file: Path, removed: Removed) -> None:
    """Put a subscription back where it was, with its comments; one that is there again stays.

    Raises:
        OSError, ValueError: as `add`.
    """
    _change(file, lambda text: (with_restored(text, removed), None))


T = TypeVar("T")


def _change(file: Path, edit: Callable[[str], tuple[str, T]]) -> T:
    """Read, edit and replace the file; anew where somebody else has replaced it meanwhile."""
    from rilo_reader.config.changes import replace_file

    target = file.resolve()
    for _ in range(RETRIES):
        before = _bytes(target)
        text = before.decode("utf-8") if before is not None else HEAD
        changed, told = edit(text)
        if changed == text and before is not None:
            return told
        if _bytes(target) == before:
            replace_file(target, changed)
            return told
    raise ValueError(f"{file.name} is being changed by something else; try again")


def _bytes(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


# A feed that the user follows, wherever its name came from (pure).


class Subscription(NamedTuple):
    """One feed of feeds.toml, of an OPML list or of another reader.

    Attributes:
        url: where it is fetched; may hold `user:pass@`. Identity.
        title: what the user calls it; "" for what the feed calls itself.
        tags: the user's, in order; a folder of an OPML list is a tag with its path, "News/Europe".
        site: the web page it belongs to, "" where unknown.
        full_text: whether each entry's page is fetched for its whole text.
        every: minutes between two fetches; 0 for what the settings and the feed say.
        muted: whether its articles stay out of the list until asked for.
        paused: whether it is left alone.
        limit: at most so many entries a fetch; 0 for all.
        private: whether the user allowed it to be on their own network or computer, also where it
            was on the public net before.
    """

    url: str
    title: str = ""
    tags: tuple[str, ...] = ()
    site: str = ""
    full_text: bool = False
    every: int = 0
    muted: bool = False
    paused: bool = False
    limit: int = 0
    private: bool = False


# Subscriptions put into, changed in and taken out of the text of feeds.toml (pure).


class Removed(NamedTuple):
    """A subscription that was taken out, and what `restore` needs to put it back.

    Attributes:
        subscription: what it was.
        piece: its lines in the file, comments above it too.
        place: how many feeds stood before it.
    """

    subscription: Subscription
    piece: str
    place: int


def with_subscriptions(
    text: str, subscriptions: Sequence[Subscription]
) -> tuple[str, tuple[Subscription, ...]]:
    """The text with those of the subscriptions that it lacks, and these."""
    from rilo_reader.config.edit import literal, surely
    from rilo_reader.config.toml_edit import with_blocks

    known = {feed_key(each.url) for _, each in _entries(text)}
    fresh: dict[str, Subscription] = {}
    for each in map(checked, subscriptions):
        if feed_key(each.url) not in known:
            fresh.setdefault(feed_key(each.url), each)
    if not fresh:
        return text, ()
    tables = [{k: literal(v) for k, v in written(each).items()} for each in fresh.values()]

    def wanted(data: dict[str, Any]) -> None:
        data.setdefault(LIST, []).extend(written(each) for each in fresh.values())

    changed = surely(
        text, lambda body: with_blocks(body, LIST, tables), wanted, "the list of feeds"
    )
    return changed, tuple(fresh.values())


def with_change(text: str, url: str, fields: Mapping[str, object]) -> tuple[str, Subscription]:
    """The text with other values of a subscription, and that as it was before."""
    from rilo_reader.config.edit import literal, surely
    from rilo_reader.config.toml_edit import blocks, with_entry

    unknown = [name for name in fields if name not in RULES]
    if unknown:
        raise ValueError(f"a feed has no {unknown[0]}")
    place, old = _place(text, url)
    changed = checked(old._replace(**fields))  # type: ignore[arg-type]  # checked right here
    if feed_key(changed.url) != feed_key(url) and _is_followed(text, changed.url):
        raise ValueError(f"{changed.url} is followed already")
    values = written(changed)

    def edit(body: str) -> str:
        for name in fields:
            value = literal(values[name]) if name in values else None
            body = with_entry(body, blocks(body, LIST)[place], name, value)
        return body

    def wanted(data: dict[str, Any]) -> None:
        table = data[LIST][place]
        for name in fields:
            table.pop(name, None)
            if name in values:
                table[name] = values[name]

    return surely(text, edit, wanted, f"the feed {url}"), old


def without_subscription(text: str, url: str) -> tuple[str, Removed]:
    """The text without a subscription, and what puts it back."""
    from rilo_reader.config.edit import surely
    from rilo_reader.config.toml_edit import blocks, without_block

    place, old = _place(text, url)
    piece = ""

    def edit(body: str) -> str:
        nonlocal piece
        own = blocks(body, LIST)[place]
        piece = body[own.start : own.end]
        return without_block(body, own)

    def wanted(data: dict[str, Any]) -> None:
        del data[LIST][place]
        if not data[LIST]:
            del data[LIST]

    changed = surely(text, edit, wanted, f"the feed {url}")
    return changed, Removed(old, piece, place)


def with_restored(text: str, removed: Removed) -> str:
    """The text with a subscription where it was, with its comments; one that is there stays."""
    import tomllib

    from rilo_reader.config.edit import surely
    from rilo_reader.config.toml_edit import blocks, newline, with_piece

    if _is_followed(text, removed.subscription.url):
        return text
    end = newline(text)
    piece = removed.piece if removed.piece.endswith("\n") else removed.piece + end
    table = tomllib.loads(piece)[LIST][0]
    place = min(removed.place, len(blocks(text, LIST)))

    def edit(body: str) -> str:
        own = blocks(body, LIST)
        if place < len(own):
            at = own[place].start
            return body[:at] + piece + end + body[at:]
        return with_piece(body, own[-1].end if own else len(body), piece)

    def wanted(data: dict[str, Any]) -> None:
        data.setdefault(LIST, []).insert(place, table)

    return surely(text, edit, wanted, "the list of feeds")


def _entries(text: str) -> list[tuple[int, Subscription]]:
    """The subscriptions of a text with their places among its tables."""
    from rilo_reader.config.check import parse
    from rilo_reader.config.toml_edit import blocks

    body = text.removeprefix("\ufeff")
    data, fault = parse(body)
    if fault is not None:
        raise ValueError(f"line {fault[0]}: {fault[1]}; put that right first")
    tables = data.get(LIST, [])
    if not isinstance(tables, list) or len(tables) != len(blocks(body, LIST)):
        raise ValueError(f"the feeds are not written as [[{LIST}]] tables; edit them by hand")
    found = []
    for place, table in enumerate(tables):
        right, _ = subscriptions_of({LIST: [table]})
        found += [(place, each) for each in right]
    return found


def _is_followed(text: str, url: str) -> bool:
    return any(feed_key(each.url) == feed_key(url) for _, each in _entries(text))


def _place(text: str, url: str) -> tuple[int, Subscription]:
    key = feed_key(url)
    for place, subscription in _entries(text):
        if feed_key(subscription.url) == key:
            return place, subscription
    raise ValueError(f"{url} is not followed any more")


# What may stand below [[feeds]] in feeds.toml: values of the file -> subscriptions (pure).


LIST = "feeds"
TAG_LIMIT = 200
TITLE_LIMIT = 300
LONGEST_INTERVAL = 366 * 24 * 60
MOST_ENTRIES = 100_000

Fault = tuple[tuple[str | int, ...], str]
"""The path of a key (a number is a place in a list, from 0), and what is wrong with it."""


def address_of(value: object) -> str:
    """The address of a feed; `feed:` and a missing `https://` are put right.

    Raises:
        SettingError: it is none.
    """
    text = text_of(value).strip()
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() == "feed":
        text = rest
    if text.startswith("//"):
        text = f"https:{text}"
    elif "://" not in text:
        text = f"https://{text}"
    url = safe_url(text)
    if not url or not url.startswith(("http://", "https://")):
        wrong = shown(clean_line(text_of(value), 80))
        raise SettingError(f"{wrong} is no address of the web, such as https://example.org/feed")
    return url


def tags_of(value: object) -> tuple[str, ...]:
    """Tags, each once and in order; a single text is one tag.

    Raises:
        SettingError: it is neither a text nor a list of texts.
    """
    several = [value] if isinstance(value, str) else value
    if not isinstance(several, list | tuple):
        raise SettingError(f'a list of tags is wanted, such as ["news"], not {shown(value)}')
    tags = (clean_line(text_of(tag), TAG_LIMIT) for tag in several)
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _title(value: object) -> str:
    return clean_line(text_of(value), TITLE_LIMIT)


def _site(value: object) -> str:
    return address_of(value) if text_of(value).strip() else ""


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise SettingError(f"true or false is wanted, not {shown(value)}")
    return value


def _number(most: int, what: str) -> Callable[[object], int]:
    def rule(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise SettingError(f"a whole number of {what} is wanted, not {shown(value)}")
        if not 0 <= value <= most:
            raise SettingError(f"{value} is not between 0 and {most:,} {what}")
        return value

    return rule


RULES: Mapping[str, Callable[[object], object]] = MappingProxyType(
    {
        "url": address_of,
        "title": _title,
        "tags": tags_of,
        "site": _site,
        "full_text": _yes_or_no,
        "every": _number(LONGEST_INTERVAL, "minutes"),
        "muted": _yes_or_no,
        "paused": _yes_or_no,
        "limit": _number(MOST_ENTRIES, "entries"),
        "private": _yes_or_no,
    }
)
"""What each key may be: the value as Subscription has it, or SettingError."""


def subscriptions_of(
    data: Mapping[str, object],
) -> tuple[tuple[Subscription, ...], list[Fault]]:
    """The subscriptions that are right, and the faults of the rest.

    A key that is wrong is named, and its default stands in; without a right url there is none.
    """
    faults: list[Fault] = [
        ((name,), f"feeds.toml has only [[{LIST}]] tables{near(name, [LIST])}")
        for name in data
        if name != LIST
    ]
    entries = data.get(LIST, [])
    if not isinstance(entries, list):
        reason = f"a list of tables is wanted, each below [[{LIST}]], not {shown(entries)}"
        return (), [*faults, ((LIST,), reason)]
    right: dict[str, Subscription] = {}
    for place, entry in enumerate(entries):
        if not isinstance(entry, dict):
            faults.append(((LIST, place), f"a table is wanted, not {shown(entry)}"))
            continue
        found, wrong = _subscription(entry)
        faults += [((LIST, place, key), reason) for key, reason in wrong]
        if found is None:
            continue
        key = feed_key(found.url)
        if key in right:
            reason = f"this is the same feed as {right[key].url} above; this one is left out"
            faults.append(((LIST, place, "url"), reason))
            continue
        right[key] = found
    return tuple(right.values()), faults


def _subscription(
    entry: Mapping[str, object],
) -> tuple[Subscription | None, list[tuple[str, str]]]:
    """One table as a subscription, and the faults of its keys."""
    values: dict[str, object] = {}
    faults: list[tuple[str, str]] = []
    for key, value in entry.items():
        if key not in RULES:
            faults.append((key, f"a feed has no {key}{near(key, RULES)}"))
            continue
        try:
            values[key] = RULES[key](value)
        except SettingError as error:
            faults.append((key, str(error)))
    if "url" not in values:
        if "url" not in entry:
            faults.append(("url", "url is missing"))
        return None, faults
    return Subscription(**values), faults  # type: ignore[arg-type]  # each checked by its rule


def checked(subscription: Subscription) -> Subscription:
    """A subscription as feeds.toml can hold it; a site that is no address is left out.

    Raises:
        SettingError: a value cannot be one.
    """
    said = subscription._asdict()
    try:
        said["site"] = _site(said["site"])
    except SettingError:
        said["site"] = ""
    values = {name: RULES[name](value) for name, value in said.items()}
    return Subscription(**values)  # type: ignore[arg-type]  # each checked by its rule


def written(subscription: Subscription) -> dict[str, object]:
    """The keys of a subscription that say more than their default, in order."""
    default = Subscription("")._asdict()
    said = subscription._asdict()
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in said.items()
        if value != default[key]
    }
