"""The Markdown note of an article: its highlights, among text of the user (pure).

Front matter and a link come first, once; from then on they are the user's. A highlight is a block:

    > the quotation

    ^3f9a1c72

    - Note: the note on it

    <!-- rilo-reader 3f9a1c72 91c1b7 40d2aa -->

`[[note#^3f9a1c72]]` links to it in Obsidian. The comment, which nobody sees, ends the block and has
short hashes of the quotation and of the note as this program wrote them, so that an edit by the
user is told from a change of ours without any other record, on every device alike. All other
lines belong to the user and stay as they are, byte for byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from hashlib import blake2b
from io import BytesIO
from typing import NamedTuple

from rilo_reader.annotations.highlight import NOTE_LIMIT, AnnotatedArticle, Highlight, clean_note
from rilo_reader.article import HIGHLIGHTS_OF, ArticleId
from rilo_reader.dates import iso_date
from rilo_reader.errors import NotReadableError
from rilo_reader.text import make_slug


def file_name(title: str, article: ArticleId) -> str:
    """Return the name of an article's note, such as `a-title-0f1e2d3c4b5a.md`.

    The hash of the article's id identifies it, as in the names of collected articles; the title is
    for people.
    """
    return f"{make_slug(title) or 'untitled'}{name_end(article)}"


def name_end(article: ArticleId) -> str:
    """Return the end of the name of an article's note, which does not depend on its title."""
    digest = blake2b(article.encode(errors="replace"), digest_size=6).hexdigest()
    return f"-{digest}.md"


def merge_note(
    existing: bytes | None, wanted: AnnotatedArticle, known: Collection[str] | None = None
) -> bytes:
    """Return the note's file with the highlights of an article as they are now.

    New highlights come before the next one in the text that the file has, else at the end. Removed
    ones go. Edits of the user in a block stay while it did not change here; if both changed, the
    block is ours and the user's lines follow as plain text. A block whose comment the user
    removed is left alone. Idempotent; b"" if nothing is left, and the file may go.

    `known` are all highlights that ever were, removed ones too (None for any). Blocks of others
    stay: another device made them, and its changes are not here yet.

    Raises:
        NotReadableError: the file is UTF-16; it stays as it is.
    """
    if not existing:
        blocks = [_make_block(each) for each in wanted.highlights]
        return _join_parts([_make_head(wanted), *blocks]) if blocks else b""
    has_crlf = b"\r\n" in existing and b"\n" not in existing.replace(b"\r\n", b"")
    newline = b"\r\n" if has_crlf else b"\n"
    parts = _parse_note(existing)
    left = {part.id for part in parts if isinstance(part, _NoteBlock)} | _find_adopted(parts)
    places = _plan_places([each.id for each in wanted.highlights], left)
    by_id = {each.id: each for each in wanted.highlights}
    made: list[bytes] = []
    for part in parts:
        if isinstance(part, bytes):
            made.append(part)
            continue
        made += [_make_block(by_id[new], newline) for new in places.get(part.id, ())]
        if known is None or part.id in known:
            made.append(_merge_block(part, by_id.get(part.id), newline))
        else:
            made.append(part.raw)
    made += [_make_block(by_id[new], newline) for new in places.get("", ())]
    whole = _join_parts(made, newline)
    if not wanted.highlights and whole.strip() == _make_head(wanted, newline).strip():
        return b""
    return whole


