"""The Markdown note of an article: ours is kept up to date, the user's is never touched."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.annotations.anchors import Anchor
from rilo_reader.annotations.highlight import AnnotatedArticle, Highlight, clean_note
from rilo_reader.article import Article, ArticleId
from rilo_reader.errors import NotReadableError
from rilo_reader.plugins.highlights.note_file import file_name, find_edited_notes, merge_note
from rilo_reader.store.front_matter import parse
from rilo_reader.text import clean_text

ARTICLE = Article(
    ArticleId("https://www.example.org/bees"),
    "bees.md",
    "Bees: a “short” history",
    datetime(2026, 11, 20, 8, tzinfo=UTC),
    source="RILO AP",
    url="https://www.example.org/bees",
    tags=("nature", "big cities", "2026"),
)
ONE = Highlight("aaaaaaa1", Anchor("Bees dance.", "", "", 3), note="Do they?")
TWO = Highlight("aaaaaaa2", Anchor("They find\n\ntheir way.", "", "", 90))
THREE = Highlight("aaaaaaa3", Anchor("蜜蜂会跳舞。", "", "", 300), note="第一行\n第二行\n\n- list")


def annotated(*highlights: Highlight) -> AnnotatedArticle:
    return AnnotatedArticle(ARTICLE, highlights)


def made(*highlights: Highlight) -> bytes:
    return merge_note(None, annotated(*highlights))


def test_a_new_note_is_what_obsidian_wants() -> None:
    text = made(ONE, TWO).decode()
    text = re.sub("[0-9a-f]{8} [0-9a-f]{8} -->", "HASHES -->", text)
    assert text == (
        "---\n"
        'title: "Bees: a “short” history"\n'
        'source: "RILO AP"\n'
        'url: "https://www.example.org/bees"\n'
        "date: 2026-11-20\n"
        'tags: ["nature", "big-cities", "_2026"]\n'
        'highlights_of: "https://www.example.org/bees"\n'
        "---\n"
        "\n"
        "[Open the article](<https://www.example.org/bees>)\n"
        "\n"
        "> Bees dance.\n"
        "\n"
        "^aaaaaaa1\n"
        "\n"
        "- Note: Do they?\n"
        "\n"
        "<!-- rilo-reader aaaaaaa1 HASHES -->\n"
        "\n"
        "> They find\n"
        ">\n"
        "> their way.\n"
        "\n"
        "^aaaaaaa2\n"
        "\n"
        "<!-- rilo-reader aaaaaaa2 HASHES -->\n"
    )
    head = parse(text).metadata
    assert head["title"] == ARTICLE.title
    assert head["highlights_of"] == ARTICLE.id


def test_the_name_is_of_the_title_and_of_the_id() -> None:
    name = file_name(ARTICLE.title, ARTICLE.id)
    assert re.fullmatch("bees-a-short-history-[0-9a-f]{12}.md", name)
    assert file_name(ARTICLE.title, ArticleId("another")) != name
    assert re.fullmatch("untitled-[0-9a-f]{12}.md", file_name("…", ARTICLE.id))


def test_nothing_marked_is_no_file() -> None:
    assert made() == b""
    assert merge_note(made(ONE), annotated()) == b""
    mine = made(ONE) + b"\nMy thoughts.\n"
    assert merge_note(mine, annotated()).endswith(b"\nMy thoughts.\n")


def test_a_changed_note_and_a_removed_highlight() -> None:
    file = made(ONE, TWO, THREE)
    changed = ONE._replace(note="They do.")
    assert merge_note(file, annotated(changed, THREE)) == made(changed, THREE)
    assert merge_note(file, annotated(ONE._replace(note=""), TWO, THREE)) == made(
        ONE._replace(note=""), TWO, THREE
    )


def test_a_new_highlight_leaves_what_stands_below_the_one_before_it() -> None:
    file = made(ONE, THREE).replace(b"\n\n> \xe8", b"\n\nOn bees, see Frisch.\n\n> \xe8")
    merged = merge_note(file, annotated(ONE, TWO, THREE)).decode()
    places = [merged.index(part) for part in ("^aaaaaaa1", "Frisch", "^aaaaaaa2", "^aaaaaaa3")]
    assert places == sorted(places)


def test_a_note_edited_in_the_file_comes_back() -> None:
    file = made(ONE, TWO, THREE)
    edited = file.replace(b"- Note: Do they?", b"* Note: They do,\n  and how!")
    edited = edited.replace(b"^aaaaaaa2\n\n", b"^aaaaaaa2\n- Note: new\n")
    edited = re.sub("- Note: 第一行.*- list\n\n".encode(), b"", edited, flags=re.DOTALL)
    assert find_edited_notes(edited, (ONE, TWO, THREE)) == (
        [("aaaaaaa1", "They do,\nand how!"), ("aaaaaaa2", "new"), ("aaaaaaa3", "")],
        [],
    )
    # Nothing changed here: the file is left alone. Taken over, the edits are ours.
    assert merge_note(edited, annotated(ONE, TWO, THREE)) == edited
    taken = (
        ONE._replace(note="They do,\nand how!"),
        TWO._replace(note="new"),
        THREE._replace(note=""),
    )
    assert merge_note(edited, annotated(*taken)) == made(*taken)


def test_an_edited_note_and_another_one_are_both_kept() -> None:
    edited = made(ONE, TWO).replace(b"Do they?", b"In the file.")
    merged = merge_note(edited, annotated(ONE._replace(note="In the reader."), TWO))
    assert b"- Note: In the reader.\n" in merged
    assert b"- Note: In the file.\n" in merged
    assert merge_note(merged, annotated(ONE._replace(note="In the reader."), TWO)) == merged


def test_a_note_is_taken_over_where_it_did_not_change_here() -> None:
    edited = made(ONE, TWO).replace(b"Do they?", b"In the file.")
    assert find_edited_notes(edited, (ONE, TWO)) == ([("aaaaaaa1", "In the file.")], [])
    for here in (ONE._replace(note="In the file."), ONE._replace(note="In the reader.")):
        assert find_edited_notes(edited, (here, TWO)) == ([], [])
    assert find_edited_notes(edited, (TWO,)) == ([], [])


def test_a_highlight_of_a_device_that_is_not_heard_yet_stays() -> None:
    file = made(ONE, TWO, THREE)
    assert merge_note(file, annotated(ONE), known={ONE.id, TWO.id}) == made(ONE, THREE)
    assert merge_note(file, annotated(), known={ONE.id, TWO.id, THREE.id}) == b""
    assert merge_note(file, annotated(), known=()) == file


def test_an_edited_quotation_stays_and_its_note_is_still_ours() -> None:
    edited = made(ONE, TWO).replace(b"> Bees dance.", b"> ==Bees== dance.")
    assert find_edited_notes(edited, (ONE, TWO)) == ([], [])
    merged = merge_note(edited, annotated(ONE._replace(note="They do."), TWO))
    assert merged == made(ONE._replace(note="They do."), TWO).replace(
        b"> Bees dance.", b"> ==Bees== dance."
    )
    assert merge_note(edited, annotated(TWO)).count(b"> ==Bees== dance.\n") == 1


def test_a_block_without_its_comment_is_the_users() -> None:
    file = re.sub(b"<!-- rilo-reader aaaaaaa1.*-->\n", b"", made(ONE))
    assert merge_note(file, annotated(ONE._replace(note="other"))) == file


def test_a_copy_of_a_block_is_the_users() -> None:
    file = made(ONE)
    block = file[file.index(b"> Bees") :]
    assert merge_note(file + b"\n" + block, annotated()).endswith(block)


@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_line_ends_and_byte_order_marks_stay(start: str) -> None:
    mine = f"{start}# Mine\r\n\r\ntext".encode()
    merged = merge_note(mine, annotated(ONE))
    assert merged.startswith(mine)
    assert b"\n" not in merged.replace(b"\r\n", b"")
    assert merge_note(merged, annotated()) == mine + b"\r\n"


def test_utf16_is_refused() -> None:
    with pytest.raises(NotReadableError, match="UTF-16"):
        merge_note("mine".encode("utf-16"), annotated(ONE))
    with pytest.raises(NotReadableError, match="UTF-16"):
        find_edited_notes("mine".encode("utf-16"), (ONE,))


# Whatever both sides do.

NOTES = st.sampled_from(
    [
        *("", "a", "two\nlines", "a\n\n  b", "- Note: x", "^aaaaaaa1", "<!-- rilo-reader -->"),
        *("> q", "é\n*"),
    ]
) | st.text(max_size=20)
QUOTES = st.sampled_from(
    ["One.", "Two\n\nlines.", "^aaaaaaa2", "---", "> x", "<!-- x -->", "👩‍👩‍👧"]
)
IDS = ["aaaaaaa1", "aaaaaaa2", "aaaaaaa3", "aaaaaaa4"]


@st.composite
def highlights(draw: st.DrawFn) -> tuple[Highlight, ...]:
    ids = draw(st.lists(st.sampled_from(IDS), unique=True).map(sorted))
    return tuple(
        Highlight(each, Anchor(draw(QUOTES)), note=clean_note(draw(NOTES))) for each in ids
    )


@given(highlights())
def test_what_is_written_is_read_as_unchanged(wanted: tuple[Highlight, ...]) -> None:
    file = made(*wanted)
    assert find_edited_notes(file, wanted) == ([], [])
    if wanted:
        assert merge_note(file, annotated(*wanted)) == file


@pytest.mark.slow
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode), highlights(), highlights())
def test_any_bytes_are_kept(
    mine: bytes, first: tuple[Highlight, ...], second: tuple[Highlight, ...]
) -> None:
    if mine.startswith((b"\xff\xfe", b"\xfe\xff")):
        return
    merged = merge_note(mine, annotated(*first))
    assert merged.startswith(mine)
    assert merge_note(merged, annotated(*first)) == merged
    assert merge_note(merge_note(merged, annotated(*second)), annotated()).startswith(mine.rstrip())


@dataclass
class Editing:
    """A file, edited by a user between merges, and the lines that the user wrote."""

    data: bytes
    mine: list[bytes] = field(default_factory=list)
    count: int = 0

    def insert(self, place: int, text: bytes, end: bytes) -> None:
        lines = self.data.splitlines(keepends=True)
        place %= len(lines) + 1
        self.count += 1
        line = b"user%d:" % self.count + text
        if place and not lines[place - 1].endswith(b"\n"):
            lines[place - 1] += b"\n"
        lines.insert(place, line + end)
        self.mine.append(line)
        self.data = b"".join(lines)


def as_taken(line: bytes) -> bytes:
    """A line of the user as it stands in a note that takes it over."""
    return clean_text(line.decode(errors="replace")).encode()


USER_TEXT = st.binary(max_size=12).map(
    lambda data: data.translate(None, b"\r\n\v\f\x1c\x1d\x1e \t")
)
STEPS = st.lists(
    st.tuples(st.integers(0, 60), USER_TEXT, st.sampled_from([b"\n", b"\r\n"]), highlights()),
    min_size=1,
    max_size=6,
)


@given(st.sampled_from([b"", b"# Mine\r\n", b"\xef\xbb\xbfmine"]), highlights(), STEPS)
def test_lines_of_the_user_survive_any_sequence(
    begun: bytes,
    first: tuple[Highlight, ...],
    steps: list[tuple[int, bytes, bytes, tuple[Highlight, ...]]],
) -> None:
    file = Editing(merge_note(begun, annotated(*first)))
    for place, text, end, wanted in steps:
        file.insert(place, text, end)
        # Notes that were edited are taken over, as the library does it.
        edited = dict(find_edited_notes(file.data, wanted)[0])
        now = tuple(each._replace(note=edited.get(each.id, each.note)) for each in wanted)
        file.data = merge_note(file.data, annotated(*now))
        assert merge_note(file.data, annotated(*now)) == file.data
        for line in file.mine:
            assert line in file.data or as_taken(line) in file.data
        # From now on they are the text of a note, which the user may change or remove elsewhere.
        taken = "".join(edited.get(each.id, "") for each in wanted).encode()
        file.mine = [line for line in file.mine if as_taken(line) not in taken]
