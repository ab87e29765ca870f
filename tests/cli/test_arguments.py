"""Arguments: what is meant is found, what means nothing is said with a suggestion and exit 2."""

from __future__ import annotations

import pytest

from rilo_reader.cli.output import UsageError
from rilo_reader.cli.search import ListVerb, SearchVerb
from tests.support.command_line import User


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serach"], "Did you mean rilo-reader search?"),
        (["LIST"], "Did you mean rilo-reader list?"),
        (["version"], "Did you mean rilo-reader --version?"),
        (["ivory"], "rilo-reader search 'ivory'"),
        ([""], "'' is neither a folder nor a command"),
        (["--libary"], "no option '--libary'"),
        (["library", "library"], "one folder at a time"),
        (["no", "where"], "'no' is neither a folder nor a command"),
        (["my", "notes"], "rilo-reader 'my notes'"),
        (["note.md"], "rilo-reader show 'note.md'"),
        (["-odd"], "rilo-reader './-odd'"),
        (["list", "--jsn"], "Did you mean --json?"),
        (["list", "--frobnicate"], "See rilo-reader list --help"),
        (["list", "ivory"], "rilo-reader search 'ivory'"),
        (["list", "--limit", "many"], "'many' is not a number, such as 20"),
        (["search", "x", "--limit", "-3"], "'-3' is not a number, such as 20"),
        (["search"], "search needs a query"),
        (["search", " "], "search needs a query"),
        (["search", "--library"], "expected one argument"),
        (["show"], "show needs ID|PATH. See rilo-reader show --help"),
        (["add"], "add needs URL"),
        (["import"], "import needs PATH"),
        (["export"], "export needs --to"),
        (["show", "a", "b"], "One article at a time"),
        (["show", "a", "--json", "--plain"], "not allowed with"),
        (["index", "somewhere"], "rilo-reader index --library 'somewhere'"),
        (["list", "--library", "nowhere"], "there is no folder 'nowhere'"),
        (["list", "--library", ""], "there is no folder ''"),
        (["./nowhere"], "there is no folder './nowhere'."),
        (["nowhere/"], "there is no folder 'nowhere/'."),
        (["mark"], "mark takes one of read, unread"),
        (["mark", "reed", "a"], "not 'reed'"),
        (["mark", "read"], "needs articles, or --query"),
        (["mark", "read", "a", "--query", "b"], "not both"),
        (["mark", "read", "--query", " "], "--query '*'"),
        (["mark", "tag"], "needs the name of a tag"),
        (["mark", "tag", "a,b", "ivory-1"], "no comma"),
        (["mark", "untag", " ", "ivory-1"], "cannot be a tag"),
        (["sync"], "needs ACTION"),
        (["sync", "yes"], "on, off, status, now, forget"),
        (["sync", "forget"], "needs a device"),
        (["sync", "forget", "phone", "--old"], "takes no 'phone'"),
        (["sync", "now", "--old"], "--old is only for sync forget"),
        (["sync", "on", "phone"], "takes no 'phone'"),
        (["sync", "now", "--folder", "x"], "--folder is only for sync on"),
        (["sync", "now", "--json"], "--json is only for sync status"),
        (["feeds", "--own", "--account", "home"], "--own or --account, not both"),
        (["add", "foo bar", "--look"], "'foo bar' is not a web address"),
        (["import", "nowhere.md"], "there is no file or folder 'nowhere.md'"),
        (["highlights", "ivory", "--notes"], "--notes is for all articles"),
        (["export", "--to", "x.doc"], "the format is not clear from 'x.doc'"),
    ],
)
def test_wrong_usage_is_one_line_with_advice(user: User, arguments: list[str], said: str) -> None:
    (user.home / "my notes").mkdir()
    (user.home / "-odd").mkdir()
    (user.home / "note.md").write_text("# Note\n", encoding="utf-8")
    code, out, err = user.run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("rilo-reader: ")
    assert err.count("\n") == 1
    assert said.format(home=user.home) in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--library", "~no-such-user/x"],
        ["import", "~no-such-user/x.md"],
        ["export", "--to", "~no-such-user/x.epub"],
        ["sync", "on", "--folder", "~no-such-user/x"],
        ["show", "~no-such-user/x.md"],
    ],
)
def test_a_path_below_the_home_of_nobody_is_named(user: User, arguments: list[str]) -> None:
    user.article("a.md", "A", "2020-01-01", "x")
    user.run(*arguments).failed(1, "~no-such-user/x", "user who does not exist.")


@pytest.mark.parametrize(
    ("words", "query"),
    [
        (["ivory", "customs"], "ivory customs"),
        (["ivory", "-ebay"], "ivory -ebay"),
        (["-ebay", "--json"], "-ebay"),
        (["--json", "ivory -ebay", "--limit", "3"], "ivory -ebay"),
        (["--", "--json"], "--json"),
        (["title:x", "-tag:y", "-", "z"], "title:x -tag:y - z"),
    ],
)
def test_the_words_of_a_query_keep_their_order_and_their_minus(
    words: list[str], query: str
) -> None:
    assert " ".join(SearchVerb.parse(words).query) == query


def test_options_of_search() -> None:
    options = SearchVerb.parse(["a", "--limit=3", "--count", "--json", "--library", "x"])
    assert (options.limit, options.count, options.json, options.library) == (3, True, True, "x")


def test_options_are_never_guessed_from_their_beginning() -> None:
    with pytest.raises(UsageError, match="no option '--lib'"):
        ListVerb.parse(["--lib", "x"])


def test_a_folder_named_like_a_verb_opens_as_a_path(user: User) -> None:
    (user.home / "search").mkdir()
    # It gets as far as the missing terminal: so it was taken for a folder.
    assert "needs a terminal" in user.run("./search").err
    assert "search needs a query" in user.run("search").err


def test_the_reader_without_a_terminal_says_what_to_use(user: User) -> None:
    for arguments in ([], [str(user.library)], ["--", "library"]):
        user.run(*arguments).failed(2, "needs a terminal", "rilo-reader list")
