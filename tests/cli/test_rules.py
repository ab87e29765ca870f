"""Rules for what arrives: applied once to each new article, told, undone as one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from rilo_reader.config import load
from rilo_reader.feeds.article_text import Origin
from rilo_reader.feeds.collection import open_collection
from rilo_reader.feeds.rules import apply_rules, parse_rules
from rilo_reader.library import LibraryBusy, open_library
from rilo_reader.library.rows import ReadingLimits
from rilo_reader.paths import user_paths
from tests.cli.test_collecting import HTML, follow
from tests.feeds.world import ONE, PAGE, rss
from tests.support.command_line import User
from tests.support.servers import Server, serving

RULES = """
[[rules]]
name = "Goals"
query = "title:goal"
read = true
tags = ["sport"]

[[rules]]
name = "Stars"
query = "title:two OR title:goal"
starred = true
"""


@pytest.fixture
def server(user: User) -> Iterator[Server]:
    with serving() as server:
        server.page("/feed", rss("One", "Goal"), etag='"1"')
        server.page("/page", PAGE, headers=HTML)
        follow(user, Mine=server.url("/feed"))
        yield server


def found(user: User, query: str) -> list[str]:
    return [line.split("\t")[1] for line in user.ask("search", query).out.splitlines()]


@pytest.mark.slow
def test_what_arrives_is_marked_once_and_undone_as_one(user: User, server: Server) -> None:
    user.run("refresh")
    user.settings(RULES)
    server.page("/feed", rss("One", "Goal", "Two", "Late goal"), etag='"2"')
    done = user.run("refresh", "--force")
    done.says("2 new articles", "Rule Goals: 1 read, 1 tagged sport; rule Stars: 2 starred.")
    assert found(user, "is:read") == ["Late goal"]  # what was there before is left alone
    assert sorted(found(user, "is:starred")) == ["Late goal", "Two"]
    [entry] = user.ask("history", "--json").objects
    said = "Rules Goals, Stars: marked 1 as read, starred 2, tagged 1 with sport"
    assert entry["what"] == said
    said = said.replace(" 1 ", " 1 article ").replace("starred 2", "starred 2 articles")
    assert user.ask("undo").out == f"Undone: {said}.\n"
    assert user.run("refresh", "--force", "--json").objects[-1]["rules"] == ""
    assert (found(user, "is:read"), found(user, "is:starred"), found(user, "tag:sport")) == (
        [],
    ) * 3


@pytest.mark.slow
def test_a_page_that_is_added_arrives_too_and_an_import_does_not(
    user: User, server: Server
) -> None:
    user.settings('[[rules]]\nname = "All"\nquery = "*"\ntags = ["came"]\n')
    old = user.home / "old.md"
    old.write_text("# Old\n\nText.\n")
    assert user.run("import", str(old)).code == 0
    assert user.run("add", server.url("/page"), "--page", "--dry-run").code == 0
    assert found(user, "tag:came") == []
    user.run("add", server.url("/page"), "--page")
    assert found(user, "tag:came") == ["One"]


@pytest.mark.slow
def test_what_a_rule_matches_is_what_search_finds(user: User, server: Server) -> None:
    queries = [
        *("*", "words", "go*", '"some words"', "-goal", "NOT is:read", "is:starred", "~goel"),
        *("source:mine", "source:=Mine", "url:a.example", "/g.al/", "(one OR goal) -lang:de"),
        *("after:1d", "before:2001", "date:2020..2030", "@Mine", "cafe", "三", "has:note"),
    ]
    rules = [
        f"[[rules]]\nname = 'r{n}'\nquery = '{query}'\ntags = 'r{n}'"
        for n, query in enumerate(queries)
    ]
    searches = "[[searches]]\nname = 'Mine'\nquery = 'title:goal OR café'\n"
    user.settings("\n".join([*rules, searches]))
    server.page("/feed", rss("One", "Goal", "Café", "第三章"), etag='"3"')
    user.run("refresh").says("4 new articles")
    by_search = {query: sorted(found(user, query)) for query in queries}
    by_rule = {query: sorted(found(user, f"tag:=r{n}")) for n, query in enumerate(queries)}
    # Tags of rules are found as words; none of these queries asks for one.
    assert by_rule == by_search
    assert by_search["@Mine"] == ["Café", "Goal"]


@pytest.mark.slow
def test_killed_before_or_after_the_gesture_each_article_is_marked_once(
    user: User, server: Server
) -> None:
    user.settings(RULES)
    paths = user_paths()
    rules = parse_rules(load(paths.settings_file)[0].rules, ())
    with open_collection(user.library, paths) as collection:
        collection.writer.records_arrivals = True
        collection.save_entries(Origin(server.url("/feed"), "Mine"), [ONE._replace(title="Goal")])
    with (
        open_collection(user.library, paths) as collection,
        open_library(user.library, paths) as library,
    ):
        arrived = collection.ledger.list_awaiting_rules()
        done = apply_rules(collection.ledger, library, rules)
        assert done == "Rule Goals: 1 read, 1 tagged sport; rule Stars: 1 starred"
        with collection.ledger.transaction():  # as if it had been killed before it was noted
            collection.ledger.put_arrived(arrived)
        library.state.undo_last()
    user.run("refresh", "--force")
    assert len(found(user, "is:starred")) == 1  # what has come since; the undone one stays so
    with open_collection(user.library, paths) as collection:
        assert collection.ledger.list_awaiting_rules() == {}
        collection.writer.records_arrivals = True  # killed before the gesture
        collection.save_entries(
            Origin(server.url("/feed"), "Mine"), [ONE._replace(key="2", title="Two")]
        )
    user.run("refresh")
    assert "Two" in found(user, "is:starred")


def test_a_fault_is_told_and_harms_nothing(user: User, server: Server) -> None:
    user.settings(
        RULES + '[[rules]]\nname = "Broken"\nquery = "(a"\nread = true\n'
        '[[rules]]\nname = "Gone"\nquery = "@nothing"\nread = true\n'
        '[[searches]]\nname = "Mine"\nquery = "goal"\n'
    )
    done = user.run("refresh")
    assert done.code == 0
    assert "line 14, rules.query: '(a': " in done.err
    assert 'The rule "Gone" is ignored: ' in done.err
    assert "Rule Goals: 1 read" in done.out
    assert 'The rule "Gone" is ignored' in user.run("doctor").out
    assert user.run("rules", "--json").objects[-1]["problem"]
    user.run("rules", "try", "gone").failed(1, "is ignored")


def test_an_index_that_another_process_writes_lets_them_wait(user: User, server: Server) -> None:
    user.settings(RULES)
    limits = ReadingLimits(writer_wait=0)
    with (
        open_collection(user.library, user_paths()) as collection,
        open_library(user.library, user_paths()) as other,
        open_library(user.library, user_paths(), limits=limits) as library,
    ):
        collection.writer.records_arrivals = True
        collection.save_entries(Origin(server.url("/feed"), "Mine"), [ONE._replace(title="Goal")])
        rules = parse_rules(load(user_paths().settings_file)[0].rules, ())
        with other.index.hold_writer(), pytest.raises(LibraryBusy):
            apply_rules(collection.ledger, library, rules)
        assert len(collection.ledger.list_awaiting_rules()) == 1
        assert apply_rules(collection.ledger, library, rules)


def test_rules_are_listed_and_tried_on_the_last_month(user: User, server: Server) -> None:
    assert "You have no rules yet." in user.run("rules").err
    user.settings(RULES)
    assert user.run("rules").out == (
        "Goals\ttitle:goal\tread, tagged sport\nStars\ttitle:two OR title:goal\tstarred\n"
    )
    user.article("old.md", "Old goal", "2001-01-01", "Text.")
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    path = user.article("new.md", "New goal", day, "Text.", id='"new"')
    user.article("other.md", "Other", day, "Text.")
    user.run("mark", "read", "new")
    done = user.run("rules", "try", "goals")
    assert done.out == f"{day}\tNew goal\t\ttagged sport\n"
    assert done.err == "Goals finds 1 article of the last 30 days; it would change 1 of them.\n"
    [one] = user.run("rules", "try", "Goals", "--json").objects
    assert (one["path"], one["would"]) == (path.name, ["tagged sport"])
    assert found(user, "tag:sport") == []
    user.run("rules", "try", "gaols").failed(1, "Did you mean 'Goals'?")
    user.run("rules", "attempt").failed(2, "rules takes no words, or try and a name")
    assert "title:two OR title:goal" in user.show("rules")


AGES = """
[[rules]]
name = "Old news"
query = "*"
read_after = "14d"

