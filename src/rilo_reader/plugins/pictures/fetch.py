"""Fetch pictures into the cache: by the guarded client, decoded and rewritten in a worker.

An article names the addresses, so none of them may be private. Pillow is imported in the worker,
not here.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from rilo_reader.article import NO_DATE, Article, ArticleId
from rilo_reader.errors import NotReadableError
from rilo_reader.fetch.messages import Client, Failure, FetchError, Request
from rilo_reader.plugins.pictures.cache import PictureStore, open_store
from rilo_reader.render.document import WIDEST, render_whole
from rilo_reader.render.page import Layout
from rilo_reader.store.front_matter import parse
from rilo_reader.text import format_count
from rilo_reader.workers import WorkerDiedError, WorkerPool, WorkTimeoutError

if TYPE_CHECKING:
    from rilo_reader.feeds.update_session import UpdateSession

DECODER = "rilo_reader.plugins.pictures.decode"
SECONDS = 5.0  # of processor time for one picture

FETCH_SECONDS = 10.0  # for one picture, which nobody waits longer for
MOST_LATE = 2
PER_HOST = 2  # that are asked at one time

MOST_OF_ARTICLE = 50
MOST_AT_ONCE = 200
TYPES = "image/avif, image/webp, image/png, image/jpeg, image/gif, */*;q=0.1"


def find_addresses(texts: Iterable[str]) -> tuple[str, ...]:
    """The web addresses of the pictures in the files of articles that were collected.

    They are as the pages of the articles have them. At most MOST_OF_ARTICLE of each are named, and
    MOST_AT_ONCE in all.
    """
    urls: dict[str, None] = {}
    for text in texts:
        article = Article(ArticleId(""), "", "-", NO_DATE, body=parse(text).body)
        pictures = render_whole(article, Layout(WIDEST), "").pictures
        own = dict.fromkeys(each.url for each in pictures if each.url)
        urls.update(dict.fromkeys(list(own)[:MOST_OF_ARTICLE]))
    return tuple(urls)[:MOST_AT_ONCE]


class FetchResult(NamedTuple):
    """The numbers of pictures that were fetched and that failed."""

    kept_count: int = 0  # how many are in the cache now
    failed_count: int = 0
    reason: str = ""  # why the first of those failed, a sentence

    @property
    def problem(self) -> str:
        """A sentence about what failed and why; "" if nothing did."""
        if not self.failed_count:
            return ""
        return f"{format_count(self.failed_count, 'picture')} could not be fetched: {self.reason}"


async def fetch_pictures(
    urls: Iterable[str],
    client: Client,
    pool: WorkerPool,
    store: PictureStore,
    on_fetched: Callable[[], object] = lambda: None,
) -> FetchResult:
    """Fetch pictures not yet kept, at most MOST_AT_ONCE; `on_fetched` is called after each.

    A host that was too slow MOST_LATE times is not asked again. What fails is only not kept.
    """
    late: Counter[str] = Counter()
    # Waited for here rather than in the client, so that those which wait learn of late ones.
    turns: defaultdict[str, asyncio.Semaphore] = defaultdict(partial(asyncio.Semaphore, PER_HOST))

    async def fetch(url: str) -> str:
        """Keep a picture; return why it could not be."""
        if store.cached_path(url).is_file():
            return ""
        host = urlsplit(url).hostname or ""
        async with turns[host]:
            return f"{host} is too slow." if late[host] >= MOST_LATE else await ask(url, host)

    async def ask(url: str, host: str) -> str:
        try:
            request = Request(url, is_trusted=False, accept=TYPES, seconds=FETCH_SECONDS)
            response = await client.get(request)
            decoded = await decode_in_worker(pool, "rewrite_for_cache", response.data)
            store.write_cached(url, decoded)
        except (FetchError, NotReadableError, OSError) as error:
            late[host] += isinstance(error, FetchError) and error.failure is Failure.TIMEOUT
            return _describe_error(error, host)
        on_fetched()
        return ""

    problems = await asyncio.gather(*map(fetch, list(urls)[:MOST_AT_ONCE]))
    await asyncio.to_thread(store.prune_cache)
    failed = [problem for problem in problems if problem]
    return FetchResult(len(problems) - len(failed), len(failed), next(iter(failed), ""))


async def fetch_of_feed(texts: Sequence[str], session: UpdateSession) -> str:
    """Fetch the pictures that new articles name, while feeds are updated; return what failed."""
    try:
        urls = await session.run_in_worker(partial(find_addresses, texts))
    except FetchError as error:
        return f"Looking for its pictures failed: {error.reason}."
    store = open_store(session.folder, session.paths)
    return (await fetch_pictures(urls, session.client, session.pool, store)).problem


def _describe_error(error: FetchError | NotReadableError | OSError, host: str) -> str:
    if isinstance(error, OSError):
        return f"{error.strerror or error}."
    if isinstance(error, FetchError) and error.failure is Failure.REFUSED:
        return f"{host} is on your own network; pictures are fetched only from the internet."
    return f"{error.reason[:1].upper()}{error.reason[1:].rstrip('.')}."


async def decode_in_worker(pool: WorkerPool, function: str, *arguments: object) -> Any:  # noqa: ANN401
    """Call a function of `decode` in a worker; raises NotReadableError, also if it is too slow."""
    try:
        return await pool.run(partial(_call_decoder, function, *arguments), seconds=SECONDS)
    except WorkTimeoutError as error:
        raise NotReadableError("It takes too long to decode.") from error
    except WorkerDiedError as error:
        raise NotReadableError("It crashes the process that decodes it.") from error


def _call_decoder(function: str, *arguments: object) -> object:
    decode = import_module(DECODER)
    try:
        return getattr(decode, function)(*arguments)
    except NotReadableError:
        raise
    except Exception as error:  # Pillow raises whatever its formats come to
        raise NotReadableError(f"It is damaged ({type(error).__name__}).") from error
