"""Feeds as they travel between devices: no private ones, no commands, headers or passwords."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from rilo_reader.config.toml_edit import parse_toml
from rilo_reader.config.toml_table import RemovedRow, RowEdits
from rilo_reader.entry import Selectors
from rilo_reader.feeds import subscriptions
from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.subscriptions import FEEDS, Subscription
from rilo_reader.fetch.addresses import parse_address
from rilo_reader.fetch.guard import names_private
from rilo_reader.fetch.messages import FetchError
from rilo_reader.files import replace_file
from rilo_reader.paths import Paths
from rilo_reader.plugins.devices.carried_file import ThingEdits, Things, Values
from rilo_reader.store.marks import FEED, FOLLOWED
from rilo_reader.text import redact_address, strip_login

_NAMES = (
    *("url", "title", "tags", "site", "full_text", "pictures", "every", "muted", "paused"),
    *("limit", "at_most", "page", "read_after", "keep_unread"),
)

MAX_KEPT_FEEDS = 10_000
"""Removed feeds that come back as they were, when the removal is undone, on whichever device."""


def encode_value(value: object) -> str:
    """A value of a feed as a text, "" for its default."""
    if isinstance(value, Selectors):
        return subscriptions.selectors_text(value)
    if isinstance(value, tuple):
        return json.dumps(value, ensure_ascii=False) if value else ""
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value) if value else ""


def decode_value(name: str, text: str) -> object:
    """A value of a feed as feeds.toml has it; raises ValueError if it may not be this."""
    default = Subscription._field_defaults.get(name, "")
    value: object = text
    if isinstance(default, Selectors):
        value = subscriptions.parse_selectors(text)
    elif isinstance(default, tuple):
        value = json.loads(text or "[]")
    elif isinstance(default, bool):
        value = text == "1"
    elif isinstance(default, int):
        value = int(text or 0)
    if name == "site" and text and (strip_login(text) != text or _is_private(text)):
        raise ValueError(name)
    return FEEDS.checks[name](value)


def is_local_only(feed: Subscription) -> bool:
    """Return whether a feed stays here: made by a program, private, or with a secret."""
    bare = strip_login(feed.url)
    is_private = feed.private or _is_private(bare)
    return is_private or bool(feed.run) or redact_address(bare) != bare


def _is_private(url: str) -> bool:
    """Return whether an address names a host that is not of the internet."""
    try:
        return names_private(parse_address(url).host)
    except FetchError:
        return True


def feed_to_values(feed: Subscription) -> Values:
    """A feed as values."""
    site = strip_login(feed.site)
    feed = feed._replace(url=strip_login(feed.url), site="" if _is_private(site) else site)
    values = {f"{FEED}{name}": encode_value(getattr(feed, name)) for name in _NAMES}
    return {FOLLOWED: "1", **{field: value for field, value in values.items() if value}}


def feed_from_values(values: Values) -> Subscription:
    """A feed of values; raises ValueError if a value may not be this."""
    given = {name: decode_value(name, values.get(f"{FEED}{name}", "")) for name in _NAMES}
    every = {**Subscription._field_defaults, **given}
    return Subscription._make(every[name] for name in Subscription._fields)


class FeedsFile:
    """The feeds of feeds.toml, fetched into the library in a folder."""

    name, noun = "feeds", "feed"
    fields: Sequence[str] = (FOLLOWED, *(f"{FEED}{name}" for name in _NAMES))

    def __init__(self, paths: Paths, folder: Path) -> None:
        self.file = paths.feeds_file
        self._kept_file = paths.state / "kept-feeds.json"
        self._paths = paths
        self._folder = folder

    def read_rows(self) -> tuple[Things, set[str]] | None:
        """See `CarriedKind.read_rows`."""
        feeds, problems = subscriptions.load(self.file)
        if problems:
            return None  # what cannot be read was not removed
        here = {feed_key(feed.url) for feed in feeds if is_local_only(feed)}
        going = {key: feed for feed in feeds if (key := feed_key(feed.url)) not in here}
        rows = FEEDS.read_pieces(self.file).items()
        self._write_kept({key: row._replace(above=None) for key, row in rows if key in going})
        return {key: feed_to_values(feed) for key, feed in going.items()}, here

    def check_values(self, name: str, values: Values) -> Values | None:
        """See `CarriedKind.check_values`."""
        valid: dict[str, str] = {}
        for field, value in values.items():
            with suppress(ValueError, RecursionError):
                if field != FOLLOWED:
                    decode_value(field.removeprefix(FEED), value)
                valid[field] = value
        if f"{FEED}url" not in valid:
            return None
        feed = feed_from_values(valid)
        is_good = feed_key(feed.url) == name and strip_login(feed.url) == feed.url
        return feed_to_values(feed) if is_good and not is_local_only(feed) else None

    def title_of(self, name: str, values: Values) -> str:
        """See `CarriedKind.title_of`."""
        return values.get(f"{FEED}title") or name

    def write_rows(self, edits: ThingEdits) -> tuple[Things, Mapping[str, str]]:
        """See `CarriedKind.write_rows`."""
        feeds = [FEEDS.check_row(feed_from_values(values)) for values in edits.added.values()]
        if feeds:
            from rilo_reader.feeds.collection import open_collection  # which imports all parsers

            # Before they are added: else they would count as typed by the user, and may be private.
            with open_collection(self._folder, self._paths) as collection:
                collection.record_untyped([feed.url for feed in feeds])
        kept = self.read_kept()
        back = [kept[name] for name in edits.added if name in kept]
        here = {feed_key(feed.url): feed for feed in subscriptions.load(self.file)[0]}
        for row in back:
            for feed in FEEDS.parse_rows(parse_toml(row.text)[0].get("feeds"))[0]:
                here.setdefault(row.key, feed)
        back = sorted((row for row in back if row.key in here), key=lambda row: row.place)
        as_won = {
            row.key: {field: edits.added[row.key].get(field, "") for field in self.fields[1:]}
            for row in back
        }
        allowed = {
            name: _allow_fields(here[name], values) if name in here else values
            for name, values in {**edits.changed, **as_won}.items()
        }
        changed = {name: _decode_fields(values) for name, values in allowed.items()}
        rows = RowEdits(edits.removed, back, changed, feeds)
        faults = FEEDS.edit_many(self.file, rows)
        self.read_rows()  # and keep them as they stand now
        return {name: allowed[name] for name in edits.changed}, faults

    def read_kept(self) -> dict[str, RemovedRow]:
        """Feeds as they stood in the file when it was read, with comments and headers."""
        try:
            rows = json.loads(self._kept_file.read_bytes())
            return {row[0]: RemovedRow(*row) for row in rows}
        except (OSError, ValueError, TypeError, LookupError):
            return {}

    def _write_kept(self, rows: dict[str, RemovedRow]) -> None:
        """Keep feeds as they stand, and as they stood if they are in the file no more."""
        before = self.read_kept()
        gone = [(key, row) for key, row in before.items() if key not in rows]
        now = {**dict(gone[-MAX_KEPT_FEEDS:]), **rows}
        if list(now.values()) == list(before.values()):
            return
        self._kept_file.parent.mkdir(parents=True, exist_ok=True)
        with replace_file(self._kept_file, private=True) as out:
            out.write(json.dumps([row[:3] for row in now.values()]).encode())


def _allow_fields(feed: Subscription, values: Values) -> Values:
    """Return the fields that another device may change of a feed."""
    url = values.get(f"{FEED}url", "")
    has_secret = strip_login(feed.url) != feed.url or feed.headers or feed.header_command
    if has_secret or (feed.url.startswith("https:") and not url.startswith("https:")):
        # Another device may not redirect a password, or turn encryption off.
        return {field: value for field, value in values.items() if field != f"{FEED}url"}
    return values


def _decode_fields(values: Values) -> dict[str, object]:
    """Return fields of a feed as feeds.toml has them."""
    names = {field: field.removeprefix(FEED) for field in values}
    return {name: decode_value(name, values[field]) for field, name in names.items()}
