"""What a reader here, or another device, did with articles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rilo_reader.annotations.anchors import Anchor, make_anchor
from rilo_reader.annotations.highlight import Highlight, to_json
from rilo_reader.annotations.json_lines import json_lines
from rilo_reader.article import ArticleId
from rilo_reader.library import open_library
from rilo_reader.library.annotated import iter_annotated
from rilo_reader.paths import user_paths
from rilo_reader.render.document import visible_text
from rilo_reader.store.gestures import Assignment, Gesture, Ids
from rilo_reader.store.marks import HIGHLIGHT, NOTE
from rilo_reader.store.state import State
from tests.support.command_line import User

MOMENT = 1_790_000_000_000
"""21 September 2026, in milliseconds since 1970."""


def annotate(state: State, article: ArticleId, field: str, value: str) -> Gesture | None:
    """Give a value to `highlight:ID` or `note:ID` of an article; "" removes it."""
    return state.apply_assignments([Assignment(field, value, Ids([article]))])


def highlight(user: User, article: str, text: str, name: str, note: str = "") -> None:
    """Highlight a passage as the reader does; one that is not in the article is lost."""
    with open_library(user.library, user_paths()) as library:
        identity = ArticleId(article)
        anchor = Anchor(text)
        if library.search.row(identity) is not None:
            whole = visible_text(library.article(identity))
            if (start := whole.find(text)) >= 0:
                anchor = make_anchor(whole, start, start + len(text))
        history = library.state
        annotate(history, identity, HIGHLIGHT + name, to_json(Highlight(name, anchor)))
        if note:
            annotate(history, identity, NOTE + name, note)


def stamp(number: int) -> str:
    """One of the stamps of MOMENT, as it stands in a journal."""
    return f"{(MOMENT << 16) + number:016x}"


def journal(shared: Path, device: str, *lines: str, name: str = "") -> Path:
    """Write the journal of another device into the folder that is shared; returns the file."""
    file = shared / "marks" / device / "00000001.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    header = f"rilo-marks 1\t{device}\t{name or device.title()}"
    file.write_text("\n".join((header, *lines, "")), encoding="utf-8")
    return file


def highlighted(folder: Path, *, only_lost: bool = False) -> list[dict[str, Any]]:
    """The highlights in a library of the user's, as JSON has them."""
    with open_library(folder, user_paths()) as library:
        ids = [article for article, _, _ in library.state.annotations.read_all(HIGHLIGHT)]
        found = iter_annotated(library, dict.fromkeys(ids), only_lost=only_lost)
        return [json.loads(line) for line in json_lines(each for each, _ in found)]
