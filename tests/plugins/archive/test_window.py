"""A library that keeps a window of its archive, on a real server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.library import Library, LibraryError, Row, open_library
from rilo_reader.library.remote import CombinedResults
from rilo_reader.plugins.archive import open_older_articles
from rilo_reader.plugins.archive.records import open_records
from rilo_reader.plugins.archive.window import set_window
from rilo_reader.query.parser import parse
from tests.plugins.archive.desks import Desk, make_archive
from tests.support.postgresql import Archive

pytestmark = [pytest.mark.service, pytest.mark.slow]

NOW = datetime.now(UTC)
COUNT = 12


def text_of(number: int, body: str) -> str:
    date = (NOW - timedelta(days=100 * number)).date()
    return f"---\nid: a{number}\ntitle: Title {number}\ndate: {date}\n---\n{body}\n"


class Desks:
    """Anna wrote articles 0 … COUNT - 1, each a hundred days older; ben has them all, and one."""

    def __init__(self, archive: Archive, home: Path) -> None:
        self.archive = archive
        make_archive(archive, anna="contributor", ben="contributor")
        self.anna = Desk(home / "anna", archive.url("anna"))
        self.ben = Desk(home / "ben", archive.url("ben"))
        for number in range(COUNT):
            self.anna.write(f"a{number}.md", text_of(number, f"ivory no{number} and a horn"))
        self.anna.exchange()
        self.ben.write("own.md", text_of(900, "ivory of my own").replace("a900", "own"))
        self.ben.exchange()

    def set(self, window: str) -> int:
        """Set ben's window and exchange; return how many files went."""
        with open_records(self.ben.folder, self.ben.paths) as records:
            set_window(records, window, NOW.astimezone())
        return self.ben.exchange().dropped

    @property
    def here(self) -> list[str]:
        return sorted(self.ben.files())

    @contextmanager
    def library(self) -> Iterator[Library]:
        """Ben's library, as a verb opens it."""
        with open_library(self.ben.folder, self.ben.paths) as library:
            for _ in library.follower.reconcile():
                pass
            archive = open_older_articles(library, self.ben.paths)
            library.remote_articles = archive
            yield library
            if archive is not None:
                archive.close()


def found(library: Library, text: str) -> list[str]:
    """What a search finds here and there, as the order of ids."""
    return [row.id for row in rows_of(library, text)]


def rows_of(library: Library, text: str) -> Sequence[Row]:
    """What a search finds here and there."""
    assert library.remote_articles is not None
    together = CombinedResults(library.search, library.remote_articles, parse(text))
    for _ in together.ask_remote():
        pass
    rows = together.window(0, 50).rows
    assert together.total == len(rows)
    return rows


@pytest.fixture
def desks(archive: Archive, tmp_path: Path) -> Desks:
    return Desks(archive, tmp_path)


def all_ids(*numbers: int) -> list[str]:
    return sorted(f"a{number}" for number in numbers)


def test_only_what_is_newer_stays_and_all_comes_back(desks: Desks) -> None:
    before = desks.ben.texts()
    assert desks.set("1y") == COUNT - 4
    assert desks.here == [*all_ids(0, 1, 2, 3), "own"]
    assert not desks.ben.exchange().is_anything
    assert desks.set("2y") == 0
    assert desks.here == [*all_ids(*range(8)), "own"]
    assert desks.set("all") == 0
    assert desks.ben.texts() == before
    assert desks.anna.exchange().deleted == 0
    assert len(desks.anna.texts()) == COUNT + 1, "nothing was deleted for others"


def test_what_is_ones_own_marked_or_changed_stays(desks: Desks) -> None:
    desks.ben.star("a7")
    desks.ben.edit(ArticleId("a8"), "\nBen was here.\n")
    desks.set("1y")
    # The edit was sent by the same exchange: it is ben's version now.
    assert desks.here == [*all_ids(0, 1, 2, 3, 7, 8), "own"]


