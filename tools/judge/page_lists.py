"""How many real pages of lists are proposed as a person would read them.

    python -m tools.judge.page_lists FOLDER

FOLDER has saved pages, and `pages.json`: a list of objects with `file`, `url` of the page, and
`title`, a selector that finds the title of each entry, written by somebody who looked at the page.
A page is right if nine tenths of these titles are proposed with their links, and nine tenths of
what is proposed are among them.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from rilo_reader.html.media import resolve_url
from rilo_reader.pages.entry_list import compile_selector, find_link, parse_page, read_line
from rilo_reader.pages.page_facts import find_base
from rilo_reader.pages.proposal import propose_selectors

ENOUGH = 0.9


def wanted(data: bytes, url: str, selector: str) -> set[tuple[str, str]]:
    """The titles and links that a page has, without fragments."""
    root = parse_page(data, "")
    found = set()
    for title in compile_selector(selector)(root):
        link = find_link(title)
        if link is not None and read_line(title):
            found.add((read_line(title), resolve_url(link.get("href"), find_base(root, url))))
    return {(title, link.partition("#")[0]) for title, link in found}


def main(folder: Path) -> int:
    pages = json.loads((folder / "pages.json").read_text(encoding="utf-8"))
    right, dated, slowest = 0, 0, 0.0
    for page in pages:
        data = (folder / page["file"]).read_bytes()
        started = time.process_time()
        proposals = propose_selectors(data, page["url"])
        slowest = max(slowest, time.process_time() - started)
        entries = proposals[0].entries if proposals else ()
        found = {(entry.title, entry.url.partition("#")[0]) for entry in entries}
        there = wanted(data, page["url"], page["title"])
        both = len(found & there)
        is_right = both >= ENOUGH * len(there) and both >= ENOUGH * len(found) and both > 0
        right += is_right
        dated += is_right and any(entry.date for entry in entries)
        selectors = proposals[0].selectors if proposals else ""
        mark = "right" if is_right else "WRONG"
        print(f"{mark} {both} of {len(there)}, {len(found)} proposed: {page['file']} {selectors}")
    print(f"{right} of {len(pages)} pages right, {dated} with dates; the slowest {slowest:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
