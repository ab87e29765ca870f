"""All that needs no terminal, on any system: `python -m tools.judge.verbs COMMAND`.

Follows a feed of a server on 127.0.0.1, fetches, imports, indexes, finds, marks, takes back and
exports, in a library of its own. Windows too must end with 0.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.support.terminal import run_piped

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>A feed: of news?</title>
<item><title>Con</title><guid>1</guid><description>ivory at the border</description></item>
<item><title>税関 Zoll “café”</title><guid>2</guid><description>words before 1970</description>
<pubDate>Mon, 06 Jan 1969 10:00:00 GMT</pubDate></item></channel></rss>"""
LETTER = "From: a@b.invalid\nSubject: A letter\nMessage-ID: <1@b.invalid>\n\nSome words.\n"


def ask(command: str, home: Path) -> None:
    """Ask every verb that changes or finds something; a verb that fails ends it."""
    library = home / "my news"
    library.mkdir()

    def said(*arguments: str) -> str:
        done = run_piped([command, *arguments], home)
        assert done.returncode == 0, f"{arguments}: {done.stderr.decode()} {done.stdout.decode()}"
        return done.stdout.decode(errors="replace")

    def found(*arguments: str) -> list[dict[str, Any]]:
        lines = said(*arguments, "--json", "--library", str(library)).splitlines()
        return [json.loads(line) for line in lines]

    assert said("--version").startswith("rilo-reader ")
    # On Windows and macOS these are a person's own: only where there are none, as in CI.
    settings = Path(said("settings", "--path").strip())
    assert not settings.exists(), f"{settings} is somebody's"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(f"folders = [{json.dumps(str(library))}]\n", encoding="utf-8")
    with served(home / "site") as address:
        said("add", "--feed", f"{address}/feed.xml", "--library", str(library))
        said("refresh", "--force", "--library", str(library))
    letter = home / "letter.eml"
    letter.write_text(LETTER, encoding="utf-8")
    said("import", str(letter), "--library", str(library))
    (library / "by hand.md").write_text("# By hand\n\nMore words.\n", encoding="utf-8")
    said("index", "--library", str(library))
    titles = {each["title"] for each in found("list")}
    assert titles == {"Con", "税関 Zoll “café”", "A letter", "By hand"}, titles
    (one,) = found("search", "ivory")
    assert "ivory" in said("show", one["id"], "--library", str(library))
    said("mark", "star", one["id"], "--library", str(library))
    assert [each["id"] for each in found("search", "is:starred")] == [one["id"]]
    said("undo", "--library", str(library))
    assert not found("search", "is:starred")
    for name in ("book.epub", "page.html", "feed.atom", "lines.jsonl"):
        said("export", "words", "--to", str(home / name), "--library", str(library))
        assert (home / name).stat().st_size > 100, name
    said("export", "--to", str(home / "files"), "--format", "md", "--library", str(library))
    assert len(list((home / "files").rglob("*.md"))) == len(titles)
    for verb in ("feeds", "history", "highlights", "doctor"):
        said(verb, "--library", str(library))


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A folder with a feed, served on 127.0.0.1 for a block: its address."""
    folder.mkdir()
    (folder / "feed.xml").write_text(FEED, encoding="utf-8")
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and logs nothing."""

    def log_message(self, *message: object) -> None:
        """Say nothing."""


def main(command: str) -> int:
    """Ask the verbs of a command, in a new home."""
    with tempfile.TemporaryDirectory(prefix="rilo-verbs-", ignore_cleanup_errors=True) as folder:
        ask(command, Path(folder))
    print(f"{command}: its verbs follow, fetch, import, find, mark, take back and export")
    return 0


if __name__ == "__main__":
    sys.exit(main(str(Path(sys.argv[1]).absolute())))