def test_what_is_starred_elsewhere_comes(desks: Desks) -> None:
    desks.set("1y")
    desks.ben.star("a9")
    assert desks.ben.exchange().new == 1
    assert desks.here == [*all_ids(0, 1, 2, 3, 9), "own"]
    desks.ben.files()[ArticleId("a9")].unlink()
    desks.ben.exchange()
    assert not desks.ben.exchange().is_anything, "what one deletes oneself stays deleted"


def test_new_articles_come_by_their_date(desks: Desks) -> None:
    desks.set("1y")
    desks.anna.write("new.md", text_of(1, "new").replace("a1\n", "new\n"))
    desks.anna.write("old.md", text_of(20, "old").replace("a20\n", "old\n"))
    desks.anna.exchange()
    assert desks.ben.exchange().new == 1
    assert "new" in desks.here
    assert "old" not in desks.here
    assert not desks.ben.exchange().is_anything
    with desks.library() as library:
        assert found(library, "body:old") == ["old"]


def test_one_list_of_what_is_here_and_there(desks: Desks) -> None:
    desks.ben.star("a7")
    desks.set("1y")
    every = [f"a{number}" for number in range(COUNT)]
    with desks.library() as library:
        assert library.search.count(parse("ivory")) == 6
        assert found(library, "ivory") == [*every, "own"]
        assert found(library, "ivory sort:oldest") == ["own", *reversed(every)]
        assert found(library, '"no10 and"') == ["a10"]
        assert found(library, "is:starred") == ["a7"]
        assert found(library, "ivory -is:starred") == [one for one in [*every, "own"]
                                                       if one != "a7"]  # fmt: skip
        library.search.mute([parse("no11")])
        assert found(library, "ivory") == [*every[:-1], "own"]


def test_an_article_is_fetched_and_kept_while_the_server_is_away(desks: Desks) -> None:
    desks.set("1y")
    with desks.library() as library:
        assert "no10" in library.article(ArticleId("a10")).body
        with desks.archive.server.stopped():
            assert "no10" in library.article(ArticleId("a10")).body
            assert library.article(ArticleId("a1")).title == "Title 1"
            with pytest.raises(LibraryError, match="does not answer"):
                found(library, "ivory")
            assert library.search.count(parse("ivory")) == 5
        assert library.article(ArticleId("a10")).title == "Title 10"


def test_killed_between_noting_and_removing(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    before = desks.ben.texts()

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "unlink", killed)
        desks.set("1y")
    assert desks.ben.exchange().sent == 0
    assert desks.here == [*all_ids(0, 1, 2, 3), "own"]
    desks.set("all")
    assert desks.ben.texts() == before


def test_what_is_not_what_it_claims_is_not_shown(desks: Desks) -> None:
    desks.set("1y")
    hostile = '+++\nid = "other"\ntitle = "\x1b]0;mine\x07"\n+++\nivory'
    desks.archive.sql(f"update rilo.log set text = '{hostile}' where id = 'a10'")
    red = '---\nid: a9\ntitle: "\x1b[31mred"\n---\nivory'
    desks.archive.sql(f"update rilo.log set text = '{red}' where id = 'a9'")
    with desks.library() as library:
        assert library.remote_articles is not None
        assert "a10" not in found(library, "ivory")
        assert library.remote_articles.fetch_article(ArticleId("a10")) is None
        row = next(row for row in rows_of(library, "ivory") if row.id == "a9")
        assert "red" in row.title
        assert "\x1b" not in row.title


def test_a_file_that_is_changed_meanwhile_stays(
    desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = Path.unlink
    edited: list[ArticleId] = []

    def edit_next(path: Path, *, missing_ok: bool = False) -> None:
        unlink(path, missing_ok=missing_ok)
        if not edited and path.is_relative_to(desks.ben.folder):
            edited.append(ArticleId(min(set(desks.here) - {"own", *all_ids(0, 1, 2, 3)})))
            desks.ben.edit(edited[0], "\nBen was here.\n")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", edit_next)
        desks.set("1y")
    desks.ben.exchange()
    desks.anna.exchange()
    assert "Ben was here" in desks.anna.texts()[edited[0]]
    assert edited[0] in desks.here