def find_edited_notes(
    existing: bytes, highlights: Iterable[Highlight]
) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the notes that the user edited in a file, by highlight, and faults of others.

    A note, "" if it was removed, is the text after `- Note:` in a block; other lines stay there. It
    counts if its highlight still has the note that was written into the file: where both changed,
    `merge_note` keeps both.

    Raises:
        NotReadableError: the file is UTF-16.
    """
    parts = _parse_note(existing)
    blocks = [each for each in parts if isinstance(each, _NoteBlock) and each.is_note_edited]
    here = {each.id: each.note for each in highlights}
    found = [
        (block.id, block.note)
        for block in blocks
        if block.note is not None
        and here.get(block.id, block.note) != block.note
        and _hash_lines(note_lines(here[block.id])) == block.hashes[1]
    ]
    return found, [f"^{each.id}: {each.fault}" for each in blocks if each.is_named and each.fault]


# Writing.


def _make_head(wanted: AnnotatedArticle, newline: bytes = b"\n") -> bytes:
    """The front matter, and a link to the article."""
    article = wanted.article
    link = wanted.link or article.url
    day = iso_date(article.date, day_only=True)
    facts = {
        "title": article.title,
        "source": article.source,
        "url": article.url,
        "date": day,
        "tags": [tag for tag in map(_format_tag, article.tags) if tag],
        HIGHLIGHTS_OF: article.id,
    }
    # JSON's texts and lists are YAML's too.
    written = {key: json.dumps(value, ensure_ascii=False) for key, value in facts.items() if value}
    if day:
        written["date"] = day
    lines = ["---", *(f"{key}: {value}" for key, value in written.items()), "---"]
    if link:
        lines += ["", f"[Open the article](<{link}>)"]
    return _join_lines([*lines, ""], newline)


def _format_tag(tag: str) -> str:
    """Format a tag for Obsidian: letters, digits, hyphens, underscores, slashes; not a number."""
    plain = re.sub(r"[^\w/-]+", "-", tag).strip("-/")
    return f"_{plain}" if plain.isdigit() else plain


def quotation_lines(exact: str) -> list[str]:
    """A quotation as lines of Markdown."""
    return [f"> {line}".rstrip() for line in exact.split("\n")]


def note_lines(note: str) -> list[str]:
    """A note as an item of a list; [] for an empty one."""
    if not note:
        return []
    first, *others = note.split("\n")
    return [f"- Note: {first}", *(f"  {line}" if line else "" for line in others)]


def _make_block(highlight: Highlight, newline: bytes = b"\n") -> bytes:
    """The block of a highlight, after an empty line."""
    quotation, note = quotation_lines(highlight.anchor.exact), note_lines(highlight.note)
    return _make_block_of_lines(highlight, quotation, note, newline)


def _make_block_of_lines(
    highlight: Highlight, quotation: Sequence[str], note: Sequence[str], newline: bytes
) -> bytes:
    lines = ["", *quotation, *([""] if quotation else []), f"^{highlight.id}", ""]
    quotation_hash = _hash_lines(quotation_lines(highlight.anchor.exact))
    hashes = f"{quotation_hash} {_hash_lines(note_lines(highlight.note))}"
    lines += [*note, *([""] if note else []), f"<!-- rilo-reader {highlight.id} {hashes} -->"]
    return _join_lines([*lines, ""], newline)


def _hash_lines(lines: Iterable[str]) -> str:
    """A short hash of lines, whatever white space an editor removes or adds at their ends."""
    text = "\n".join(line.rstrip() for line in lines).strip("\n")
    return blake2b(text.encode(errors="surrogateescape"), digest_size=4).hexdigest()


def _join_lines(lines: Iterable[str], newline: bytes) -> bytes:
    return newline.join(line.encode(errors="surrogateescape") for line in lines)


def _join_parts(parts: Iterable[bytes], newline: bytes = b"\n") -> bytes:
    whole = bytearray()
    for part in parts:
        if part and whole and not whole.endswith(b"\n"):
            whole += newline
        whole += part
    return bytes(whole)


# Reading.

_END = re.compile(rb"<!-- rilo-reader ([0-9a-z]{8,64}) ([0-9a-f]{8}) ([0-9a-f]{8}) -->\s*")
_NAME = re.compile(rb"\^([0-9a-z]{8,64})\s*")
_NOTE = re.compile(r"[-*+] Note:[ \t]?")


class _NoteBlock(NamedTuple):
    """The block of a highlight in a file."""

    id: str
    raw: bytes  # all of its bytes, with an empty line before it if there is one
    quotation: tuple[bytes, ...]  # quoted lines, as bytes without line ends
    # the lines between its name and its end, without empty ones at both ends
    rest: tuple[bytes, ...]
    is_named: bool  # whether its name (`^id`) is there
    hashes: tuple[str, str]  # of quotation and note as they were written

    @property
    def is_quotation_edited(self) -> bool:
        return _hash_lines(_decode_lines(self.quotation)) != self.hashes[0]

    @property
    def is_note_edited(self) -> bool:
        return _hash_lines(_decode_lines(self.rest)) != self.hashes[1]

    @property
    def note(self) -> str | None:
        """The note as text, cleaned; None if other lines are where it should be.

        Also None if it has a `fault`, since then a part of it would be lost.
        """
        text = None if not self.is_named or self.fault else self._note_text()
        return None if text is None else clean_note(text)

    @property
    def fault(self) -> str:
        """The reason why the note cannot be imported, or ""."""
        try:
            is_long = len(self._note_text() or "") > NOTE_LIMIT
        except UnicodeDecodeError:
            return "its note is not UTF-8, so it was not read."
        return f"only the first {NOTE_LIMIT:,} characters of a note are read." if is_long else ""

    def _note_text(self) -> str | None:
        lines = b"\n".join(self.rest).decode().split("\n")
        start = _NOTE.match(lines[0])
        if start is None:
            return None if self.rest else ""
        others = [line.removeprefix("  ") for line in lines[1:]]
        return "\n".join([lines[0][start.end() :], *others])


def _decode_lines(lines: Iterable[bytes]) -> list[str]:
    return [line.decode(errors="surrogateescape") for line in lines]


def _parse_note(data: bytes) -> list[bytes | _NoteBlock]:
    """Split a file into blocks and what is between them; joined again they are the file."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotReadableError("it is UTF-16; save it as UTF-8, so that it can be updated.")
    parts: list[bytes | _NoteBlock] = []
    seen: set[bytes] = set()
    pending: list[bytes] = []
    for line in BytesIO(data):
        pending.append(line)
        end = _END.fullmatch(line)
        # A copy of a block that the user made is the user's.
        if end and end[1] not in seen:
            seen.add(end[1])
            start, block = _find_block(pending, end)
            if start:
                parts.append(b"".join(pending[:start]))
            parts.append(block)
            pending = []
    if pending:
        parts.append(b"".join(pending))
    return parts


