"""Replace the text that an article has from its feed by the text of its page.

    place = find_page_place(folder, paths, file, feeds)    or `place_of_link`, by the page's address
    page = await ask_page(discoverer, url, place)
    replace_text(folder, place, page)

The ledger is not changed: it has the digests of the feed's text. So the page's text counts as the
user's own, which no update replaces; and once the feed's text is back, updates go on as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.entry import Entry
from rilo_reader.errors import CollectingError
from rilo_reader.feeds.article_text import FEED_KEY, is_ours, make_body, make_digest, make_link
from rilo_reader.feeds.article_writer import text_of_file
from rilo_reader.feeds.discover import Discoverer
from rilo_reader.feeds.identity import feed_key
from rilo_reader.feeds.ledger import ledger_to_read
from rilo_reader.feeds.ledger_records import ArticleRecord
from rilo_reader.feeds.requests import make_headers, page_request
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.fetch.messages import Headers
from rilo_reader.paths import Paths
from rilo_reader.store import front_matter
from rilo_reader.store.article_fields import read_enclosures
from rilo_reader.store.file_writer import write_all
from rilo_reader.store.folder import UnreadableError, is_outside_library

SHORT_TEXT = 1_000  # characters of an excerpt or a note; what has more is a text


class PagePlace(NamedTuple):
    """An article that is to get the text of its page."""

    path: str
    text: str  # of its file
    record: ArticleRecord | None  # None for a file that was not collected
    feed: Subscription | None  # the followed feed that it is from

    @property
    def is_unedited(self) -> bool:
        """Return whether the text is that of the feed or file from which it came."""
        record, body = self.record, front_matter.parse(self.text).body
        return record is not None and (
            is_ours(make_digest(self.text), record.file) or is_ours(make_digest(body), record.body)
        )

    @property
    def has_title(self) -> bool:
        """Return whether it has a title, and not its link, as in some exports."""
        metadata = front_matter.parse(self.text).metadata
        return bool(metadata.get("title")) and metadata["title"] != metadata.get("url")

    @property
    def source(self) -> str:
        """Return the title of the feed, export or site that it is from."""
        return str(front_matter.parse(self.text).metadata.get("source", ""))


def find_page_place(
    folder: Path, paths: Paths, path: str, feeds: Sequence[Subscription]
) -> PagePlace:
    """Return an article of the library by its path; raises CollectingError if there is none."""
    text = text_of_file(folder, path)
    if text is None:
        raise CollectingError(f"There is no article {path}.")
    identity = ArticleId(str(front_matter.parse(text).metadata.get("id", "")))
    with ledger_to_read(folder, paths) as ledger:
        record = ledger.find_article(identity) if ledger is not None and identity else None
        records = ledger.list_feeds() if ledger is not None and record is not None else ()
    key = next((each.key for each in records if record and each.number == record.feed), "")
    feed = next((each for each in feeds if feed_key(each.url) == key), None)
    return PagePlace(path, text, record, feed)


def place_of_link(
    folder: Path, paths: Paths, url: str, feeds: Sequence[Subscription], *, has_feed: bool = True
) -> PagePlace | None:
    """Return the newest article of any feed with a link, or of those without one, or None.

    Raises CollectingError.
    """
    with ledger_to_read(folder, paths) as ledger:
        found = ledger.find_by_link(url, has_feed=has_feed) if ledger is not None else None
    if found is None or text_of_file(folder, found.path) is None:
        return None
    return find_page_place(folder, paths, found.path, feeds)


async def ask_page(discoverer: Discoverer, url: str, place: PagePlace, *, trusted: bool) -> Entry:
    """Fetch the page of an article; raises FetchError, also if it has no text.

    It gets the headers of the feed, if it is on the same host.
    """
    feed = place.feed
    headers = await make_headers(feed) if feed is not None else Headers()
    own = feed.url if feed is not None else url
    return await discoverer.fetch_article(page_request(url, own, headers, trusted=trusted))


def replace_text(folder: Path, place: PagePlace, page: Entry, *, dry_run: bool = False) -> bool:
    """Write the text of a page into the file of an article; return False if it is there already.

    A title and tags in `page` are put in too. Raises CollectingError if the user has edited the
    text, also meanwhile, the page has less, or the file cannot be written.
    """
    text = make_page_text(place, page)
    if text == place.text:
        return False
    if is_outside_library(folder, place.path):
        raise CollectingError(f"A link leads from {place.path} out of the library: it is kept.")
    if text_of_file(folder, place.path) != place.text:
        raise CollectingError(f"{place.path} has changed meanwhile: it is kept.")
    if dry_run:
        return True
    try:
        failed = write_all(folder, {place.path: text})
    except UnreadableError as error:
        raise CollectingError(f"{place.path} cannot be written: {error.reason}") from error
    for reason in failed.values():
        raise CollectingError(f"{place.path} cannot be written: {reason.strerror or reason}.")
    return True


def needs_text(text: str) -> bool:
    """Return whether a file is of a link whose text is missing: quotations and a note are none."""
    document = front_matter.parse(text)
    lines = [line for line in document.body.splitlines() if not line.startswith(">")]
    is_of_feed = bool(document.metadata.get(FEED_KEY))
    return len("".join(lines).strip()) < (1 if is_of_feed else SHORT_TEXT)


def make_page_text(place: PagePlace, page: Entry) -> str:
    """Return the text of the file with that of the page; see `replace_text`."""
    document = front_matter.parse(place.text)
    metadata = dict(document.metadata)
    if page.title:
        metadata["title"] = page.title
    if page.tags:
        old = metadata.get("tags")
        tags = (*(old if isinstance(old, list) else ()), *page.tags)
        metadata["tags"] = list(dict.fromkeys(tags))
    body = make_body(page)
    files = read_enclosures(metadata, document.body)
    if links := [make_link(one) for one in files if one.url not in body]:
        body = "\n".join((body, *links, ""))
    if document.body.strip() != body.strip():
        if not place.is_unedited or document.faults:
            raise CollectingError(
                f"{place.path} has other text than its feed, from you or from the page: it is kept."
            )
        if len(body) <= len(document.body):
            raise CollectingError("The page has less text than the article, which is kept.")
        if not metadata.get(FEED_KEY):  # what is of no feed, the user has written or marked
            body = _add_own_words(document.body, body)
    else:
        body = document.body
    return front_matter.write(document, metadata, body)


def _add_own_words(old: str, page: str) -> str:
    """Return the text of a page, and below it the paragraphs that it does not have."""
    shown = strip_marks(page)
    own = [each for each in old.strip().split("\n\n") if strip_marks(each) not in shown]
    return "\n\n".join([page.strip("\n"), "* * *", *own]).rstrip() + "\n" if any(own) else page


def strip_marks(text: str) -> str:
    """Return the letters and digits of a text, to find it in another one with other markup."""
    return "".join(filter(str.isalnum, text)).casefold()
