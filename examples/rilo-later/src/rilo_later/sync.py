"""Bring entries of wallabag as articles, with tags and state, and send highlights back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from rilo_later import LaterSettings
from rilo_later.places import find_place
from rilo_later.wallabag import Wallabag, talk
from rilo_reader.hooks import Verb, load_user_settings, open_current, output, replace_file
from rilo_reader.library import Article, ArticleId, Library, LibraryError, user_paths, write_article
from rilo_reader.query import parse

LONGEST_QUOTE = 10_000  # characters that wallabag takes


class LaterVerb(Verb):
    """Bring what was saved in wallabag."""

    about = "Bring what was saved in wallabag, with tags and state, and send your highlights there."
    examples = ("rilo-reader later",)
    writes = True

    def run(self) -> int:
        settings = load_user_settings().plugin_values(LaterSettings)
        with open_current(self) as library:
            output().line(sync(library, settings))
            list(library.follower.reconcile())
        return 0


class Known:
    """What is known of the server, kept in a file."""

    def __init__(self) -> None:
        self._file = user_paths().state / "later.json"
        try:
            kept = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            kept = {}
        self.since = int(kept.get("since", 0))  # the last change that came
        self.articles: dict[str, str] = kept.get("articles", {})  # by number of the entry
        self.states: dict[str, list[bool]] = kept.get("states", {})  # likewise: read, starred
        self.sent: list[str] = kept.get("sent", [])  # ids of highlights

    def write(self) -> None:
        """Write it whole, or raise LibraryError."""
        _write_file(self._file, json.dumps({**vars(self), "_file": ""}))


def sync(library: Library, settings: LaterSettings) -> str:
    """Bring and send what is new, in this thread; return what was done. Raises LibraryError."""

    async def run(server: Wallabag) -> str:
        known, written = Known(), 0
        try:
            # What changed later in the same second is asked for again.
            async for entry in server.iter_entries(known.since - 1):
                written += _take(entry, library, known)
        finally:
            known.write()  # what came is not asked for again
        sent, lost = await _send_highlights(library, server, known)
        more = f", {lost} not found in its texts" if lost else ""
        return f"{written} from wallabag, {sent} highlights sent{more}."

    return talk(settings, run)


def _take(entry: Mapping[str, Any], library: Library, known: Known) -> bool:
    """Write an entry as an article and mark it; return whether it is new here."""
    number, article = str(entry["id"]), make_article(entry)
    rows = library.search.window(parse(f'url:"{article.url}"'), limit=50).rows
    here = next((row.id for row in rows if row.url == article.url), None)
    if is_new := number not in known.articles and here is None:
        words = re.sub(r"\W+", "-", article.title.lower())[:60].strip("-")
        file = library.folder / "later" / f"{number}-{words}.html"
        _write_file(file, write_article(article))
    ids = [ArticleId(known.articles.setdefault(number, here or article.id))]
    state = [bool(entry.get("is_archived")), bool(entry.get("is_starred"))]
    before, known.states[number] = known.states.get(number, [False, False]), state
    if state[0] != before[0]:
        library.state.set_read(ids, state[0])
    if state[1] != before[1]:
        library.state.set_starred(ids, state[1])
    known.since = max(known.since, int(datetime.fromisoformat(entry["updated_at"]).timestamp()))
    return is_new


async def _send_highlights(library: Library, server: Wallabag, known: Known) -> tuple[int, int]:
    sent = lost = 0
    for number, article in known.articles.items():
        highlights = library.highlights(ArticleId(article))
        new = [each for each in highlights if each.id not in known.sent]
        entry = await server.call("GET", f"entries/{number}") if new else {}
        for each in new:
            quote = each.anchor.exact
            if (place := find_place(str(entry.get("content") or ""), quote)) is None:
                lost += 1
                continue
            note = {"quote": quote[:LONGEST_QUOTE], "text": each.note, "ranges": [place]}
            await server.call("POST", f"annotations/{number}", **note)
            known.sent.append(each.id)
            known.write()
            sent += 1
    return sent, lost


def make_article(entry: Mapping[str, Any]) -> Article:
    """Return the article of an entry, whose text is HTML."""
    url = str(entry.get("url") or "")
    return Article(
        ArticleId(url or f"wallabag {entry['id']}"),
        "",
        " ".join(str(entry.get("title") or url or "Untitled").split()),
        datetime.fromisoformat(entry.get("published_at") or entry["created_at"]),
        source=str(entry.get("domain_name") or "wallabag"),
        url=url,
        authors=tuple(str(name) for name in entry.get("published_by") or () if name),
        tags=tuple(str(tag["label"]) for tag in entry.get("tags") or ()),
        lang=str(entry.get("language") or "").replace("_", "-"),
        body=f"{entry.get('content') or ''}\n",
    )


def _write_file(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replace_file(file) as out:
            out.write(text.encode())
    except OSError as error:
        raise LibraryError(f"{file} cannot be written: {error.strerror}.") from error
