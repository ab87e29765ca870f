"""What stands within a block of Markdown: emphasis, links, pictures, footnotes, single tags."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from rilo_reader.lazy import LazyPattern
from rilo_reader.render.blocks import Run, text_of
from rilo_reader.render.inline import Inlines, Links, attributes, marked
from rilo_reader.render.rules import restore

if TYPE_CHECKING:
    from rilo_reader.render.dialects.template_marks import Templates

MARKS = {
    "Emphasis": ("em", "emphasis"),
    "Strong": ("strong", "strong"),
    "Strikethrough": ("s", "strike"),
}
"""What pulldown-cmark calls emphasis, and the HTML element and the ink of it."""

SPANS = frozenset({*MARKS, "Link", "Image"})
"""The names of all that stands within a block and holds text."""

_TAG = LazyPattern(r"<(/?)([A-Za-z][A-Za-z0-9:-]*)(.*?)/?>\Z", re.DOTALL)
_HIGHLIGHT = LazyPattern(r"(?<![=\w])==(?=[^\s=])([^=]{1,500}?)(?<=\S)==(?![=\w])")
_PICTURE = LazyPattern(r"\.(?:png|jpe?g|gif|svg|webp|avif|bmp|heic|tiff?)\Z", re.IGNORECASE)
_ROLE = LazyPattern(r"(?<![$\\])\{([A-Za-z][\w:.+-]{1,60})\}\Z")
_WIDTH = LazyPattern(r"\d{1,5}(?:x\d{1,5})?")


class Spans:
    """Writes the text, the spans and the tags of one block after the other."""

    def __init__(
        self,
        links: Links,
        number: Callable[[str], int | None],
        templates: Templates | None = None,
    ) -> None:
        """Begin.

        Args:
            links: takes the addresses of links.
            number: gives a footnote's number by its label, None where it has none.
            templates: what the marks in the text stand for; None where there are none.
        """
        self._templates = templates
        self._inlines = Inlines(links)
        self._links = links
        self._number = number
        # The links and pictures one is in: what it is, its label or address, where it began.
        self._open: list[tuple[str, str, int]] = []
        self._words: list[str] | None = None  # of the outermost picture one is in

    def finish(self) -> list[Run]:
        """What was written since the last call."""
        return self._inlines.finish()

    def begins_with(self, text: str) -> bool:
        """Whether what was written since `finish` begins so, and is one line yet."""
        runs = self._inlines.runs
        begun = "".join(run.text for run in runs[: len(text)])
        return begun.startswith(text) and not any("\n" in run.text for run in runs)

    def text(self, text: str) -> None:
        """Text, its entities read."""
        if self._templates:
            self._with_templates(self._templates, text)
        elif self._words is not None:
            self._words.append(text)
        elif "==" in text:
            self._with_highlights(text)
        else:
            self._inlines.write(text)

    def _with_highlights(self, text: str) -> None:
        """Text in which Obsidian's `==words==` may stand."""
        done = 0
        for match in _HIGHLIGHT.finditer(text):
            self._inlines.write(text[done : match.start()])
            self._inlines.write(match[1], marked(self._inlines.ink, "strong"))
            done = match.end()
        self._inlines.write(text[done:])

    def _with_templates(self, templates: Templates, text: str) -> None:
        """Text with marks in it."""
        for piece in templates.pieces(text):
            if self._words is not None:
                self._words.append(piece if isinstance(piece, str) else piece.words)
            elif isinstance(piece, str):
                self._inlines.write(piece)
            else:
                self._inlines.open_tag(piece.tag, piece.values)
                self._inlines.write(piece.words)
                self._inlines.close_tag(piece.tag)
                self._inlines.write(piece.after)

    def _target(self, address: str) -> str:
        """Where a link goes to."""
        address = restore(address)
        return self._templates.address(address) if self._templates else address

    def code(self, text: str) -> None:
        """Code within a line."""
        text = self._templates.original(text) if self._templates else text
        if self._words is not None:
            self._words.append(text)
        elif name := self._role():
            from rilo_reader.render.dialects.roles import role

            shown = role(name, text)
            self._inlines.open_tag(shown.tag, {})
            self._inlines.write(shown.text)
            self._inlines.close_tag(shown.tag)
        else:
            self._inlines.write(text, self._inlines.ink._replace(code=True))

    def _role(self) -> str:
        """The name of MyST's that stands right before what is written next; taken out."""
        runs = self._inlines.runs
        if not runs or not runs[-1].text.endswith("}") or runs[-1].ink.code:
            return ""
        text, ink = runs[-1]
        match = _ROLE.search(text, max(0, len(text) - 64))
        if not match:
            return ""
        runs[-1] = Run(text[: match.start()], ink)
        return match[1]

    def line_end(self, *, is_meant: bool) -> None:
        """The end of a line of the source; one that is meant breaks the line here too."""
        if self._words is not None:
            self._words.append(" ")
        elif is_meant:
            self._inlines.line_break()
        else:
            self._inlines.soft_break()

    def html(self, tag: str) -> None:
        """A single tag; comments and declarations mean nothing."""
        tag = self._templates.html(tag) if self._templates else tag
        match = _TAG.match(tag) if self._words is None else None
        if not match:
            return
        name = match[2].lower()
        if match[1]:
            self._inlines.close_tag(name)
        else:
            self._inlines.open_tag(name, attributes(match[3]) if match[3] else {})

    def start(self, kind: str, link: Mapping[str, Any]) -> None:
        """Begin one of SPANS; of links and pictures pulldown-cmark tells more."""
        if kind in MARKS:
            if self._words is None:
                name, mark = MARKS[kind]
                self._inlines.push(name, marked(self._inlines.ink, mark))
            return
        label = restore(link["id"])
        begun = len(self._inlines.runs)
        if self._words is None and label.startswith("^") and "Unknown" in link["link_type"]:
            # `Look![^1]` is no picture.
            self._inlines.write("!" if kind == "Image" else "")
            what = "note" if link["link_type"] == "ShortcutUnknown" else "words and note"
            self._open.append((what, label[1:], len(self._inlines.runs)))
        elif kind == "Image":
            if self._words is None:
                self._words = []
                is_embedded = isinstance(link["link_type"], dict)
                what = "embedded" if is_embedded else "outer picture"
                self._open.append((what, self._target(link["dest_url"]), begun))
            else:
                self._open.append(("picture", "", begun))
        elif self._words is not None:
            self._open.append(("link in picture", "", begun))
        else:
            ink = self._inlines.ink
            # Only Obsidian could follow its `[[Note|words]]`.
            is_note = isinstance(link["link_type"], dict)
            target = self._target(link["dest_url"])
            target = f"mailto:{target}" if link["link_type"] == "Email" else target
            self._inlines.push("a", ink if is_note else self._links.ink(ink, target))
            self._open.append(("link", "", begun))

    def end(self, kind: str) -> None:
        """End it."""
        if kind in MARKS:
            if self._words is None:
                self._inlines.pop(MARKS[kind][0])
            return
        what, label, begun = self._open.pop()
        if what == "outer picture":
            words, self._words = self._words or [], None
            self._inlines.image("".join(words), label)
        elif what == "embedded":
            words, self._words = self._words or [], None
            self._embedded("".join(words), label)
        elif what == "link":
            self._inlines.pop("a")
        elif what == "note":
            del self._inlines.runs[begun:]
            self._note(label)
        elif what == "words and note":
            self._words_and_note(label, begun)

    def _embedded(self, words: str, target: str) -> None:
        """Obsidian's `![[file|words]]`: a picture, or another note; words may be a width."""
        words = target if _WIDTH.fullmatch(words) else words
        if _PICTURE.search(target):
            self._inlines.image(words, "")
        else:
            self._inlines.write(f"[embedded: {words}]", marked(self._inlines.ink, "dim"))

    def _words_and_note(self, label: str, begun: int) -> None:
        """What CommonMark reads as a link: `[words][^label]`, or two notes beside each other."""
        words = text_of(self._inlines.runs[begun:])
        if words.startswith("^") and self._number(words[1:]) is not None:
            del self._inlines.runs[begun:]
            self._note(words[1:])
        else:
            self._inlines.runs.insert(begun, Run("[", self._inlines.ink))
            self._inlines.write("]")
        self._note(label)

    def _note(self, label: str) -> None:
        number = self._number(label)
        ink = self._inlines.ink._replace(jump=f"fn-{number}", dim=True)
        self._inlines.write(f"[{number}]", ink)
