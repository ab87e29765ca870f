"""The arguments of every verb (argparse), and the way to what does it."""

from __future__ import annotations

import argparse


class Options(argparse.Namespace):
    """The options of all verbs; each verb's parser sets those it has.

    Attributes:
        query: the words of the query.
        article: id or path of an article.
        library: the folder, None for the user's library.
        json: one JSON object a line.
        limit: at most so many articles; 0 all; None the default of the place where they go.
        count: only the number.
        muted: also what the settings mute.
        plain: the text without styles.
        rebuild: every file is read again.
        watch: go on following the folder.
        all: no list is cut short.
        paths: what is imported.
        dry_run: nothing is written.
        star: newsboat's flags that are stars, None for what its settings say.
        deleted: also what newsboat's user deleted.
        to: the file or folder of an export, "-" for standard output.
        format: of an export, None for that of the file's name.
        title: of an export, None for the query; of a feed, None for its own.
        url: what is added.
        feed: the feed of a page is added.
        page: the page itself is added.
        look: nothing is added; what is there is printed.
        tags: of the feed that is added, None for none.
        full_text: whether the pages of its entries are fetched.
        feeds: what the words of `refresh` and `feeds` name.
        force: also feeds that want to be left alone.
        quiet: only what failed is printed.
    """

    query: list[str]
    article: str
    library: str | None = None
    json: bool = False
    limit: int | None = None
    count: bool = False
    muted: bool = False
    plain: bool = False
    rebuild: bool = False
    watch: bool = False
    all: bool = False
    paths: list[str]
    dry_run: bool = False
    star: str | None = None
    deleted: bool = False
    to: str
    format: str | None = None
    title: str | None = None
    url: str
    feed: bool = False
    page: bool = False
    look: bool = False
    tags: list[str] | None = None
    full_text: bool = False
    feeds: list[str]
    force: bool = False
    quiet: bool = False
