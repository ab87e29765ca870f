"""`show`: one article, found by id, by the beginning of one, or by a path."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from rilo_reader.article import Article, ArticleId
from rilo_reader.cli.folders import opened
from rilo_reader.cli.listing import record, rows
from rilo_reader.cli.output import clean, output
from rilo_reader.library import Library, LibraryError
from rilo_reader.search.query import Query

if TYPE_CHECKING:
    from rilo_reader.cli.verbs import Options

NEAR = 3
"""How many near matches are named where nothing matches."""


def run(options: Options) -> int:
    """Print one article."""
    with opened(options.library) as library:
        identity = resolve(library, options.article)
        article = library.article(identity)
        if options.json:
            row = library.row(identity)
            if row is None:
                raise LibraryError(f"{options.article} left the index just now; try again.")
            output().json({**record(library, row, Query()), "body": article.body})
        else:
            print_article(article, plain=options.plain)
    return 0


def print_article(article: Article, *, plain: bool) -> None:
    """Print an article as a page on a terminal, as text elsewhere or where `plain` asks for it."""
    from rilo_reader.render.page import plain as plain_text

    out = output()
    out.write(clean(plain_text(article)))
