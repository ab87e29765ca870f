"""Highlights and notes in searches: what the state has of them reaches queries."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilo_reader.article import Article, ArticleId
from rilo_reader.index.index import SearchIndex
from rilo_reader.library.search import ArticleSearch, StateFlags
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Sort
from rilo_reader.store.annotation_records import AnnotationRecords
from rilo_reader.store.state import State, open_state
from tests.support.annotate import annotate
from tests.support.for_each import for_each

BODIES = {
    "ivory": "Customs found ivory tusks in the post channel.",
    "labels": "Customs seized fake labels.",
    "coffee": "Programmers drink coffee.",
    "elephant": "海关查获象牙。",
}


def annotated(file: Path) -> State:
    """Marks with notes and highlights."""
    state = open_state(file)
    annotate(state, ArticleId("labels"), "note:01", "Ask the Trade-mark office.")
    annotate(state, ArticleId("labels"), "note:02", "Compare with the coffee case")
    annotate(state, ArticleId("elephant"), "note:03", "象牙的来源")
    for name in ("labels", "ivory"):
        annotate(state, ArticleId(name), f"highlight:{name}", "{}")
    return state


def search_with(state: State, directory: Path) -> ArticleSearch:
    flags = StateFlags(state)
    index = SearchIndex(directory, flags=flags)
    with index.hold_writer() as writer:
        for day, (name, body) in enumerate(BODIES.items(), 1):
            date = datetime(2020, 1, 10 - day, tzinfo=UTC)
            writer.add(Article(ArticleId(name), f"{name}.md", name, date, body=body), 1)
        writer.commit()
    return ArticleSearch(index, flags, state)


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArticleSearch]:
    """It is only read."""
    folder = tmp_path_factory.mktemp("notes")
    with closing(annotated(folder / "state.db")) as state:
        yield search_with(state, folder / "index")


def found(search: ArticleSearch, text: str, *, typing: bool = False) -> list[str]:
    query = parse(text, typing=typing)
    assert query.faults == ()
    rows = [row.id for row in search.window(query, 0, 10).rows]
    assert search.count(query) == len(rows)
    assert list(search.ids(query)) == rows
    assert [search.find_position(query, row) for row in rows] == list(range(len(rows)))
    return [str(row) for row in rows]


@for_each(
    "text, names",
    [
        ("is:highlighted", ["ivory", "labels"]),
        ("-is:highlighted", ["coffee", "elephant"]),
        ("has:note", ["labels", "elephant"]),
        ("is:highlighted -has:note", ["ivory"]),
        ("has:note is:unread", ["labels", "elephant"]),
        ("note:office", ["labels"]),
        ("note:OFFICE note:compare", ["labels"]),
        ('note:"trade mark"', ["labels"]),
        ("note:trademark", ["labels"]),
        ('note:"office compare"', []),
        ("note:comp*", ["labels"]),
        ("note:~ofice", ["labels"]),
        ("note:/off.*/", ["labels"]),
        ("note:来源", ["elephant"]),
        ("note:customs", []),
        ("-note:office", ["ivory", "coffee", "elephant"]),
        ("note:(office OR 来源)", ["labels", "elephant"]),
    ],
)
def test_notes_and_highlights_are_found(search: ArticleSearch, text: str, names: list[str]) -> None:
    assert found(search, text) == names


@for_each(
    "text, names",
    [
        ("office", ["labels"]),
        ("customs office", ["labels"]),
        ("coffee", ["labels", "coffee"]),
        ("coffee -office", ["coffee"]),
        ("body:coffee", ["coffee"]),
        ("text:coffee", ["coffee"]),
        ('"coffee case"', ["labels"]),
        ("象牙", ["elephant"]),
    ],
)
def test_plain_words_find_notes_too(search: ArticleSearch, text: str, names: list[str]) -> None:
    assert found(search, text) == names


def test_notes_are_found_while_somebody_types(search: ArticleSearch) -> None:
    for text in ("o", "of", "off", "offi", "office"):
        assert "labels" in found(search, text, typing=True)
    assert found(search, "note:tra", typing=True) == ["labels"]


def test_words_of_the_article_are_more_relevant_than_those_of_its_note(
    search: ArticleSearch,
) -> None:
    query = parse("coffee")._replace(sort=Sort.RELEVANCE)
    assert [row.id for row in search.window(query, 0, 10).rows] == ["coffee", "labels"]


def test_notes_are_read_once_until_the_state_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = annotated(tmp_path / "state.db")
    search = search_with(state, tmp_path / "index")
    reads: list[str] = []
    read = AnnotationRecords.read_all

    def counted(one: AnnotationRecords, prefix: str) -> list[tuple[ArticleId, str, str]]:
        reads.append(prefix)
        return read(one, prefix)

    monkeypatch.setattr(AnnotationRecords, "read_all", counted)
    for _ in range(3):
        assert found(search, "note:office") == ["labels"]
    assert len(reads) == 1
    annotate(state, ArticleId("labels"), "note:01", "")
    annotate(state, ArticleId("ivory"), "note:04", "office")
    assert found(search, "note:office") == ["ivory"]
    assert len(reads) == 2
    state.close()


def test_without_notes_a_result_depends_on_the_index_alone(tmp_path: Path) -> None:
    state = open_state(tmp_path / "state.db")
    search = search_with(state, tmp_path / "index")
    assert search.flags.read_notes() is None
    assert found(search, "customs") == ["ivory", "labels"]
    assert found(search, "note:customs") == found(search, "has:note") == []
    assert found(search, "is:highlighted") == []
    state.close()
