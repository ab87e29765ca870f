"""Fetch pictures into the cache: by the guarded client, decoded and written anew in a worker.

An article names the addresses, so none of them may be private. Pillow is imported in the worker,
not here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any

from rilo_reader.article import NO_DATE, Article, ArticleId
from rilo_reader.errors import NotReadableError
from rilo_reader.fetch.values import Client, FetchError, Request
from rilo_reader.pictures.shelf import PictureShelf
from rilo_reader.render.document import WIDEST, whole
from rilo_reader.render.page import Layout
from rilo_reader.store.front_matter import parse
from rilo_reader.workers import WorkerDiedError, WorkerPool, WorkTimeoutError

DECODER = "rilo_reader.pictures.decode"
SECONDS = 5.0  # of processor time for one picture

MOST_OF_ARTICLE = 50
MOST_AT_ONCE = 200
TYPES = "image/avif, image/webp, image/png, image/jpeg, image/gif, */*;q=0.1"


def addresses_in(texts: Iterable[str]) -> tuple[str, ...]:
    """The web addresses of the pictures in the files of articles that were collected.

    They are as the pages of the articles have them. At most MOST_OF_ARTICLE of each are named, and
    MOST_AT_ONCE in all.
    """
    urls: dict[str, None] = {}
    for text in texts:
        article = Article(ArticleId(""), "", "-", NO_DATE, body=parse(text).body)
        pictures = whole(article, Layout(WIDEST), "").pictures
        own = dict.fromkeys(each.url for each in pictures if each.url)
        urls.update(dict.fromkeys(list(own)[:MOST_OF_ARTICLE]))
    return tuple(urls)[:MOST_AT_ONCE]


async def fetch_pictures(
    urls: Iterable[str], client: Client, pool: WorkerPool, shelf: PictureShelf
) -> int:
    """Fetch pictures that are not kept yet; return how many are kept now.

    What fails is only not kept. At most MOST_AT_ONCE are looked at.
    """

    async def fetch(url: str) -> bool:
        if shelf.cached(url).is_file():
            return True
        with suppress(FetchError, NotReadableError, OSError):
            response = await client.get(Request(url, trusted=False, accept=TYPES))
            shelf.keep(url, await decoded(pool, "for_cache", response.data))
            return True
        return False

    kept = sum(await asyncio.gather(*map(fetch, list(urls)[:MOST_AT_ONCE])))
    await asyncio.to_thread(shelf.prune)
    return kept


async def decoded(pool: WorkerPool, function: str, *arguments: object) -> Any:  # noqa: ANN401
    """Call a function of `decode` in a worker; raises NotReadableError, also if it is too slow."""
    try:
        return await pool.run(partial(_call, function, *arguments), seconds=SECONDS)
    except WorkTimeoutError as error:
        raise NotReadableError("It takes too long to decode.") from error
    except WorkerDiedError as error:
        raise NotReadableError("It crashes the process that decodes it.") from error


def _call(function: str, *arguments: object) -> object:
    decode = import_module(DECODER)
    try:
        return getattr(decode, function)(*arguments)
    except NotReadableError:
        raise
    except Exception as error:  # Pillow raises whatever its formats come to
        raise NotReadableError(f"It is damaged ({type(error).__name__}).") from error
