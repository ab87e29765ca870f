"""Arguments: what is meant is found, what means nothing is said with a suggestion and exit 2."""

from __future__ import annotations

import shlex

import pytest

from rilo_reader.cli import all_verbs, synonyms, verb_of
from rilo_reader.cli.output import UsageError
from rilo_reader.cli.search import ListVerb, SearchVerb
from rilo_reader.commands import all_commands
from tests.support.command_line import User
from tests.support.for_each import for_each

BROUGHT = {
    "account",
    "backup",
    "edition",
    "export",
    "fill",
    "highlights",
    "import",
    "mcp",
    "restore",
    "serve",
    "share",
    "sync",
}
"""Verbs of plugins, which may be away."""


def skip_absent(arguments: list[str]) -> None:
    """Skip a test of a verb that is not there."""
    if arguments[0] in BROUGHT - set(all_verbs()):
        pytest.skip("no plugin brings this verb")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serach"], "Did you mean rilo-reader search?"),
        (["LIST"], "Did you mean rilo-reader list?"),
        (["ivory"], "rilo-reader search 'ivory'"),
        ([""], "'' is neither a folder nor a command"),
        (["--libary"], "no option '--libary'"),
        (["library", "library"], "one folder at a time"),
        (["no", "where"], "'no' is neither a folder nor a command"),
        (["my", "notes"], "rilo-reader 'my notes'"),
        (["-odd"], "rilo-reader './-odd'"),
        (["list", "--jsn"], "Did you mean --json?"),
        (["list", "--frobnicate"], "See rilo-reader list --help"),
        (["list", "ivory"], "rilo-reader search 'ivory'"),
        (["list", "--limit", "many"], "'many' is not a number, such as 20"),
        (["search", "x", "--limit", "-3"], "'-3' is not a number, such as 20"),
        (["search"], "search needs a query"),
        (["search", " "], "search needs a query"),
        (["search", "--library"], "--library needs a value"),
        (["show"], "show needs ID|PATH. See rilo-reader show --help"),
        (["add"], "add needs URL"),
        (["import"], "import needs PATH"),
        (["export"], "export needs --to"),
        (["show", "a", "b"], "One article at a time"),
        (["show", "a", "--json", "--plain"], "use --plain or --json, not both"),
        (["mark", "read", "--query", "-ebay"], "write --query=-…"),
        (["completion", "fsh"], "SHELL must be one of"),
        (["edition", "--count"], "See rilo-reader edition --help"),
        (["import", ""], "import: PATH is empty; is a variable not set?"),
        (["import", "note.md", ""], "PATH is empty"),
        (["export", "--to", ""], "--to is empty"),
        (["export", "", "--to", "x.epub"], "QUERY is empty"),
        (["edition", ""], "QUERY is empty"),
        (["refresh", ""], "FEED is empty"),
        (["feeds", ""], "FEED is empty"),
        (["feeds", "remove", ""], "FEED is empty"),
        (["feeds", "rename", "", "x"], "FEED is empty"),
        (["feeds", "tag", "x", ""], "is empty"),
        (["undo", ""], "ID is empty"),
        (["show", ""], "ID|PATH is empty"),
        (["mark", "read", ""], "WORD is empty"),
        (["index", "somewhere"], "rilo-reader index --library 'somewhere'"),
        (["mark"], "mark takes one of read, unread"),
        (["mark", "reed", "a"], "not 'reed'"),
        (["mark", "read"], "needs articles, or --query"),
        (["mark", "read", "a", "--query", "b"], "not both"),
        (["mark", "read", "--query", " "], "--query '*'"),
        (["mark", "tag"], "needs the name of a tag"),
        (["mark", "tag", " ", "ivory-1"], "must not be empty or contain a comma"),
        (["mark", "untag", " ", "ivory-1"], "cannot be a tag"),
        (["list", "my notes"], "rilo-reader list --library 'my notes'"),
        (["list", "-n", "3"], "Did you mean --limit?"),
        (["refresh", "-q"], "Did you mean --quiet?"),
        (["add", "foo bar", "--look"], "'foo bar' is not a web address"),
        (["highlights", "ivory", "--notes"], "--notes is for all articles"),
        (["export", "--to", "x.doc"], "the format is not clear from 'x.doc'"),
    ],
)
def test_wrong_usage_is_one_line_with_advice(user: User, arguments: list[str], said: str) -> None:
    skip_absent(arguments)
    (user.home / "my notes").mkdir()
    (user.home / "-odd").mkdir()
    (user.home / "note.md").write_text("# Note\n", encoding="utf-8")
    done = user.run(*arguments)
    done.failed(2, said.format(home=user.home))
    assert done.err.startswith("rilo-reader: ")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["note.md"], "To read it: rilo-reader show note.md"),
        (["./nowhere"], "there is no folder './nowhere'."),
        (["nowhere/"], "there is no folder 'nowhere/'."),
        (["list", "--library", "nowhere"], "there is no folder 'nowhere'"),
        (["list", "--library", "note.md"], "is a file, not a folder"),
        (["list", "--library", ""], "there is no folder ''"),
        (["show", "nothing"], "there is no article 'nothing'"),
        (["mark", "read", "nothing"], "there is no article 'nothing'"),
        (["export", "--article", "nothing", "--to", "x.epub"], "there is no article 'nothing'"),
        (["export", "--to", "nowhere/x.epub"], "there is no folder 'nowhere'"),
        (["edition", "--to", "nowhere/x.epub"], "there is no folder 'nowhere'"),
        (["highlights", "--output", "nowhere/x.md"], "there is no folder 'nowhere'"),
        (["undo", "0000000"], "there is no change '0000000'"),
        (["rules", "try", "nothing"], "there is no rule 'nothing'"),
        (["import", "nowhere.md"], "there is no file or folder 'nowhere.md'"),
        (["import", "newsboat", "nowhere"], "there is no folder 'nowhere'"),
        (["refresh", "nothing"], "You follow no feeds yet"),
        (["feeds", "nothing"], "You follow no feeds yet"),
        (["feeds", "remove", "nothing"], "You follow no feeds yet"),
    ],
)
def test_what_is_not_there_is_a_failure_of_one_line_in_every_command(
    user: User, arguments: list[str], said: str
) -> None:
    """Wrong usage is what no library would understand; this one another might."""
    skip_absent(arguments)
    (user.home / "note.md").write_text("# Note\n", encoding="utf-8")
    user.article("a.md", "A", "2020-01-01", "x")
    done = user.run(*arguments)
    done.failed(1, said)
    assert done.err.startswith("rilo-reader: ")
    assert done.err.count("\n") == 1
    if "--json" in words_after(arguments):
        again = user.run(*arguments, "--json")
        assert again.code == 1
        assert said in again.objects[-1]["error"]