def _find_block(lines: Sequence[bytes], end: re.Match[bytes]) -> tuple[int, _NoteBlock]:
    """Return the block that the last of the lines ends, and where it begins."""
    name = last = len(lines) - 1
    for number in range(last - 1, -1, -1):
        match = _NAME.fullmatch(lines[number])
        if match:
            name = number if match[1] == end[1] else last
            break
    rest = _strip_lines(lines[name + 1 : last])
    start = quoted = name
    if name < last:
        while quoted and not lines[quoted - 1].strip():
            quoted -= 1
        start = quoted
        while start and lines[start - 1].startswith(b">"):
            start -= 1
        if start == quoted:
            start = quoted = name
    quotation = tuple(line.rstrip() for line in lines[start:quoted])
    if start and not lines[start - 1].strip():
        start -= 1
    hashes = (end[2].decode(), end[3].decode())
    raw = b"".join(lines[start:])
    return start, _NoteBlock(end[1].decode(), raw, quotation, rest, name < last, hashes)


def _strip_lines(lines: Sequence[bytes]) -> tuple[bytes, ...]:
    """Lines without line ends, and without empty ones first and last."""
    bare = [line.rstrip(b"\r\n") for line in lines]
    while bare and not bare[-1].strip():
        bare.pop()
    while bare and not bare[0].strip():
        bare.pop(0)
    return tuple(bare)


def _find_adopted(parts: Iterable[bytes | _NoteBlock]) -> set[str]:
    """Return the highlights whose name is in the user's text: blocks without their comment."""
    return {
        name[1].decode()
        for part in parts
        if isinstance(part, bytes)
        for line in part.split(b"\n")
        if (name := _NAME.fullmatch(line))
    }


def _plan_places(wanted: Sequence[str], there: set[str]) -> dict[str, list[str]]:
    """Return the new highlights before each that is there, and before "", the end."""
    places: dict[str, list[str]] = {}
    new: list[str] = []
    for identity in wanted:
        if identity not in there:
            new.append(identity)
        elif new:
            places[identity] = new
            new = []
    if new:
        places[""] = new
    return places


# Merging.


def _merge_block(block: _NoteBlock, highlight: Highlight | None, newline: bytes) -> bytes:
    """The bytes for a block of the file, given its highlight, None if it was removed."""
    if highlight is None:
        quoted = block.quotation if block.is_quotation_edited else ()
        return _make_text((*quoted, *(block.rest if block.is_note_edited else ())), newline)
    if not block.is_named:
        # The text above the comment cannot be told from the user's any more.
        return _make_block(highlight, newline)
    quotation, note = quotation_lines(highlight.anchor.exact), note_lines(highlight.note)
    wanted_hashes = (_hash_lines(quotation), _hash_lines(note))
    same_quotation = _hash_lines(_decode_lines(block.quotation)) == wanted_hashes[0]
    same_note = _hash_lines(_decode_lines(block.rest)) == wanted_hashes[1] or (
        block.is_note_edited and block.note == highlight.note
    )
    if wanted_hashes == block.hashes and not (block.is_note_edited and same_note):
        return block.raw
    theirs: list[bytes] = []
    kept_quotation, kept_note = quotation, note
    if block.is_quotation_edited and not same_quotation:
        if wanted_hashes[0] == block.hashes[0]:
            kept_quotation = _decode_lines(block.quotation)
        else:
            theirs += block.quotation
    if block.is_note_edited and not same_note:
        if wanted_hashes[1] == block.hashes[1]:
            kept_note = _decode_lines(block.rest)
        else:
            theirs += [b"", *block.rest] if theirs else block.rest
    whole = _make_block_of_lines(highlight, kept_quotation, kept_note, newline)
    return whole + _make_text(theirs, newline)


def _make_text(lines: Sequence[bytes], newline: bytes) -> bytes:
    """The user's lines outside a block, after an empty line."""
    return newline.join([b"", *lines, b""]) if lines else b""
