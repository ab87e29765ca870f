"""Desks that share an archive on a real server: what one has the others get, and all is kept."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from psycopg.errors import CheckViolation

from rilo_reader.annotations.highlight import from_fields
from rilo_reader.article import ArticleId
from rilo_reader.errors import LibraryError
from rilo_reader.paths import marks_file
from rilo_reader.plugins.archive import exchange, files, marks, pull, push
from rilo_reader.plugins.archive.connection import ArchiveAddress, ShareError, connect_archive
from rilo_reader.plugins.archive.exchange import ArchiveShare
from rilo_reader.plugins.archive.members import NO_ROLE, grant_role, list_members
from rilo_reader.plugins.archive.portable import PortableArticle
from rilo_reader.plugins.archive.push import Pusher, delete_article
from rilo_reader.plugins.archive.records import open_records
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.state import open_state
from tests.plugins.archive.desks import Desk, administrator, make_archive
from tests.support.postgresql import PASSWORD, Archive

pytestmark = [pytest.mark.service, pytest.mark.slow]


class Desks:
    """An archive with anna, ben and cleo."""

    def __init__(self, archive: Archive, home: Path) -> None:
        self.archive = archive
        make_archive(archive, anna="contributor", ben="contributor", rita="reader")
        self.home = home
        self.anna, self.ben, self.rita = (self.desk(name) for name in ("anna", "ben", "rita"))

    def desk(self, person: str, home: str = "", **options: bool) -> Desk:
        return Desk(self.home / (home or person), self.archive.url(person), **options)


@pytest.fixture
def desks(archive: Archive, tmp_path: Path) -> Desks:
    return Desks(archive, tmp_path)


def test_what_one_collects_the_others_have(desks: Desks) -> None:
    desks.anna.collect(("1", "first"), ("2", "second"))
    desks.anna.write("notes/own.md", "A note\n\nwithout front matter\n")
    assert desks.anna.exchange().sent == 3
    assert desks.ben.exchange().new == 3
    assert desks.ben.texts() == desks.anna.texts()
    assert not desks.anna.exchange().is_anything
    assert not desks.ben.exchange().is_anything


def test_nothing_is_fetched_while_the_disk_is_nearly_full(
    desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    desks.anna.collect(("1", "first"))
    desks.anna.exchange()
    monkeypatch.setattr(pull, "RESERVE", 1 << 60)
    with pytest.raises(LibraryError, match="nothing more was fetched"):
        desks.ben.exchange()
    assert not desks.ben.texts()
    monkeypatch.undo()
    assert desks.ben.exchange().new == 1


def test_what_was_sent_from_here_is_not_read_again(
    desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    desks.anna.collect(("1", "first"), ("2", "second"))
    desks.anna.exchange()
    monkeypatch.setattr(exchange, "stream_rows_after", None)
    assert not desks.anna.exchange().is_anything


def test_what_is_sent_is_read_once(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    desks.anna.collect(("1", "first"), ("2", "second"))
    monkeypatch.setattr(push, "read_unchanged", None)
    assert desks.anna.exchange().sent == 2


def test_files_with_one_address_that_are_read_one_by_one_are_two_articles(
    desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "FILES_TOGETHER", 1)
    for path in ("z.md", "a/b.md", "c.md"):
        desks.anna.write(path, f"+++\nurl = 'https://example.org/'\n+++\n\n{path}\n")
    assert desks.anna.exchange().sent == 3
    assert desks.ben.exchange().new == 3
    ids = desks.archive.sql("select id from rilo.log order by id").split()
    assert ids == ["c.md", "https://example.org/", "z.md"]
    assert "a/b.md" in desks.ben.texts()[ArticleId("https://example.org/")]


def test_what_comes_while_one_sends_is_read_then(
    desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(Pusher):
        def push_read(self, read: Mapping[str, PortableArticle]) -> None:
            monkeypatch.undo()
            desks.ben.exchange()
            super().push_read(read)

    desks.anna.collect(("1", "first"))
    desks.ben.collect(("2", "second"))
    monkeypatch.setattr(exchange, "Pusher", Slow)
    assert desks.anna.exchange().sent == 1
    assert desks.anna.exchange().new == 1
    assert len(desks.anna.texts()) == 2


def test_two_collectors_double_nothing(desks: Desks) -> None:
    for desk in (desks.anna, desks.ben):
        desk.collect(("1", "first"))
    desks.anna.exchange()
    desks.ben.exchange()
    desks.ben.collect(("1", "first"), ("2", "second"))
    desks.ben.exchange()
    desks.anna.exchange()
    assert desks.anna.texts() == desks.ben.texts()
    assert len(desks.anna.texts()) == 2
    assert desks.archive.sql("select count(*) from rilo.log") == "2"


def test_a_pulled_article_is_known_when_its_feed_is_fetched(desks: Desks) -> None:
    desks.anna.collect(("1", "first"))
    desks.anna.exchange()
    desks.ben.exchange()
    desks.ben.collect(("1", "first, corrected"))
    desks.ben.exchange()
    desks.anna.exchange()
    [text] = desks.anna.texts().values()
    assert "corrected" in text


def test_an_edit_travels_and_no_update_of_the_feed_replaces_it(desks: Desks) -> None:
    desks.anna.collect(("1", "first"))
    desks.anna.exchange()
    desks.ben.exchange()
    [article] = desks.ben.files()
    desks.ben.edit(article, "\nBen was here.\n")
    desks.ben.exchange()
    assert desks.anna.exchange().updated == 1
    assert "Ben was here" in desks.anna.texts()[article]
    desks.anna.collect(("1", "changed by the feed"))
    assert "Ben was here" in desks.anna.texts()[article]


def test_where_both_changed_a_text_each_keeps_their_own(desks: Desks) -> None:
    desks.anna.write("a.md", '+++\nid = "a"\n+++\n\nText\n')
    desks.anna.exchange()
    desks.ben.exchange()
    article = ArticleId("a")
    desks.anna.edit(article, "Anna's\n")
    desks.ben.edit(article, "Ben's\n")
    desks.anna.exchange()
    done = desks.ben.exchange()
    assert (done.kept, done.sent) == (1, 0)
    assert "Ben's" in desks.ben.texts()[article]
    assert "Anna's" in desks.archive.sql("select text from rilo.log order by seq desc limit 1")
    assert not desks.ben.exchange().is_anything, "it is told once"
    desks.ben.edit(article, "Anna's too\n")  # who edits again means it
    assert desks.ben.exchange().sent == 1


def test_what_is_deleted_here_stays_gone_and_others_keep_it(desks: Desks) -> None:
    desks.anna.collect(("1", "first"))
    desks.anna.exchange()
    desks.ben.exchange()
    [file] = desks.ben.files().values()
    file.unlink()
    desks.ben.exchange()
    [article] = desks.anna.files()
    desks.anna.edit(article, "more\n")
    desks.anna.exchange()
    desks.ben.exchange()
    assert desks.ben.texts() == {}
    assert len(desks.anna.texts()) == 1


def test_deleted_for_all_only_by_who_wrote_it(desks: Desks) -> None:
    desks.anna.write("a.md", '+++\nid = "a"\n+++\n\nText\n')
    desks.anna.exchange()
    desks.ben.exchange()
    for desk, is_allowed in ((desks.ben, False), (desks.anna, True)):
        with (
            open_records(desk.folder, desk.paths) as records,
            closing(ArchiveShare(desk.folder, desk.paths, records).connect_joined()) as connection,
        ):
            if is_allowed:
                delete_article(connection, ArticleId("a"))
            else:
                with pytest.raises(ShareError, match="yours alone"):
                    delete_article(connection, ArticleId("a"))
    for desk in (desks.ben, desks.anna):
        assert desk.exchange().deleted == 1
        assert desk.texts() == {}
    desks.ben.write("b.md", '+++\nid = "a"\n+++\n\nAgain\n')
    desks.ben.exchange()
    assert desks.archive.sql("select count(*) from rilo.log") == "2"


def test_a_reader_reads_and_sends_nothing(desks: Desks) -> None:
    desks.rita.write("mine.md", "Mine\n")
    desks.anna.collect(("1", "first"))
    desks.anna.exchange()
    done = desks.rita.exchange()
    assert (done.new, done.sent, done.problem) == (1, 0, "")
    assert desks.archive.sql("select count(*) from rilo.log") == "1"


def test_marks_meet_on_a_persons_devices_and_nobody_else_sees_them(desks: Desks) -> None:
    desks.anna.collect(("1", "first"))
    desks.anna.exchange()
    [article] = desks.anna.files()
    desks.anna.star(article)
    desks.anna.exchange()
    other = desks.desk("anna", "anna's laptop")
    assert other.exchange().marks_changed == 1
    assert other.marks(article).starred
    desks.ben.exchange()
    assert not desks.ben.marks(article).starred
    other.star(article, False)
    other.exchange()
    desks.anna.exchange()
    assert not desks.anna.marks(article).starred


def test_highlights_are_seen_by_others_only_if_shared(desks: Desks) -> None:
    shares = desks.desk("anna", "anna who shares", shared=True)
    for desk, name in ((shares, "passage1"), (desks.ben, "passage2")):
        with closing(open_state(marks_file(desk.folder, desk.paths))) as state:
            state.apply_assignments([Assignment(f"highlight:{name}", "{}", Ids([ArticleId("a")]))])
        desk.exchange()
    desks.rita.exchange()
    with open_records(desks.rita.folder, desks.rita.paths) as records:
        seen = records.read_shared_marks()
    assert [(person, field) for _, person, field, _, _ in seen] == [
        (desks.archive.login("anna"), "highlight:passage1")
    ]
    with closing(open_state(marks_file(desks.rita.folder, desks.rita.paths))) as state:
        assert state.annotations.read(ArticleId("a")) == []


def test_what_a_colleague_shares_is_bounded(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "EACH_LIMIT", 3)
    for person, names in (("anna", "1 2 3 4"), ("ben", "5")):
        desk = desks.desk(person, shared=True)
        with closing(open_state(marks_file(desk.folder, desk.paths))) as state:
            for name in names.split():
                state.apply_assignments([Assignment(f"note:{name}", name, Ids([ArticleId("a")]))])
            long = "x" * (marks.LONGEST_SHARED + 1)
            state.apply_assignments([Assignment("note:long", long, Ids([ArticleId("a")]))])
        desk.exchange()
    assert desks.rita.exchange().highlights_changed
    with open_records(desks.rita.folder, desks.rita.paths) as records:
        seen = [value for _, _, _, value, _ in records.read_shared_marks()]
    assert sorted(seen) == ["2", "3", "4", "5"]
    assert not desks.rita.exchange().is_anything


# -- what may happen ------------------------------------------------------------------------------


def test_server_gone_and_back(desks: Desks) -> None:
    desks.anna.collect(("1", "first"))
    desks.anna.exchange()
    with desks.archive.server.stopped():
        desks.anna.collect(("1", "first"), ("2", "second"))
        with pytest.raises(LibraryError, match=r"does not answer.*sent later"):
            desks.anna.exchange()
        assert len(desks.anna.texts()) == 2
    desks.anna.exchange()
    desks.ben.exchange()
    assert desks.ben.texts() == desks.anna.texts()


@pytest.mark.parametrize("more_first", [False, True])
def test_restored_from_a_dump(desks: Desks, tmp_path: Path, more_first: bool) -> None:
    """What came after the backup is sent again by those who have it, whoever comes first."""
    desks.anna.write("a.md", '+++\nid = "a"\n+++\n\nText\n')
    desks.anna.exchange()
    desks.ben.exchange()
    desks.archive.backup(tmp_path / "dump")
    desks.anna.edit(ArticleId("a"), "later\n")
    desks.anna.collect(*((str(n), f"text {n}") for n in range(5)))
    desks.anna.star("a")
    desks.anna.exchange()
    desks.ben.exchange()
    before = desks.anna.texts()
    desks.archive.restore(tmp_path / "dump")
    if more_first:  # the sequence is beyond what was read by the time that anna comes
        newcomer = desks.desk("ben", "newcomer")
        newcomer.collect(*((f"n{n}", "new") for n in range(30)))
        newcomer.exchange()
    done = desks.anna.exchange()
    assert done.restored
    for desk in (desks.ben, desks.anna, desks.ben):
        desk.exchange()
    assert desks.anna.texts() == desks.ben.texts()
    assert desks.anna.texts().items() >= before.items()
    assert desks.anna.marks("a").starred
    fresh = desks.desk("rita", "fresh")
    fresh.exchange()
    assert fresh.texts() == desks.anna.texts()
    assert desks.archive.sql("select count(*) from rilo.mark") == "1"


def test_a_member_is_removed_while_connected(desks: Desks) -> None:
    desks.anna.collect(("1", "first"))
    desks.anna.exchange()
    with open_records(desks.anna.folder, desks.anna.paths) as records:
        share = ArchiveShare(desks.anna.folder, desks.anna.paths, records)
        with closing(share.connect_joined()) as connection:
            with closing(administrator(desks.archive)) as other:
                grant_role(other, desks.archive.login("anna"), NO_ROLE)
                assert desks.archive.login("anna") not in list_members(other)
            with pytest.raises(LibraryError):
                share.exchange_all(connection)
    with pytest.raises(LibraryError, match="member"):
        desks.anna.exchange()
    assert len(desks.anna.texts()) == 1


def test_a_hostile_member_harms_nobody(desks: Desks) -> None:
    sql = desks.archive.sql
    forged = '+++\nid = "another"\n+++\n\nforged'
    rows = {
        "../../../etc/passwd.md": '+++\nid = "../../../etc/passwd.md"\ntitle = "../../x"\n+++\n\nx',
        "esc": '+++\nid = "esc"\ntitle = "a\x1b]52;c;x\x07b"\nsource = "../.."\n+++\n\n\x1b[2Jx',
        "forged": forged,
        "broken": "+++\nid = [[[",
        "empty": "",
    }
    for number, (name, text) in enumerate(rows.items()):
        quoted = text.replace("'", "''")
        sql(f"insert into rilo.log(id, at, text) values ('{name}', {number}, '{quoted}')")
    sql("insert into rilo.log(id, at, text) select 't' || n, 0, "
        "'+++' || chr(10) || 'id = \"t' || n || '\"' || chr(10) || '+++' || chr(10) || 'x' "
        "from generate_series(1, 1000) n")  # fmt: skip
    done = desks.ben.exchange()
    assert done.new == 1002
    assert done.refused == 3
    outside = [file for file in desks.home.rglob("*.md") if desks.ben.folder not in file.parents]
    assert outside == []
    assert all("\x1b" not in file.read_text() for file in desks.ben.folder.rglob("*.md"))
    assert not desks.ben.exchange().is_anything, "nothing of it is sent back"


def hostile_texts() -> dict[str, str]:
    """Texts by id that are large or deep where somebody reads them."""
    bomb = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    return {
        "deep toml": f'+++\nid = "deep toml"\nx = {"[" * 50_000}\n+++\n\nx',
        "deep yaml": f"---\nid: deep yaml\nx: {'[' * 50_000}\n---\nx",
        "bomb": f"---\nid: bomb\na0: &a0 [x]\n{bomb}---\nx",
        "one word": f"---\nid: one word\n---\n{'x' * 3_900_000}",
        "many words": "---\nid: many words\n---\n" + " ".join(f"w{n}" for n in range(400_000)),
        "no year": "---\nid: no year\ndate: 0000-00-00\n---\nx",
        "late": "---\nid: late\ndate: 9999-12-31T23:59:59-14:00\n---\nx",
        "a\nb\x1b[2J": '+++\nid = "a\\nb\\u001b[2J"\n+++\n\nx',
        "long title": f"---\nid: long title\ntitle: {'t' * 1_000_000}\n---\nx",
        "paths": "---\nid: paths\ntitle: ../../../etc\nsource: /etc\n"
        "feed: file:///etc/passwd\nguid: ../x\n---\nx",
    }


@pytest.mark.timeout(300)
def test_large_and_deep_texts_of_a_hostile_member_harm_nobody(desks: Desks) -> None:
    address = ArchiveAddress(desks.archive.url("anna"))
    with closing(connect_archive(address, address.password)) as connection:
        for article, text in hostile_texts().items():
            connection.execute(
                "insert into log(id, at, text) values (%s, %s, %s)", (article, -(1 << 63), text)
            )
        with pytest.raises(CheckViolation):
            connection.execute(
                "insert into log(id, at, text) values ('8', 0, %s)", ("x" * 8_000_000,)
            )
    desks.anna.write("good.md", '+++\nid = "good"\n+++\n\nGood\n')
    desks.anna.exchange()
    done = desks.ben.exchange()
    assert done.new + done.refused == len(hostile_texts()) + 1
    assert "good" in desks.ben.files()
    assert [
        file for file in desks.home.rglob("*") if ".." in file.name or "\x1b" in file.name
    ] == []
    assert not desks.ben.exchange().is_anything, "nothing of it is sent back"


def test_highlights_of_a_hostile_member_harm_nobody(desks: Desks) -> None:
    address = ArchiveAddress(desks.archive.url("anna", PASSWORD))
    with closing(connect_archive(address, address.password)) as connection:
        for number, value in enumerate(("{", "[]", "\x1b[2J", "x" * 90_000, '{"exact": 1}')):
            connection.execute(
                "insert into mark(field, id, value, stamp, shared) values (%s, %s, %s, %s, true)",
                (f"highlight:\x1b{number}", "../a\x1b[2J", value, (1 << 63) - 1 - number),
            )
    desks.ben.exchange()
    assert not desks.ben.all_marks()
    with open_records(desks.ben.folder, desks.ben.paths) as records:
        assert len(records.read_shared_marks()) == 4, "the long one is not kept"
        from_fields(
            (field, value, stamp) for _, _, field, value, stamp in records.read_shared_marks()
        )
    with closing(open_state(marks_file(desks.ben.folder, desks.ben.paths))) as state:
        assert state.annotations.read(ArticleId("../a\x1b[2J")) == []


def test_more_than_a_day_allows_waits(desks: Desks) -> None:
    desks.archive.sql("update rilo.archive set rows_a_day = 3")
    desks.anna.collect(*((str(n), "text") for n in range(5)))
    with pytest.raises(LibraryError, match="in a day"):
        desks.anna.exchange()
    desks.archive.sql("update rilo.archive set rows_a_day = 100")
    assert desks.anna.exchange().sent == 5


def test_an_article_that_is_too_large_stays_here(desks: Desks) -> None:
    desks.anna.write("large.md", "x" * 4_100_000)
    desks.anna.write("small.md", "small")
    assert desks.anna.exchange().sent == 1


def test_no_secret_is_kept_or_said(desks: Desks, tmp_path: Path) -> None:
    wrong = Desk(tmp_path / "wrong", desks.archive.url("anna", "wrong-password"))
    with pytest.raises(LibraryError) as caught:
        wrong.exchange()
    assert "wrong-password" not in str(caught.value)
    desks.anna.exchange()
    having = [
        file.name
        for file in (tmp_path / "anna").rglob("*")
        if file.is_file() and PASSWORD.encode() in file.read_bytes()
    ]
    assert having == ["passwords.toml"]
    assert (tmp_path / "anna/state/passwords.toml").stat().st_mode & 0o077 == 0
