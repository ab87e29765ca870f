"""Members come, change what they are, and go."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from psycopg import Connection

from rilo_reader.annotations.anchors import Anchor
from rilo_reader.annotations.highlight import Highlight, to_json
from rilo_reader.article import ArticleId
from rilo_reader.paths import marks_file
from rilo_reader.plugins.archive.connection import ArchiveAddress, ShareError, connect_archive
from rilo_reader.plugins.archive.exchange import ArchiveShare
from rilo_reader.plugins.archive.marks import pull_shared
from rilo_reader.plugins.archive.members import NO_ROLE, grant_role, list_members, set_password
from rilo_reader.plugins.archive.records import ArchiveRecords, open_records
from rilo_reader.plugins.archive.schema import make_roles
from rilo_reader.secret_store import Secret
from rilo_reader.store.gestures import Assignment, Ids
from rilo_reader.store.marks import HIGHLIGHT
from rilo_reader.store.state import open_state
from tests.plugins.archive.desks import Desk, administrator, make_archive
from tests.support.costs import Prepare, find_growing
from tests.support.postgresql import SUPERUSER, Archive

pytestmark = [pytest.mark.service, pytest.mark.slow]


@pytest.fixture
def made(archive: Archive) -> Archive:
    make_archive(archive, anna="administrator", ben="contributor", rita="reader")
    return archive


def test_what_a_reader_adds_stays_until_it_is_asked_for(made: Archive, tmp_path: Path) -> None:
    rita = Desk(tmp_path / "rita", made.url("rita"))
    rita.write("mine.md", "Mine\n")
    assert rita.exchange().held == 1
    assert rita.exchange().held == 0, "it is told once"
    with closing(administrator(made)) as connection:
        grant_role(connection, made.login("rita"), "contributor")
    rita.write("later.md", "Later\n")
    assert rita.exchange().sent == 1
    with open_records(rita.folder, rita.paths) as records:
        assert (records.count_held(), records.count_waiting()) == (1, 0)
        with records.transaction():
            records.release_held(every=True)
    assert rita.exchange().sent == 1
    assert made.sql("select string_agg(id, ' ' order by id) from rilo.log") == "later.md mine.md"


def test_what_a_reader_has_too_is_no_longer_held(made: Archive, tmp_path: Path) -> None:
    rita, ben = (Desk(tmp_path / name, made.url(name)) for name in ("rita", "ben"))
    for desk in (rita, ben):
        desk.write("a.md", '+++\nid = "a"\ntitle = "A"\ndate = 2026-01-02\n+++\n\nText\n')
    rita.exchange()
    ben.exchange()
    rita.exchange()
    with closing(administrator(made)) as connection:
        grant_role(connection, made.login("rita"), "contributor")
    rita.edit(ArticleId("a"), "More\n")
    assert rita.exchange().sent == 1


def test_the_last_administrator_stays_one(made: Archive) -> None:
    anna, ben = made.login("anna"), made.login("ben")
    with closing(administrator(made)) as connection:
        grant_role(connection, SUPERUSER, NO_ROLE)  # who made it
        for role in (NO_ROLE, "reader", "contributor"):
            with pytest.raises(ShareError, match="only administrator"):
                grant_role(connection, anna, role)
        grant_role(connection, anna, "administrator")
        grant_role(connection, ben, "administrator")
        grant_role(connection, anna, NO_ROLE)
        assert list_members(connection)[ben] == "administrator"
        assert anna not in list_members(connection)


def test_a_password_is_changed_by_its_login_and_by_who_may(made: Archive) -> None:
    url, login = made.url("rita"), made.login("rita")
    address = ArchiveAddress(url)
    with closing(connect_archive(address, address.password)) as connection:
        set_password(connection, login, Secret("another one"))
        with pytest.raises(ShareError):
            set_password(connection, made.login("ben"), Secret("stolen"))
    with closing(connect_archive(address, Secret("another one"))):
        pass
    with pytest.raises(ShareError, match="login"):
        connect_archive(address, address.password)
    with closing(administrator(made)) as connection:
        set_password(connection, login, address.password)
    with closing(connect_archive(address, address.password)):
        pass


def test_highlights_of_who_is_no_member_are_not_shown(made: Archive, tmp_path: Path) -> None:
    ben = Desk(tmp_path / "ben", made.url("ben"), shared=True)
    rita = Desk(tmp_path / "rita", made.url("rita"))
    ben.write("a.md", '+++\nid = "a"\n+++\n\nText\n')
    with closing(open_state(marks_file(ben.folder, ben.paths))) as state:
        one = Highlight("00000001", Anchor("Text", "", "", 0))
        state.apply_assignments(
            [Assignment(HIGHLIGHT + "00000001", to_json(one), Ids([ArticleId("a")]))]
        )
    ben.exchange()

    def seen() -> int:
        rita.exchange()
        with open_records(rita.folder, rita.paths) as records:
            return len(records.read_shared_marks())

    assert seen() == 1
    with closing(administrator(made)) as connection:
        grant_role(connection, made.login("ben"), NO_ROLE)
        assert seen() == 0
        grant_role(connection, made.login("ben"), "reader")
        assert seen() == 1


def test_files_with_one_address_are_shared_by_their_paths(made: Archive, tmp_path: Path) -> None:
    ben, rita = (Desk(tmp_path / name, made.url(name)) for name in ("ben", "rita"))
    for name in ("a", "b", "c"):
        ben.write(f"{name}.md", f"---\nurl: https://example.org/one\n---\n\nText {name}\n")
    assert ben.exchange().sent == 3
    assert rita.exchange().new == 3
    assert set(rita.files()) == {"https://example.org/one", "b.md", "c.md"}
    (ben.folder / "b.md").write_text("---\nurl: https://example.org/one\n---\n\nEdited\n")
    assert ben.exchange().sent == 1
    assert rita.exchange().updated == 1
    assert not ben.exchange().is_anything
    with closing(administrator(made)) as connection:
        grant_role(connection, made.login("rita"), "contributor")
    rita.edit(ArticleId("c.md"), "By Rita\n")
    rita.exchange()
    assert ben.exchange().updated == 1
    assert "By Rita" in (ben.folder / "c.md").read_text()


def test_calls_grow_as_the_number_of_members_does(made: Archive, tmp_path: Path) -> None:
    """Listing them, and what they share: articles and highlights."""
    anna = Desk(tmp_path / "anna", made.url("anna"))
    contributor = make_roles(made.name).contributor
    joined: list[str] = []

    def prepare(do: Callable[[Connection], object]) -> Prepare:
        def prepare_members(count: int) -> Callable[[], object]:
            for number in range(len(joined), count):
                joined.append(f"m{number}_{made.name}")
                made.sql(
                    f"create role {joined[-1]} login; grant {contributor} to {joined[-1]};"
                    f"set session authorization {joined[-1]};"
                    "insert into rilo.mark(field, id, value, stamp, shared)"
                    f" values ('note:{number}', 'a', 'Note {number}', {number + 1}, true)"
                )
            made.sql(f"revoke {contributor} from {', '.join(joined)}")
            made.sql(f"grant {contributor} to {', '.join(joined[:count])}")
            return lambda: do(connection)

        return prepare_members

    with (
        open_records(anna.folder, anna.paths) as records,
        closing(ArchiveShare(anna.folder, anna.paths, records).connect_joined()) as connection,
    ):
        jobs = {
            "listed": prepare(list_members),
            "their notes": prepare(lambda given: _pull_again(given, records)),
        }
        assert find_growing(jobs, 10) == {}
        assert len(records.read_shared_marks()) == 40


def _pull_again(connection: Connection, records: ArchiveRecords) -> None:
    records.write_settings(seen="")
    assert pull_shared(connection, records)
