"""Feeds and pages as an enemy writes them: hostile words in every place that a feed has."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from tests.support.hostile import ENTITIES, LINKS, payloads
from tests.support.servers import Asked, Server

NAMES: Sequence[str] = (
    "../../../../etc/passwd", "..", ".", "/", "/etc/cron.d/evil", "\\\\server\\share",
    "C:\\Windows\\System32\\drivers", "C:evil", "~root", "-rf --no-preserve-root",
    "$(touch pwned) `id` %PATH%", "con", "CON.txt", "aux", "NUL.", "com1", "LPT9.md", "CONIN$",
    "News", "NEWS", "ｎｅｗｓ", "Néws", "Ne\u0301ws", "news...", "news ", ".hidden", "node_modules",
    "_site", "a" * 300, "\u6f22" * 300, "\U0001f600" * 300, "e\u0301" * 300, "nul\x00byte.md",
    "line\nfeed", '<>:"|?*', "desktop.ini", "+++", "---\nid: evil\n---",
    'x"\nid = "evil"\n+++\n', '"""\\', "'\u2028id = 1", "\u202egnp.md", "\u200b\u200d\ufeff",
    "\ud800", "",
)  # fmt: skip
"""Titles that would make bad names of files, of folders, or the same name twice."""


def json_feed(title: str, items: Sequence[Mapping[str, object]], **more: object) -> bytes:
    """A JSON Feed: the one format in which every character can be written."""
    version = "https://jsonfeed.org/version/1.1"
    feed = {"version": version, "title": title, "items": [*items], **more}
    return json.dumps(feed).encode()


def item(number: int, mark: str, text: str) -> dict[str, object]:
    """An entry with a hostile text in every place."""
    body = f"<p>Body {mark} {escape(text)} {text} goes on.</p><h2>{text}</h2><code>{text}</code>"
    return {
        "id": f"{number} {text}",
        "title": f"Title {mark} {text}",
        "url": f"https://example.org/{mark}?{text}",
        "content_html": body,
        "summary": f"Summary {mark} {text}",
        "date_published": f"2026-03-07T12:00:00Z {text}" if number % 2 else "2026-03-07T12:00:00Z",
        "authors": [{"name": f"Author {mark} {text}"}],
        "tags": [f"tag {mark} {text}"],
        "language": f"en {text}",
        "attachments": [
            {"url": f"https://example.org/{mark} {text}.mp3", "mime_type": f"audio/{text}"}
        ],
    }


def rss(title: str, entries: Sequence[tuple[str, str]]) -> bytes:
    """An RSS feed with texts put in raw, as no writer of XML would let them pass."""
    written = "".join(
        f"<item><guid>{name}</guid><title>Title {text}</title><description>{text}</description>"
        f"<author>{text}</author><category>{text}</category><link>https://example.org/{name}</link>"
        "</item>"
        for name, text in entries
    )
    text = f"<rss version='2.0'><channel><title>{title}</title>{written}</channel></rss>"
    return text.encode("utf-8", "surrogatepass")


def fill(server: Server) -> list[str]:
    """Let a server serve all of it; the addresses to follow."""
    every = payloads()
    urls = [
        server.page(
            "/json",
            json_feed(
                f"Feed {' '.join(text for _, text in every.values())}",
                [item(number, mark, text) for number, (mark, text) in enumerate(every.values())],
            ),
        ),
        server.page(
            "/rss",
            rss(
                " ".join(text for _, text in every.values()),
                [(f"r{number}", text) for number, (_, text) in enumerate(every.values())],
            ),
        ),
        server.page(
            "/entities",
            rss(
                ENTITIES[0].format("mark"),
                [(f"e{number}", text.format("mark")) for number, text in enumerate(ENTITIES)]
                + [
                    (f"l{number}", escape(text.format("mark"))) for number, text in enumerate(LINKS)
                ],
            ),
        ),
    ]
    for number, name in enumerate(NAMES):
        same_day = "2026-03-07T12:00:00Z"
        items: list[dict[str, object]] = [
            {"id": f"{place} {title}", "title": title, "date_published": same_day}
            for place, title in enumerate(NAMES)
        ]
        days = ("0001-01-01", "9999-12-31", "-001-01-01", "../../..", "2026-13-45")
        items += [
            {"id": f"day {day}", "title": f"Day {number}", "date_published": f"{day}T00:00:00Z"}
            for day in days
        ]
        urls.append(server.page(f"/name{number}", json_feed(name, items)))
    return urls + _failing(server)


