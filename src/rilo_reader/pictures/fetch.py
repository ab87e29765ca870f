"""Fetch pictures into the cache: by the guarded client, decoded and written anew in a worker.

An article names the addresses, so none of them may be private.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from rilo_reader.article import NO_DATE, Article, ArticleId
from rilo_reader.errors import NotReadableError
from rilo_reader.fetch.values import Client, FetchError, Request
from rilo_reader.pictures.shelf import PictureShelf
from rilo_reader.pictures.work import decoded
from rilo_reader.render.document import WIDEST, whole
from rilo_reader.render.page import Layout
from rilo_reader.workers import WorkerPool

MOST_OF_ARTICLE = 50
TYPES = "image/avif, image/webp, image/png, image/jpeg, image/gif, */*;q=0.1"


def addresses_in(body: str) -> tuple[str, ...]:
    """The web addresses of the pictures of an article that was collected, as its page has them."""
    article = Article(ArticleId(""), "", "-", NO_DATE, body=body)
    pictures = whole(article, Layout(WIDEST), "").pictures
    return tuple(dict.fromkeys(each.url for each in pictures if each.url))


async def fetch_pictures(
    urls: Iterable[str], client: Client, pool: WorkerPool, shelf: PictureShelf
) -> int:
    """Fetch pictures that are not kept yet; return how many are kept now.

    What fails is only not kept. At most MOST_OF_ARTICLE are looked at.
    """

    async def fetch(url: str) -> bool:
        if shelf.cached(url).is_file():
            return True
        with suppress(FetchError, NotReadableError, OSError):
            response = await client.get(Request(url, trusted=False, accept=TYPES))
            shelf.keep(url, await decoded(pool, "for_cache", response.data))
            return True
        return False

    kept = sum(await asyncio.gather(*map(fetch, list(urls)[:MOST_OF_ARTICLE])))
    await asyncio.to_thread(shelf.prune)
    return kept
