"""`Options`: the parsed arguments of all verbs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rilo_reader.cli.output import PROGRESS_DELAY

if TYPE_CHECKING:
    from rilo_reader.sync.services.remote_feeds import Connect
    from rilo_reader.workers import WorkerPool


class Options(argparse.Namespace):
    """The options of all verbs; the parser of a verb sets those it has.

    Attributes:
        query: the words of the query.
        article: id or path of an article.
        library: the folder, None for the user's library.
        json: print one JSON object per line.
        limit: the largest number of articles, 0 for all; None for the default.
        count: print only the number.
        muted: include muted articles.
        plain: print text without styles.
        rebuild: read every file again.
        watch: keep following the folder.
        all: do not shorten lists.
        paths: what to import.
        dry_run: write nothing.
        star: newsboat's flags that become stars, None for those in its settings.
        deleted: also import what was deleted in newsboat.
        to: the file or folder of an export, "-" for standard output.
        format: the format of an export, None for that of the file's name.
        title: the title of an export (None for the query) or of a feed (None for its own).
        no_highlights: export no highlights and notes.
        url: the address to add.
        feed: add the feed of a page.
        page: add the page itself.
        look: add nothing, but print what was found.
        tags: the tags of the new feed, or None.
        full_text: whether to fetch the pages of its entries.
        feeds: the names given to `refresh` and `feeds`.
        force: fetch feeds that are not due.
        quiet: print failures only.
        action: what `sync` or `account` does.
        device: the id or name of a device, None without.
        old: forget the devices that have the name of another one.
        folder: the folder that is shared, None for the one in the library.
        account: the account where feeds are added, or whose feeds are meant, None for any.
        own: only feeds in feeds.toml.
        name: what this device is called, None for what it is called already; or an account, None
            for a name of its address.
        words: what `mark` does, a tag, and articles; what `account` does it with.
        user: the user at a feed service, None without.
        password_command: the command that prints a password, None without.
        api_key_command: the command that prints an API key, None without.
        password_stdin: read the password or API key from standard input.
        no_check: keep an account without asking its server.
        selected: the query whose articles are marked, None without.
        gesture: the beginning of the id of a gesture, None for the last.
        redo: do again what was undone.
        output: the file for highlights, None for standard output.
        notes: write the notes on highlights, instead of printing highlights.
        lost: only highlights whose text is not in its article any more.
        progress_delay: seconds before progress is shown; no argument sets it.
        pool: workers to read feeds and pages in, None for own ones; no argument sets it.
        connect: opens the service of an account whose feeds are changed, None to call its server;
            no argument sets it.
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
    no_highlights: bool = False
    url: str
    feed: bool = False
    page: bool = False
    look: bool = False
    tags: list[str] | None = None
    full_text: bool = False
    feeds: list[str]
    force: bool = False
    quiet: bool = False
    action: str
    device: str | None = None
    old: bool = False
    folder: str | None = None
    account: str | None = None
    own: bool = False
    name: str | None = None
    words: list[str]
    user: str | None = None
    password_command: str | None = None
    api_key_command: str | None = None
    password_stdin: bool = False
    no_check: bool = False
    selected: str | None = None
    gesture: str | None = None
    redo: bool = False
    output: str | None = None
    notes: bool = False
    lost: bool = False
    progress_delay: float = PROGRESS_DELAY
    pool: WorkerPool | None = None
    connect: Connect | None = None