@for_each(
    "name, verb, said",
    [
        ("starred.json", "import", "To import it: rilo-reader import starred.json"),
        ("HOME.ZIP", "import", "To import it: rilo-reader import HOME.ZIP"),
        ("HOME.ZIP", "restore", "To restore it: rilo-reader restore HOME.ZIP"),
        ("kept.html", "import", "To import it: rilo-reader import kept.html"),
        ("my notes.txt", "show", "To read it: rilo-reader show 'my notes.txt'"),
        ("post.html", "show", "To read it: rilo-reader show post.html"),
    ],
)
def test_a_file_in_place_of_a_folder_leads_to_what_takes_it(
    user: User, name: str, verb: str, said: str
) -> None:
    (user.home / name).write_text("---\ntitle: A\n---\n" if verb == "show" else "{}")
    if verb in all_verbs():
        user.run(name).failed(1, f"'{name}' is a file, not a folder. ", said)


def words_after(arguments: list[str]) -> set[str]:
    """The options that a command line can have besides."""
    if arguments[0] not in all_verbs() or "--json" in no_json(arguments):
        return set()
    return {str(spec.metadata.get("flag")) for spec in verb_of(arguments[0]).argument_fields()}


def no_json(arguments: list[str]) -> set[str]:
    """--json, where it is for other actions."""
    others = {("edition", "--to")}
    return {"--json"} if tuple(arguments[:2]) in others else set()


@for_each(
    "typed, meant",
    [
        ("ls", "list"),
        ("LS --limit 3", "list --limit 3"),
        ("open a.md", "show a.md"),
        ("preferences", "settings"),
        ("update", "refresh"),
        ("star", "search is:starred"),
        ("star a.md", "mark star a.md"),
        ("star 'it is.md'", "mark star 'it is.md'"),
        ("unread", "search is:unread"),
        ("unread a.md", "mark unread a.md"),
        ("read a.md", "show a.md or rilo-reader mark read a.md"),
        ("unsubscribe example.org", "feeds remove example.org"),
        ("subscribe example.org --feed", "add example.org --feed"),
        ("serach ivory", "search ivory"),
        ("subscriptons", "feeds"),
    ],
)
def test_people_s_names_lead_to_the_command(user: User, typed: str, meant: str) -> None:
    said = f"neither a folder nor a command. Did you mean rilo-reader {meant}?"
    user.run(*shlex.split(typed)).failed(2, said)


def test_each_of_people_s_names_stands_for_what_can_be_run() -> None:
    lines = {*synonyms.all_synonyms(), *synonyms.QUERY_SYNONYMS.values()}
    for line in lines:
        name, *words = line.split()
        if name in ("export", "show", "add", "search", "import") and not words:
            words = {"export": ["--to", "x.epub"]}.get(name, ["x"])
        verb_of(name).parse(words)
    names = [name for several in synonyms.all_synonyms().values() for name in several.split()]
    assert [name for name in names if names.count(name) > 1] == ["read", "read"]
    assert not {*names, *synonyms.QUERY_SYNONYMS} & set(all_verbs())
    titles = " ".join(command.names for command in all_commands()).split()
    assert {"update", "subscribe", "favourite", "config"} <= set(titles) & set(names)


def test_help_of_a_command_by_people_s_name(user: User) -> None:
    user.run("help", "ls").failed(2, "Did you mean rilo-reader help list?")
    assert user.run("--help", "search") == user.run("search", "--help")
    assert user.run("-h", "mark") == user.run("mark", "--help")


def test_a_minus_that_other_programs_take_for_an_option_is_said(user: User) -> None:
    user.article("a.md", "Ivory", "2020-01-01", "ivory")
    queries = (["search", "ivory", "-n"], ["edition", "-n"], ["highlights", "-n"])
    for words in (words for words in queries if words[0] in all_verbs()):
        assert "-n is read as part of the query: articles without the word n" in (
            user.ask(*words).err
        )
    assert user.ask("search", "ivory", "-ebay").err == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--library", "~no-such-user/x"],
        ["import", "~no-such-user/x.md"],
        ["export", "--to", "~no-such-user/x.epub"],
        ["show", "~no-such-user/x.md"],
    ],
)
def test_a_path_below_the_home_of_nobody_is_named(user: User, arguments: list[str]) -> None:
    skip_absent(arguments)
    user.article("a.md", "A", "2020-01-01", "x")
    user.run(*arguments).failed(1, "~no-such-user/x", "user that does not exist.")


@for_each(
    "words, query",
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