def bombs(server: Server) -> list[str]:
    """Feeds that would fill the memory, the stack or the disk, or fetch what they must not see."""
    entities = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))
    outside = (
        f"<!ENTITY x SYSTEM 'file:///etc/passwd'><!ENTITY y SYSTEM '{server.url('/outside')}'>"
        f"<!ENTITY % z SYSTEM '{server.url('/outside')}'> %z;"
    )
    entry = "<item><guid>1</guid><title>Bomb {0}</title><description>{0}</description></item>"
    head = "<rss version='2.0'><channel><title>Bomb</title>"
    json_head = b'{"version":"https://jsonfeed.org/version/1.1","items":'
    deep = [{"id": "1", "title": "Bomb", "content_html": "<ul><li>" * 9_000 + "x"}]
    feeds = {
        "/laughs": f"<!DOCTYPE rss [<!ENTITY a0 'ha'>{entities}]>{head}{entry.format('&a11;')}",
        "/outside-entities": f"<!DOCTYPE rss [{outside}]>{head}{entry.format('&x; &y;')}",
        "/deep-xml": head + entry.format("<a>" * 100_000),
    }
    served = {path: text.encode() for path, text in feeds.items()}
    served["/deep-html"] = json_feed("Deep", deep)
    served["/deep-json"] = json_head + b"[" * 500_000
    served["/number"] = json_head + b'[{"id":' + b"9" * 100_000 + b"}]}"
    return [server.page(path, data) for path, data in served.items()]


def _failing(server: Server) -> list[str]:
    """Addresses that fail, each with hostile words where the reason might come from."""
    words = "\x9b31m\x9d0;mark\x9c"

    async def phrase(asked: Asked, writer: object) -> None:
        head = f"HTTP/1.1 404 {words}\r\nContent-Type: {words}\r\nRetry-After: {words}\r\n\r\n"
        writer.write(head.encode("latin-1"))  # type: ignore[attr-defined]  # a StreamWriter

    return [
        server.route("/phrase", phrase),
        server.page("/away", status=301, headers={"Location": f"http://{words}/"}),
        server.page("/away2", status=302, headers={"Location": f"{words}:x"}),
        server.page("/circle", status=302, headers={"Location": f"/circle?{words}"}),
        server.page("/type", words.encode(), headers={"Content-Type": f"text/{words}"}),
        server.page("/packed", b"\x1f\x8b\x08" + words.encode() * 9),
        server.page("/marks", rss("Marked", []), etag=f'"{words}"', last_modified=words),
    ]


def page(server: Server) -> str:
    """A page whose every word is hostile, and that names hostile feeds; its address."""
    text = " ".join(text.replace("\x00", "") for _, text in payloads().values())
    raw = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    feeds = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="{href}" title="{escape(raw)}">'
        for href in ("/rss", "/json", "file:///etc/passwd", "javascript:x", "http://10.0.0.1/x")
    )
    html = (
        f"<html><head><title>{raw}</title>{feeds}<meta name=author content='{escape(raw)}'>"
        f"<meta property=og:site_name content='{escape(raw)}'></head>"
        f"<body><article><h1>{raw}</h1><p>Words {raw} go on.</p></article></body></html>"
    )
    return server.page("/page", html.encode(), headers={"Content-Type": "text/html"})