[[rules]]
name = "Few"
query = "title:flood"
keep_unread = 2
"""


def home_with_ages(user: User, *ages: int, title: str = "Day") -> None:
    """Articles of so many days ago, which the index has."""
    for age in ages:
        day = f"{datetime.now(UTC) - timedelta(days=age):%Y-%m-%d}"
        user.article(f"{title}-{age}.md", f"{title} {age}", day, "Text.")
    user.ask("index")


@pytest.mark.slow
def test_what_grew_old_is_read_at_each_refresh_and_undone_as_one(
    user: User, server: Server
) -> None:
    user.settings(AGES)
    home_with_ages(user, 3, 20, 30, 40)
    home_with_ages(user, 2, 3, 4, 5, title="Flood")
    user.write("undated.md", "# Undated\n\nText.\n")
    user.ask("mark", "star", "Day-30.md")
    user.ask("mark", "read", "Day-40.md")
    user.settings(AGES + '[[mutes]]\nquery = "title:20"\n')
    said = "Rule Few: 2 articles read, beyond the newest 2"
    assert user.run("refresh", "--dry-run").code == 0
    assert user.ask("rules", "try", "--json").objects[0]["would"] == [
        "0 articles read, older than 14 days"
    ]
    assert said not in user.run("refresh", "--dry-run").out
    user.run("refresh").says(f"{said}.")
    user.settings(AGES)
    done = user.run("refresh", "--force", "--json").objects[-1]
    assert done["rules"] == "Rule Old news: 1 article read, older than 14 days"
    assert sorted(found(user, "is:read")) == ["Day 20", "Day 40", "Flood 4", "Flood 5"]
    what = "Rule Old news (older than 14 days): marked 1 article as read"
    assert user.ask("undo").out.startswith(f"Undone: {what.partition(': ')[0]}: marked ")
    assert user.run("refresh", "--force", "--json").objects[-1]["rules"] == ""
    user.ask("undo")
    assert user.run("refresh", "--force", "--json").objects[-1]["rules"] == ""
    assert found(user, "is:read") == ["Day 40"]


@pytest.mark.slow
def test_ages_are_tried_and_nothing_is_changed(user: User, server: Server) -> None:
    user.settings(AGES)
    assert user.run("rules").out == (
        "Old news\t*\tread when older than 14 days\n"
        "Few\ttitle:flood\tread when beyond the newest 2\n"
    )
    home_with_ages(user, 3, 20, 30)
    assert user.ask("rules", "try").out == (
        "Old news\t*\t2 articles read, older than 14 days\n"
        "Few\ttitle:flood\t0 articles read, beyond the newest 2\n"
    )
    done = user.ask("rules", "try", "old", "news")
    assert [line.split("\t")[1] for line in done.out.splitlines()] == ["Day 20", "Day 30"]
    assert done.err == "Old news, now: 2 articles read, older than 14 days.\n"
    [first, _] = user.ask("rules", "try", "Old news", "--json").objects
    assert (first["path"], first["would"]) == ("Day-20.md", ["read, older than 14 days"])
    assert found(user, "is:read") == []
    user.settings(RULES)
    assert "No rule has read_after or keep_unread." in user.run("rules", "try").err


@pytest.mark.slow
def test_a_feed_says_itself_what_grows_old(user: User, server: Server) -> None:
    user.settings(AGES)
    file = user_paths().feeds_file
    user.run("refresh")
    for written in ('read_after = "never"', 'read_after = "20y"', "keep_unread = 1"):
        file.write_text(f'[[feeds]]\nurl = "{server.url("/feed")}"\ntitle = "Mine"\n{written}\n')
        done = user.run("refresh", "--force", "--json").objects[-1]["rules"]
        beyond = "Rule Mine: 1 article read, beyond the newest 1"
        assert done == (beyond if written.startswith("keep") else "")
    assert (
        user.run("rules").out.splitlines()[-1].startswith('Mine\tsource:="Mine"\tread when beyond')
    )


@pytest.mark.slow
def test_a_bad_age_costs_itself_alone(user: User, server: Server) -> None:
    user.settings(AGES.replace("14d", "14 days"))
    file = user_paths().feeds_file
    file.write_text(f'[[feeds]]\nurl = "{server.url("/feed")}"\nread_after = 14\nlimit = 1\n')
    home_with_ages(user, 20, 30, 40, title="Flood")
    done = user.run("refresh")
    assert "1 new article; 1 feed.\nRule Few: 1 article read, beyond the newest 2.\n" in done.out
    assert 'rules.read_after: expected an age such as "14d"' in done.err
    said = user.run("doctor").out
    assert "line 5, rules.read_after: expected an age" in said
    assert "line 3, feeds.read_after: expected an age" in said
